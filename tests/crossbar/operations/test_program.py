"""Programming: who is pulsed, who is not, what it costs."""

from __future__ import annotations

import math

import numpy as np
import pytest

import crossbar as xb
from crossbar.pulses import slots

PULSE = xb.Pulse(0.5, 10e-3)
BALANCE = 1e-6  # of what went through: the bar on every operation


@pytest.fixture(scope="module")
def array():
    return xb.Array(3, 4)


@pytest.fixture(scope="module")
def written(array):
    return array.program(array.rest(), {(1, 2): PULSE})


def test_the_old_state_is_untouched(array, written):
    start = array.rest()
    before = start.devices.copy()
    array.program(start, {(0, 0): PULSE})
    assert np.array_equal(start.devices, before)
    assert not np.array_equal(written.state.devices, before)


def test_the_selected_cell_takes_nearly_all(written):
    """R_nn = 1e8 ohm: the selected cell keeps 98.5 %, its nearest neighbour gets 0.5 to 1 % (device.md section 6)."""
    alone = xb.Array(1, 1)
    reference = alone.program(alone.rest(), {(0, 0): PULSE}).change[0, 0]
    assert written.change[1, 2] / reference == pytest.approx(0.985, abs=0.015)
    assert 0.004 < written.disturb / reference < 0.013


def test_disturb_is_the_largest_change_of_a_cell_without_pulse(written):
    others = np.delete(np.abs(written.change).ravel(), 1 * 4 + 2)
    assert written.disturb == others.max() > 0


def test_energy_is_supplied_by_the_gate_line_and_balances(written):
    assert written.energy.supplied["gate"] == pytest.approx(written.energy.total, rel=1e-9)
    assert written.energy.balance <= BALANCE
    assert sum(written.energy.dissipated.values()) > 0


def test_a_pulse_costs_what_the_paper_says():
    """Figure S5, 1 V 1 us: 1.905 pJ +- 0.5 % with the unified set (device.md section 4)."""
    array = xb.Array(1, 1, lines=xb.Lines(gate=0.0), access=xb.Access(gate=()))
    run = array.program(array.rest(), {(0, 0): xb.Pulse(1.0, 1e-6, rise=1e-10)}, idle="ground")
    assert run.energy.total == pytest.approx(1.905e-12, rel=5e-3)


def test_potentiation_and_depression_mirror_each_other_at_rest():
    """Around x0 the device is nearly odd in its pulse: the curvature of G(x) is what is left."""
    array = xb.Array(1, 1)
    up, down = (array.program(array.rest(), {(0, 0): xb.Pulse(v, 1e-3)}).change[0, 0] for v in (0.1, -0.1))
    assert up > 0 > down
    assert up == pytest.approx(-down, rel=2e-2)


def test_a_transposed_array_does_the_same():
    """Swapping rows with columns, word with bit lines and the gate's direction changes nothing but the shape.

    Drain and source swap too; the ionic current splits evenly, so that is the same device.
    """
    one = xb.Array(2, 3, lines=xb.Lines(word=0.5, bit=2.0, gate=1.0, gate_along="row"))
    other = xb.Array(3, 2, lines=xb.Lines(word=2.0, bit=0.5, gate=1.0, gate_along="column"))
    first = one.program(one.rest(), {(0, 2): PULSE})
    second = other.program(other.rest(), {(2, 0): PULSE})
    assert np.allclose(first.change, second.change.T, rtol=1e-7, atol=1e-10 * np.abs(first.change).max())
    assert first.energy.total == pytest.approx(second.energy.total, rel=1e-8)


def test_one_gate_line_carries_one_pulse_at_a_time():
    lines = {(0, 0): 0, (0, 1): 0, (1, 0): 1}
    other = xb.Pulse(0.5, 20e-3)
    together = slots({(0, 0): PULSE, (0, 1): PULSE, (1, 0): other}, lines)
    assert together == [{(0, 0): PULSE, (0, 1): PULSE, (1, 0): other}]
    apart = slots({(0, 0): PULSE, (0, 1): other, (1, 0): PULSE}, lines)
    assert apart == [{(0, 0): PULSE, (1, 0): PULSE}, {(0, 1): other}]


