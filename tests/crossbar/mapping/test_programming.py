"""The fast model is the circuit of a device alone; programming adds spread, counts pulses, energy and time."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crossbar as xb
from crossbar.mapping.methods import lognormal, slot_time
from crossbar.mapping.programming import fast_model
from crossbar.mapping.response import Span, counting_pulse, response_of
from crossbar.pulses import Pulse, slots

ALONE = xb.Electrolyte(neighbour=xb.Islands(1, 1))
PERFECT = xb.Recipe(rounds=20)


@pytest.fixture(scope="module")
def mapping():
    weights = np.random.default_rng(0).normal(size=(2, 2))
    tile = xb.Array(2, 4, electrolyte=ALONE)
    return xb.map_network({"fc": (weights, np.zeros(2))}, tile, xb.Scheme(states=32, bias="digital"))


@pytest.fixture(scope="module")
def counted(mapping):
    return xb.program_network(mapping, xb.OpenLoop(), seed=1)


def test_counting_on_the_fast_model_is_counting_in_the_circuit(mapping, counted):
    """Devices with spread, up and down: 2e-3 of the largest change, 1e-3 of the energy, the very same time."""
    circuit = xb.program_network(mapping, xb.OpenLoop(), seed=1, model="native")
    change = np.abs(mapping.targets - mapping.scheme.rest).max()
    assert np.abs(counted.conductances - circuit.conductances).max() <= 2e-3 * change
    assert counted.energy == pytest.approx(circuit.energy, rel=1e-3)
    assert counted.time == pytest.approx(circuit.time, rel=1e-9)
    assert np.array_equal(counted.pulses, circuit.pulses)


def test_write_verify_on_the_fast_model_is_that_in_the_circuit(mapping):
    """Both pass; pulses and rounds are the same, energy within 1 %."""
    method = xb.WriteVerify(0.01, floor=0.2e-6, recipe=PERFECT)
    fast, circuit = (xb.program_network(mapping, method, seed=1, model=model) for model in ("fast", "native"))
    tolerance = np.maximum(0.01 * np.abs(mapping.targets - mapping.scheme.rest), 0.2e-6)
    for each in (fast, circuit):
        assert np.all(np.abs(each.conductances - mapping.targets) <= tolerance)
        assert each.unfinished == 0
    assert np.array_equal(fast.pulses, circuit.pulses)
    assert fast.rounds == circuit.rounds
    assert fast.energy == pytest.approx(circuit.energy, rel=1e-2)
    assert fast.time == pytest.approx(circuit.time, rel=1e-2)


def test_neighbours_are_in_the_circuit_alone(mapping, counted):
    """At 1e8 ohm a neighbour takes 0.5 to 1 % of a pulse (docs/array-physics.md): the fast model says nothing of it."""
    coupled = replace(mapping, tile=xb.Array(2, 4))
    fast, circuit = (xb.program_network(coupled, xb.OpenLoop(), seed=1, model=model) for model in ("fast", "native"))
    assert np.array_equal(fast.conductances, counted.conductances)
    change = np.abs(mapping.targets - mapping.scheme.rest).max()
    assert 0.01 < np.abs(circuit.conductances - fast.conductances).max() / change < 0.3


def test_a_nominal_device_comes_within_half_a_pulse(mapping):
    exact = xb.program_network(mapping, xb.OpenLoop(device_to_device=0), seed=0)
    response = fast_model(mapping, xb.OpenLoop())
    numbers = xb.planned_pulses(mapping)
    beside = [np.abs(response.conductance(numbers + side) - mapping.targets) for side in (-1, 0, 1)]
    assert np.all(beside[1] <= np.minimum(beside[0], beside[2]))
    assert exact.conductances == pytest.approx(response.conductance(numbers), rel=1e-12)
    # The counting pulse is a state where states are widest apart in pulses.
    assert np.abs(exact.conductances - mapping.targets).max() <= 0.75 * mapping.scheme.step


def test_pulses_lead_to_conductances_and_back(mapping):
    response = fast_model(mapping, xb.OpenLoop())
    numbers = np.arange(math.ceil(response.numbers[0]), math.floor(response.numbers[-1]) + 1.0)
    inside = response.conductance(numbers)
    assert np.all(np.diff(inside) > 0)
    assert np.array_equal(response.pulses(inside), numbers)
    assert response.energy_of(np.array([0.0])) == 0
    with pytest.raises(xb.InputError, match="targets"):
        response.pulses(np.array([1e-3]))


@pytest.fixture(scope="module")
def wide():
    """Many pairs at the window's ends, as many at rest."""
    weights = np.ones((60, 60))
    weights[1::2] = 0
    tile = xb.Array(60, 120, electrolyte=ALONE)
    return xb.map_network({"fc": (weights, np.zeros(60))}, tile, xb.Scheme(states=32, bias="digital"))


