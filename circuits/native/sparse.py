"""Sparse matrices on patterns fixed once, and factors of them: complete, or without any fill.

No pivoting is needed: nodal equations with every source's node known are diagonally dominant.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, identity
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree
from scipy.sparse.linalg import splu

from circuits.jit import jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Indices = NDArray[np.int32]
Whole = NDArray[np.int32] | NDArray[np.int64]


class Pattern(NamedTuple):
    """Row by row: columns of row i are column[start[i]:start[i + 1]], ascending, its diagonal at diagonal[i]."""

    start: Integers
    column: Indices
    diagonal: Integers


class Factors(NamedTuple):
    """Where factors L and U go: L and U together on `pattern`, whose unknown k is the matrix's order[k].

    into: where each value of the matrix starts, empty where it stands already; complete: whether nothing is dropped
    """

    order: Indices
    pattern: Pattern
    into: Indices
    complete: bool


def arranged(size: int, rows: Whole, columns: Whole) -> Pattern:
    """The pattern with these entries and the whole diagonal; entries with a row or column >= size are left out."""
    inside = (rows < size) & (columns < size)
    own = np.arange(size, dtype=np.int32)
    ends = np.concatenate([own, rows[inside]]), np.concatenate([own, columns[inside]])
    graph = coo_matrix((np.ones(len(ends[0]), np.bool_), ends), (size, size)).tocsr()
    graph.sum_duplicates()
    graph.sort_indices()
    return _located(graph.indptr.astype(np.int64), graph.indices.astype(np.int32))


def _located(start: Integers, column: Indices) -> Pattern:
    own = np.arange(len(start) - 1, dtype=np.int32)
    return Pattern(start, column, _search(start, column, own, own).astype(np.int64))


def owners(pattern: Pattern) -> Indices:
    """Row of every entry."""
    return np.repeat(np.arange(len(pattern.diagonal), dtype=np.int32), np.diff(pattern.start))


def complete(matrix: Pattern) -> Factors:
    """All fill, in the order of least degree."""
    size = len(matrix.diagonal)
    graph = csr_matrix((np.ones(len(matrix.column)), matrix.column, matrix.start), (size, size))
    rank = _least_degree(graph)
    owner = owners(matrix)
    moved = arranged(size, rank[owner], rank[matrix.column])
    pattern = _located(*_fill(size, moved.start, moved.column))
    return Factors(
        np.argsort(rank).astype(np.int32), pattern, slots(pattern, rank[owner], rank[matrix.column]), complete=True
    )


def incomplete(matrix: Pattern) -> Factors:
    """No fill, in the matrix's own order."""
    order = np.arange(len(matrix.diagonal), dtype=np.int32)
    return Factors(order, matrix, np.zeros(0, np.int32), complete=False)


def _least_degree(graph: csr_matrix) -> Indices:
    """rank[i] is when unknown i is eliminated."""
    size = graph.shape[0]
    if size == 0:
        return np.zeros(0, np.int32)
    pattern = (graph + graph.T).tocsc()
    pattern.data[:] = -1.0
    dominant = pattern + identity(size, format="csc") * (2.0 * size)
    return np.asarray(splu(dominant, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0).perm_c, np.int32)


@jit()
def _mirror(size: int, out_start: Integers, lower: Indices) -> tuple[Integers, Indices]:
    """Rows of L and U together, from the rows of L: U has the transposed pattern."""
    count = np.zeros(size + 1, np.int64)
    for i in range(size):
        count[i] += out_start[i + 1] - out_start[i] + 1
        for p in range(out_start[i], out_start[i + 1]):
            count[lower[p]] += 1
    full_start = np.zeros(size + 1, np.int64)
    for i in range(size):
        full_start[i + 1] = full_start[i] + count[i]
    full = np.empty(full_start[size], np.int32)
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
def _fill(size: int, start: Integers, column: Indices) -> tuple[Integers, Indices]:
    out_start = np.zeros(size + 1, np.int64)
    out = np.empty(max(16, 4 * len(column)), np.int32)
    mark = np.full(size, -1, np.int64)
    parent = np.full(size, -1, np.int64)
    length = 0
    # Row i of L: every unknown on a path, in the elimination tree, from an entry of row i up to i.
    for i in range(size):
        first = length
        mark[i] = i
        for p in range(start[i], start[i + 1]):
            j = np.int64(column[p])
            while j < i and mark[j] != i:
                mark[j] = i
                if parent[j] == -1:
                    parent[j] = i
                if length + 1 >= len(out):
                    out = np.concatenate((out, np.empty(len(out), np.int32)))
                out[length] = j
                length += 1
                j = parent[j]
        out[first:length].sort()
        out_start[i + 1] = length
    return _mirror(size, out_start, out[:length].copy())


