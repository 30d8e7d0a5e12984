"""A mapped network is the network: to the bit on ideal devices, whatever the tiles."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crossbar as xb

KINDS = ("differential", "one_sided", "offset")


def network(seed, kind=np.float32):
    rng = np.random.default_rng(seed)
    shapes = {"in": (12, 9), "rec": (9, 9), "out": (9, 3)}
    return {
        name: (rng.normal(size=shape).astype(kind), rng.normal(size=shape[1]).astype(kind))
        for name, shape in shapes.items()
    }


def identical(one, other):
    return all(
        a.dtype == b.dtype and np.array_equal(a, b) for name in one for a, b in zip(one[name], other[name], strict=True)
    )


@given(
    st.integers(0, 9),
    st.integers(1, 20),
    st.integers(2, 20),
    st.sampled_from(KINDS),
    st.sampled_from(["row", "digital"]),
    st.sampled_from([np.float32, np.float64]),
)
def test_ideal_devices_give_the_very_bits_of_the_weights(seed, rows, columns, kind, bias, precision):
    layers = network(seed, precision)
    mapping = xb.map_network(layers, xb.Array(rows, columns), xb.Scheme(kind, states=math.inf, bias=bias))
    assert identical(mapping.matrices(mapping.targets), layers)


@given(st.integers(0, 9), st.integers(1, 20), st.integers(2, 20), st.sampled_from(KINDS))
def test_tiles_change_no_sum(seed, rows, columns, kind):
    """One scale for the whole column would differ between tilings: ideal devices have none."""
    layers = network(seed, np.float64)
    tiled, whole = (
        xb.map_network(layers, xb.Array(*shape), xb.Scheme(kind, states=math.inf))
        for shape in ((rows, columns), (40, 40))
    )
    inputs = np.random.default_rng(seed).integers(0, 2, (5, 12))
    for name in ("in",):
        sums = [
            inputs @ weights + (0.0 if bias is None else bias)
            for mapping in (tiled, whole)
            for weights, bias in [mapping.matrices(mapping.targets)[name]]
        ]
        assert sums[0] == pytest.approx(sums[1], abs=1e-12)


def test_a_network_maps_the_same_twice():
    one, other = (xb.map_network(network(3), xb.Array(16, 16)) for _ in range(2))
    assert one.targets.tobytes() == other.targets.tobytes()
    assert [site.place for site in one.sites] == [site.place for site in other.sites]


def test_a_device_that_is_off_moves_its_weight_alone():
    mapping = xb.map_network(network(1, np.float64), xb.Array(16, 20))
    site = mapping.sites[0]
    held = mapping.targets.copy()
    held[site.place.tile, site.place.top + 2, 4] += 1e-6
    before, after = (mapping.matrices(g)[site.place.layer][0] for g in (mapping.targets, held))
    change = after - before
    # Bit line 4 is the plus side of the block's output 2.
    column = site.place.block.columns.start + 2
    assert change[2, column] == pytest.approx(1e-6 * site.mapped.scale[2], rel=1e-6)
    change[2, column] = 0
    assert np.all(change == 0)


def test_the_bias_is_a_row_or_stays_outside():
    layers = {"fc": (np.ones((3, 2)), np.array([5.0, -5.0]))}
    row, digital = (xb.map_network(layers, xb.Array(8, 8), xb.Scheme(bias=bias)) for bias in ("row", "digital"))
    assert row.used.sum() == 4 * 4
    assert digital.used.sum() == 3 * 4
    lost = digital.targets * 0 + digital.scheme.rest
    outside, held = (mapping.matrices(lost)["fc"][1] for mapping in (digital, row))
    assert outside is not None
    assert held is not None
    assert np.array_equal(outside, layers["fc"][1])
    assert np.abs(held).max() < 0.01  # nothing but half a state is left


def test_rest_surrounds_the_weights():
    mapping = xb.map_network(network(2), xb.Array(32, 32), xb.Scheme("one_sided"))
    assert np.all(mapping.targets[~mapping.used] == mapping.scheme.rest)


def test_the_report_counts_what_is_there():
    layers = {"fc": (np.array([[3.0, 0.0], [-1.0, 0.0], [1.0, 0.0]]), np.zeros(2))}
    report = xb.mapping_report(xb.map_network(layers, xb.Array(4, 8)))
    assert (report.tiles, report.shape, report.devices) == (1, (4, 8), 16)
    assert report.utilisation == 0.5
    # Column (3, -1, 1, 0): mean 0.75, variance 8.75 / 4.
    assert report.layers["fc"].stretch == pytest.approx([3 / math.sqrt(8.75 / 4), 0.0])
    assert {unit for _, _, unit in report.figures} == {"1"}


@pytest.mark.parametrize(
    ("layers", "named"),
    [
        ({}, "layers"),
        ({"fc": (np.zeros((2, 3)), np.zeros(2))}, "fc"),
        ({"fc": (np.zeros(3), np.zeros(3))}, "fc"),
        ({"fc": (np.array([[np.inf]]), np.zeros(1))}, "fc"),
        ({"fc": (np.array([["a"]]), np.zeros(1))}, "fc"),
    ],
)
def test_refused_layers(layers, named):
    with pytest.raises(xb.InputError, match=named):
        xb.map_network(layers, xb.Array(4, 4))


def test_refused_names_and_conductances():
    layers = {"fc": (np.ones((2, 2)), np.zeros(2))}
    with pytest.raises(xb.InputError, match="apart = 'gone': allowed is fc"):
        xb.map_network(layers, xb.Array(4, 4), apart=[("fc", "gone")])
    mapping = xb.map_network(layers, xb.Array(4, 4))
    with pytest.raises(xb.InputError, match="conductances"):
        mapping.matrices(np.zeros((4, 4)))