def test_latency_is_the_sum_of_the_slots():
    array = xb.Array(2, 2)
    run = array.program(array.rest(), {(0, 0): PULSE, (0, 1): xb.Pulse(0.5, 20e-3), (1, 0): xb.Pulse(0.5, 5e-3)})
    assert run.latency == pytest.approx(30e-3, rel=1e-5)


def test_a_half_selected_gate_gets_less_than_half():
    """Linear kinetics: a V/2 gate receives 0.45 of a full pulse's lithium (device.md section 6)."""
    array = xb.Array(2, 1, lines=xb.Lines(gate_along="row"))
    run = array.program(array.rest(), {(0, 0): xb.Pulse(0.5, 0.1)}, unselected="V/2")
    lithium = array.lithium(run.state) - 0.4
    assert lithium[1, 0] / lithium[0, 0] == pytest.approx(0.47, abs=0.04)


def test_without_access_switches_the_whole_gate_line_is_written():
    array = xb.Array(2, 2, access=xb.Access(gate=()))
    run = array.program(array.rest(), {(0, 0): PULSE})
    assert run.change[0, 1] == pytest.approx(run.change[0, 0], rel=0.05)
    assert abs(run.change[1, 0]) < 0.05 * run.change[0, 0]


def test_a_grounded_idle_gate_gives_its_charge_back_and_a_floating_one_keeps_it():
    """What the EDL holds at a pulse's end goes into the films of a floating gate, and back through a grounded one."""
    array, pulses = xb.Array(1, 1), {(0, 0): xb.Pulse(1.0, 1e-3, count=2, interval=1.0)}
    kept, lost = (array.program(array.rest(), pulses, idle=idle) for idle in ("float", "ground"))
    gained = [array.lithium(run.state)[0, 0] - 0.4 for run in (kept, lost)]
    assert gained[0] > 1.05 * gained[1] > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"amplitude": math.nan}, r"amplitude = nan: allowed is a finite voltage"),
        ({"width": 0.0}, r"width = 0.0: allowed is a time above"),
        ({"width": -1.0}, r"width = -1.0"),
        ({"count": 0}, r"count = 0"),
        ({"count": math.nan}, r"count = nan"),
        ({"amplitude": "0.5 V"}, r"amplitude = '0.5 V': allowed is a number in SI units"),
        ({"interval": 0.0}, r"interval = 0.0"),
        ({"rise": 0.0}, r"rise = 0.0"),
    ],
)
def test_an_impossible_pulse_is_refused(change, message):
    with pytest.raises(xb.InputError, match=message):
        xb.Pulse(**({"amplitude": 0.5, "width": 1e-3} | change))


@pytest.mark.parametrize("cell", [(3, 0), (0, 4), (-1, 0), (0.5, 0), "a1", (0,)])
def test_a_cell_outside_the_array_is_refused(array, cell):
    with pytest.raises(xb.InputError, match=r"cell = .*allowed is \(row, column\) from \(0, 0\) to \(2, 3\)"):
        array.program(array.rest(), {cell: PULSE})


def test_no_pulses_and_unknown_policies_are_refused(array):
    with pytest.raises(xb.InputError, match="at least one cell"):
        array.program(array.rest(), {})
    with pytest.raises(xb.InputError, match="unselected"):
        array.program(array.rest(), {(0, 0): PULSE}, unselected="V/5")
    with pytest.raises(xb.InputError, match="idle"):
        array.program(array.rest(), {(0, 0): PULSE}, idle="hover")
    with pytest.raises(xb.InputError, match="engine"):
        array.program(array.rest(), {(0, 0): PULSE}, engine="hspice")