def slots(pattern: Pattern, rows: Whole, columns: Whole) -> Indices:
    """Where in the values on `pattern` each (row, column) lies; -1 where either is not an unknown (>= size)."""
    return _search(pattern.start, pattern.column, rows, columns)


@jit()
def _search(start: Integers, column: Indices, rows: Whole, columns: Whole) -> Indices:
    size, found = len(start) - 1, np.full(len(rows), -1, np.int32)
    for k in range(len(rows)):
        if rows[k] < size and columns[k] < size:
            low, high = start[rows[k]], start[rows[k] + 1] - 1
            while low < high:
                middle = (low + high) // 2
                if column[middle] < columns[k]:
                    low = middle + 1
                else:
                    high = middle
            found[k] = low
    return found


def routes(size: int, start: Indices, end: Indices, conductance: Floats) -> Indices:
    """(unknown, next) pairs along the best conductors towards any node >= size, farthest unknown first."""
    keys = np.minimum(np.minimum(start, end), size) * np.int64(size + 1) + np.minimum(np.maximum(start, end), size)
    best = np.lexsort((-conductance, keys))
    keys = keys[best]
    kept = (np.diff(keys, prepend=-1) > 0) & (keys // (size + 1) < keys % (size + 1))
    best, keys = best[kept], keys[kept]
    a, b = np.minimum(np.minimum(start, end), size)[best], np.minimum(np.maximum(start, end), size)[best]
    tree = minimum_spanning_tree(coo_matrix((1.0 / conductance[best], (a, b)), (size + 1, size + 1)))
    order, ahead = breadth_first_order(tree, size, directed=False)
    order = order[:0:-1].astype(np.int64)
    ahead = ahead[order].astype(np.int64)
    # The sources were one node of the tree: tell them apart again.
    far = np.maximum(start, end)[best[np.searchsorted(keys, order * (size + 1) + size).clip(max=len(keys) - 1)]]
    return np.stack([order, np.where(ahead == size, far, ahead)], axis=1).astype(np.int32)


@jit()
def factor(factors: Factors, matrix: Floats, values: Floats, scratch: Floats) -> bool:
    """Fill `values` with factors L (unit diagonal) and U of the matrix's values; False when singular.

    What falls outside the pattern is dropped: it lands in scratch that the next row overwrites.
    """
    start, column, diagonal = factors.pattern
    into = factors.into
    if len(into) == 0:
        values[:] = matrix
    else:
        values[:] = 0.0
        for p in range(len(matrix)):
            values[into[p]] = matrix[p]
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
def solve(factors: Factors, values: Floats, right: Floats, scratch: Floats, out: Floats) -> None:
    """`out` such that L U out = right, both in the matrix's order; they may be the same array."""
    start, column, diagonal = factors.pattern
    order = factors.order
    for i in range(len(diagonal)):
        total = right[order[i]]
        for p in range(start[i], diagonal[i]):
            total -= values[p] * scratch[column[p]]
        scratch[i] = total
    for i in range(len(diagonal) - 1, -1, -1):
        total = scratch[i]
        for p in range(diagonal[i] + 1, start[i + 1]):
            total -= values[p] * scratch[column[p]]
        scratch[i] = total * values[diagonal[i]]
    for i in range(len(diagonal)):
        out[order[i]] = scratch[i]


@jit()
def product(matrix: Pattern, values: Floats, right: Floats, out: Floats) -> None:
    """out = matrix times right."""
    for i in range(len(matrix.diagonal)):
        total = 0.0
        for p in range(matrix.start[i], matrix.start[i + 1]):
            total += values[p] * right[matrix.column[p]]
        out[i] = total
