"""What several studies need: a share of a progress bar, a cell all by itself, pulses until something happens."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from circuits.errors import InputError
from crossbar.array import Layout, State
from crossbar.electrolyte import Electrolyte
from crossbar.operations.hold import hold
from crossbar.operations.program import program
from crossbar.operations.run import Settings
from crossbar.pulses import Cell, Pulse
from crossbar.wiring import CELLS

MOST, CHUNK = 4096, 256  # pulses in all, and in one run


def part(settings: Settings, done: float, share: float) -> Settings:
    """Settings of one run among several: it begins when `done` is done and makes up `share` of the whole."""
    progress = settings.progress
    return settings if progress is None else replace(settings, progress=lambda x: progress(min(done + share * x, 1.0)))


def silent(settings: Settings) -> Settings:
    """Settings of a run nobody watches."""
    return replace(settings, progress=None)


def told(settings: Settings, done: float) -> None:
    """Tell who listens, if anyone, how much is done."""
    if settings.progress is not None:
        settings.progress(done)


def check_share(name: str, value: float, instead: str) -> float:
    """`value` if it is above 0 and below 1; raises InputError."""
    if not 0 < value < 1:
        raise InputError(name, value, "a share above 0 and below 1", instead)
    return float(value)


def check_count(name: str, value: float, least: int, instead: int) -> int:
    """`value` as a whole number from `least`; raises InputError."""
    if not math.isfinite(value) or value != int(value) or value < least:
        raise InputError(name, value, f"a whole number from {least}", f"{instead}")
    return int(value)


def isolated(layout: Layout, state: State, cell: Cell) -> tuple[Layout, State]:
    """One cell of an array as an array of its own: same device, lines and access, nobody to share ions with."""
    row, column = layout.check_cell(cell)
    here = (slice(row, row + 1), slice(column, column + 1))
    spread = {name: values[here] for name, values in layout.spread.items()}
    alone = Layout(1, 1, layout.device, layout.lines, Electrolyte(), layout.reservoir, layout.access, spread)
    return alone, replace(layout.check_state(state), devices=state.devices[here])


def pulse_until(
    layout: Layout,
    state: State,
    cell: Cell,
    pulse: Pulse,
    met: Callable[[State], bool],
    most: int,
    settings: Settings,
) -> tuple[float, State]:
    """Pulses on one cell until `met`: how many, inf when `most` were not enough, and the state when the last one ends.

    Trains of growing length; the gate floats between pulses, channels stay at 0 V.
    """
    done, length = 0, 1
    while done < most:
        length = min(length, CHUNK, most - done)
        run = program(layout, state, {cell: replace(pulse, count=length)}, settings=settings)
        # Samples: time 0, the end of every pulse, and the end of the run.
        for k, devices in enumerate(run.solution.states(CELLS)[1 : length + 1], start=1):
            now = State(devices.reshape(state.devices.shape), run.state.reservoir)
            if met(now):
                return float(done + k), now
        state = hold(layout, run.state, pulse.interval, channels="ground", settings=settings).state
        done, length = done + length, 2 * length
    return math.inf, state
