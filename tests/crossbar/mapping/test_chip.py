"""What a chip computes is what its lines carry."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crossbar as xb

VOLT = 0.1


@pytest.fixture(scope="module")
def mapping():
    rng = np.random.default_rng(4)
    layers = {"in": (rng.normal(size=(6, 4)), rng.normal(size=4)), "out": (rng.normal(size=(4, 3)), np.zeros(3))}
    return xb.map_network(layers, xb.Array(12, 10))


def sums_by_reading(mapping, name, inputs, **read):
    """A layer's sums from currents that tiles carry when its word lines alone are driven."""
    total = np.zeros((len(inputs), len(mapping.layers[name][1])))
    driven = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1)
    for site in (site for site in mapping.sites if site.place.layer == name):
        tile, rows, columns = site.region
        word = np.zeros((len(inputs), mapping.tile.rows))
        word[:, rows] = VOLT * driven[:, site.place.block.rows]
        state = mapping.tile.stored(mapping.tile.nominal_lithium(mapping.targets[tile]))
        currents = mapping.tile.read(state, word, **read).currents[:, columns]
        total[:, site.place.block.columns] += mapping.scheme.signed(currents) * site.mapped.scale / VOLT
    return total


@pytest.mark.parametrize("kind", ["differential", "one_sided", "offset"])
@pytest.mark.parametrize("segment", [0.0, 5.0])
def test_sums_are_those_of_reads_layer_by_layer(mapping, kind, segment):
    """Stacked layers included: who is not read is at 0 V. 1e-9: currents of 1e-5 A, subtracted."""
    tile = xb.Array(12, 10, lines=xb.Lines(word=segment, bit=segment))
    mapped = xb.map_network(mapping.layers, tile, xb.Scheme(kind))
    chip = xb.mount(mapped, mapped.targets, ir_drop=True)
    assert any(site.place.top for site in mapped.sites)
    rng = np.random.default_rng(0)
    for name, (weights, bias) in chip.matrices.items():
        assert bias is not None
        inputs = rng.integers(0, 2, (5, len(weights))).astype(float)
        assert inputs @ weights + bias == pytest.approx(sums_by_reading(mapped, name, inputs), abs=1e-9)


@pytest.mark.parametrize(("segment", "share"), [(0.0, 1e-12), (5.0, 0.03)])
def test_loads_tell_what_a_read_takes(mapping, segment, share):
    """Power of a read over V^2 is the sum of the loads driven; back into word lines at 0 V flows 3 % at most here."""
    tile = xb.Array(12, 10, lines=xb.Lines(word=segment, bit=segment))
    mapped = xb.map_network({"in": mapping.layers["in"]}, tile)
    chip = xb.mount(mapped, mapped.targets, ir_drop=True)
    driven = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])  # the bias row is last
    word = np.zeros(12)
    word[:7] = VOLT * driven
    state = tile.stored(tile.nominal_lithium(mapped.targets[0]))
    power = float(tile.read(state, word).power)
    assert chip.loads["in"] @ driven == pytest.approx(power / VOLT**2, rel=share)


def test_lines_without_resistance_are_no_lines(mapping):
    bare = xb.map_network(mapping.layers, xb.Array(12, 10, lines=xb.Lines(word=0, bit=0)))
    by_ports, by_hand = (xb.mount(bare, bare.targets, ir_drop=drop).matrices for drop in (True, False))
    for name, (weights, bias) in by_ports.items():
        assert weights == pytest.approx(by_hand[name][0], rel=1e-9, abs=1e-9)
        assert bias == pytest.approx(by_hand[name][1], rel=1e-9, abs=1e-9)


@given(st.sampled_from([0.05, 0.7, 5.0]), st.sampled_from(["differential", "one_sided", "offset"]))
def test_compensation_never_ends_farther_away(segment, kind):
    rng = np.random.default_rng(1)
    tile = xb.Array(10, 12, lines=xb.Lines(word=segment, bit=segment))
    mapped = xb.map_network({"fc": (rng.normal(size=(9, 5)), np.zeros(5))}, tile, xb.Scheme(kind))
    better = xb.compensate(mapped, highest=1e-3)
    # Half a state, a little more where a target was raised.
    assert better.after <= max(1e-4, 0.75 / 1023)
    assert better.after <= better.before
    assert better.highest == better.mapping.targets.max() >= mapped.targets.max()
    assert np.array_equal(better.mapping.targets[~mapped.used], mapped.targets[~mapped.used])


