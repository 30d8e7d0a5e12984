"""A circuit as groups of elements on numbered nodes, checked before any engine sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from circuits.device import Device
from circuits.elements import (
    Capacitors,
    Currents,
    Drives,
    Floats,
    Group,
    Instances,
    Integers,
    Resistors,
    Switches,
)
from circuits.errors import InputError
from circuits.nodes import Numbering
from circuits.waveforms import Waveform

GROUND = "ground"
Nodes: TypeAlias = Sequence[str] | str | Integers  # names, or numbers that `Builder.grid` gave


@dataclass(frozen=True, eq=False)
class Netlist:
    """title: free text; nodes: names, the first is ground; groups: what connects them."""

    title: str
    nodes: Sequence[str]
    groups: tuple[Group, ...]

    @cached_property
    def number(self) -> Mapping[str, int]:
        """Node number of each node name."""
        return {name: position for position, name in enumerate(self.nodes)}

    @cached_property
    def devices(self) -> tuple[Instances, ...]:
        """The groups of devices."""
        return tuple(group for group in self.groups if isinstance(group, Instances))

    @cached_property
    def waveforms(self) -> tuple[Waveform, ...]:
        """Every waveform, in the order of the groups that use them."""
        return tuple(w for g in self.groups if isinstance(g, (Drives, Switches, Currents)) for w in g.waveforms)

    def group(self, name: str) -> Group:
        """The group called `name`; raises InputError listing those there are."""
        for group in self.groups:
            if group.name == name:
                return group
        raise InputError("group", name, ", ".join(g.name for g in self.groups), "one of these names")

    def graph(self) -> nx.MultiGraph:
        """Nodes by name; an edge for every path of current, with its group's name.

        Current sources are left out: they fix no potential. A device ties all its terminals together.
        """
        graph = nx.MultiGraph()
        graph.add_nodes_from(self.nodes)
        names = np.array(self.nodes, dtype=object)
        for group in self.groups:
            if isinstance(group, (Resistors, Switches)):
                graph.add_edges_from(zip(names[group.start], names[group.end], strict=True), group=group.name)
            elif isinstance(group, Drives):
                graph.add_edges_from(((GROUND, node) for node in names[group.node]), group=group.name)
            elif isinstance(group, Instances):
                for column in group.terminals.T[1:]:
                    pairs = zip(names[group.terminals[:, 0]], names[column], strict=True)
                    graph.add_edges_from(pairs, group=group.name)
        return graph

    def check(self) -> Netlist:
        """This netlist, if every node has a path to ground and no node is driven twice; raises InputError."""
        driven = Counter(int(n) for g in self.groups if isinstance(g, Drives) for n in g.node)
        for node, times in driven.items():
            if times > 1 or node == 0:
                raise InputError("drive", self.nodes[node], "one drive a node, none at ground", "one of them")
        if not driven and not any(isinstance(g, Currents) for g in self.groups):
            raise InputError("netlist", self.title, "at least one source", "a drive on one node")
        part = self._parts()
        floating = np.flatnonzero(part != part[0])
        if len(floating):
            first = self.nodes[int(floating[0])]
            raise InputError("node", first, "nodes with a path to ground", f"a resistor ({len(floating)} float)")
        return self

    def _parts(self) -> Integers:
        """Which connected part each node is in, by the paths of `graph`; a drive is a path to ground."""
        start, end = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for group in self.groups:
            if isinstance(group, (Resistors, Switches)):
                pairs = [(group.start, group.end)]
            elif isinstance(group, Drives):
                pairs = [(np.zeros_like(group.node), group.node)]
            elif isinstance(group, Instances):
                pairs = [(group.terminals[:, 0], column) for column in group.terminals.T[1:]]
            else:
                pairs = []
            start += [one for one, _ in pairs]
            end += [other for _, other in pairs]
        ends = np.concatenate(start), np.concatenate(end)
        size = len(self.nodes)
        paths = coo_matrix((np.ones(len(ends[0]), np.int8), ends), (size, size))
        return np.asarray(connected_components(paths, directed=False)[1], np.int64)


class Builder:
    """Collects groups; nodes come into being when first named. `build` checks and freezes."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._nodes = Numbering(GROUND)
        self._groups: dict[str, Group] = {}

    def nodes(self, names: Nodes) -> Integers:
        """Numbers of the named nodes; a lone name gives an array of one, numbers are what they are."""
        if isinstance(names, np.ndarray):
            return names
        listed = [names] if isinstance(names, str) else names
        return np.array([self._nodes.number(name) for name in listed], dtype=np.int64)

    def grid(self, kind: str, columns: int, places: Integers) -> Integers:
        """Numbers of new nodes kind_row_column at `places`, counted row by row and ascending; once for each kind.

        Their names are written only when somebody asks.
        """
        return self._nodes.grid(kind, columns, places)

    def _add(self, group: Group) -> None:
        if group.name in self._groups:
            raise InputError("group", group.name, "names used once", f"another name than {group.name!r}")
        self._groups[group.name] = group

    def resistors(self, name: str, start: Nodes, end: Nodes, resistance: ArrayLike) -> None:
        """Resistors between nodes; resistance [ohm], a number or one each. Raises InputError unless > 0."""
        a, b = self._pair(name, start, end)
        self._add(Resistors(name, a, b, _positive(f"{name}.resistance", resistance, len(a), "1.0 (ohm)")))

    def capacitors(self, name: str, start: Nodes, end: Nodes, capacitance: ArrayLike, initial: ArrayLike = 0.0) -> None:
        """Capacitors [F] with their initial voltage [V]. Raises InputError unless capacitance > 0."""
        a, b = self._pair(name, start, end)
        values = _positive(f"{name}.capacitance", capacitance, len(a), "1e-15 (F)")
        self._add(Capacitors(name, a, b, values, _finite(f"{name}.initial", initial, len(a))))

    def switches(
        self, name: str, start: Nodes, end: Nodes, waveforms: Sequence[Waveform], which: ArrayLike = 0
    ) -> None:
        """Conductances [S] that follow waveforms. Raises InputError unless > 0 at all times."""
        a, b = self._pair(name, start, end)
        for waveform in waveforms:
            _positive(f"{name}.conductance", waveform.values, len(waveform.values), "1e-12 (S) for an open switch")
        self._add(Switches(name, a, b, tuple(waveforms), _which(name, which, len(a), len(waveforms))))

    def drives(self, name: str, node: Nodes, waveforms: Sequence[Waveform], which: ArrayLike = 0) -> None:
        """Hold nodes at waveforms [V] against ground."""
        n = self.nodes(node)
        self._add(Drives(name, n, tuple(waveforms), _which(name, which, len(n), len(waveforms))))

    def currents(
        self, name: str, start: Nodes, end: Nodes, waveforms: Sequence[Waveform], which: ArrayLike = 0
    ) -> None:
        """Current sources [A] from start to end."""
        a, b = self._pair(name, start, end)
        self._add(Currents(name, a, b, tuple(waveforms), _which(name, which, len(a), len(waveforms))))

    def devices(
        self,
        name: str,
        device: Device,
        terminals: Sequence[Nodes],
        parameters: Mapping[str, ArrayLike] | None = None,
        states: ArrayLike = 0.0,
    ) -> None:
        """Devices of one kind.

        terminals: for each terminal, the nodes of all devices
        parameters: values that differ from the default, a number or one each
        states: initial states, broadcast to (count, states)
        Raises InputError for an unknown parameter or one out of range, and for a state that is not finite.
        """
        columns = [self.nodes(names) for names in terminals]
        if len(columns) != device.terminals:
            raise InputError(f"{name}.terminals", len(columns), f"{device.terminals} terminals", "one list each")
        count = len(columns[0])
        if any(len(column) != count for column in columns):
            raise InputError(
                f"{name}.terminals", [len(c) for c in columns], f"{count} nodes each", "lists of one length"
            )
        changes = {key: _alike(f"{name}.{key}", value, count) for key, value in (parameters or {}).items()}
        for key, values in changes.items():
            for value in np.unique(values):
                device.parameter(key).check(float(value))
        table = {p.name: np.broadcast_to(changes.get(p.name, p.value), (count,)) for p in device.parameters}
        start = _spread(f"{name}.states", states, (count, len(device.states)))
        if not np.isfinite(start).all():
            raise InputError(f"{name}.states", float(start[~np.isfinite(start)][0]), "finite numbers", "0 (rest)")
        self._add(Instances(name, device, np.stack(columns, axis=1), table, start))

    def build(self) -> Netlist:
        """The netlist, checked; raises InputError."""
        return Netlist(self.title, self._nodes.names, tuple(self._groups.values())).check()

    def _pair(self, name: str, start: Nodes, end: Nodes) -> tuple[Integers, Integers]:
        a, b = self.nodes(start), self.nodes(end)
        if len(a) != len(b):
            raise InputError(f"{name}.end", len(b), f"{len(a)} nodes, as many as start", "lists of one length")
        if (a == b).any():
            raise InputError(name, self._nodes.names[int(a[a == b][0])], "two different nodes", "another end node")
        return a, b


