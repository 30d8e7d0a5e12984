"""From a file's tree to a flat graph: known nodes with the fields their kind has, edges between nodes that are there.

Graphs within graphs are dissolved: node `lif` of graph `lif1` becomes `lif1.lif`, and the inner graph's Input and
Output give way to the edges that meet in them. What a file says that cannot be right but has one sure meaning is
mended, and each mending is a sentence in `repairs`; everything else is refused, naming node and edge.

Source of the node kinds: NIR, Pedersen et al., Nat. Commun. 2024, DOI 10.1038/s41467-024-52259-9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from numpy.typing import NDArray

from circuits.errors import DataError
from crossbar.networks.reader import Limits, Tree, Values, Words

Parameter: TypeAlias = "NDArray[Any] | str"
Edge: TypeAlias = tuple[str, str]

_CONV = ("weight", "stride", "padding", "dilation", "groups", "bias")
_POOL = ("kernel_size", "stride", "padding")
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "Input": ("shape",),
    "Output": (),
    "Linear": ("weight",),
    "Affine": ("weight", "bias"),
    "Conv2d": _CONV,
    "SumPool2d": _POOL,
    "AvgPool2d": _POOL,
    "Scale": ("scale",),
    "Threshold": ("threshold",),
    "Flatten": (),
    "I": ("r",),
    "IF": ("r", "v_threshold"),
    "LI": ("tau", "r", "v_leak"),
    "LIF": ("tau", "r", "v_leak", "v_threshold"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold"),
}
"""The fields that a node of each kind must have."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "Output": ("shape",),
    "Conv2d": ("input_shape",),
    "Flatten": ("start_dim", "end_dim", "input_type"),
    "IF": ("v_reset",),
    "LIF": ("v_reset",),
    "CubaLI": ("w_in",),
    "CubaLIF": ("v_reset", "w_in"),
}

UNSUPPORTED: Mapping[str, str] = {
    "Conv1d": "write it as a Conv2d of height 1, or as a Linear with its unrolled weights",
    "Delay": "remove it, and train the network without delays: a step's spikes arrive in the same step",
}
"""Kinds of NIR that are refused, and what to do instead."""

REWRITE = "write the graph again with nir.write"

NEURONS = ("I", "IF", "LI", "LIF", "CubaLI", "CubaLIF")
SPIKING = ("IF", "LIF", "CubaLIF")


@dataclass(frozen=True, eq=False)
class RawNode:
    """A node as the file has it."""

    kind: str
    fields: Mapping[str, Parameter]

    @property
    def port(self) -> bool:
        """Whether it is where a graph begins or ends."""
        return self.kind in {"Input", "Output"}


@dataclass(frozen=True, eq=False)
class Graph:
    """A flat graph: nodes by name, edges without repetition, both in the order of their names.

    Flatten nodes are dissolved as well, for values travel as flat vectors: `flattened` are the edges they were on.
    """

    nodes: Mapping[str, RawNode]
    edges: tuple[Edge, ...]
    flattened: frozenset[Edge]


@dataclass
class Reading:
    """Where a file's graph is being read: its path for errors, limits, what was mended and what one should know."""

    path: Path | str
    limits: Limits = field(default_factory=Limits)
    repairs: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    count: int = 0

    def refuse(self, found: str, allowed: str, instead: str) -> DataError:
        """The error to raise for this file."""
        return DataError(self.path, found, allowed, instead)


def graph(tree: Tree, reading: Reading) -> Graph:
    """The flat graph of a file's tree; raises DataError for what cannot be understood."""
    root = tree.get("node")
    if not isinstance(root, dict) or _kind(root, "", reading) != "NIRGraph":
        instead = "write the whole graph with nir.write(path, nir.NIRGraph(...))"
        raise reading.refuse("there is no NIR graph in it", "a NIRGraph named 'node'", instead)
    nodes, edges = _flat(root, "", 1, reading)
    _check_ports(nodes, edges, reading)
    flattened: set[Edge] = set()
    for name in sorted(name for name, node in nodes.items() if node.kind == "Flatten"):
        joined = _join(name, edges, reading)
        flattened = {edge for edge in flattened if name not in edge} | (joined - edges)
        edges = joined
        del nodes[name]
    return Graph(dict(sorted(nodes.items())), tuple(sorted(edges)), frozenset(flattened))


