"""The native engine against closed forms, where it stops, and what it refuses."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from circuits.device import Branch, Device, Parameter
from circuits.errors import InputError, OutcomeError
from circuits.expr import Symbol, exp
from circuits.liwes import LIWES
from circuits.native import engine
from circuits.native.engine import Accuracy, operating_point, simulate
from circuits.netlist import Builder
from circuits.waveforms import Waveform, constant, steps

R, C = 1e3, 1e-6  # ohm, F: a time constant of 1 ms
CLOSE = 1e-5  # of the largest voltage: steps of 1e-6 each, and what they add up to


def rc(waveform, initial=0.0):
    b = Builder("low pass")
    b.drives("supply", "in", [waveform])
    b.resistors("r", "in", "out", R)
    b.capacitors("c", "out", "ground", C, initial)
    return b.build()


def cell(gate, *, states=0.0, parameters=None):
    """One device: gate driven, channel grounded, electrolyte left to itself."""
    b = Builder("cell")
    b.drives("gate", "g", [gate])
    b.drives("lines", ["s", "d"], [constant(0.0)])
    b.devices("cells", LIWES, ["g", "s", "d", "e"], parameters, states)
    return b.build()


def test_a_capacitor_charges_through_a_resistor_as_it_should():
    samples = np.linspace(1e-4, 5e-3, 50)
    solution = simulate(rc(constant(1.0), initial=0.25), 5e-3, samples)
    expected = 1.0 - 0.75 * np.exp(-solution.time / (R * C))
    np.testing.assert_allclose(solution.potential("out"), expected, atol=CLOSE)
    assert solution.potential("out")[0] == 0.25, "a capacitor starts at the voltage it was given"


def test_a_ramp_is_followed_with_the_lag_of_the_time_constant():
    rate = 100.0  # V/s
    solution = simulate(rc(Waveform((0.0, 1e-2), (0.0, 1.0))), 1e-2, np.linspace(1e-3, 1e-2, 10))
    t = solution.time
    expected = rate * (t - R * C * (1.0 - np.exp(-t / (R * C))))
    np.testing.assert_allclose(solution.potential("out"), expected, atol=CLOSE)


def test_a_capacitor_charged_by_a_source_stores_half_c_v_squared():
    b = Builder("direct")
    b.drives("supply", "in", [Waveform((0.0, 1e-3), (0.0, 2.0))])
    b.capacitors("c", "in", "ground", C)
    solution = simulate(b.build(), 2e-3)
    assert solution.stored()["c"][0] == pytest.approx(0.5 * C * 2.0**2, rel=1e-14)
    assert solution.supplied == pytest.approx(0.5 * C * 2.0**2, rel=1e-12)
    assert solution.charge["supply"][-1, 0] == pytest.approx(C * 2.0, rel=1e-12)


def test_half_of_what_charges_a_capacitor_through_a_resistor_is_lost():
    jump = steps(0.0, [(1e-9, 1.0, 1.0)], 1e-10)
    solution = simulate(rc(jump), 30 * R * C)
    # The rise of 0.1 ns changes either by 1e-7 of it.
    assert solution.dissipated["r"][0] == pytest.approx(0.5 * C, rel=1e-6)
    assert solution.stored()["c"][0] == pytest.approx(0.5 * C, rel=1e-6)
    assert solution.supplied == pytest.approx(C, rel=1e-6)
    assert solution.balance() <= 1e-6


def test_a_current_source_leaves_its_start_and_enters_its_end():
    b = Builder("lifted")
    b.currents("bias", "ground", "out", [constant(1e-3)])
    b.resistors("r", "out", "ground", R)
    b.capacitors("c", "out", "ground", C)
    solution = simulate(b.build(), 5e-3, [1e-3, 2e-3])
    np.testing.assert_allclose(solution.potential("out"), 1.0 - np.exp(-solution.time / (R * C)), atol=CLOSE)
    # What a current source supplies is heat it takes away: R i^2 t less what the transient saves.
    given = -solution.dissipated["bias"][0]
    assert given == pytest.approx(1e-3 * (5e-3 - 1e-3 * (1 - math.exp(-5))), rel=1e-5)
    assert solution.balance() <= 1e-6


def test_each_group_of_current_sources_answers_for_itself():
    b = Builder("two")
    b.currents("one", "ground", "a", [constant(1e-3)])
    b.currents("two", "ground", "b", [constant(2e-3)])
    b.resistors("currents", ["a", "b"], ["ground", "ground"], R)
    heat = simulate(b.build(), 1.0).dissipated
    np.testing.assert_allclose([heat["one"][0], heat["two"][0]], [-1e-3, -4e-3], rtol=1e-12)
    np.testing.assert_allclose(heat["currents"], [1e-3, 4e-3], rtol=1e-12)


def test_a_switch_that_closes_lets_a_capacitor_charge_from_then_on():
    b = Builder("switched")
    b.drives("supply", "in", [constant(1.0)])
    b.switches("s", "in", "out", [steps(1e-15, [(1e-3, 1.0, 1 / R)], 1e-9)])
    b.capacitors("c", "out", "ground", C)
    solution = simulate(b.build(), 4e-3, [0.9e-3, 2e-3, 3e-3])
    expected = 1.0 - np.exp(-np.maximum(solution.time - 1e-3, 0.0) / (R * C))
    np.testing.assert_allclose(solution.potential("out"), expected, atol=CLOSE)


def test_a_ladder_of_resistors_is_solved_as_by_dense_elimination():
    rng, size = np.random.default_rng(3), 60
    series, shunt = 10.0 ** rng.uniform(-1, 5, (2, size))
    b = Builder("ladder")
    b.drives("supply", "n0", [constant(1.0)])
    names = [f"n{k}" for k in range(size + 1)]
    b.resistors("series", names[:-1], names[1:], series)
    b.resistors("shunt", names[1:], ["ground"] * size, shunt)
    matrix, right = np.diag(1 / series + 1 / shunt), np.zeros(size)
    matrix[:-1, :-1] += np.diag(1 / series[1:])
    matrix[np.arange(size - 1), np.arange(1, size)] = matrix[np.arange(1, size), np.arange(size - 1)] = -1 / series[1:]
    right[0] = 1 / series[0]
    expected = np.linalg.solve(matrix, right)
    solution = operating_point(b.build())
    seen = np.array([solution.potential(name)[0] for name in names[1:]])
    np.testing.assert_allclose(seen, expected, rtol=1e-12, atol=1e-12)


# Guard: these names were the compiled kernel's own, so v was a loop counter and slope an array.
A, B = (Symbol(name, "V", "potential") for name in "vs")
SATURATION = Parameter("saturation", 1e-12, "A", 1e-30, 1.0, "A for this test")
SLOPE = Parameter("slope", 0.025, "V", 1e-3, 1.0, "A for this test")
DIODE = Device(
    name="diode",
    nodes=(A, B),
    terminals=2,
    parameters=(SATURATION, SLOPE),
    branches=(Branch(A, B, SATURATION.symbol * (exp((A - B) / SLOPE.symbol) - 1)),),
    states=(),
)


def test_a_diode_conducts_what_its_series_resistor_lets_through():
    b = Builder("rectifier")
    b.drives("supply", "in", [constant(1.0)])
    b.resistors("r", "in", "out", R)
    b.devices("diodes", DIODE, ["out", "ground"])
    v = operating_point(b.build()).potential("out")[0]
    assert 1e-12 * math.expm1(v / 0.025) == pytest.approx((1.0 - v) / R, rel=1e-9)


def test_an_operating_point_holds_every_state_and_capacitor():
    start = np.linspace(-0.05, 0.05, len(LIWES.states))
    solution = operating_point(cell(constant(0.3), states=start))
    np.testing.assert_allclose(solution.states("cells")[0, 0], start, rtol=1e-15)
    assert len(solution.time) == 1
    assert operating_point(rc(constant(1.0), initial=-0.5)).potential("out")[0] == pytest.approx(-0.5, rel=1e-15)


def test_every_edge_and_every_sample_is_hit_exactly():
    waveform = steps(0.0, [(1e-3 / 3, 2e-3 / 3, 1.0), (1e-3, 2e-3, -0.5)], 1e-7)
    samples = [1e-4 * math.pi, 1e-3 / 3, 2.5e-3]
    every = simulate(rc(waveform), 3e-3)
    assert set(waveform.times) <= set(every.time.tolist())
    sampled = simulate(rc(waveform), 3e-3, samples)
    assert sampled.time.tolist() == sorted([0.0, *samples, 3e-3])
    np.testing.assert_array_equal(sampled.potential("in"), waveform(sampled.time))


def test_edges_a_rounding_apart_do_no_harm():
    b = Builder("near")
    b.drives("one", "a", [steps(0.0, [(0.1, 0.3, 1.0)], 1e-3)])
    b.drives("two", "b", [steps(0.0, [(0.1, 0.1 + 0.2, 1.0)], 1e-3)])
    b.resistors("r", ["a", "b"], ["out", "out"], R)
    b.capacitors("c", "out", "ground", C)
    near = simulate(b.build(), 0.4, [0.2])
    np.testing.assert_allclose(near.potential("out")[1], 1.0, atol=CLOSE)
    assert near.balance() <= 1e-6


@pytest.mark.parametrize("samples", [None, [5e-3], np.linspace(0.0, 1.2e-2, 200)], ids=["none", "one", "many"])
def test_what_is_found_does_not_depend_on_what_is_asked(samples):
    gate = steps(0.0, [(1e-3, 11e-3, 0.5)], 1e-6)
    reference = simulate(cell(gate), 1.2e-2, accuracy=Accuracy(tolerance=1e-8, energy=1e-8))
    solution = simulate(cell(gate), 1.2e-2, samples)
    last, best = solution.states("cells")[-1], reference.states("cells")[-1]
    # 1e-6 a step in each of the states adds up to 4e-6 over the pulse.
    assert np.abs(last - best).max() <= 1e-5 * np.abs(best).max()
    assert solution.supplied == pytest.approx(reference.supplied, rel=1e-5)


def test_progress_is_told_and_ends_at_one():
    seen: list[float] = []
    simulate(cell(steps(0.0, [(1e-3, 11e-3, 0.5)], 1e-9)), 1.0, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 1


REFUSED = {
    "end zero": (lambda: simulate(rc(constant(1.0)), 0.0), "end", "a finite time above 0 s"),
    "end nan": (lambda: simulate(rc(constant(1.0)), math.nan), "end", "a finite time above 0 s"),
    "sample late": (lambda: simulate(rc(constant(1.0)), 1.0, [2.0]), "samples", "times from 0 to 1 s"),
    "sample early": (lambda: simulate(rc(constant(1.0)), 1.0, [-1e-9]), "samples", "times from 0 to 1 s"),
    "sample nan": (lambda: simulate(rc(constant(1.0)), 1.0, [math.nan]), "samples", "times from 0 to 1 s"),
    "tolerance zero": (lambda: Accuracy(tolerance=0.0), "accuracy.tolerance", "from 1e-12 to 0.1"),
    "tolerance below rounding": (lambda: Accuracy(tolerance=1e-17), "accuracy.tolerance", "from 1e-12 to 0.1"),
    "tolerance negative": (lambda: Accuracy(tolerance=-1e-6), "accuracy.tolerance", "from 1e-12 to 0.1"),
    "floor nan": (lambda: Accuracy(floor=math.nan), "accuracy.floor", "from 1e-300 to 1"),
    "energy inf": (lambda: Accuracy(energy=math.inf), "accuracy.energy", "from 1e-10 to 1"),
    "newton zero": (lambda: Accuracy(newton=0.0), "accuracy.newton", "from 1e-15 to 1e-06"),
    "steps negative": (lambda: Accuracy(steps=-1), "accuracy.steps", "a whole number from 0 (adaptive)"),
}


@pytest.mark.parametrize(("run", "field", "allowed"), REFUSED.values(), ids=REFUSED)
def test_an_argument_that_makes_no_sense_is_refused(run, field, allowed):
    with pytest.raises(InputError) as caught:
        run()
    assert (caught.value.field, caught.value.allowed, caught.value.exit_code) == (field, allowed, 2)


def test_a_march_without_end_is_ended_with_a_reason(monkeypatch):
    # Guard: a tolerance near rounding had the engine take steps of 1e-16 s for ever.
    monkeypatch.setattr(engine, "STEPS_LIMIT", 1000)
    pulse = cell(steps(0.0, [(1e-3, 11e-3, 0.5)], 1e-6))
    with pytest.raises(OutcomeError, match=r"1000 steps were not enough at t = .*larger accuracy\.tolerance") as caught:
        simulate(pulse, 1.2e-2, accuracy=Accuracy(tolerance=1e-12, floor=1e-300))
    assert caught.value.exit_code == 1


def test_a_circuit_beyond_doubles_ends_with_a_reason():
    with pytest.raises(OutcomeError, match=r"No operating point was found at time 0\..*Try:"):
        operating_point(cell(constant(1e200)))


def test_a_long_march_keeps_what_was_asked_for_and_no_more():
    # Guard: every 16 steps a chunk of the record was kept for its few rows: 3 GB after 300,000 steps.
    b = Builder("long")
    b.drives("supply", "in", [constant(1.0)])
    b.resistors("r", "in", "out", R)
    b.capacitors("c", "out", "ground", 1e-9)
    circuit = b.build()
    simulate(circuit, 1.0, [1.0], accuracy=Accuracy(steps=10))
    tracemalloc.start()
    simulate(circuit, 1.0, [1.0], accuracy=Accuracy(steps=20_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
