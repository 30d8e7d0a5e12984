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

from circuits.device import Device
from circuits.elements import Capacitors, Currents, Drives, Group, Instances, Resistors, Switches
from circuits.native.sparse import Indices, Pattern, arranged, routes, slots
from circuits.netlist import Netlist
from circuits.writers.compiled import TO_GO_ON, TO_STAY, compiled, roomy
from circuits.writers.kernel import array_kernel
from circuits.writers.trace import LANES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

HUB = 16  # connections from which a node ties the circuit together


class Edges(NamedTuple):
    """Two-node elements by their nodes, so that neighbours in the circuit are neighbours in memory.

    value, or the waveform `wave` (-1 for none); slots of (aa, bb, ab, ba); order: of each, its place in the netlist
    """

    start: Indices
    end: Indices
    value: Floats
    wave: Indices
    slot: Indices
    order: Indices


class Devices(NamedTuple):
    """Groups of devices; flat arrays are group after group, in a group as writers.compiled says.

    kernel, last: addresses of each group's machine code, for a Newton step and for its end
    shared: whether all of a group read one row of `given`
    terminals, nodes, states, follows, gives: of each device of a group: rows in `place`, of its inside, in `given`
    slot: where each device's admittance goes
    capacity, kind: of each state; kinds count from 0
    """

    kernel: Integers
    last: Integers
    counts: Integers
    shared: Flags
    terminals: Integers
    nodes: Integers
    states: Integers
    follows: Integers
    gives: Integers
    place: Integers
    given: Floats
    slot: Indices
    capacity: Floats
    kind: NDArray[np.int16]


class System(NamedTuple):
    """Everything a step needs and never changes.

    conductors, capacitors, currents: two-node elements; matrix: pattern of the equations of the free nodes
    dynamic: whether a free node has charge; charged: those that have
    kinds: of device states, nodes with charge share one more
    driven_wave: of each driven node; route: (node, next node) along the best conductors towards a source, farthest
    first, shape (pairs, 2)
    """

    conductors: Edges
    capacitors: Edges
    currents: Edges
    devices: Devices
    matrix: Pattern
    dynamic: Flags
    charged: Indices
    kinds: int
    driven_wave: Integers
    route: Indices


@dataclass(frozen=True, eq=False)
class Assembly:
    """A system with the map back to the netlist.

    place: position in the full vector of each netlist node, shape (nodes,)
    cell, kind: of each free node: the device it lies at (-1 for none), and what meets there
    drives: positions among driven nodes, by drive group
    """

    netlist: Netlist
    system: System
    place: Integers
    cell: Indices
    kind: Indices
    drives: Mapping[str, Integers]

    @property
    def nodes(self) -> int:
        """Number of nodes: free, driven and ground."""
        return len(self.system.dynamic) + len(self.system.driven_wave) + 1

    @property
    def length(self) -> int:
        """Length of the full vector."""
        d = self.system.devices
        return self.nodes + int((d.counts * (d.nodes + d.states)).sum())

    def inside(self) -> Floats:
        """Values inside devices at time 0."""
        parts = [np.zeros(0)]
        for group in self.netlist.devices:
            internal = np.zeros((group.count, len(group.device.nodes) - group.device.terminals))
            parts.append(np.concatenate([internal, group.states], axis=1).T.ravel())
        return np.concatenate(parts)

    def variables(self, full: Floats) -> dict[str, Floats]:
        """Every device's own part of full vectors, by group, shape (times, count, variables)."""
        result, first = {}, self.nodes
        for group in self.netlist.devices:
            terminals, size = group.device.terminals, len(group.device.variables)
            own = result[group.name] = np.empty((len(full), group.count, size))
            own[..., :terminals] = full[:, self.place[group.terminals]]
            last = first + group.count * (size - terminals)
            own[..., terminals:] = np.moveaxis(full[:, first:last].reshape(len(full), -1, group.count), 1, 2)
            first = last
        return result

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
        charged=np.flatnonzero(dynamic).astype(np.int32),
        kinds=int(devices.kind.max(initial=-1)) + 1,
        driven_wave=raw.driven_wave,
        route=routes(raw.size, conductors.start, conductors.end, _conductances(netlist)[conductors.order]),
    )
    return Assembly(netlist, system, raw.place, raw.cell, raw.kind, raw.drives)


