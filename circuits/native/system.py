"""The whole circuit as d(charge)/dt = flow: one sparse system, assembled once from a netlist.

The full vector holds the unknowns in elimination order (free nodes, internal nodes, states), then the driven nodes,
then ground. Charge is linear in it; flow is linear elements plus devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.elements import Capacitors, Currents, Drives, Instances, Resistors, Switches
from circuits.native.sparse import Pattern, elimination_order, fill, routes, slots
from circuits.netlist import Netlist
from circuits.writers.kernel import array_kernel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Edges(NamedTuple):
    """Two-node elements: value, or the waveform `wave` (-1 for none); slots of (aa, bb, ab, ba)."""

    start: Integers
    end: Integers
    value: Floats
    wave: Integers
    slot: Integers


class Devices(NamedTuple):
    """Flat arrays a compiled kernel reads, group after group; where its slopes go; the row of every state."""

    counts: Integers
    place: Integers
    given: Floats
    slot: Integers
    state: Integers


class System(NamedTuple):
    """Everything a step needs and never changes.

    conductors, capacitors, currents: two-node elements; capacity: of each state (0 for nodes), shape (unknowns,)
    dynamic: rows with charge; kind: which rows share an error scale (-1: none); driven_wave: of each driven node
    route: (node, next node) along the best conductors towards a source, farthest first, shape (pairs, 2)
    """

    conductors: Edges
    capacitors: Edges
    currents: Edges
    devices: Devices
    pattern: Pattern
    capacity: Floats
    dynamic: NDArray[np.bool_]
    kind: Integers
    driven_wave: Integers
    route: Integers


@dataclass(frozen=True, eq=False)
class Assembly:
    """A system with the map back to the netlist.

    place: position in the full vector of each netlist node, shape (nodes,)
    local: position of each device variable, by group, shape (count, variables)
    drives: positions among driven nodes, by drive group
    """

    netlist: Netlist
    system: System
    place: Integers
    local: Mapping[str, Integers]
    drives: Mapping[str, Integers]
    size: int

    @property
    def length(self) -> int:
        """Length of the full vector."""
        return self.size + len(self.system.driven_wave) + 1

    def start(self) -> Floats:
        """Full vector at time 0 with the netlist's initial states; nodes are still to be solved."""
        z = np.zeros(self.length)
        for group in self.netlist.devices:
            z[self.local[group.name][:, len(group.device.nodes) :]] = group.states
        return z

    def held(self) -> Floats:
        """Charge of every unknown at time 0 [C]: that of the states, and of capacitors at their initial voltage."""
        charge = np.zeros(self.length)
        charge[: self.size] = self.system.capacity * self.start()[: self.size]
        for group in self.netlist.groups:
            if isinstance(group, Capacitors):
                np.add.at(charge, self.place[group.start], group.capacitance * group.initial)
                np.add.at(charge, self.place[group.end], -group.capacitance * group.initial)
        return charge[: self.size]


def assemble(netlist: Netlist) -> Assembly:
    """The system of `netlist`."""
    raw = _Raw(netlist)
    rows, columns = raw.pairs()
    inside = (rows < raw.size) & (columns < raw.size)
    rank = elimination_order(raw.size, rows[inside], columns[inside])
    order = np.concatenate([rank, np.arange(raw.size, raw.length)]).astype(np.int64)
    pattern = fill(raw.size, order[rows[inside]], order[columns[inside]])
    local = {name: order[positions] for name, positions in raw.local.items()}
    conductors = _edges(raw, pattern, order, (Resistors, Switches))
    system = System(
        conductors=conductors,
        capacitors=_edges(raw, pattern, order, (Capacitors,)),
        currents=_edges(raw, pattern, order, (Currents,)),
        devices=_devices(netlist, local, pattern),
        pattern=pattern,
        capacity=np.zeros(raw.size),
        dynamic=np.zeros(raw.size, np.bool_),
        kind=np.full(raw.size, -1, np.int64),
        driven_wave=raw.driven_wave,
        route=routes(raw.size, conductors.start, conductors.end, _conductances(netlist)),
    )
    _charges(netlist, local, system)
    return Assembly(netlist, system, order[raw.place], local, raw.drives, raw.size)


