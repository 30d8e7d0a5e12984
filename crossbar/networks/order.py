"""In which order the nodes of a graph act within a time step, and which edges hand on the step before.

A loop has to be cut somewhere: an edge that leads back to a node on the way from the inputs carries the values of the
step before. Where there is a choice, names decide, never the order in which a file lists things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crossbar.networks.reading import Edge


def targets(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """Where the edges of each node lead, in the order of the names."""
    found: dict[str, list[str]] = {}
    for source, target in sorted(edges):
        found.setdefault(source, []).append(target)
    return found


def sources(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """Where the edges into each node come from, in the order of the names."""
    return targets((target, source) for source, target in edges)


def arrange(names: Iterable[str], first: Iterable[str], edges: Iterable[Edge]) -> tuple[tuple[str, ...], set[Edge]]:
    """Names such that every edge leads forward, but for the edges that close a loop, which are given as well.

    names: all nodes
    first: where to begin: the inputs
    """
    ahead = targets(edges)
    done: list[str] = []
    back: set[Edge] = set()
    open_nodes: set[str] = set()
    met: set[str] = set()
    for start in [*sorted(first), *sorted(names)]:
        if start not in met:
            _visit(start, ahead, done, back, (open_nodes, met))
    return tuple(reversed(done)), back


def _visit(
    start: str, ahead: Mapping[str, list[str]], done: list[str], back: set[Edge], marks: tuple[set[str], set[str]]
) -> None:
    """Depth first from `start`; an edge to a node whose visit has not ended closes a loop."""
    unfinished, met = marks
    stack = [(start, iter(ahead.get(start, ())))]
    unfinished.add(start)
    met.add(start)
    while stack:
        name, rest = stack[-1]
        for target in rest:
            if target in unfinished:
                back.add((name, target))
            elif target not in met:
                met.add(target)
                unfinished.add(target)
                stack.append((target, iter(ahead.get(target, ()))))
                break
        else:
            stack.pop()
            unfinished.discard(name)
            done.append(name)


def loop(names: set[str], edges: Iterable[Edge]) -> tuple[str, ...]:
    """Nodes of `names` that lie on a loop among themselves; empty when there is none."""
    within = [edge for edge in edges if edge[0] in names and edge[1] in names]
    _, back = arrange(names, (), within)
    return tuple(sorted({name for edge in back for name in edge}))
