"""Small blocks of crossings that are all made in the same way: worked out once for each shape."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.jit import jit
from circuits.planes.tree import BOTTOM, JOIN, LEFT, RIGHT, RUNS, TOP, Grid, Tree, cut, rooms, runs, shared

Integers = NDArray[np.int64]

LEAF = 2  # rows and columns of the smallest block


class Recipe(NamedTuple):
    """How every block of one shape is made.

    tree: its parts, down to leaves of at most LEAF x LEAF crossings
    place: start and number of ends of each part, shape (parts, 2); room: numbers in all
    shared: nodes eliminated in each part; front: where the front of each begins when they are kept apart
    many, found: number of its `runs`, and the runs, of each join
    ties: for each leaf the two nodes, lower first and the inner ones before the ends, of each conductance: at every
    crossing its device, word and bit segment, shape (parts, LEAF * LEAF, 3, 2)
    """

    tree: Tree
    place: Integers
    room: int
    shared: Integers
    front: Integers
    many: Integers
    found: Integers
    ties: Integers


@jit()
def _node(high: int, wide: int, start: Integers, i: int, j: int, line: int) -> int:
    """Number in its leaf of the node of a line, 0 word or 1 bit, at crossing (i, j), or just before the first."""
    inner = high * (wide - 1) + (high - 1) * wide
    if line == 0:
        if j < 0:
            return int(inner + start[LEFT] + i)
        return int(inner + start[RIGHT] + i) if j == wide - 1 else i * (wide - 1) + j
    if i < 0:
        return int(inner + start[TOP] + j)
    return int(inner + start[BOTTOM] + j) if i == high - 1 else high * (wide - 1) + i * wide + j


@jit()
def _tie(tree: Tree, n: int, ties: Integers) -> int:
    """Fill `ties` of leaf `n`; its number of inner nodes."""
    high, wide = tree.held[n, LEFT], tree.held[n, TOP]
    start = np.zeros(4, np.int64)
    used = 0
    for side in tree.order[n]:
        start[side] = used
        used += tree.held[n, side]
    for i in range(high):
        for j in range(wide):
            word, bit = _node(high, wide, start, i, j, 0), _node(high, wide, start, i, j, 1)
            left, above = _node(high, wide, start, i, j - 1, 0), _node(high, wide, start, i - 1, j, 1)
            for k, one, two in ((0, word, bit), (1, word, left), (2, bit, above)):
                ties[i * wide + j, k] = min(one, two), max(one, two)
    return int(high * (wide - 1) + (high - 1) * wide)


@jit()
def recipe(rows: int, columns: int) -> Recipe:
    """For blocks of rows x columns crossings with all their ends."""
    most = max(rows, columns)
    attached = np.zeros((4, most + 1), np.int64)
    for side in range(4):
        attached[side] = np.arange(most + 1)
    edges = np.minimum(np.arange((rows + LEAF - 1) // LEAF + 1) * LEAF, rows)
    across = np.minimum(np.arange((columns + LEAF - 1) // LEAF + 1) * LEAF, columns)
    tree = cut(Grid(edges, across, attached, 0))
    parts = len(tree.kind)
    place = np.empty((parts, 2), np.int64)
    place[:, 1] = tree.held.sum(axis=1)
    start = rooms(tree, place[:, 1] * place[:, 1])
    place[:, 0] = start[:-1]
    many, found, gone = np.zeros(parts, np.int64), np.zeros((parts, RUNS, 4), np.int64), np.zeros(parts, np.int64)
    ties = np.zeros((parts, LEAF * LEAF, 3, 2), np.int64)
    for n in range(parts):
        if tree.kind[n] == JOIN:
            one = runs(tree, n)
            many[n], gone[n] = len(one), shared(tree, n)
            found[n, : len(one)] = one
        else:
            gone[n] = _tie(tree, n, ties[n])
    front = np.cumsum(gone * (gone + place[:, 1]))
    return Recipe(tree, place, start[-1], gone, front - gone * (gone + place[:, 1]), many, found, ties)