def test_compensated_targets_can_be_programmed(mapping):
    """Guard: they leave the window, and the fast model had been solved for the window alone."""
    tile = xb.Array(12, 10, lines=xb.Lines(word=20.0, bit=20.0))
    mapped = xb.map_network(mapping.layers, tile, xb.Scheme(states=32))
    better = xb.compensate(mapped, highest=1e-3)
    assert better.highest > mapped.scheme.window.high * 1.01
    written = xb.program_network(better.mapping, xb.WriteVerify(0.005, recipe=xb.Recipe(rounds=20)), seed=0)
    assert written.unfinished == 0
    seen = xb.mount(better.mapping, written.conductances, ir_drop=True)
    off = [np.abs(seen.matrices[n][0] - w).max() / np.abs(w).max() for n, (w, _) in mapped.layers.items()]
    assert max(off) < 0.05


def test_hopeless_lines_and_ceilings_are_refused(mapping):
    with pytest.raises(xb.InputError, match="highest"):
        xb.compensate(mapping, highest=1e-6)
    hopeless = xb.map_network(mapping.layers, xb.Array(12, 10, lines=xb.Lines(word=1e5, bit=1e5)))
    with pytest.raises(xb.OutcomeError, match=r"Targets run away.*smaller tiles"):
        xb.compensate(hopeless, highest=5e-3)


@pytest.mark.parametrize("kind", ["differential", "one_sided", "offset"])
def test_noise_is_that_of_every_device_driven(kind):
    """Deviation: noise x length of the input x scale x sqrt(2), of pairs or a device and its offset. 6000 draws."""
    weights = np.random.default_rng(3).normal(size=(5, 3))
    mapped = xb.map_network({"fc": (weights, np.zeros(3))}, xb.Array(8, 8), xb.Scheme(kind))
    chip, noise = xb.mount(mapped, mapped.targets, ir_drop=False), 0.5e-6
    read = chip.readers(np.random.default_rng(0), noise)["fc"]
    inputs = np.array([1.0, 0.0, 1.0, 0.5, 0.0])
    found = read(np.tile(inputs, (6000, 1)))
    length = math.sqrt(np.sum(inputs**2) + 1)  # and the bias row
    assert found.std(axis=0) == pytest.approx(noise * length * math.sqrt(2) * mapped.sites[0].mapped.scale, rel=0.04)
    held, _ = chip.matrices["fc"]
    assert found.mean(axis=0) == pytest.approx(inputs @ held, abs=5 * found.std(axis=0).max() / math.sqrt(6000))


def test_outputs_share_the_noise_of_their_offset():
    mapped = xb.map_network({"fc": (np.ones((4, 2)), np.zeros(2))}, xb.Array(8, 8), xb.Scheme("offset"))
    read = xb.mount(mapped, mapped.targets, ir_drop=False).readers(np.random.default_rng(0))["fc"]
    found = read(np.ones((6000, 4)))
    assert np.corrcoef(found[:, 0], found[:, 1])[0, 1] == pytest.approx(0.5, abs=0.05)


def test_silent_readers_are_the_matrices_and_seeds_repeat(mapping):
    chip = xb.mount(mapping, mapping.targets, ir_drop=False)
    inputs = np.eye(6, dtype=np.float32)
    weights, _ = chip.matrices["in"]
    assert np.array_equal(
        chip.readers(np.random.default_rng(0), noise=0.0)["in"](inputs), inputs @ weights.astype(np.float32)
    )
    one, other = (chip.readers(np.random.default_rng(7))["in"](inputs) for _ in range(2))
    assert np.array_equal(one, other)
    with pytest.raises(xb.InputError, match="noise"):
        chip.readers(np.random.default_rng(0), noise=-1.0)


def test_a_mapped_layer_on_ngspice(net):
    """One inference step of the first Braille layer, 12 x 76: ngspice, native and the chip's matrix agree to 1e-9."""
    weights, bias = net.layers["fc1"]
    tile = xb.Array(12, 76)
    layer = (weights.astype(float), bias.astype(float))
    mapped = xb.map_network({"fc1": layer}, tile, xb.Scheme(bias="digital"))
    assert mapped.used.all()
    busiest = net.spikes[0][net.spikes[0].sum(axis=1).argmax()].astype(float)
    state = tile.stored(tile.nominal_lithium(mapped.targets[0]))
    native, spice = (tile.read(state, VOLT * busiest, engine=engine).currents for engine in ("native", "ngspice"))
    assert np.abs(native - spice).max() <= 1e-9 * np.abs(native).max()
    held, added = xb.mount(mapped, mapped.targets, ir_drop=True).matrices["fc1"]
    read = mapped.scheme.signed(spice) * mapped.sites[0].mapped.scale / VOLT + bias
    # Differences of currents, some hundred times smaller: 1e-9 of the currents is 1e-7 of them.
    assert busiest @ held + added == pytest.approx(read, abs=1e-7 * np.abs(read).max())
