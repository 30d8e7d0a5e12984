"""Blocks of a few crossings, many at a time: the same sums for LANES blocks side by side fill the vector units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.jit import jit
from circuits.planes.machine import LANES, accumulate, clear, move
from circuits.planes.recipes import Recipe
from circuits.planes.tree import LEFT, TILE, TOP

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WIDE = 8 * LANES  # bytes of a vector


class Lines(NamedTuple):
    """Conductances [S]: crossing (rows, columns), word (rows, columns + 1), bit (rows + 1, columns)."""

    crossing: Floats
    word: Floats
    bit: Floats


@jit()
def _products(front: Floats, f: int, size: int, k: int, i: int, start: int, target: np.uintp) -> None:
    """Vectors from address `target` on += what rows 0 to k of a front give between ends i and start, start + 1, ..."""
    data = front.ctypes.data + WIDE * f
    steps = size * LANES
    accumulate(target, np.uintp(data + WIDE * i), np.uintp(data + WIDE * start), (size - start, k, steps, steps))


@jit()
def _finish(front: Floats, f: int, q: int, size: int, lanes: Floats, p: int) -> None:
    """The q rows of the front (q, size, LANES) at `f` become Z, one after the other; the block at `p` += Z' Z.

    On its diagonal Z has the inverse of the square root of the end's conductance to all the following.
    """
    total = np.empty(LANES)
    for i in range(q):
        _products(front, f, size, i, i, i + 1, np.uintp(front.ctypes.data + WIDE * (f + i * size + i + 1)))
        row = front[(f + i * size) * LANES : (f + (i + 1) * size) * LANES]
        total[:] = 0.0
        for j in range(i + 1, size):
            here = row[j * LANES : (j + 1) * LANES]
            for v in range(LANES):
                total[v] += here[v]
        for v in range(LANES):
            total[v] = 1.0 / np.sqrt(total[v]) if total[v] > 0.0 else 0.0
            row[i * LANES + v] = total[v]
        for j in range(i + 1, size):
            here = row[j * LANES : (j + 1) * LANES]
            for v in range(LANES):
                here[v] *= total[v]
    kept = size - q
    for i in range(kept - 1):
        _products(front, f, size, q, q + i, q + i + 1, np.uintp(lanes.ctypes.data + WIDE * (p + i * kept + i + 1)))


@jit()
def _leaf(made: Recipe, n: int, lines: Lines, corner: Integers, lanes: Floats, front: Floats, f: int) -> None:
    """A few crossings: each with its device, its word segment to the left and its bit segment above."""
    tree, q, p, kept = made.tree, made.shared[n], made.place[n, 0], made.place[n, 1]
    size = q + kept
    clear(np.uintp(front.ctypes.data + WIDE * f), q * size)
    clear(np.uintp(lanes.ctypes.data + WIDE * p), kept * kept)
    wide = tree.held[n, TOP]
    top, left = tree.grid.rows[tree.box[n, 0]], tree.grid.columns[tree.box[n, 2]]
    for i in range(tree.held[n, LEFT]):
        for j in range(wide):
            for k in range(3):
                one, two = made.ties[n, i * wide + j, k, 0], made.ties[n, i * wide + j, k, 1]
                if one < q:
                    target = front[(f + one * size + two) * LANES :]
                else:
                    target = lanes[(p + (one - q) * kept + two - q) * LANES :]
                for v in range(LANES):
                    target[v] = lines[k][corner[v, 0] + top + i, corner[v, 1] + left + j]
    _finish(front, f, q, size, lanes, p)


@jit()
def _spread(lanes: Floats, a: Integers, b: Integers, found: Integers, p: Integers) -> None:
    """Kept ends of both parts, side by side in the joined block: zero between ends of different parts."""
    data = lanes.ctypes.data
    for n in range(len(found)):
        part, first, at, length = found[n, 0], found[n, 1], found[n, 2], found[n, 3]
        start, row = (a[0], a[1]) if part == 0 else (b[0], b[1])
        for i in range(length):
            for m in range(n, len(found)):
                skip = i + 1 if m == n else 0
                source = np.uintp(data + WIDE * (start + (first + i) * row + found[m, 1] + skip))
                target = np.uintp(data + WIDE * (p[0] + (at + i) * p[1] + found[m, 2] + skip))
                if found[m, 0] == part:
                    move(target, source, found[m, 3] - skip)
                else:
                    clear(target, found[m, 3] - skip)


@jit()
def _join(made: Recipe, n: int, lanes: Floats, front: Floats, f: int) -> None:
    """Two parts become one block, as `gather`, `factor`, `spread` and `update` do with large ones."""
    q, found = made.shared[n], made.found[n, : made.many[n]]
    a, b, p = made.place[n + 1], made.place[made.tree.second[n]], made.place[n]
    size = q + p[1]
    to, of = front.ctypes.data + WIDE * f, lanes.ctypes.data
    for i in range(q):
        here, top, low = i * size, a[0] + i * a[1], b[0] + i * b[1]
        move(np.uintp(to + WIDE * (here + i + 1)), np.uintp(of + WIDE * (top + i + 1)), q - i - 1)
        sums, more = front[(f + here) * LANES : (f + here + q) * LANES], lanes[low * LANES : (low + q) * LANES]
        for j in range((i + 1) * LANES, q * LANES):
            sums[j] += more[j]
        for m in range(len(found)):
            source = (top if found[m, 0] == 0 else low) + found[m, 1]
            move(np.uintp(to + WIDE * (here + q + found[m, 2])), np.uintp(of + WIDE * source), found[m, 3])
    _spread(lanes, a, b, found, p)
    _finish(front, f, q, size, lanes, p[0])


@jit()
def tiles(made: Recipe, lines: Lines, corner: Integers, lanes: Floats, front: Floats, apart: int) -> None:
    """LANES blocks whose first crossings are `corner` (LANES, 2), side by side at the start of `lanes`.

    The fronts lie one after the other if `apart`, else all in one place
    """
    for n in range(len(made.tree.kind) - 1, -1, -1):
        if made.tree.kind[n] == TILE:
            _leaf(made, n, lines, corner, lanes, front, apart * made.front[n])
        else:
            _join(made, n, lanes, front, apart * made.front[n])


@jit()
def climb(made: Recipe, n: int, front: Floats, x: Floats) -> float:
    """Currents into all nodes of part `n` of lane 0, (shared + ends,), become L^-1 x and, at the ends, what arrives.

    Returns the sum of squares of the former
    """
    q = made.shared[n]
    size = q + made.place[n, 1]
    square = 0.0
    for i in range(q):
        row = front[(made.front[n] + i * size) * LANES :]
        x[i] *= row[i * LANES]
        square += x[i] ** 2
        for j in range(i + 1, size):
            x[j] += row[j * LANES] * x[i]
    return square
