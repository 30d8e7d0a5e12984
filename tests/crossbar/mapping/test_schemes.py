"""Weights to conductances and back: three schemes, states, saturation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from circuits.errors import InputError
from crossbar.mapping.schemes import Kind, Scheme, Window, differences, encode

WINDOW = Window(50e-6, 150e-6)
KINDS: tuple[Kind, ...] = ("differential", "one_sided", "offset")
shapes = st.tuples(st.integers(1, 9), st.integers(1, 6))
matrices = arrays(float, shapes, elements=st.floats(-10, 10))
schemes = st.builds(
    Scheme,
    st.sampled_from(KINDS),
    st.sampled_from(["column", "tile"]),
    st.just(WINDOW),
    st.sampled_from([2, 3, 16, 63, 64, 1024, math.inf]),
)


@given(matrices, schemes)
def test_weights_come_back_within_half_a_state(weights, scheme):
    mapped = encode(weights, scheme)
    held = mapped.weights(mapped.conductances)
    # An offset between two states moves every weight by half a state more. 1e-12: rounding of 1e-16 of 150 uS over
    # a window of 100 uS, in weights of up to 10.
    states = 1.0 if scheme.kind == "offset" and scheme.states % 2 == 0 else 0.5
    assert np.all(np.abs(held - weights) <= states * scheme.step * mapped.scale + 1e-12 * np.abs(weights).max())


@given(matrices, schemes)
def test_the_error_is_what_is_held_less_what_was_meant(weights, scheme):
    mapped = encode(weights, scheme)
    error = mapped.weights(mapped.conductances) - weights
    assert mapped.error(mapped.conductances) == pytest.approx(error, abs=1e-12 * max(np.abs(weights).max(), 1e-300))


@given(matrices, st.sampled_from(KINDS))
def test_devices_as_meant_err_by_nothing(weights, kind):
    """Not even by rounding: an ideal device gives the very bits of the weight."""
    mapped = encode(weights, Scheme(kind, window=WINDOW, states=math.inf))
    assert np.all(mapped.error(mapped.exact) == 0)


@given(matrices, schemes)
def test_devices_are_states_of_the_window(weights, scheme):
    devices = encode(weights, scheme).conductances
    assert devices.shape == (len(weights), scheme.devices(weights.shape[1]))
    assert devices.min() >= WINDOW.low * (1 - 1e-12)
    assert devices.max() <= WINDOW.high * (1 + 1e-12)
    assert devices == pytest.approx(scheme.rounded(devices), rel=1e-12)


@given(matrices, st.sampled_from([16, 63, math.inf]))
def test_half_the_devices_of_one_sided_pairs_rest(weights, states):
    devices = encode(weights, Scheme("one_sided", window=WINDOW, states=states)).conductances
    assert np.all(np.minimum(devices[:, 0::2], devices[:, 1::2]) == WINDOW.low)


@given(matrices, st.sampled_from([16, 63, 1024]))
def test_differential_pairs_hold_what_one_sided_pairs_hold(weights, states):
    """Sharing a difference between two devices costs no resolution."""
    pair, single = (encode(weights, Scheme(kind, window=WINDOW, states=states)) for kind in KINDS[:2])
    assert pair.weights(pair.conductances) == pytest.approx(
        single.weights(single.conductances), abs=1e-12 * max(np.abs(weights).max(), 1e-300)
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("states", [2, 3, 64, 1023, 1024, math.inf])
def test_a_zero_weight_is_rest(kind, states):
    scheme = Scheme(kind, window=WINDOW, states=states)
    weights = np.array([[1.0, 0.0], [0.0, 0.0]])
    mapped = encode(weights, scheme)
    assert np.all(mapped.conductances[1] == scheme.rest)
    assert np.all(mapped.weights(mapped.conductances)[weights == 0] == 0)


@given(matrices, schemes, st.randoms(use_true_random=False))
def test_columns_in_another_order_are_the_same_columns(weights, scheme, random):
    order = list(range(weights.shape[1]))
    random.shuffle(order)
    one, other = encode(weights, scheme), encode(weights[:, order], scheme)
    held = one.weights(one.conductances)
    assert np.array_equal(other.weights(other.conductances), held[:, order])


def test_scale_per_column_uses_the_whole_window_in_each():
    weights = np.array([[1.0, -0.01], [0.5, 0.0]])
    by_column, by_tile = (
        encode(weights, Scheme("one_sided", per, WINDOW, states=math.inf)).conductances for per in ("column", "tile")
    )
    assert by_column[0] == pytest.approx([150e-6, 50e-6, 50e-6, 150e-6])
    assert by_tile[0] == pytest.approx([150e-6, 50e-6, 50e-6, 51e-6])


def test_what_is_beyond_the_percentile_saturates():
    weights = np.array([[float(k)] for k in range(1, 102)])
    mapped = encode(weights, Scheme("one_sided", window=WINDOW, states=math.inf, clip=90))
    held = mapped.weights(mapped.conductances)
    # Percentile 90 of 1 to 101 is 91.
    assert held == pytest.approx(np.minimum(weights, 91.0), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("clip", [50.0, 100.0])
def test_zeros_and_lonely_weights_have_a_scale(kind, clip):
    """Guard: the percentile of a column of zeros but one is 0, and no scale."""
    weights = np.zeros((9, 2))
    weights[4, 1] = -3.0
    mapped = encode(weights, Scheme(kind, window=WINDOW, states=1023, clip=clip))
    assert np.all(np.isfinite(mapped.scale))
    assert mapped.weights(mapped.conductances) == pytest.approx(weights, rel=1e-12)


def test_differences_subtract_neighbours():
    assert differences(np.array([5.0, 3.0, 1.0, 4.0])).tolist() == [2.0, -3.0]


@pytest.mark.parametrize("ends", [(0.0, 1e-6), (2e-6, 1e-6), (1e-6, 1e-6), (float("nan"), 1e-6), (1e-6, float("inf"))])
def test_refused_windows(ends):
    with pytest.raises(InputError, match="window"):
        Window(*ends)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kind": "pairs"}, "kind"),
        ({"scale_per": "row"}, "scale_per"),
        ({"bias": "none"}, "bias"),
        ({"states": 1}, "states"),
        ({"states": 2.5}, "states"),
        ({"states": math.nan}, "states"),
        ({"clip": 0}, "clip"),
        ({"clip": 101}, "clip"),
    ],
)
def test_refused_schemes(change, named):
    with pytest.raises(InputError, match=rf"scheme\.{named}"):
        Scheme(**change)


@pytest.mark.parametrize("weights", [np.array([[np.nan]]), np.zeros(3), np.zeros((0, 3))])
def test_refused_weights(weights):
    with pytest.raises(InputError, match="weights"):
        encode(weights, Scheme())


def test_a_tile_of_one_bit_line_carries_nothing():
    with pytest.raises(InputError, match="columns = 1"):
        Scheme().outputs(1)
