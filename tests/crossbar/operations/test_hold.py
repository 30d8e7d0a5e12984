"""Waiting: what fades, what stays, and what the lines have to do with it."""

from __future__ import annotations

import numpy as np
import pytest

import crossbar as xb


def test_an_array_in_equilibrium_stays_there():
    for lithium in (0.0, 0.2, 0.4, 0.65):
        array = xb.Array(2, 2)
        run = array.hold(array.rest(lithium), 10.0)
        assert np.abs(array.lithium(run.state) - lithium).max() < 1e-9
        assert run.solution.work["steps"] < 500


def test_short_term_fades_and_long_term_stays_when_all_lines_float():
    """All gates and lines floating: no loss (device.md section 6).

    Lines are shared, so a cell floats only behind a channel switch of its own.
    """
    array = xb.Array(2, 2, access=xb.Access(channel=(xb.Switch(),)))
    written = array.program(array.rest(), {(0, 1): xb.Pulse(0.5, 10e-3)})
    rested = array.hold(written.state, 5.0)
    later = array.hold(rested.state, 1000.0)
    assert array.conductance(rested.state, "short_term")[0, 1] < 1e-3 * written.change[0, 1]
    share = np.abs(later.change).max() / (rested.change + written.change)[0, 1]
    assert share == pytest.approx(0.0, abs=0.02)
    assert rested.energy.total == pytest.approx(0.0, abs=1e-15)


def test_a_grounded_gate_discharges_what_a_floating_one_keeps():
    """A grounded idle gate discharges the long-term state in ~17 s, a floating one keeps it (device.md section 5)."""
    array = xb.Array(1, 1)
    written = array.program(array.rest(), {(0, 0): xb.Pulse(0.5, 0.5)})
    kept = array.hold(written.state, 60.0, gates="float")
    lost = array.hold(written.state, 60.0, gates="ground", channels="ground")
    change = [array.lithium(run.state)[0, 0] - 0.4 for run in (kept, lost)]
    assert change[1] < 0.2 * change[0]


def test_lithium_is_conserved_while_nothing_is_driven():
    array = xb.Array(2, 3)
    written = array.program(array.rest(), {(0, 1): xb.Pulse(1.0, 0.1)})
    rested = array.hold(written.state, 10.0)
    total = [
        sum(float((array.film_capacities()[f] * array.lithium(s, f)).sum()) for f in ("gate", "channel"))
        for s in (written.state, rested.state)
    ]
    moved = float(np.abs(array.film_capacities()["gate"] * (array.lithium(written.state) - 0.4)).sum())
    assert abs(total[1] - total[0]) < 0.2 * moved


@pytest.mark.parametrize("duration", [0.0, -1.0, np.nan, np.inf])
def test_an_impossible_wait_is_refused(duration):
    array = xb.Array(1, 1)
    with pytest.raises(xb.InputError, match="duration"):
        array.hold(array.rest(), duration)


def test_unknown_policies_are_refused():
    array = xb.Array(1, 1)
    with pytest.raises(xb.InputError, match="gates"):
        array.hold(array.rest(), 1.0, gates="V/2")  # type: ignore[arg-type]
    with pytest.raises(xb.InputError, match="channels"):
        array.hold(array.rest(), 1.0, channels="off")  # type: ignore[arg-type]
