"""From a layout, a state and a stimulus to a netlist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from circuits.netlist import Builder, Netlist
from circuits.selector import SELECTOR
from circuits.waveforms import Waveform, constant
from crossbar.array import Floats, Layout, State
from crossbar.electrolyte import PASSABLE
from crossbar.lines import Selector, Switch

OPEN = constant(1e-15)  # conductance of a driver that has let go [S]
CELLS = "cells"
LINES = ("word", "bit", "gate")
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Line:
    """What one line's driver does: the potential it holds [V] and, where it can let go, its conductance [S]."""

    potential: Waveform = field(default_factory=lambda: constant(0.0))
    connected: tuple[Waveform, ...] = ()


@dataclass(frozen=True, eq=False)
class Switching:
    """Conductances [S] and which of them each cell's access switch follows, shape (rows, columns)."""

    waveforms: tuple[Waveform, ...]
    which: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stimulus:
    """Everything an operation does to an array: its lines, the reservoir's line, its access switches.

    gates, channels: unused where the array has no such switch; charging: whether the way to the reservoir is open
    """

    word: tuple[Line, ...]
    bit: tuple[Line, ...]
    gate: tuple[Line, ...]
    reservoir: Line
    gates: Switching
    channels: Switching
    charging: bool = False


def quiet(layout: Layout) -> Stimulus:
    """All lines held at 0 V, gate switches open, channel switches closed, the reservoir let go."""
    gates = layout.rows if layout.lines.gate_along == "row" else layout.columns
    which = np.zeros(layout.shape, np.int64)
    return Stimulus(
        word=(Line(),) * layout.rows,
        bit=(Line(),) * layout.columns,
        gate=(Line(),) * gates,
        reservoir=Line(connected=(OPEN,)),
        gates=Switching((constant(1 / layout.access.gate[0].off if layout.access.gate else 1.0),), which),
        channels=Switching((constant(1 / layout.access.channel[0].on if layout.access.channel else 1.0),), which),
    )


def floating(layout: Layout) -> Stimulus:
    """Every driver let go and every access switch open."""
    still = quiet(layout)
    off = constant(1 / layout.access.channel[0].off if layout.access.channel else 1.0)
    return replace(
        still,
        # One line stays at 0 V: a potential needs a reference, and a single contact closes no loop.
        word=(still.word[0], *(replace(line, connected=(OPEN,)) for line in still.word[1:])),
        bit=tuple(replace(line, connected=(OPEN,)) for line in still.bit),
        gate=tuple(replace(line, connected=(OPEN,)) for line in still.gate),
        channels=replace(still.channels, waveforms=(off,)),
    )


def netlist(layout: Layout, state: State, stimulus: Stimulus, title: str) -> Netlist:
    """The array under `stimulus`, starting from `state`; raises InputError for a state of another shape."""
    layout.check_state(state)
    builder = Builder(title)
    shape, lines = layout.shape, layout.lines
    word = _line(builder, "word", shape, lines.word, stimulus.word)
    bit = _line(builder, "bit", shape, lines.bit, stimulus.bit, down=True)
    line = _line(builder, "gate", shape, lines.gate, stimulus.gate, down=lines.gate_along == "column")
    gate = _access(builder, "gate", line, layout.access.gate, stimulus.gates)
    source = _access(builder, "source", bit, layout.access.channel, stimulus.channels)
    drain = _access(builder, "drain", word, layout.access.channel, stimulus.channels)
    electrolyte = _electrolyte(builder, layout, stimulus)
    terminals = [x.ravel() for x in (gate, source, drain, electrolyte)]
    parameters = {name: values.ravel() for name, values in layout.parameters.items()}
    states = state.devices.reshape(-1, state.devices.shape[-1])
    builder.devices(CELLS, layout.device.device, terminals, parameters, states)
    return builder.build()


def frozen(layout: Layout, conductance: Floats, word: Sequence[float] | Floats) -> Netlist:
    """The array as a read sees it: channels are resistors [S], word lines driven [V], bit lines at virtual ground.

    Raises InputError for an array with selectors on its channels, which are no resistors.
    """
    _ = layout.access.channel_resistance
    builder = Builder("read")
    driven = tuple(Line(constant(float(v))) for v in word)
    rows = _line(builder, "word", layout.shape, layout.lines.word, driven)
    sensed = (Line(),) * layout.columns
    columns = _line(builder, "bit", layout.shape, layout.lines.bit, sensed, down=True)
    on = constant(1 / layout.access.channel[0].on if layout.access.channel else 1.0)
    closed = Switching((on,), np.zeros(layout.shape, np.int64))
    source = _access(builder, "source", columns, layout.access.channel, closed)
    drain = _access(builder, "drain", rows, layout.access.channel, closed)
    builder.resistors(CELLS, drain.ravel(), source.ravel(), 1 / np.asarray(conductance, float).ravel())
    return builder.build()