def reached(written):
    """Conductances of the devices that were meant to be at the window's high end."""
    return written.conductances[0][::2, ::2].ravel()


def test_open_loop_counts_err_as_devices_differ(wide):
    """6.5 % of the pulses felt, of 1800 devices; 4 standard errors of a deviation are 6.7 % of it."""
    written = xb.program_network(wide, xb.OpenLoop(), seed=5)
    response = fast_model(wide, xb.OpenLoop())
    grid = np.linspace(response.numbers[0], response.numbers[-1], 2000)
    share = np.interp(reached(written), response.conductance(grid), grid) / xb.planned_pulses(wide)[0, 0, 0]
    assert np.std(share) == pytest.approx(0.065, rel=0.067)
    # Four standard errors of a median.
    assert np.median(share) == pytest.approx(1.0, abs=4 * 0.065 * math.sqrt(math.pi / 2 / 1800))


def test_verify_reads_just_good_enough_leave_a_tolerance_of_deviation(wide):
    written = xb.program_network(wide, xb.WriteVerify(0.02), seed=5)
    left = (reached(written) - wide.scheme.window.high) / (wide.scheme.window.high - wide.scheme.rest)
    # 1800 devices: four standard errors are 7 %, and the loop is within 3 % of one tolerance.
    assert np.std(left) == pytest.approx(0.02, rel=0.1)
    assert written.unfinished == 0


def test_perfect_verify_reads_leave_less_than_the_tolerance(wide):
    written = xb.program_network(wide, xb.WriteVerify(0.02, recipe=PERFECT), seed=5)
    off = np.abs(written.conductances - wide.targets)
    assert np.all(off <= 0.02 * np.abs(wide.targets - wide.scheme.rest) + 1e-12 * wide.targets)
    assert written.pulses[0][::2].min() >= 1


def test_devices_at_rest_take_no_pulse(wide):
    """Guard: a target of rest has a tolerance of nothing, and rounding kept such devices in the loop for ever."""
    method = xb.WriteVerify(0.01)
    written = xb.program_network(wide, method, seed=2)
    assert written.pulses[0][1::2].sum() == 0
    assert written.conductances[0][1::2] == pytest.approx(wide.scheme.rest, rel=1e-12)
    assert written.rounds < method.recipe.rounds


def test_who_does_not_pass_is_counted(wide):
    written = xb.program_network(wide, xb.WriteVerify(0.001, recipe=xb.Recipe(rounds=1)), seed=2)
    passed = np.abs(written.conductances - wide.targets) <= 0.001 * np.abs(wide.targets - wide.scheme.rest) + 1e-18
    assert written.unfinished == np.sum(~passed[0][::2])


def test_the_same_seed_writes_the_same_bytes_and_another_others(mapping):
    one, same, other = (xb.program_network(mapping, xb.WriteVerify(), seed=seed) for seed in (3, 3, 4))
    assert one.conductances.tobytes() == same.conductances.tobytes()
    assert one.conductances.tobytes() != other.conductances.tobytes()


