"""From a file's tree to a flat graph: known nodes with the fields their kind has, edges between nodes that are there.

Graphs within graphs are dissolved: node `lif` of graph `lif1` becomes `lif1.lif`, and the inner graph's Input and
Output give way to the edges that meet in them. What a file says that cannot be right but has one sure meaning is
mended, and each mending is a sentence in `repairs`; everything else is refused, naming node and edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from circuits.errors import DataError
from crossbar.networks.kinds import OPTIONAL, REQUIRED, UNSUPPORTED
from crossbar.networks.reader import Tree, Values, Words
from crossbar.networks.reading import REWRITE, Edge, Parameter, RawNode, Reading, few
from crossbar.networks.wires import Wires


@dataclass(frozen=True, eq=False)
class Graph:
    """A flat graph: nodes by name, edges without repetition, both in the order of their names.

    Flatten nodes are dissolved as well, for values travel as flat vectors: `flattened` are the edges they were on.
    """

    nodes: Mapping[str, RawNode]
    edges: tuple[Edge, ...]
    flattened: frozenset[Edge]


def graph(tree: Tree, reading: Reading) -> Graph:
    """The flat graph of a file's tree; raises DataError for what cannot be understood."""
    root = tree.get("node")
    if isinstance(root, dict) and "type" not in root:
        instead = "export it again, and mend what the exporter or nir.write complains of: see docs/networks.md"
        raise reading.refuse(
            "it ends before the graph's type: nir.write did not get to its end", "a whole file", instead
        )
    if not isinstance(root, dict) or _kind(root, "", reading) != "NIRGraph":
        instead = "write the whole graph with nir.write(path, nir.NIRGraph(...))"
        raise reading.refuse("there is no NIR graph in it", "a NIRGraph named 'node'", instead)
    level = _Level("", 1)
    _fill(level, root, reading)
    _check_ports(level, reading)
    for joint in sorted(level.joints):
        level.wires.join(joint, level.nodes.pop(joint).kind == "Flatten", reading)
    edges = level.wires.edges()
    return Graph(
        dict(sorted(level.nodes.items())), tuple(sorted(edges)), frozenset(e for e, flat in edges.items() if flat)
    )


def _check_ports(level: _Level, reading: Reading) -> None:
    """Refuse a graph without a beginning or an end, and edges that go against them."""
    wires = level.wires
    for kind, against, way in (("Input", wires.into, "into"), ("Output", wires.out, "out of")):
        ports = [name for name, node in level.nodes.items() if node.kind == kind and name not in level.joints]
        if not ports:
            instead = f"add a node nir.{kind}(...) and an edge to it, and write the graph again"
            raise reading.refuse(f"the graph has no {kind} node", f"at least one {kind}", instead)
        for port in ports:
            if against.get(port):
                other = min(against[port])
                edge = f"'{other}' -> '{port}'" if kind == "Input" else f"'{port}' -> '{other}'"
                found = f"edge {edge} leads {way} an {kind}"
                raise reading.refuse(found, "Inputs that begin and Outputs that end", "an edge the other way")
    for name, node in level.nodes.items():
        if node.kind in {"Output", "Flatten"} and not wires.into.get(name):
            found = f"nothing leads to {node.kind} '{name}'"
            raise reading.refuse(found, "an edge into it", "connect the node, or leave it out")


def _kind(group: Tree, name: str, reading: Reading) -> str:
    found = group.get("type")
    if not isinstance(found, Words) or len(found.entries) != 1:
        raise reading.refuse(f"node '{name}' does not say its type", "a type for every node", REWRITE)
    return found.entries[0]