def _grid(builder: Builder, kind: str, shape: tuple[int, int]) -> Integers:
    return builder.grid(kind, shape[1], np.arange(shape[0] * shape[1])).reshape(shape)


def _line(
    builder: Builder,
    kind: str,
    shape: tuple[int, int],
    segment: float,
    lines: tuple[Line, ...],
    *,
    down: bool = False,
) -> Integers:
    """Drivers and segments of parallel lines, along rows or `down` columns; the node each cell sees, of `shape`."""
    ends = [f"{kind}_{k}" for k in range(len(lines))]
    heads = [
        f"{kind}_drive_{k}" if line.connected else end for k, (line, end) in enumerate(zip(lines, ends, strict=True))
    ]
    potentials, which = _distinct([line.potential for line in lines])
    builder.drives(kind, heads, potentials, which)
    letting = [k for k, line in enumerate(lines) if line.connected]
    if letting:
        waves, follows = _distinct([lines[k].connected[0] for k in letting])
        builder.switches(f"{kind}_driver", [heads[k] for k in letting], [ends[k] for k in letting], waves, follows)
    first = builder.nodes(ends)[:, None]
    if segment == 0:
        return np.broadcast_to(first.T if down else first, shape)
    nodes = _grid(builder, kind, shape)
    along = nodes.T if down else nodes
    before = np.concatenate([first, along[:, :-1]], axis=1)
    builder.resistors(f"{kind}_line", before.ravel(), along.ravel(), segment)
    return nodes


def _distinct(waveforms: list[Waveform]) -> tuple[list[Waveform], list[int]]:
    places: dict[Waveform, int] = {}
    which = [places.setdefault(waveform, len(places)) for waveform in waveforms]
    return list(places), which


def _access(
    builder: Builder,
    kind: str,
    line: Integers,
    access: tuple[Switch | Selector, ...],
    switching: Switching,
) -> Integers:
    """The far side of each cell's access device, if it has one."""
    if not access:
        return line
    inner = _grid(builder, f"{kind}_cell", (line.shape[0], line.shape[1]))
    match access[0]:
        case Switch():
            builder.switches(
                f"{kind}_access", line.ravel(), inner.ravel(), switching.waveforms, switching.which.ravel()
            )
        case Selector() as selector:
            builder.devices(f"{kind}_access", SELECTOR, [line.ravel(), inner.ravel()], selector.parameters)
    return inner


def _electrolyte(builder: Builder, layout: Layout, stimulus: Stimulus) -> Integers:
    """Electrolyte nodes of the cells, tied to each other and to the reservoir; one where nothing separates them."""
    shape = layout.shape
    edges = layout.electrolyte.edges(shape)
    firsts, group = np.unique(edges.groups(0.0), return_inverse=True)
    every = builder.grid("electrolyte", shape[1], firsts)
    place = group.reshape(shape)
    start, end, between = edges.joins(PASSABLE)
    start, end = place.ravel()[start], place.ravel()[end]
    apart = start != end
    if apart.any():
        builder.resistors("electrolyte", every[start[apart]], every[end[apart]], between[apart])
    line, head = stimulus.reservoir, "reservoir_drive"
    builder.drives("reservoir", [head], [line.potential])
    if line.connected:
        head = "reservoir"
        builder.switches("reservoir_driver", ["reservoir_drive"], [head], [line.connected[0]])
    # Side by side, what the cells of one node have each: their share of the plate, and a valve.
    reached, cells = np.unique(place[layout.electrolyte.faced(shape)], return_counts=True)
    resistance = (layout.reservoir.resistance + layout.reservoir.contact) * cells.sum()
    for valve in layout.access.reservoir:
        resistance += valve.on if stimulus.charging else valve.off
    source = np.repeat(builder.nodes(head), len(reached))
    builder.resistors("reservoir_path", source, every[reached], resistance / cells)
    return every[place]
