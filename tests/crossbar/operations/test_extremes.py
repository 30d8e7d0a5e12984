"""Far from the paper's conditions the engine still finds its way, and its energy still balances."""

from __future__ import annotations

import pytest

import crossbar as xb

BALANCE = 1e-6


@pytest.mark.parametrize("amplitude", [2.0, 5.0, -3.0])
def test_a_hold_with_grounded_channels_after_a_strong_pulse_begins(amplitude):
    # Guard: "No operating point was found at time 0".
    array = xb.Array(4, 4)
    run = array.program(array.rest(), {(1, 1): xb.Pulse(amplitude, 1e-3)})
    held = array.hold(run.state, 1.0, channels="ground")
    assert max(run.energy.balance, held.energy.balance) <= BALANCE


SELECTOR = (xb.Selector(threshold=0.1, on=1e3),)


@pytest.mark.parametrize("access", [xb.Access(gate=SELECTOR), xb.Access(channel=SELECTOR)], ids=["gate", "channel"])
def test_precharge_behind_threshold_selectors_begins(access):
    # Guard: "No operating point was found at time 0".
    array = xb.Array(3, 3, access=access)
    run = array.precharge(lithium=0.4, tolerance=0.05)
    assert (run.change > 0).all() or (run.change < 0).all()
    assert run.energy.balance <= BALANCE


CHANGES = [
    {"exchange_current": 0.02, "film_resistance": 1e-3},
    {"exchange_current": 0.01, "film_resistance": 0.01},
    {"exchange_current": 1e-6},
    {"exchange_current": 1e4},
    {"film_resistance": 1e-6},
    {"film_resistance": 1e3},
    {"edl_capacitance": 1e-6},
    {"edl_capacitance": 10.0},
    {"gate_resistance": 1e12},
    {"temperature": 200.0},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_parameters_at_the_ends_of_their_ranges_are_solved(changes):
    # Guard: the first of them ended with "No step was small enough", the second with conductances of 1e35 S.
    array = xb.Array(2, 2, device=xb.liwes("unified", **changes))
    run = array.program(array.rest(), {(0, 1): xb.Pulse(1.0, 1e-3)})
    assert run.energy.balance <= BALANCE
    assert (array.conductance(run.state) < array.parameters["conductance_max"].max() * 10).all()