def _check_ports(nodes: Mapping[str, RawNode], edges: set[Edge], reading: Reading) -> None:
    """Refuse a graph without a beginning or an end, and edges that go against them."""
    for kind, side in (("Input", 1), ("Output", 0)):
        ports = {name for name, node in nodes.items() if node.kind == kind}
        if not ports:
            instead = f"add a node nir.{kind}(...) and an edge to it, and write the graph again"
            raise reading.refuse(f"the graph has no {kind} node", f"at least one {kind}", instead)
        for edge in sorted(edges):
            if edge[side] in ports:
                way = "into" if side else "out of"
                found = f"edge '{edge[0]}' -> '{edge[1]}' leads {way} an {kind}"
                raise reading.refuse(found, "Inputs that begin and Outputs that end", "an edge the other way")
    reached = {target for _, target in edges}
    for name, node in nodes.items():
        if node.kind in {"Output", "Flatten"} and name not in reached:
            found = f"nothing leads to {node.kind} '{name}'"
            raise reading.refuse(found, "an edge into it", "connect the node, or leave it out")


def _kind(group: Tree, name: str, reading: Reading) -> str:
    found = group.get("type")
    if not isinstance(found, Words) or len(found.entries) != 1:
        raise reading.refuse(f"node '{name}' does not say its type", "a type for every node", REWRITE)
    return found.entries[0]


@dataclass(frozen=True)
class _Inner:
    """A graph within the one being read: its edges and its own Input and Output nodes, by full names."""

    edges: set[Edge]
    ports: tuple[str, ...]


@dataclass
class _Level:
    """One graph while it is read: its members by their own names, its flat nodes by full names, graphs within it."""

    prefix: str
    depth: int
    members: Tree
    nodes: dict[str, RawNode] = field(default_factory=dict)
    inner: dict[str, _Inner] = field(default_factory=dict)


def _called(prefix: str) -> str:
    return f"graph '{prefix[:-1]}'" if prefix else "the graph"


def _flat(group: Tree, prefix: str, depth: int, reading: Reading) -> tuple[dict[str, RawNode], set[Edge]]:
    """Nodes and edges of a graph whose inner names begin with `prefix`."""
    if depth > reading.limits.depth:
        allowed = f"at most {reading.limits.depth} graphs within one another"
        raise reading.refuse(f"{_called(prefix)} lies deeper", allowed, "a graph nested less deeply")
    members = group.get("nodes", {})
    if not isinstance(members, dict):
        raise reading.refuse(f"the nodes of {_called(prefix)} are no group", "a group of nodes", REWRITE)
    level = _Level(prefix, depth, members)
    for name, member in members.items():
        _add(name, member, level, reading)
    edges = _edges(group, level, reading)
    for name, inner in level.inner.items():
        edges = _dissolve(prefix + name, inner.ports, edges | inner.edges, level.nodes, reading)
    return level.nodes, edges


def _add(name: str, member: object, level: _Level, reading: Reading) -> None:
    """Put one member of a graph into `level`."""
    full = level.prefix + name
    if not isinstance(member, dict):
        raise reading.refuse(f"node '{full}' is no group", "a group with a type", REWRITE)
    kind = _kind(member, full, reading)
    reading.count += 1
    if reading.count > reading.limits.nodes:
        raise reading.refuse("more nodes than that", f"at most {reading.limits.nodes}", "a smaller graph")
    if kind == "NIRGraph":
        found, edges = _flat(member, f"{full}.", level.depth + 1, reading)
        own = member.get("nodes", {})
        ports = tuple(f"{full}.{port}" for port in own if f"{full}.{port}" in found and found[f"{full}.{port}"].port)
        level.inner[name] = _Inner(edges, ports)
    else:
        found = {full: _node(full, kind, member, reading)}
    for clash in level.nodes.keys() & found.keys():
        instead = "another name for one of them"
        raise reading.refuse(f"two nodes are called '{clash}'", "one node a name, graph names included", instead)
    level.nodes |= found


