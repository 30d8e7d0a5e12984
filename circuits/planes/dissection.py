"""Joining two blocks of crossings: the line ends they share are eliminated, without a subtraction.

A block is the conductance between each two of its ends, the strict upper triangle of a matrix by rows; its diagonal,
minus the sum of the row, is never stored. Eliminating end k adds c_ik c_kj / sum_j c_kj between i and j: every sum is
of positive terms, so each conductance keeps its own relative accuracy however far they lie apart (Grassmann, Taksar
and Heyman, doi:10.1287/opre.33.5.1107), and an end without any conductance is skipped rather than divided by.

    D - C_qq = L L',   Z = L^-1 C_qk,   C_kk += Z' Z          q: shared ends, k: kept ends, L^-1 >= 0 and Z >= 0

The front of a join is its shared rows, which become Z; pieces of PANEL ends on their diagonal become L^-1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circuits.jit import jit
from circuits.planes.blas import FLIPPED, LOWER, PLAIN, Calls
from circuits.planes.machine import fortran

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PANEL = 16
NOTHING = 1e-140  # [S] and less is open: products of two stay clear of the slow denormal numbers
FAST = {"contract", "reassoc"}  # sums of positive terms may be taken in any order


@jit()
def step(size: int) -> int:
    """Distance of two rows of `size` numbers: whole vectors, and no multiple of 512 B, which caches dislike."""
    whole = (size + 7) // 8 * 8
    return whole + 8 if whole % 64 == 0 else whole


@jit()
def _copy(source: Floats, start: int, target: Floats, at: int, length: int) -> None:
    here, there = target[at : at + length], source[start : start + length]
    for j in range(length):
        here[j] = there[j]


@jit()
def gather(work: Floats, a: Integers, b: Integers, q: int, found: Integers, front: Floats, f: int, size: int) -> None:
    """Rows of the shared ends: front = [a_qq + b_qq, a_qk, b_qk], (q, size) from `f` on.

    a, b: where each part starts in `work` and its row step; found: `runs` of the join
    """
    row = step(size)
    for i in range(q):
        here = f + i * row
        top, low = a[0] + i * a[1], b[0] + i * b[1]
        sums, one, two = front[here : here + q], work[top : top + q], work[low : low + q]
        sums[: i + 1] = 0.0
        for j in range(i + 1, q):
            sums[j] = one[j] + two[j]
        for n in range(len(found)):
            source = (top if found[n, 0] == 0 else low) + found[n, 1]
            _copy(work, source, front, here + q + found[n, 2], found[n, 3])


@jit()
def spread(work: Floats, a: Integers, b: Integers, found: Integers, p: Integers) -> None:
    """Kept ends of both parts, side by side in the joined block `p`: zero between ends of different parts."""
    for n in range(len(found)):
        part, first, at, length = found[n]
        start, row = (a[0], a[1]) if part == 0 else (b[0], b[1])
        for i in range(length):
            source, target = start + (first + i) * row, p[0] + (at + i) * p[1]
            work[target + at + i] = 0.0
            _copy(work, source + first + i + 1, work, target + at + i + 1, length - i - 1)
            for m in range(n + 1, len(found)):
                if found[m, 0] == part:
                    _copy(work, source + found[m, 1], work, target + found[m, 2], found[m, 3])
                else:
                    work[target + found[m, 2] : target + found[m, 2] + found[m, 3]] = 0.0


@jit(fastmath=FAST)
def _panel(front: Floats, f: int, row: int, width: int, outer: Floats, own_sum: Floats) -> None:
    """L^-1 of one diagonal piece in its place; `outer`: conductance of each end to all beyond the piece."""
    for k in range(width):
        own = front[f + k * row :][:width]
        total = outer[k]
        for j in range(k + 1, width):
            total += own[j]
        own_sum[k] = total
        share = 1.0 / total if total > 0.0 else 0.0
        for i in range(k + 1, width):
            part = own[i] * share
            other = front[f + i * row :][:width]
            other[k] = part
            if part > NOTHING:
                outer[i] += part * outer[k]
                for j in range(i + 1, width):
                    other[j] += part * own[j]
    _invert(front, f, row, width)
    for i in range(width):
        own = front[f + i * row :][:width]
        scale = 1.0 / np.sqrt(own_sum[i]) if own_sum[i] > 0.0 else 0.0
        for j in range(i):
            value = own[j] * scale
            own[j] = value if value > NOTHING else 0.0
        own[i] = scale
        own[i + 1 :] = 0.0


@jit(fastmath=FAST)
def _invert(front: Floats, f: int, row: int, width: int) -> None:
    """(I - N)^-1 - I in the place of N, strictly lower: what is overwritten has been used."""
    for i in range(1, width):
        own = front[f + i * row :][:width]
        for k in range(1, i):
            part = own[k]
            if part > NOTHING:
                above = front[f + k * row :][:width]
                for j in range(k):
                    own[j] += part * above[j]


@jit(fastmath=FAST)
def _clean(front: Floats, f: int, row: int, width: int, start: int, stop: int, outer: Floats) -> None:
    """Sum of each row from start to stop, where what is next to nothing becomes zero."""
    for i in range(width):
        own = front[f + i * row + start :][: stop - start]
        total = 0.0
        for j in range(stop - start):
            value = own[j] if own[j] > NOTHING else 0.0
            own[j] = value
            total += value
        outer[i] = total


@jit()
def factor(calls: Calls, front: Floats, f: int, q: int, size: int, spare: Floats) -> None:
    """Finish the front (q, size) at `f`; `spare`: at least PANEL x (size + 2) numbers."""
    row, data = step(size), front.ctypes.data
    outer, own_sum, copied = spare[:PANEL], spare[PANEL : 2 * PANEL], spare[2 * PANEL :]
    for n in range((q + PANEL - 1) // PANEL):
        start, stop = n * PANEL, min((n + 1) * PANEL, q)
        width, rest = stop - start, size - stop
        here = f + start * row
        _clean(front, here, row, width, stop, size, outer)
        _panel(front, here + start, row, width, outer, own_sum)
        if rest == 0:
            continue
        for i in range(width):
            _copy(front, here + i * row + stop, copied, i * rest, rest)
        inverse, result = np.uintp(data + 8 * (here + start)), np.uintp(data + 8 * (here + stop))
        sizes = (PLAIN, PLAIN, rest, width, width)
        fortran(calls[0], (*sizes, 1.0, np.uintp(copied.ctypes.data), rest, inverse, row, 0.0, result, row))
        # The next rows take what as many rows before them give: few large products rather than many thin ones.
        many = (n + 1) & -(n + 1)
        first, last = (n + 1 - many) * PANEL, min((n + 1 + many) * PANEL, q)
        if stop < last:
            give, take = np.uintp(data + 8 * (f + first * row + stop)), np.uintp(data + 8 * (f + stop * row + stop))
            sizes = (PLAIN, FLIPPED, rest, last - stop, stop - first)
            fortran(calls[0], (*sizes, 1.0, give, row, give, row, 1.0, take, row))


@jit()
def update(calls: Calls, front: Floats, f: int, q: int, size: int, work: Floats, p: Integers) -> None:
    """Joined block at `p` += Z' Z."""
    if 0 < q < size:
        row = step(size)
        z, block = np.uintp(front.ctypes.data + 8 * (f + q)), np.uintp(work.ctypes.data + 8 * p[0])
        fortran(calls[1], (LOWER, PLAIN, size - q, q, 1.0, z, row, 1.0, block, p[1]))