@dataclass
class _Level:
    """A graph while it is read, with the graphs within it.

    nodes, wires: flat, by full names
    ports: by the own name of each graph within it, its Input nodes and its Output nodes, by full names
    joints: nodes that only hand on
    """

    prefix: str
    depth: int
    nodes: dict[str, RawNode] = field(default_factory=dict)
    wires: Wires = field(default_factory=Wires)
    ports: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    joints: set[str] = field(default_factory=set)

    def inner(self, name: str) -> _Level:
        """The level of a graph within this one: it fills the same nodes and edges."""
        return _Level(f"{self.prefix}{name}.", self.depth + 1, self.nodes, self.wires, {}, self.joints)


def _called(prefix: str) -> str:
    return f"graph '{prefix[:-1]}'" if prefix else "the graph"


def _fill(level: _Level, group: Tree, reading: Reading) -> None:
    """Read a graph into `level`."""
    if level.depth > reading.limits.depth:
        allowed = f"at most {reading.limits.depth} graphs within one another"
        raise reading.refuse(f"{_called(level.prefix)} lies deeper", allowed, "a graph nested less deeply")
    members = group.get("nodes", {})
    if not isinstance(members, dict):
        raise reading.refuse(f"the nodes of {_called(level.prefix)} are no group", "a group of nodes", REWRITE)
    for name, member in members.items():
        _add(name, member, level, reading)
    for source, target in _edges(group, members, level.prefix, reading):
        begin = _end(level, source, (source, target), 1, reading)
        level.wires.add(begin, _end(level, target, (source, target), 0, reading))


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
        _fill(level.inner(name), member, reading)
        own = [f"{full}.{port}" for port in member.get("nodes", {}) if f"{full}.{port}" in level.nodes]
        begins, ends = ([port for port in own if level.nodes[port].kind == which] for which in ("Input", "Output"))
        level.ports[name] = (begins, ends)
        level.joints |= {*begins, *ends}
        return
    if full in level.nodes:
        instead = "another name for one of them"
        raise reading.refuse(f"two nodes are called '{full}'", "one node a name, graph names included", instead)
    level.nodes[full] = _node(full, kind, member, reading)
    if kind == "Flatten":
        level.joints.add(full)


def _end(level: _Level, name: str, edge: Edge, side: int, reading: Reading) -> str:
    """The full name of an edge's end: of a graph, its only Input or Output. side: 0 for Input, 1 for Output."""
    if name not in level.ports:
        return level.prefix + name
    own = level.ports[name][side]
    if len(own) != 1:
        what = ("Input", "Output")[side]
        found = f"edge '{edge[0]}' -> '{edge[1]}' meets graph '{level.prefix}{name}', which has {len(own)} {what} nodes"
        raise reading.refuse(found, f"one {what} node", "a graph within it for each, or no inner graph")
    return own[0]


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


def _edges(group: Tree, members: Tree, prefix: str, reading: Reading) -> list[Edge]:
    """Edges between the members of one graph, by their own names, each once."""
    listed = group.get("edges")
    if isinstance(listed, Values) and listed.array.size == 0:
        return []
    if not isinstance(listed, Words) or len(listed.shape) != 2 or listed.shape[1] != 2:
        raise reading.refuse(f"{_called(prefix)} lists no edges", "pairs of names, shape (edges, 2)", REWRITE)
    edges: dict[Edge, None] = {}
    for edge in zip(listed.entries[::2], listed.entries[1::2], strict=True):
        for end in edge:
            if end not in members:
                raise _missing(end, edge, members, prefix, reading)
        if edge in edges:
            reading.repairs.append(f"edge '{prefix}{edge[0]}' -> '{prefix}{edge[1]}': listed twice, taken once")
        edges[edge] = None
    return list(edges)


def _missing(end: str, edge: Edge, members: Tree, prefix: str, reading: Reading) -> DataError:
    place = f" of {_called(prefix)}" if prefix else ""
    found = f"edge '{edge[0]}' -> '{edge[1]}'{place} leads to node '{end}', which is not there"
    instead = f"add the node '{end}' or correct the edge, and write the graph again"
    return reading.refuse(found, f"one of {few(members)}", instead)
