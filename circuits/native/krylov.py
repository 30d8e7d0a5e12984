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
from circuits.native.sparse import Factors, Pattern, product, solve

Floats = NDArray[np.float64]

DEPTH = 30


class Basis(NamedTuple):
    """Room for one solve: orthonormal vectors, the Hessenberg matrix, rotations, scratch of the unknowns' size."""

    vectors: Floats
    hessenberg: Floats
    cosine: Floats
    sine: Floats
    right: Floats
    scratch: Floats


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
def refine(
    matrix: Pattern,
    values: Floats,
    factors: Factors,
    factored: Floats,
    right: Floats,
    basis: Basis,
    wanted: float,
    curve: float,
) -> int:
    """Overwrite `right` by the solution, its error in the 2-norm about `wanted`, or what Newton's method leaves anyway.

    That is `curve` times the square of the largest unknown. Returns the number of iterations, or -1 when DEPTH of them
    were not enough.
    """
    size, v = len(right), basis.vectors
    solve(factors, factored, right, basis.scratch, v[0])
    first = _norm(v[0])
    if not np.isfinite(first):
        return -1
    largest = 0.0
    for i in range(size):
        largest = max(largest, abs(v[0, i]))
    wanted = max(wanted, min(curve * largest * largest, 0.1 * largest))
    if first <= wanted:
        right[:] = v[0]
        return 0
    for i in range(size):
        v[0, i] /= first
    basis.right[:] = 0.0
    basis.right[0] = first
    for k in range(DEPTH):
        product(matrix, values, v[k], v[k + 1])
        solve(factors, factored, v[k + 1], basis.scratch, v[k + 1])
        left = _extend(basis, k)
        if left <= wanted or left <= 1e-14 * first:
            _combine(basis, k + 1, right)
            return k + 1
        if not np.isfinite(left):
            return -1
    _combine(basis, DEPTH, right)
    return -1


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
def _combine(basis: Basis, count: int, out: Floats) -> None:
    """The combination of `count` vectors that leaves least."""
    h, y = basis.hessenberg, basis.right
    for j in range(count - 1, -1, -1):
        for m in range(j + 1, count):
            y[j] -= h[j, m] * y[m]
        y[j] /= h[j, j]
    out[:] = 0.0
    for j in range(count):
        for i in range(len(out)):
            out[i] += y[j] * basis.vectors[j, i]
