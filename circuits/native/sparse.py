"""LU factors on a pattern fixed once: the elimination order discovers the circuit's structure by itself.

EDL branches and lithium are leaves of the graph, so they are eliminated first, as one would by hand; lines follow.
No pivoting is needed: nodal equations with every source's node known are diagonally dominant.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, identity
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree
from scipy.sparse.linalg import splu

from circuits.jit import jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Pattern(NamedTuple):
    """Rows of L and U together: columns of row i are column[start[i]:start[i + 1]], its diagonal at diagonal[i]."""

    start: Integers
    column: Integers
    diagonal: Integers


def elimination_order(size: int, rows: Integers, columns: Integers) -> Integers:
    """rank[i] is when unknown i is eliminated: minimum degree on the symmetric pattern."""
    if size == 0:
        return np.zeros(0, np.int64)
    ones = np.ones(len(rows))
    graph = coo_matrix((ones, (rows, columns)), (size, size)).tocsc()
    pattern = graph + graph.T
    pattern.data[:] = -1.0
    dominant = pattern + identity(size, format="csc") * (2.0 * size)
    return np.asarray(splu(dominant, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0).perm_c, np.int64)


def fill(size: int, rows: Integers, columns: Integers) -> Pattern:
    """Pattern of the factors for unknowns numbered in elimination order."""
    ends = np.concatenate([np.arange(size), rows, columns]), np.concatenate([np.arange(size), columns, rows])
    graph = coo_matrix((np.ones(len(ends[0])), ends), (size, size)).tocsr()
    graph.sum_duplicates()
    graph.sort_indices()
    start, column = _fill(size, graph.indptr.astype(np.int64), graph.indices.astype(np.int64))
    diagonal = np.array([s + np.searchsorted(column[s:e], i) for i, (s, e) in enumerate(pairwise(start))])
    return Pattern(start, column, diagonal.astype(np.int64))


@jit()
def _mirror(size: int, out_start: Integers, lower: Integers) -> tuple[Integers, Integers]:
    """Rows of L and U together, from the rows of L: U has the transposed pattern."""
    count = np.zeros(size + 1, np.int64)
    for i in range(size):
        count[i] += out_start[i + 1] - out_start[i] + 1
        for p in range(out_start[i], out_start[i + 1]):
            count[lower[p]] += 1
    full_start = np.zeros(size + 1, np.int64)
    for i in range(size):
        full_start[i + 1] = full_start[i] + count[i]
    full = np.empty(full_start[size], np.int64)
    cursor = full_start[:size].copy()
    for i in range(size):
        for p in range(out_start[i], out_start[i + 1]):
            full[cursor[i]] = lower[p]
            cursor[i] += 1
        full[cursor[i]] = i
        cursor[i] += 1
    for i in range(size):
        for p in range(out_start[i], out_start[i + 1]):
            j = lower[p]
            full[cursor[j]] = i
            cursor[j] += 1
    return full_start, full


@jit()
def _fill(size: int, start: Integers, column: Integers) -> tuple[Integers, Integers]:
    out_start = np.zeros(size + 1, np.int64)
    out = np.empty(max(16, 4 * len(column)), np.int64)
    mark = np.full(size, -1, np.int64)
    parent = np.full(size, -1, np.int64)
    length = 0
    # Row i of L: every unknown on a path, in the elimination tree, from an entry of row i up to i.
    for i in range(size):
        first = length
        mark[i] = i
        for p in range(start[i], start[i + 1]):
            j = column[p]
            while j < i and mark[j] != i:
                mark[j] = i
                if parent[j] == -1:
                    parent[j] = i
                if length + 1 >= len(out):
                    out = np.concatenate((out, np.empty(len(out), np.int64)))
                out[length] = j
                length += 1
                j = parent[j]
        out[first:length].sort()
        out_start[i + 1] = length
    return _mirror(size, out_start, out[:length].copy())


def slots(pattern: Pattern, rows: Integers, columns: Integers) -> Integers:
    """Where in the factors' values each (row, column) lies; -1 where either is not an unknown (>= size)."""
    size = len(pattern.diagonal)
    owner = np.repeat(np.arange(size), np.diff(pattern.start))
    keys = owner * size + pattern.column
    inside = (rows < size) & (columns < size)
    found = np.searchsorted(keys, np.where(inside, rows * size + columns, 0))
    return np.where(inside, found, -1).astype(np.int64)


def routes(size: int, start: Integers, end: Integers, conductance: Floats) -> Integers:
    """(unknown, next) pairs along the best conductors towards any node >= size, farthest unknown first."""
    a, b = np.minimum(np.minimum(start, end), size), np.minimum(np.maximum(start, end), size)
    best = np.lexsort((-conductance, b, a))
    best = best[a[best] < b[best]]
    keys, first = np.unique(a[best] * (size + 1) + b[best], return_index=True)
    best = best[first]
    tree = minimum_spanning_tree(coo_matrix((1.0 / conductance[best], (a[best], b[best])), (size + 1, size + 1)))
    order, ahead = breadth_first_order(tree, size, directed=False)
    order = order[:0:-1].astype(np.int64)
    ahead = ahead[order].astype(np.int64)
    # The sources were one node of the tree: tell them apart again.
    far = np.maximum(start, end)[best[np.searchsorted(keys, order * (size + 1) + size).clip(max=len(keys) - 1)]]
    return np.stack([order, np.where(ahead == size, far, ahead)], axis=1)


@jit()
def factor(pattern: Pattern, values: Floats, scratch: Floats) -> bool:
    """Replace `values` (a matrix on the pattern) by its factors L (unit diagonal) and U; False when singular."""
    start, column, diagonal = pattern
    for i in range(len(diagonal)):
        for p in range(start[i], start[i + 1]):
            scratch[column[p]] = values[p]
        for p in range(start[i], diagonal[i]):
            k = column[p]
            multiplier = scratch[k] * values[diagonal[k]]
            scratch[k] = multiplier
            for q in range(diagonal[k] + 1, start[k + 1]):
                scratch[column[q]] -= multiplier * values[q]
        for p in range(start[i], start[i + 1]):
            values[p] = scratch[column[p]]
        pivot = values[diagonal[i]]
        if not np.isfinite(pivot) or pivot == 0.0:
            return False
        # The reciprocal is kept: a division costs more than all else in a short row.
        values[diagonal[i]] = 1.0 / pivot
    return True


@jit()
def solve(pattern: Pattern, values: Floats, right: Floats) -> None:
    """Overwrite `right` by the solution."""
    start, column, diagonal = pattern
    for i in range(len(diagonal)):
        total = right[i]
        for p in range(start[i], diagonal[i]):
            total -= values[p] * right[column[p]]
        right[i] = total
    for i in range(len(diagonal) - 1, -1, -1):
        total = right[i]
        for p in range(diagonal[i] + 1, start[i + 1]):
            total -= values[p] * right[column[p]]
        right[i] = total * values[diagonal[i]]