def _spread(field: str, values: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """`values` as an array of `shape` of its own."""
    try:
        return np.array(np.broadcast_to(np.asarray(values, float), shape))
    except (TypeError, ValueError) as error:
        wanted = " by ".join(str(length) for length in shape)
        raise InputError(field, values, f"a number or {wanted} numbers", "one number for all") from error


def _alike(field: str, values: ArrayLike, count: int) -> Floats:
    """`values` for `count` devices, as one number where they are all the same."""
    each = _spread(field, values, (count,))
    return each[:1] if count and (each == each[0]).all() else each


def _finite(field: str, values: ArrayLike, count: int) -> Floats:
    array = _spread(field, values, (count,))
    if not np.isfinite(array).all():
        raise InputError(field, float(array[~np.isfinite(array)][0]), "finite numbers", "0.0")
    return array


def _positive(field: str, values: ArrayLike, count: int, instead: str) -> Floats:
    array = _spread(field, values, (count,))
    wrong = ~(np.isfinite(array) & (array > 0))
    if wrong.any():
        raise InputError(field, float(array[wrong][0]), "finite numbers above 0", instead)
    return array


def _which(name: str, which: ArrayLike, count: int, waveforms: int) -> Integers:
    array = _spread(f"{name}.which", which, (count,))
    wrong = ~((array >= 0) & (array < waveforms) & (array == np.floor(array)))
    if wrong.any():
        raise InputError(f"{name}.which", float(array[wrong][0]), f"positions of {waveforms} waveforms, from 0", "0")
    return array.astype(np.int64)