@jit(fastmath=FAST)
def climb(front: Floats, f: int, q: int, size: int, x: Floats) -> None:
    """Currents into all ends of a join, (size,), become L^-1 x at the shared ends and, at the kept, what arrives."""
    row = step(size)
    held = np.empty(PANEL)
    for start in range(0, q, PANEL):
        stop = min(start + PANEL, q)
        for i in range(start, stop):
            own = front[f + i * row + start :][: stop - start]
            held[i - start] = 0.0
            for j in range(i - start + 1):
                held[i - start] += own[j] * x[start + j]
        beyond = x[stop:size]
        for i in range(start, stop):
            x[i] = held[i - start]
            if x[i] != 0.0:
                own = front[f + i * row + stop :][: size - stop]
                for j in range(size - stop):
                    beyond[j] += x[i] * own[j]


@jit()
def laplacian(work: Floats, start: int, row: int, found: Floats) -> None:
    """Fill a symmetric matrix with zero row sums: its conductances, the strict upper triangle, lie in `work`."""
    size = len(found)
    total = np.zeros(size)
    block = 64
    for top in range(0, size, block):
        for left in range(top, size, block):
            for i in range(top, min(top + block, size)):
                own = work[start + i * row :][:size]
                for j in range(max(left, i + 1), min(left + block, size)):
                    total[i] += own[j]
                    total[j] += own[j]
                    found[i, j] = -own[j]
                    found[j, i] = -own[j]
    for i in range(size):
        found[i, i] = total[i]
