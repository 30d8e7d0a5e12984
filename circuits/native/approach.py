"""What stands in for the inverse of the nodes' matrix: factors that may drop fill, and the long waves they miss.

Incomplete factors see near, not far: where lines are long, an error that is alike over many cells hardly falls. So the
unknowns are bunched, those of one kind in a patch of neighbouring cells together. The circuit of the bunches, small, is
solved completely first, and the factors see to the rest. Conductors from patch to patch count as as many in a row as a
patch is wide: without that they would be too good by this number, and long waves be corrected by a part only.
(Multigrid by aggregation: Braess, Computing 55 (1995) 379, DOI 10.1007/BF02238488.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from circuits.jit import jit
from circuits.native.sparse import (
    Factors,
    Indices,
    Pattern,
    arranged,
    complete,
    factor,
    incomplete,
    owners,
    product,
    slots,
    solve,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DIRECT = 3000  # unknowns solved with complete factors


class Approach(NamedTuple):
    """Factors `near` of the matrix, and its bunches; no bunches where `near` is complete.

    bunch: of each unknown; circuit: pattern of the bunches' matrix, far: its factors; into: where each entry of the
    matrix goes in it; share: of each of its entries, what passes from patch to patch
    """

    near: Factors
    bunch: Indices
    circuit: Pattern
    far: Factors
    into: Indices
    share: Floats


class Store(NamedTuple):
    """Values of an approach's factors, and scratch."""

    near: Floats
    circuit: Floats
    far: Floats
    scratch: Floats
    rest: Floats
    right: Floats
    narrow: Floats


def exact(matrix: Pattern) -> Approach:
    """Complete factors."""
    none = np.zeros(0, np.int32)
    empty = arranged(0, none, none)
    return Approach(complete(matrix), none, empty, complete(empty), none, np.zeros(0))


def quick(matrix: Pattern, cell: Indices, kind: Indices) -> Approach:
    """Factors without fill and bunches, from the cell each unknown lies at (-1 for none) and its kind there."""
    owner = owners(matrix)
    bunch, patch_size = _bunches(matrix, owner, cell, kind)
    rows, columns = bunch[owner], bunch[matrix.column]
    circuit = arranged(len(patch_size), rows, columns)
    into = slots(circuit, rows, columns)
    alike = np.zeros(len(circuit.column))
    np.add.at(alike, into[kind[owner] == kind[matrix.column]], 1.0)
    ends = owners(circuit), circuit.column
    width = np.sqrt(patch_size[ends[0]] * patch_size[ends[1]]) / np.maximum(alike, 1.0)
    share = np.where((alike > 0) & (ends[0] != ends[1]), 1.0 / np.maximum(width, 1.0), 1.0)
    return Approach(incomplete(matrix), bunch, circuit, complete(circuit), into, share)


def _bunches(matrix: Pattern, owner: Indices, cell: Indices, kind: Indices) -> tuple[Indices, Integers]:
    """Bunch of each unknown and unknowns in each: a patch has about the square root of all cells."""
    lies, count = cell >= 0, int(cell.max(initial=-1)) + 1
    inside = lies[owner] & lies[matrix.column]
    ends = cell[owner[inside]], cell[matrix.column[inside]]
    graph = csr_matrix((np.ones(len(ends[0]), np.int8), ends), (count, count))
    patch = _patches(graph.indptr.astype(np.int64), graph.indices.astype(np.int64), max(1, int(np.sqrt(count))))
    place = count + np.cumsum(~lies)  # what lies at no cell is a bunch of its own
    place[lies] = patch[cell[lies]]
    _, bunch, size = np.unique(place * (int(kind.max()) + 1) + kind, return_inverse=True, return_counts=True)
    return bunch.astype(np.int32), size.astype(np.int64)


@jit()
def _patches(start: Integers, near: Integers, most: int) -> Integers:
    """Number of each cell's patch: grown from the first cell left over, ring after ring, up to `most` cells."""
    patch, queue = np.full(len(start) - 1, -1, np.int64), np.empty(len(start) - 1, np.int64)
    number = 0
    for seed in range(len(patch)):
        if patch[seed] >= 0:
            continue
        patch[seed] = number
        queue[0], first, last = seed, 0, 1
        while first < last < most:
            cell = queue[first]
            first += 1
            for p in range(start[cell], start[cell + 1]):
                if patch[near[p]] < 0 and last < most:
                    patch[near[p]] = number
                    queue[last] = near[p]
                    last += 1
        number += 1
    return patch


def new_store(approach: Approach) -> Store:
    """Room for an approach's values."""
    size, far = len(approach.near.order), len(approach.far.order)
    lengths = len(approach.near.pattern.column), len(approach.circuit.column), len(approach.far.pattern.column)
    return Store(*(np.zeros(length) for length in (*lengths, size, size, far, far)))


@jit()
def prepare(approach: Approach, values: Floats, store: Store) -> bool:
    """Factor for these values of the matrix; False when singular."""
    circuit, share = approach.circuit, approach.share
    store.circuit[:] = 0.0
    for p in range(len(approach.into)):
        store.circuit[approach.into[p]] += values[p]
    for i in range(len(circuit.diagonal)):
        for p in range(circuit.start[i], circuit.start[i + 1]):
            kept = share[p] * store.circuit[p]
            store.circuit[circuit.diagonal[i]] += store.circuit[p] - kept
            store.circuit[p] = kept
    return bool(
        factor(approach.near, values, store.near, store.scratch)
        and factor(approach.far, store.circuit, store.far, store.narrow)
    )


@jit()
def apply(approach: Approach, matrix: Pattern, values: Floats, store: Store, right: Floats, out: Floats) -> None:
    """`out` such that matrix times out is about `right`; they may be the same array."""
    bunch = approach.bunch
    if len(bunch) == 0:
        solve(approach.near, store.near, right, store.scratch, out)
        return
    store.right[:] = 0.0
    for i in range(len(bunch)):
        store.right[bunch[i]] += right[i]
    solve(approach.far, store.far, store.right, store.narrow, store.right)
    for i in range(len(bunch)):
        store.scratch[i] = store.right[bunch[i]]
    product(matrix, values, store.scratch, store.rest)
    for i in range(len(bunch)):
        store.rest[i] = right[i] - store.rest[i]
    solve(approach.near, store.near, store.rest, store.scratch, store.rest)
    for i in range(len(bunch)):
        out[i] = store.right[bunch[i]] + store.rest[i]