def _node(name: str, kind: str, group: Tree, reading: Reading) -> RawNode:
    """A node with the fields of its kind."""
    if kind in UNSUPPORTED:
        raise reading.refuse(f"node '{name}' is a {kind}", f"nodes of {', '.join(REQUIRED)}", UNSUPPORTED[kind])
    if kind not in REQUIRED:
        instead = "replace it by these, or ask for it to be supported"
        raise reading.refuse(f"node '{name}' is of the unknown type {kind[:60]!r}", f"{', '.join(REQUIRED)}", instead)
    known = (*REQUIRED[kind], *OPTIONAL.get(kind, ()))
    fields: dict[str, Parameter] = {}
    for key in known:
        if key in group:
            fields[key] = _parameter(name, key, group[key], reading)
    for key in REQUIRED[kind]:
        if key not in fields:
            needs = ", ".join(REQUIRED[kind])
            raise reading.refuse(f"{kind} '{name}' has no {key}", needs, f"give the node its {key} and write it again")
    for key in sorted(set(group) - set(known) - {"type", "metadata"}):
        reading.remarks.append(f"{kind} '{name}': field '{key}' is not one of NIR's and was left out")
    return RawNode(kind, fields)


def _parameter(name: str, key: str, member: object, reading: Reading) -> Parameter:
    if isinstance(member, Values):
        return member.array
    if isinstance(member, Words) and key == "padding" and member.entries in {("same",), ("valid",)}:
        return member.entries[0]
    raise reading.refuse(f"'{key}' of node '{name}' holds no numbers", "numbers", REWRITE)


def _edges(group: Tree, level: _Level, reading: Reading) -> set[Edge]:
    """Edges between the members of one graph, by their full names."""
    prefix, listed = level.prefix, group.get("edges")
    if isinstance(listed, Values) and listed.array.size == 0:
        return set()
    if not isinstance(listed, Words) or len(listed.shape) != 2 or listed.shape[1] != 2:
        raise reading.refuse(f"{_called(prefix)} lists no edges", "pairs of names, shape (edges, 2)", REWRITE)
    edges: set[Edge] = set()
    for source, target in zip(listed.entries[::2], listed.entries[1::2], strict=True):
        for end in (source, target):
            if end not in level.members:
                raise _missing(end, (source, target), level, reading)
        if (prefix + source, prefix + target) in edges:
            reading.repairs.append(f"edge '{prefix}{source}' -> '{prefix}{target}': listed twice, taken once")
        edges.add((prefix + source, prefix + target))
    return edges


def _missing(end: str, edge: Edge, level: _Level, reading: Reading) -> DataError:
    place = f" of {_called(level.prefix)}" if level.prefix else ""
    few = ", ".join(f"'{name}'" for name in sorted(level.members)[:12]) + (", ..." if len(level.members) > 12 else "")
    found = f"edge '{edge[0]}' -> '{edge[1]}'{place} leads to node '{end}', which is not there"
    instead = f"add the node '{end}' or correct the edge, and write the graph again"
    return reading.refuse(found, f"one of {few}", instead)


def _dissolve(
    name: str, ports: tuple[str, ...], edges: set[Edge], nodes: dict[str, RawNode], reading: Reading
) -> set[Edge]:
    """Edges after the Input and Output of graph `name` have given way to the edges that meet in them."""
    for kind, side in (("Input", 1), ("Output", 0)):
        own = [port for port in ports if port in nodes and nodes[port].kind == kind]
        outer = {edge for edge in edges if edge[side] == name}
        if outer and len(own) != 1:
            source, target = min(outer)
            found = f"edge '{source}' -> '{target}' meets graph '{name}', which has {len(own)} {kind} nodes"
            raise reading.refuse(found, f"one {kind} node", "a graph within it for each, or no inner graph")
        edges = edges - outer
        for port in own:
            edges = _join(port, edges | {(edge[0], port) if side else (port, edge[1]) for edge in outer}, reading)
            del nodes[port]
    return edges


def _join(port: str, edges: set[Edge], reading: Reading) -> set[Edge]:
    """Edges past a node that only hands on what it gets."""
    before = [source for source, target in edges if target == port and source != port]
    after = [target for source, target in edges if source == port and target != port]
    kept = {edge for edge in edges if port not in edge}
    if len(before) * len(after) > reading.limits.nodes:
        raise reading.refuse(f"'{port}' joins {len(before)} and {len(after)} edges", "fewer", "a simpler graph")
    for source in before:
        for target in after:
            if (source, target) in kept:
                found = f"'{source}' reaches '{target}' both directly and through '{port}'"
                raise reading.refuse(found, "one way", "a Scale node of 2 on a single edge")
            kept.add((source, target))
    return kept