def test_totals_are_sums_over_tiles():
    layers = {name: (np.full((2, 2), value), np.zeros(2)) for name, value in (("a", 1.0), ("b", -2.0))}
    scheme = xb.Scheme(states=32, bias="digital")
    both = xb.map_network(layers, xb.Array(2, 4), scheme)
    apart = [xb.map_network({name: layer}, xb.Array(2, 4), scheme) for name, layer in layers.items()]
    exact = xb.OpenLoop(device_to_device=0)
    whole, parts = xb.program_network(both, exact, seed=0), [xb.program_network(m, exact, seed=0) for m in apart]
    for name, value in whole.totals.items():
        assert value == pytest.approx(sum(part.totals[name] for part in parts), rel=1e-12)


@given(st.integers(0, 99), st.sampled_from(["row", "column"]))
def test_time_is_that_of_the_slots_of_an_array(seed, along):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 4, (3, 5))
    tile = xb.Array(3, 5, lines=xb.Lines(gate_along=along))
    pulses = {(int(r), int(c)): Pulse(0.5, 1e-3, count=int(n)) for (r, c), n in np.ndenumerate(counts) if n}
    groups = slots(pulses, {cell: tile.gate_line(*cell) for cell in pulses})
    expected = sum(max(p.duration for p in group.values()) + 8 * Pulse.rise for group in groups)
    pulse = Pulse(0.5, 1e-3)
    time = slot_time(counts.astype(float), lambda n: n * pulse.width + (n - 1) * pulse.interval, tile, pulse.rise)
    assert time == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("spread", [0.0, 0.03, 0.3])
def test_spread_is_the_relative_deviation(spread):
    factors = lognormal(spread, np.random.default_rng(0), (40_000,))
    assert np.std(factors) / np.mean(factors) == pytest.approx(spread, rel=0.03)


def test_a_response_is_kept_by_what_it_depends_on(tmp_path, monkeypatch):
    monkeypatch.setattr("crossbar.mapping.response.cache_folder", lambda: tmp_path)
    window = xb.Window(100e-6, 110e-6)
    scheme = xb.Scheme("one_sided", window=window, states=4)
    pulse = counting_pulse(xb.Array(1, 1), scheme)
    span = Span(window.low, scheme.rest, window.high)
    found = [response_of(xb.Array(*shape), span, pulse, PERFECT) for shape in ((1, 1), (8, 8))]
    assert len(list((tmp_path / "responses").iterdir())) == 1
    assert found[0].lithium.tobytes() == found[1].lithium.tobytes()
    kept = next((tmp_path / "responses").iterdir())
    kept.write_bytes(kept.read_bytes()[:100])
    assert response_of(xb.Array(1, 1), span, pulse, PERFECT).lithium.tobytes() == found[0].lithium.tobytes()
    response_of(xb.Array(1, 1, device=xb.liwes(gate_resistance=3e4)), span, pulse, PERFECT)
    assert len(list((tmp_path / "responses").iterdir())) == 2


def test_a_pulse_too_short_ends_with_advice(monkeypatch):
    monkeypatch.setattr("crossbar.mapping.response.MOST", 10)
    with pytest.raises(xb.OutcomeError, match=r"do not cover the window.*counting_pulse"):
        response_of(xb.Array(1, 1), Span(50e-6, 50e-6, 150e-6), Pulse(0.1, 1e-5), xb.Recipe(rounds=19, settle=3.0))


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: xb.OpenLoop(device_to_device=1.0), "device_to_device"),
        (lambda: xb.OpenLoop(cycle_to_cycle=-0.1), "cycle_to_cycle"),
        (lambda: xb.WriteVerify(0.0), "tolerance"),
        (lambda: xb.WriteVerify(floor=-1.0), "floor"),
        (lambda: xb.WriteVerify(device_to_device=2.0), "device_to_device"),
    ],
)
def test_refused_methods(make, named):
    with pytest.raises(xb.InputError, match=named):
        make()


def test_refused_model(mapping):
    with pytest.raises(xb.InputError, match="model"):
        xb.program_network(mapping, xb.OpenLoop(), seed=0, model="spice")  # type: ignore[arg-type]