class _Raw:
    """Numbering before the elimination order is known: unknowns, then driven nodes, then ground."""

    def __init__(self, netlist: Netlist) -> None:
        self.netlist = netlist
        driven = [g for g in netlist.groups if isinstance(g, Drives)]
        nodes = np.concatenate([g.node for g in driven] or [np.zeros(0, np.int64)])
        free = np.setdiff1d(np.arange(1, len(netlist.nodes)), nodes)
        extra = sum(g.count * (len(g.device.variables) - g.device.terminals) for g in netlist.devices)
        self.size = len(free) + extra
        self.length = self.size + len(nodes) + 1
        self.place = np.full(len(netlist.nodes), self.length - 1, np.int64)
        self.place[free] = np.arange(len(free))
        self.place[nodes] = self.size + np.arange(len(nodes))
        self.drives, self.driven_wave = self._drives(driven)
        self.local = self._locals(len(free))

    def _drives(self, groups: list[Drives]) -> tuple[dict[str, Integers], Integers]:
        positions, first = {}, 0
        for group in groups:
            positions[group.name] = first + np.arange(len(group.node))
            first += len(group.node)
        return positions, np.concatenate([self.waves(g) for g in groups] or [np.zeros(0, np.int64)])

    def waves(self, wanted: Drives | Switches | Currents) -> Integers:
        """Which of the netlist's waveforms each element of a group follows."""
        first = 0
        for group in self.netlist.groups:
            if group is wanted:
                break
            first += len(group.waveforms) if isinstance(group, (Drives, Switches, Currents)) else 0
        return (first + wanted.which).astype(np.int64)

    def _locals(self, first: int) -> dict[str, Integers]:
        result = {}
        for group in self.netlist.devices:
            extra = len(group.device.variables) - group.device.terminals
            own = first + np.arange(group.count * extra).reshape(group.count, extra)
            result[group.name] = np.concatenate([self.place[group.terminals], own], axis=1)
            first += group.count * extra
        return result

    def pairs(self) -> tuple[Integers, Integers]:
        """(row, column) of every entry the matrix can have."""
        rows, columns = [np.arange(self.size)], [np.arange(self.size)]
        for group in self.netlist.groups:
            if isinstance(group, Instances):
                pattern = np.array(array_kernel(group.device).program.pattern)
                rows.append(self.local[group.name][:, pattern[:, 0]].ravel())
                columns.append(self.local[group.name][:, pattern[:, 1]].ravel())
            elif not isinstance(group, (Drives, Currents)):
                a, b = self.place[group.start], self.place[group.end]
                rows += [a, b]
                columns += [b, a]
        return np.concatenate(rows), np.concatenate(columns)


def _edges(raw: _Raw, pattern: Pattern, order: Integers, kinds: tuple[type, ...]) -> Edges:
    start, end, value, wave = [], [], [], []
    for group in raw.netlist.groups:
        if not isinstance(group, kinds) or isinstance(group, (Drives, Instances)):
            continue
        start.append(order[raw.place[group.start]])
        end.append(order[raw.place[group.end]])
        wave.append(raw.waves(group) if isinstance(group, (Switches, Currents)) else np.full(len(group.start), -1))
        value.append(_value(group))
    if not start:
        none = np.zeros(0, np.int64)
        return Edges(none, none, np.zeros(0), none, np.zeros((0, 4), np.int64))
    a, b = np.concatenate(start), np.concatenate(end)
    slot = np.stack([slots(pattern, r, c) for r, c in ((a, a), (b, b), (a, b), (b, a))], axis=1)
    return Edges(a, b, np.concatenate(value), np.concatenate(wave).astype(np.int64), slot)


def _value(group: Resistors | Capacitors | Switches | Currents) -> Floats:
    if isinstance(group, Resistors):
        return 1.0 / group.resistance
    return group.capacitance if isinstance(group, Capacitors) else np.zeros(len(group.start))


def _conductances(netlist: Netlist) -> Floats:
    """Conductance of every resistor and switch [S], of a switch the largest."""
    values = [np.zeros(0)]
    for group in netlist.groups:
        if isinstance(group, Resistors):
            values.append(1.0 / group.resistance)
        elif isinstance(group, Switches):
            values.append(np.array([max(w.values) for w in group.waveforms])[group.which])
    return np.concatenate(values)


def _devices(netlist: Netlist, local: Mapping[str, Integers], pattern: Pattern) -> Devices:
    counts, index, given, slot, state = [], [], [], [], []
    for group in netlist.devices:
        kernel = array_kernel(group.device)
        pairs = np.array(kernel.program.pattern)
        where = local[group.name]
        counts.append(group.count)
        index.append(where.ravel())
        given.append(kernel.given(group.parameters).ravel())
        state.append(where[:, len(group.device.nodes) :].ravel())
        slot.append(slots(pattern, where[:, pairs[:, 0]].ravel(), where[:, pairs[:, 1]].ravel()))
    none = np.zeros(0, np.int64)
    return Devices(
        np.array(counts, np.int64),
        np.concatenate(index or [none]),
        np.concatenate(given or [np.zeros(0)]),
        np.concatenate(slot or [none]),
        np.concatenate(state or [none]),
    )


def _charges(netlist: Netlist, local: Mapping[str, Integers], system: System) -> None:
    """Fill in capacity, dynamic and kind."""
    kind, size = 0, len(system.capacity)
    for group in netlist.devices:
        capacities = array_kernel(group.device).capacities(group.parameters)
        nodes = len(group.device.nodes)
        for k in range(len(group.device.states)):
            rows = local[group.name][:, nodes + k]
            system.capacity[rows] = capacities[..., k]
            system.kind[rows] = kind
            kind += 1
    system.dynamic[system.capacity > 0] = True
    for ends in (system.capacitors.start, system.capacitors.end):
        rows = ends[ends < size]
        system.dynamic[rows] = True
        system.kind[rows] = kind
