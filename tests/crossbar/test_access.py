"""Selectors on gates and channels: what is allowed, and what they do to an array."""

from __future__ import annotations

import numpy as np
import pytest

import crossbar as xb

ISLAND = xb.Electrolyte(1e10)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: xb.Selector(threshold=-0.1), "selector.threshold"),
        (lambda: xb.Selector(threshold=float("nan")), "selector.threshold"),
        (lambda: xb.Selector(width=0.0), "selector.width"),
        (lambda: xb.Selector(threshold=1.0, width=0.02), "selector.width"),
        (lambda: xb.Selector(on=0.0), "selector.on"),
        (lambda: xb.Selector(on=1e6, off=1e5), "selector.off"),
        (lambda: xb.Access(reservoir=(xb.Selector(),)), "access.reservoir"),  # type: ignore[arg-type]
        (lambda: xb.Access(gate=xb.Selector()), "access.gate"),  # type: ignore[arg-type]
    ],
)
def test_an_impossible_access_device_is_refused(make, field):
    with pytest.raises(xb.InputError) as caught:
        make()
    assert caught.value.field == field


def changes(access, amplitude, **options):
    """Lithium each of four cells gets of a 10 ms pulse on cell (0, 0), gate lines along rows."""
    array = xb.Array(2, 2, electrolyte=ISLAND, access=access)
    run = array.program(array.rest(), {(0, 0): xb.Pulse(amplitude, 10e-3)}, **options)
    assert run.energy.balance < 1e-6
    return array.lithium(run.state) - 0.4


def test_below_its_threshold_a_selector_keeps_a_gate_to_itself():
    """Half the amplitude on the other gate line: nearly half the lithium through a wire, none to speak of here."""
    wired = changes(xb.Access(gate=()), 0.8, unselected="V/2")
    selected = changes(xb.Access(gate=(xb.Selector(),)), 0.8, unselected="V/2")
    assert wired[1, 0] / wired[0, 0] == pytest.approx(0.44, abs=0.01)
    assert 0 < selected[1, 0] / selected[0, 0] < 0.02


def test_beyond_its_threshold_a_selector_takes_that_much_of_the_pulse():
    """1.0 V through a 0.6 V selector does what 0.4 V and a bit does: it opens below its threshold for 0.1 uA."""
    through = changes(xb.Access(gate=(xb.Selector(),)), 1.0)[0, 0]
    low, high = (changes(xb.Access(gate=()), volts)[0, 0] for volts in (0.38, 0.48))
    assert low < through < high


def test_a_selector_keeps_what_a_grounded_gate_line_would_take_back():
    """A grounded idle gate discharges the long-term state in ~17 s (device.md section 5) unless it is cut off."""
    kept = {}
    for name, gate in (("wire", ()), ("selector", (xb.Selector(),))):
        array = xb.Array(1, 1, electrolyte=ISLAND, access=xb.Access(gate=gate))
        state = array.program(array.rest(), {(0, 0): xb.Pulse(1.0 if gate else 0.5, 0.5)}).state
        rested = array.hold(state, 5.0)
        later = array.hold(rested.state, 100.0, gates="ground", channels="ground")
        kept[name] = (array.lithium(later.state) - 0.4).item() / (array.lithium(rested.state) - 0.4).item()
    assert kept["wire"] < 0.2
    assert kept["selector"] > 0.99


def test_channels_behind_selectors_work_but_are_no_resistors_to_read():
    array = xb.Array(2, 2, electrolyte=ISLAND, access=xb.Access(channel=(xb.Selector(threshold=0.1, on=1e3),)))
    run = array.program(array.rest(), {(0, 1): xb.Pulse(1.0, 1e-3)})
    assert run.change[0, 1] > 0
    for ask in (array.read, array.ports, lambda state: array.read(state, engine="ngspice")):
        with pytest.raises(xb.InputError, match=r"access\.channel"):
            ask(run.state)


def test_a_selector_s_heat_is_accounted_for():
    array = xb.Array(1, 2, electrolyte=ISLAND, access=xb.Access(gate=(xb.Selector(),)))
    energy = array.program(array.rest(), {(0, 0): xb.Pulse(1.5, 1e-3)}).energy
    assert energy.dissipated["gate_access"] > 0.1 * energy.total
    assert energy.balance < 1e-6
    assert np.isfinite(energy.total)
