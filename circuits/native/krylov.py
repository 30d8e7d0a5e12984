"""Linear systems solved by GMRES on top of factors that need only be near: stale ones, or ones with dropped fill.

Saad and Schultz, SIAM J. Sci. Stat. Comput. 7 (1986) 856, DOI 10.1137/0907058; preconditioned from the left, so that
what is measured is the error in the unknowns themselves.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.jit import jit
from circuits.native.approach import Approach, Store, apply
from circuits.native.sparse import Pattern, product

Floats = NDArray[np.float64]

DEPTH = 9
CYCLES = 20  # of DEPTH iterations each, as long as each leaves a tenth at most


class Basis(NamedTuple):
    """Room for one solve: orthonormal vectors, the Hessenberg matrix, rotations, the right side."""

    vectors: Floats
    hessenberg: Floats
    cosine: Floats
    sine: Floats
    right: Floats
    given: Floats


def new_basis(size: int) -> Basis:
    """Room for systems of `size` unknowns."""
    return Basis(
        np.zeros((DEPTH + 1, size)),
        np.zeros((DEPTH + 1, DEPTH)),
        np.zeros(DEPTH),
        np.zeros(DEPTH),
        np.zeros(DEPTH + 1),
        np.zeros(size),
    )


@jit(fastmath={"reassoc", "contract"})
def _along(x: Floats, y: Floats) -> float:
    """x times y, summed in whatever order is quick."""
    total = 0.0
    for i in range(len(x)):
        total += x[i] * y[i]
    return total


@jit()
def _norm(x: Floats) -> float:
    return math.sqrt(_along(x, x))


@jit()
def _largest(x: Floats) -> float:
    result = 0.0
    for i in range(len(x)):
        result = max(result, abs(x[i]))
    return result


@jit()
def refine(
    matrix: Pattern,
    values: Floats,
    approach: Approach,
    store: Store,
    right: Floats,
    basis: Basis,
    wanted: float,
    curve: float,
) -> int:
    """Overwrite `right` by the solution, its largest error about `wanted`, or what Newton's method leaves anyway.

    The latter is `curve` times the square of the largest unknown. Returns the number of iterations, or -1 when they get
    nowhere.
    """
    v = basis.vectors
    apply(approach, matrix, values, store, right, v[0])
    first = _norm(v[0])
    if not np.isfinite(first):
        return -1
    largest = _largest(v[0])
    wanted = max(wanted, min(curve * largest * largest, 0.1 * largest))
    if largest <= wanted:
        right[:] = v[0]
        return 0
    # What shrinks as a whole shrinks at its largest: a few nodes are solved as well among millions as among few.
    wanted = first * max(wanted / largest, 1e-14)
    basis.given[:] = right
    right[:] = 0.0
    taken, before = 0, first
    for _ in range(CYCLES):
        steps, left = _cycle(matrix, values, approach, store, basis, before, wanted)
        taken += steps
        for j in range(steps):
            for i in range(len(right)):
                right[i] += basis.right[j] * v[j, i]
        if left <= wanted:
            return taken
        product(matrix, values, right, v[0])
        for i in range(len(right)):
            v[0, i] = basis.given[i] - v[0, i]
        apply(approach, matrix, values, store, v[0], v[0])
        left = _norm(v[0])
        if not left <= 0.1 * before:
            return -1
        before = left
    return -1


@jit()
def _cycle(
    matrix: Pattern, values: Floats, approach: Approach, store: Store, basis: Basis, first: float, wanted: float
) -> tuple[int, float]:
    """Iterations from the residual in vector 0, `first` long; how many, and what they leave.

    Afterwards basis.right holds the share of each vector in the solution.
    """
    v = basis.vectors
    v[0] *= 1.0 / first
    basis.right[:] = 0.0
    basis.right[0] = first
    left, k = first, 0
    while k < DEPTH and left > wanted:
        product(matrix, values, v[k], v[k + 1])
        apply(approach, matrix, values, store, v[k + 1], v[k + 1])
        left = _extend(basis, k)
        k += 1
    _shares(basis, k)
    return k, left


@jit()
def _extend(basis: Basis, k: int) -> float:
    """Make vector k + 1 orthonormal to those before it; what is left of the residual."""
    v, h = basis.vectors, basis.hessenberg
    w = v[k + 1]
    for j in range(k + 1):
        along = _along(v[j], w)
        h[j, k] = along
        for i in range(len(w)):
            w[i] -= along * v[j, i]
    length = _norm(w)
    if length > 0.0:
        w *= 1.0 / length
    for j in range(k):
        a, b = h[j, k], h[j + 1, k]
        h[j, k] = basis.cosine[j] * a + basis.sine[j] * b
        h[j + 1, k] = basis.cosine[j] * b - basis.sine[j] * a
    whole = math.hypot(h[k, k], length)
    basis.cosine[k], basis.sine[k] = h[k, k] / whole, length / whole
    h[k, k] = whole
    basis.right[k + 1] = -basis.sine[k] * basis.right[k]
    basis.right[k] *= basis.cosine[k]
    return float(abs(basis.right[k + 1]))


@jit()
def _shares(basis: Basis, count: int) -> None:
    """The share of each of `count` vectors in the combination that leaves least, in place of basis.right."""
    h, y = basis.hessenberg, basis.right
    for j in range(count - 1, -1, -1):
        for m in range(j + 1, count):
            y[j] -= h[j, m] * y[m]
        y[j] /= h[j, j]
