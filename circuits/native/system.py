"""The circuit as seen from its nodes: one sparse system, assembled once from a netlist.

Node potentials are the unknowns; what is inside a device is solved where it stands (see writers.condense). The full
vector holds free nodes, driven nodes, ground, then the insides of all devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.elements import Capacitors, Currents, Drives, Group, Instances, Resistors, Switches
from circuits.native.sparse import Pattern, arranged, routes, slots
from circuits.netlist import Netlist
from circuits.writers.compiled import compiled, roomy
from circuits.writers.kernel import array_kernel, program
from circuits.writers.trace import LANES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

HUB = 16  # connections from which a node ties the circuit together


class Edges(NamedTuple):
    """Two-node elements: value, or the waveform `wave` (-1 for none); slots of (aa, bb, ab, ba)."""

    start: Integers
    end: Integers
    value: Floats
    wave: Integers
    slot: Integers


class Devices(NamedTuple):
    """Groups of devices; flat arrays are group after group, in a group as writers.compiled says.

    kernel: address of each group's machine code; shared: whether all of a group read one row of `given`
    terminals, nodes, states, follows, gives: of each device of a group: rows in `place`, of its inside, in `given`
    slot: where each device's admittance goes
    capacity, kind: of each state; kinds count from 0
    """

    kernel: Integers
    counts: Integers
    shared: Flags
    terminals: Integers
    nodes: Integers
    states: Integers
    follows: Integers
    gives: Integers
    place: Integers
    given: Floats
    slot: Integers
    capacity: Floats
    kind: NDArray[np.int16]


class System(NamedTuple):
    """Everything a step needs and never changes.

    conductors, capacitors, currents: two-node elements; matrix: pattern of the equations of the free nodes
    dynamic: free nodes with charge; kinds: of device states, nodes with charge share one more
    driven_wave: of each driven node; route: (node, next node) along the best conductors towards a source, farthest
    first, shape (pairs, 2)
    """

    conductors: Edges
    capacitors: Edges
    currents: Edges
    devices: Devices
    matrix: Pattern
    dynamic: Flags
    kinds: int
    driven_wave: Integers
    route: Integers


@dataclass(frozen=True, eq=False)
class Assembly:
    """A system with the map back to the netlist.

    place: position in the full vector of each netlist node, shape (nodes,)
    local: position of each device variable, by group, shape (count, variables)
    cell, kind: of each free node: the device it lies at (-1 for none), and what meets there
    drives: positions among driven nodes, by drive group; inside: values inside devices at time 0
    """

    netlist: Netlist
    system: System
    place: Integers
    local: Mapping[str, Integers]
    cell: Integers
    kind: Integers
    drives: Mapping[str, Integers]
    inside: Floats

    @property
    def nodes(self) -> int:
        """Number of nodes: free, driven and ground."""
        return len(self.system.dynamic) + len(self.system.driven_wave) + 1

    @property
    def length(self) -> int:
        """Length of the full vector."""
        return self.nodes + len(self.inside)

    def held(self) -> Floats:
        """Charge capacitors hold at each node at time 0, at their initial voltage [C]."""
        charge = np.zeros(self.nodes)
        for group in self.netlist.groups:
            if isinstance(group, Capacitors):
                np.add.at(charge, self.place[group.start], group.capacitance * group.initial)
                np.add.at(charge, self.place[group.end], -group.capacitance * group.initial)
        return charge


def assemble(netlist: Netlist) -> Assembly:
    """The system of `netlist`."""
    raw = _Raw(netlist)
    matrix = arranged(raw.size, *raw.pairs())
    conductors = _edges(raw, matrix, (Resistors, Switches))
    capacitors = _edges(raw, matrix, (Capacitors,))
    dynamic = np.zeros(raw.size, np.bool_)
    for ends in (capacitors.start, capacitors.end):
        dynamic[ends[ends < raw.size]] = True
    devices = _devices(netlist, raw.place, matrix)
    system = System(
        conductors=conductors,
        capacitors=capacitors,
        currents=_edges(raw, matrix, (Currents,)),
        devices=devices,
        matrix=matrix,
        dynamic=dynamic,
        kinds=int(devices.kind.max(initial=-1)) + 1,
        driven_wave=raw.driven_wave,
        route=routes(raw.size, conductors.start, conductors.end, _conductances(netlist)),
    )
    return Assembly(netlist, system, raw.place, _local(raw), raw.cell, raw.kind, raw.drives, _inside(netlist))


class _Raw:
    """Numbering: free nodes, cell by cell where devices make cells, then driven nodes, then ground."""

    def __init__(self, netlist: Netlist) -> None:
        self.netlist = netlist
        driven = [g for g in netlist.groups if isinstance(g, Drives)]
        nodes = np.concatenate([g.node for g in driven] or [np.zeros(0, np.int64)])
        free = np.setdiff1d(np.arange(1, len(netlist.nodes)), nodes)
        near, last = _sequence(netlist), sum(group.count for group in netlist.devices)
        free = free[np.argsort(near[free], kind="stable")]
        self.cell = np.where(near[free] < last, near[free], -1)
        self.kind = np.unique(_kinds(netlist)[free], return_inverse=True)[1].astype(np.int64)
        self.size = len(free)
        self.nodes = self.size + len(nodes) + 1
        self.place = np.full(len(netlist.nodes), self.nodes - 1, np.int64)
        self.place[free] = np.arange(self.size)
        self.place[nodes] = self.size + np.arange(len(nodes))
        self.drives, self.driven_wave = self._drives(driven)

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

    def pairs(self) -> tuple[Integers, Integers]:
        """(row, column) of every entry the matrix can have."""
        rows, columns = [], []
        for group in self.netlist.groups:
            if isinstance(group, Instances):
                terminals = self.place[group.terminals]
                rows.append(np.repeat(terminals, terminals.shape[1], axis=1).ravel())
                columns.append(np.tile(terminals, (1, terminals.shape[1])).ravel())
            elif not isinstance(group, (Drives, Currents)):
                a, b = self.place[group.start], self.place[group.end]
                rows += [a, b]
                columns += [b, a]
        none = [np.zeros(0, np.int64)]
        return np.concatenate(rows or none), np.concatenate(columns or none)


def _sequence(netlist: Netlist) -> Integers:
    """Where each node belongs: with the first device it touches, itself or across one element; hubs come last."""
    count = len(netlist.nodes)
    last = sum(group.count for group in netlist.devices)
    cell, first = np.full(count, last, np.int64), 0
    for devices in netlist.devices:
        numbers = np.repeat(first + np.arange(devices.count), devices.terminals.shape[1])
        np.minimum.at(cell, devices.terminals.ravel(), numbers)
        first += devices.count
    near, degree = cell.copy(), np.zeros(count, np.int64)
    for group in netlist.groups:
        if isinstance(group, Instances):
            degree += np.bincount(group.terminals.ravel(), minlength=count)
        elif isinstance(group, (Resistors, Switches)):
            for one, other in ((group.start, group.end), (group.end, group.start)):
                degree += np.bincount(one, minlength=count)
                lone = cell[one] == last
                np.minimum.at(near, one[lone], cell[other[lone]])
    near[degree > HUB] = last + 1
    return near


def _kinds(netlist: Netlist) -> Integers:
    """A number for every node, alike where the same terminals of the same groups meet."""
    result, number = np.zeros(len(netlist.nodes), np.int64), 0
    for group in netlist.groups:
        for ends in group.terminals.T if isinstance(group, Instances) else (_ends(group),):
            result[ends.ravel()] |= 1 << (number % 62)
            number += 1
    return result


def _ends(group: Group) -> Integers:
    """Nodes a group of elements touches."""
    if isinstance(group, Instances):
        return group.terminals.ravel()
    return group.node if isinstance(group, Drives) else np.concatenate([group.start, group.end])


def _local(raw: _Raw) -> dict[str, Integers]:
    result, first = {}, raw.nodes
    for group in raw.netlist.devices:
        extra = len(group.device.variables) - group.device.terminals
        own = first + np.arange(group.count * extra).reshape(extra, group.count).T
        result[group.name] = np.concatenate([raw.place[group.terminals], own], axis=1)
        first += group.count * extra
    return result


def _inside(netlist: Netlist) -> Floats:
    parts = [np.zeros(0)]
    for group in netlist.devices:
        internal = np.zeros((group.count, len(group.device.nodes) - group.device.terminals))
        parts.append(np.concatenate([internal, group.states], axis=1).T.ravel())
    return np.concatenate(parts)


def _edges(raw: _Raw, pattern: Pattern, kinds: tuple[type, ...]) -> Edges:
    start, end, value, wave = [], [], [], []
    for group in raw.netlist.groups:
        if not isinstance(group, kinds) or isinstance(group, (Drives, Instances)):
            continue
        start.append(raw.place[group.start])
        end.append(raw.place[group.end])
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


def _devices(netlist: Netlist, place: Integers, pattern: Pattern) -> Devices:
    groups, kinds = netlist.devices, 0
    parts: list[tuple[NDArray[Any], ...]] = []
    shared = []
    for group in groups:
        kernel, each = array_kernel(group.device), len(group.device.states)
        given = kernel.given(compiled(group.device).given, group.parameters)
        shared.append(bool((given == given[:1]).all()))
        where = place[group.terminals]
        rows, columns = np.repeat(where, where.shape[1], axis=1), np.tile(where, (1, where.shape[1]))
        parts.append(
            (
                where.T.ravel(),
                (np.repeat(given[:1], LANES, axis=0) if shared[-1] else given).T.ravel(),
                slots(pattern, rows.T.ravel(), columns.T.ravel()),
                np.broadcast_to(kernel.capacities(group.parameters), (group.count, each)).T.ravel(),
                np.repeat(kinds + np.arange(each, dtype=np.int16), group.count),
            )
        )
        kinds += each
    none = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int16)
    arrays = (np.concatenate([empty, *(part[k] for part in parts)]) for k, empty in enumerate(none))
    place, given, slot, capacity, kind = (roomy(array) for array in arrays)
    return Devices(
        np.array([compiled(g.device).address for g in groups], np.int64),
        np.array([g.count for g in groups], np.int64),
        np.array(shared, np.bool_),
        np.array([g.device.terminals for g in groups], np.int64),
        np.array([len(g.device.nodes) - g.device.terminals for g in groups], np.int64),
        np.array([len(g.device.states) for g in groups], np.int64),
        np.array([g.device.terminals * len(program(g.device).curved) for g in groups], np.int64),
        np.array([len(compiled(g.device).given) for g in groups], np.int64),
        place,
        given,
        slot,
        capacity,
        kind,
    )
