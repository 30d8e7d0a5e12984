"""What a half-selected cell takes of a pulse of a share of the amplitude, and how many such pulses disturb it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from circuits.errors import InputError
from crossbar.array import Floats, Layout, State
from crossbar.operations.program import program
from crossbar.operations.run import Run, Settings
from crossbar.pulses import Cell, Pulse
from crossbar.studies.common import MOST, check_count, check_share, pulse_until, silent, told

SHARES = (1 / 2, 1 / 3, 1 / 4)


@dataclass(frozen=True, eq=False)
class HalfSelect:
    """A cell under pulses of a share of the amplitude.

    shares: of the amplitude [1]; received: lithium of its channel when one such pulse ends, relative to a full pulse
    [1]; pulses: how many until its long-term conductance has changed by `disturb` of what it was, inf where `most`
    were not enough [1]; all of shape (shares,)
    full: lithium a full pulse brings [1]; disturb: [1]; most: pulses tried
    """

    shares: Floats
    received: Floats
    pulses: Floats
    full: float
    disturb: float
    most: int


def half_select(
    layout: Layout,
    state: State,
    cell: Cell,
    pulse: Pulse,
    *,
    shares: Sequence[float] | Floats = SHARES,
    disturb: float = 0.01,
    most: int = MOST,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> HalfSelect:
    """Give a cell a full pulse, then, from the same state, trains of pulses of each share of its amplitude.

    Trains have the pulse's width and interval; the gate floats in between. `most` 0 counts no pulses (all inf).
    Raises InputError for shares outside 0..1, a disturb outside 0..1, a count below 0, and as `program` does.
    """
    parts = np.array(shares, float)
    if parts.ndim != 1 or not len(parts) or not ((parts > 0) & (parts <= 1)).all():
        raise InputError("shares", shares, "shares of the amplitude above 0 and up to 1", "(1/2, 1/3, 1/4)")
    check_share("disturb", disturb, "0.01")
    check_count("most", most, 0, MOST)
    before = float(layout.conductance(layout.check_state(state), "long_term")[layout.check_cell(cell)])

    def disturbed(now: State) -> bool:
        return abs(float(layout.conductance(now, "long_term")[cell]) / before - 1) >= disturb

    one, quiet = replace(pulse, count=1), silent(settings)
    full = _lithium(layout, program(layout, state, {cell: one}, settings=quiet), state, cell)
    received, pulses = np.zeros(len(parts)), np.full(len(parts), np.inf)
    for k, share in enumerate(parts):
        told(settings, k / len(parts))
        less = replace(one, amplitude=share * pulse.amplitude)
        run = program(layout, state, {cell: less}, settings=quiet)
        received[k] = _lithium(layout, run, state, cell) / full
        pulses[k], _ = pulse_until(layout, state, cell, less, disturbed, most, quiet)
    told(settings, 1.0)
    return HalfSelect(parts, received, pulses, full, disturb, most)


def _lithium(layout: Layout, run: Run, state: State, cell: Cell) -> float:
    return float((layout.lithium(run.state) - layout.lithium(state))[cell])
