"""Write: pulses on gates, through their access switches where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from circuits.errors import InputError
from circuits.waveforms import Waveform, constant, steps
from crossbar.array import Layout, State
from crossbar.operations.run import Run, Settings, execute
from crossbar.pulses import Cell, Pulse, slots
from crossbar.wiring import OPEN, Line, Stimulus, Switching, quiet

Policy: TypeAlias = Literal["float", "ground", "V/2", "V/3"]
SHARE: Mapping[str, float] = {"float": 0.0, "ground": 0.0, "V/2": 1 / 2, "V/3": 1 / 3}


@dataclass(frozen=True)
class _Slot:
    start: float
    end: float
    pulses: Mapping[Cell, Pulse]


def program(
    layout: Layout,
    state: State,
    pulses: Mapping[Cell, Pulse],
    *,
    unselected: Policy = "float",
    idle: Literal["float", "ground"] = "float",
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Run:
    """Apply one pulse train to each selected cell; on one gate line one after another.

    unselected: what gate lines without a pulse do meanwhile: "float", "ground", or a share of the pulse "V/2", "V/3".
        Cells that share a selected line are cut off by their access switch, or see the full pulse without one,
        as through a selector.
    idle: what a selected gate does between and after its pulses: "float" keeps what was written, "ground" lets it
        relax through the driver
    Raises InputError for a cell outside the array, no pulses, an unknown policy, or a state of another shape.
    """
    if not pulses:
        raise InputError("pulses", pulses, "at least one cell with a Pulse", "{(0, 0): Pulse(0.5, 10e-3)}")
    if unselected not in SHARE:
        raise InputError("unselected", unselected, ", ".join(SHARE), '"float"')
    if idle not in ("float", "ground"):
        raise InputError("idle", idle, '"float" or "ground"', '"float"')
    chosen = {layout.check_cell(cell): pulse for cell, pulse in pulses.items()}
    timed = _schedule(layout, chosen)
    stimulus = _stimulus(layout, timed, unselected, idle)
    end = timed[-1].end
    edges = np.unique([t for slot in timed for p in slot.pulses.values() for t in _ends(slot, p)])
    return execute("program", layout, state, stimulus, end, settings, samples=edges, selected=frozenset(chosen))


def _ends(slot: _Slot, pulse: Pulse) -> list[float]:
    return [end - pulse.rise / 2 for _, end in pulse.plateaus(slot.start)]


def _schedule(layout: Layout, pulses: Mapping[Cell, Pulse]) -> list[_Slot]:
    line_of = {cell: layout.gate_line(*cell) for cell in pulses}
    timed, clock = [], 0.0
    for group in slots(pulses, line_of):
        rise = max(pulse.rise for pulse in group.values())
        start = clock + 4 * rise
        end = start + max(pulse.duration for pulse in group.values())
        timed.append(_Slot(start, end, group))
        clock = end + 4 * rise
    return [*timed[:-1], replace(timed[-1], end=clock)] if timed else timed


def _stimulus(layout: Layout, timed: list[_Slot], unselected: Policy, idle: str) -> Stimulus:
    still = quiet(layout)
    # Where nothing else can cut a gate off, the line's driver lets go instead of the cell's switch.
    cut = layout.access.cuts_gates
    gate = tuple(_gate_line(layout, timed, line, unselected, idle, cut) for line in range(len(still.gate)))
    gates = _gate_switches(layout, timed, unselected, idle) if cut else still.gates
    return replace(still, gate=gate, gates=gates)


def _gate_line(
    layout: Layout,
    timed: list[_Slot],
    line: int,
    unselected: Policy,
    idle: str,
    cut: bool,  # noqa: FBT001
) -> Line:
    """Potential of a gate line; a plateau outlasts its pulse on both sides where an access switch ends it."""
    plateaus: list[tuple[float, float, float]] = []
    on: list[tuple[float, float, float]] = []
    rise = min(pulse.rise for slot in timed for pulse in slot.pulses.values())
    for slot in timed:
        mine = [p for cell, p in slot.pulses.items() if layout.gate_line(*cell) == line]
        margin = 2 * rise if cut and idle == "float" else 0.0
        if mine:
            spans = [(a, b, mine[0].amplitude) for a, b in mine[0].plateaus(slot.start)]
            on += [(a, b, 1 / layout.lines.driver) for a, b, _ in spans]
        else:
            amplitude = next(iter(slot.pulses.values())).amplitude * SHARE[unselected]
            spans = [(slot.start, slot.start + _longest(slot), amplitude)] if amplitude else []
            on += [(a, b, 1 / layout.lines.driver) for a, b, _ in spans]
        plateaus += [(a - margin, b + margin, v) for a, b, v in spans]
    potential = steps(0.0, plateaus, rise)
    if cut or idle == "ground" or (unselected == "ground" and not on):
        return Line(potential)
    return Line(potential, (steps(OPEN.values[0], on, rise),))


def _longest(slot: _Slot) -> float:
    return max(pulse.duration for pulse in slot.pulses.values())


def _gate_switches(layout: Layout, timed: list[_Slot], unselected: Policy, idle: str) -> Switching:
    """Closed for a selected cell's own pulses (for good, when it idles at ground), else open."""
    switch = layout.access.gate[0]
    off, on = 1 / switch.off, 1 / switch.on
    rise = min(pulse.rise for slot in timed for pulse in slot.pulses.values())
    waves: dict[Waveform, int] = {constant(off): 0, constant(on): 1}
    which = np.zeros(layout.shape, np.int64)
    busy = {layout.gate_line(*cell) for slot in timed for cell in slot.pulses}
    for row, column in np.ndindex(layout.shape):
        if unselected != "float" and layout.gate_line(row, column) not in busy:
            which[row, column] = 1
    for slot in timed:
        for cell, pulse in slot.pulses.items():
            spans = [(a, b, on) for a, b in pulse.plateaus(slot.start)]
            wave = constant(on) if idle == "ground" else steps(off, spans, rise)
            which[cell] = waves.setdefault(wave, len(waves))
    return Switching(tuple(waves), which)
