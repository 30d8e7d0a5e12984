"""Native engine and ngspice on the same operations: the agreement the project stands on."""

from __future__ import annotations

import numpy as np
import pytest

import crossbar as xb
from circuits.ngspice.engine import available

ENERGY = 1e-4  # relative; bar of the project
CONDUCTANCE = 1e-3  # of the largest change
LITHIUM = 1e-6  # absolute, in x: far below a pulse's 1e-4
CURRENT = 1e-9  # relative, at fixed conductances

pytestmark = [
    pytest.mark.skipif(available() is None, reason="ngspice is not on this machine: the cross-check was not run"),
]


def agree(one, other):
    apart = one.difference(other)
    assert apart["energy_relative"] <= ENERGY
    assert apart["conductance_relative"] <= CONDUCTANCE
    assert apart["lithium_absolute"] <= LITHIUM


def spread(array, seed):
    return array.varied(xb.device_to_device(array, np.random.default_rng(seed)))


@pytest.mark.parametrize("calibration", list(xb.CALIBRATIONS))
def test_one_device_in_every_calibration(calibration):
    array = xb.Array(1, 1, device=xb.liwes(calibration))
    runs = [array.program(array.rest(), {(0, 0): xb.Pulse(0.5, 10e-3)}, engine=e) for e in ("native", "ngspice")]
    agree(*runs)


@pytest.mark.parametrize(("amplitude", "width"), [(1.0, 1e-6), (1.0, 200e-6), (-0.5, 10e-3), (2.0, 0.1)])
def test_one_device_under_pulses_of_every_scale(amplitude, width):
    array = xb.Array(1, 1)
    pulses = {(0, 0): xb.Pulse(amplitude, width, count=2, interval=5 * width)}
    agree(*(array.program(array.rest(), pulses, idle="ground", engine=e) for e in ("native", "ngspice")))


def test_a_four_by_four_array_through_two_pulses_and_a_wait():
    array = spread(xb.Array(4, 4), 1)
    pulses = {(1, 2): xb.Pulse(0.5, 10e-3), (3, 0): xb.Pulse(-1.0, 2e-3)}
    ours, theirs = (array.program(array.rest(), pulses, engine=e) for e in ("native", "ngspice"))
    agree(ours, theirs)
    one, other = (array.hold(ours.state, 1.0, channels="ground", engine=e) for e in ("native", "ngspice"))
    assert one.difference(other)["conductance_relative"] <= CONDUCTANCE
    assert one.difference(other)["lithium_absolute"] <= LITHIUM


def test_a_four_by_four_array_with_half_selected_lines():
    array = spread(xb.Array(4, 4, lines=xb.Lines(word=5, bit=7, gate=11, gate_along="column")), 2)
    pulses = {(1, 2): xb.Pulse(0.5, 10e-3)}
    agree(*(array.program(array.rest(0.3), pulses, unselected="V/2", engine=e) for e in ("native", "ngspice")))


def test_pre_charging_a_small_array():
    array = xb.Array(2, 2)
    start = array.rest(0.38)
    one, other = (array.precharge(0.4, state=start, engine=e) for e in ("native", "ngspice"))
    agree(one, other)
    assert one.reservoir_charge == pytest.approx(other.reservoir_charge, rel=ENERGY)


def test_a_read_with_ir_drop():
    array = spread(xb.Array(4, 4, lines=xb.Lines(word=20, bit=30)), 3)
    written = array.program(array.rest(), {(1, 2): xb.Pulse(0.5, 10e-3)})
    volts = np.array([0.1, 0.03, -0.05, 0.08])
    ours, theirs = (array.read(written.state, volts, engine=e) for e in ("native", "ngspice"))
    assert np.allclose(ours.currents, theirs.currents, rtol=CURRENT, atol=CURRENT * np.abs(ours.currents).max())
    assert ours.energy == pytest.approx(theirs.energy, rel=CURRENT)


def test_islands_and_a_selector_on_every_gate():
    """A 3 x 3 array in islands of two by two, one of them cut off from the reservoir at the edge."""
    islands = xb.Electrolyte(xb.Islands(2, 2, within=1e6), reservoir_at="edge")
    access = xb.Access(gate=(xb.Selector(),))
    array = spread(xb.Array(3, 3, electrolyte=islands, access=access), 4)
    pulses = {(0, 0): xb.Pulse(1.4, 200e-6), (2, 2): xb.Pulse(-1.2, 1e-3)}
    ours, theirs = (array.program(array.rest(), pulses, unselected="V/2", engine=e) for e in ("native", "ngspice"))
    agree(ours, theirs)
    assert ours.change[0, 0] > 5e-7
