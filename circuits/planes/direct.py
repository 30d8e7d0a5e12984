"""Sparse elimination of a whole grid: slower and larger than iteration, and indifferent to what the grid looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import SuperLU, splu

from circuits.errors import OutcomeError
from circuits.planes.grid import Contacts, Floats, Grid, Integers, Sides

ROUNDS = 30
CLOSE = 4.0  # roundings that one more correction may still move by


@dataclass(frozen=True, eq=False)
class Network:
    """A grid as nodes and conductors; nodes joined by ideal metal are one.

    word, bit: node of every crossing on its two lines, shape (rows, columns); start, end: nodes of every conductor;
    conductance: [S]; held: node of every contact in the order left, right, top, bottom; free: nodes to be found
    """

    word: Integers
    bit: Integers
    start: Integers
    end: Integers
    conductance: Floats
    held: Integers
    free: Integers
    nodes: int


def network(grid: Grid, ends: Sides) -> Network:
    """The network of `grid` with contacts of resistance `ends` [ohm]."""
    word, lefts, rights, next_node = _line_nodes(grid.word, ends.left, ends.right, 0)
    bit, tops, bottoms, next_node = _line_nodes(grid.bit.T, ends.top, ends.bottom, next_node)
    bit = bit.T
    held = np.concatenate([lefts, rights, tops, bottoms])
    edges = [
        (word, bit, grid.crossing),
        (word[:, :-1], word[:, 1:], _siemens(grid.word[:, 1:-1])),
        (bit[:-1], bit[1:], _siemens(grid.bit[1:-1])),
        (lefts, word[:, 0], _siemens(grid.word[:, 0] + ends.left)),
        (rights, word[:, -1], _siemens(grid.word[:, -1] + ends.right)),
        (tops, bit[0], _siemens(grid.bit[0] + ends.top)),
        (bottoms, bit[-1], _siemens(grid.bit[-1] + ends.bottom)),
    ]
    start, end, g = (np.concatenate([np.ravel(edge[k]) for edge in edges]) for k in range(3))
    there = (g > 0) & (start != end)
    free = np.setdiff1d(np.arange(next_node), held)
    return Network(word, bit, start[there], end[there], g[there], held, free, next_node)


def _line_nodes(segments: Floats, first: Floats, last: Floats, start: int) -> tuple[Integers, Integers, Integers, int]:
    """Nodes of the crossings of parallel lines, of their two contacts, and the next unused number."""
    lines, n = segments.shape[0], segments.shape[1] - 1
    apart = np.array(segments != 0)
    apart[:, 0] = segments[:, 0] + first != 0
    apart[:, n] = segments[:, n] + last != 0
    steps = np.concatenate([np.ones((lines, 1), np.int64), apart], axis=1)
    numbers = start - 1 + np.cumsum(steps.ravel()).reshape(lines, n + 2)
    return numbers[:, 1:-1], numbers[:, 0], numbers[:, -1], int(numbers[-1, -1]) + 1


def _siemens(resistance: Floats) -> Floats:
    return np.divide(1.0, resistance, out=np.zeros(resistance.shape), where=resistance > 0)


@dataclass(frozen=True, eq=False)
class Elimination:
    """Factors of a network's free nodes."""

    network: Network
    factors: SuperLU | None

    def potentials(self, contacts: Contacts, vector: int, kind: Any = np.float64) -> Any:  # noqa: ANN401 - any precision
        """Potential of every node [V], refined with residuals in the precision `kind`; raises OutcomeError."""
        made = self.network
        x = np.zeros(made.nodes, kind)
        x[made.held] = np.concatenate(
            [getattr(contacts.potential, name)[vector] for name in ("left", "right", "top", "bottom")]
        )
        if self.factors is None:
            return x
        scale, before = np.abs(x).max(initial=0.0), np.inf
        for _ in range(ROUNDS):
            step = self.factors.solve(_leaving(made, x)[made.free].astype(np.float64))
            size = np.abs(step).max(initial=0.0)
            if not np.isfinite(size):
                break
            x[made.free] -= step
            if size <= CLOSE * np.finfo(kind).eps * scale or (size > before / 2 and size <= 1e-12 * scale):
                return x
            before = size
        raise OutcomeError(
            f"A direct solution of {made.nodes} nodes is still {size:.3g} V off after {ROUNDS} corrections.",
            "conductances so far apart that double precision cannot hold them together.",
            "a larger smallest resistance or a smaller largest one.",
        )


def _leaving(made: Network, x: Any) -> Any:  # noqa: ANN401 - any precision
    """Current out of every node [A], in the precision of x."""
    current = made.conductance.astype(x.dtype) * (x[made.start] - x[made.end])
    total = np.zeros(made.nodes, x.dtype)
    np.add.at(total, made.start, current)
    np.subtract.at(total, made.end, current)
    return total


def eliminate(made: Network) -> Elimination:
    """Factor the free nodes of a network."""
    if not len(made.free):
        return Elimination(made, None)
    number = np.full(made.nodes, -1)
    number[made.free] = np.arange(len(made.free))
    a, b, g = number[made.start], number[made.end], made.conductance
    both = (a >= 0) & (b >= 0)
    row = np.concatenate([a[a >= 0], b[b >= 0], a[both], b[both]])
    column = np.concatenate([a[a >= 0], b[b >= 0], b[both], a[both]])
    value = np.concatenate([g[a >= 0], g[b >= 0], -g[both], -g[both]])
    matrix = coo_matrix((value, (row, column)), (len(made.free),) * 2).tocsc()
    options = {"SymmetricMode": True}
    try:
        return Elimination(made, splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options))
    except (RuntimeError, MemoryError) as error:
        raise OutcomeError(
            f"A direct solution of {made.nodes} nodes failed: {error}.",
            "conductances so far apart that double precision cannot hold them together, or too little memory.",
            "a smaller array or tiles, or resistances closer together.",
        ) from error