class _Raw:
    """Numbering: free nodes, cell by cell where devices make cells, then driven nodes, then ground."""

    def __init__(self, netlist: Netlist) -> None:
        self.netlist = netlist
        driven = [g for g in netlist.groups if isinstance(g, Drives)]
        nodes = np.concatenate([g.node for g in driven] or [np.zeros(0, np.int64)])
        free = np.setdiff1d(np.arange(1, len(netlist.nodes)), nodes)
        near, last = _sequence(netlist), sum(group.count for group in netlist.devices)
        free = free[np.argsort(near[free], kind="stable")]
        self.cell = np.where(near[free] < last, near[free], -1).astype(np.int32)
        self.kind = np.unique(_kinds(netlist)[free], return_inverse=True)[1].astype(np.int32)
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

    def pairs(self) -> tuple[Indices, Indices]:
        """(row, column) of every entry the matrix can have."""
        rows, columns, place = [], [], self.place.astype(np.int32)
        for group in self.netlist.groups:
            if isinstance(group, Instances):
                row, column = _joined(group.device)
                rows.append(place[group.terminals[:, row]].ravel())
                columns.append(place[group.terminals[:, column]].ravel())
            elif not isinstance(group, (Drives, Currents)):
                a, b = place[group.start], place[group.end]
                rows += [a, b]
                columns += [b, a]
        none = [np.zeros(0, np.int32)]
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


def _edges(raw: _Raw, pattern: Pattern, kinds: tuple[type, ...]) -> Edges:
    start, end, value, wave = [], [], [], []
    for group in raw.netlist.groups:
        if not isinstance(group, kinds) or isinstance(group, (Drives, Instances)):
            continue
        start.append(raw.place[group.start].astype(np.int32))
        end.append(raw.place[group.end].astype(np.int32))
        wave.append(raw.waves(group) if isinstance(group, (Switches, Currents)) else np.full(len(group.start), -1))
        value.append(_value(group))
    if not start:
        none = np.zeros(0, np.int32)
        return Edges(none, none, np.zeros(0), none, np.zeros((0, 4), np.int32), none)
    a, b = np.concatenate(start), np.concatenate(end)
    order = np.argsort(np.minimum(a, b), kind="stable").astype(np.int32)
    a, b = a[order], b[order]
    slot = np.stack([slots(pattern, r, c) for r, c in ((a, a), (b, b), (a, b), (b, a))], axis=1)
    return Edges(a, b, np.concatenate(value)[order], np.concatenate(wave).astype(np.int32)[order], slot, order)


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


def _joined(device: Device) -> tuple[Integers, Integers]:
    """Terminals between which a device can conduct: rows and columns of its admittance."""
    row, column = np.divmod(np.flatnonzero(compiled(device, TO_GO_ON).couples), device.terminals)
    return row, column


def _admitted(device: Device, pattern: Pattern, where: Indices) -> Indices:
    """Slot of each row of a device's admittance, device by device; -1 for what it never has."""
    (row, column), found = _joined(device), np.full((device.terminals**2, len(where)), -1, np.int32)
    for i, j in zip(row, column, strict=True):
        found[i * device.terminals + j] = slots(pattern, where[:, i], where[:, j])
    return found.ravel()


def _told(group: Instances) -> dict[str, Floats]:
    """Parameters of a group, of one device alone where they are written once for all."""
    once = group.count and not any(np.any(values.strides) for values in group.parameters.values())
    return {name: values[:1] if once else values for name, values in group.parameters.items()}


def _devices(netlist: Netlist, place: Integers, pattern: Pattern) -> Devices:
    groups, kinds = netlist.devices, 0
    parts: list[tuple[NDArray[Any], ...]] = []
    shared = []
    for group in groups:
        kernel, each = array_kernel(group.device), len(group.device.states)
        parameters = _told(group)
        given = np.atleast_2d(kernel.given(compiled(group.device, TO_GO_ON).given, parameters))
        shared.append(bool((given == given[:1]).all()))
        where = place[group.terminals]
        parts.append(
            (
                where.T.ravel(),
                (np.repeat(given[:1], LANES, axis=0) if shared[-1] else given).T.ravel(),
                _admitted(group.device, pattern, where.astype(np.int32)),
                np.broadcast_to(kernel.capacities(parameters), (group.count, each)).T.ravel(),
                np.repeat(kinds + np.arange(each, dtype=np.int16), group.count),
            )
        )
        kinds += each
    none = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int32), np.zeros(0), np.zeros(0, np.int16)
    arrays = (np.concatenate([empty, *(part[k] for part in parts)]) for k, empty in enumerate(none))
    place, given, slot, capacity, kind = (roomy(array) for array in arrays)
    return Devices(
        np.array([compiled(g.device, TO_GO_ON).address for g in groups], np.int64),
        np.array([compiled(g.device, TO_STAY).address for g in groups], np.int64),
        np.array([g.count for g in groups], np.int64),
        np.array(shared, np.bool_),
        np.array([g.device.terminals for g in groups], np.int64),
        np.array([len(g.device.nodes) - g.device.terminals for g in groups], np.int64),
        np.array([len(g.device.states) for g in groups], np.int64),
        np.array([compiled(g.device, TO_GO_ON).follows for g in groups], np.int64),
        np.array([len(compiled(g.device, TO_GO_ON).given) for g in groups], np.int64),
        place,
        given,
        slot,
        capacity,
        kind,
    )
