"""Conjugate gradients on the bit lines' potentials: two walks over the grid a step.

Walking down, the current q that a search direction p sends out of the bit lines is eliminated into y. Once the step
length is known, walking up gives the preconditioned residual, the next direction and, as soon as a row's neighbours
have theirs, its new q. Nothing else is written, so a step moves little more than it must.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from circuits.planes.coarse import Coarse, correct, gather, spread
from circuits.planes.columns import Columns, along, hold, turn, walk_down, walk_up, weight
from circuits.planes.grid import Floats
from circuits.planes.loops import fast
from circuits.planes.rows import LANES, Rows, through

FLOOR = 1e-6  # a current below this share of the largest is judged against that share
SAFETY = 2.0
FIRST, FASTEST, SLOWEST = 0.1, 0.01, 0.95  # rates of convergence trusted: at first, at best, at worst
DEAD = 1e-32  # energy of a step, relative to all before, that is rounding and nothing else


class State(NamedTuple):
    """Potential x [V], direction p, eliminated residual y, flow q, padded; and scratch.

    still: zero potentials of contacts, shape (rows,), padded; rough, smooth: shape (coarse lines, columns); walk:
    shape (columns,); out, back: shape (LANES, columns + 1)
    """

    x: Floats
    p: Floats
    y: Floats
    q: Floats
    still: Floats
    rough: Floats
    smooth: Floats
    walk: Floats
    out: Floats
    back: Floats


class Sums(NamedTuple):
    """Current from all crossings into each bit line, shape (columns,), and from each word line, shape (rows,) [A].

    bit_step, word_step: what the current direction adds to them for a unit step
    """

    bit: Floats
    word: Floats
    bit_step: Floats
    word_step: Floats


class Contacted(NamedTuple):
    """Potentials of the contacts [V]: left, right of shape (rows,), padded; top, bottom of shape (columns,)."""

    left: Floats
    right: Floats
    top: Floats
    bottom: Floats


@fast
def cross(rows: Rows, state: State, volts: Contacted, sums: Sums, word: Floats) -> None:
    """From x and the contacts' potentials: q, the current out of the bit lines through every crossing, and sums.

    word: filled with the word lines' potentials [V] where it has room for them, shape (rows, columns) or (0, columns)
    """
    count, n = rows.crossing.shape
    sums.bit[:] = 0.0
    for i in range(0, count, LANES):
        through(i, state.x, volts.left, volts.right, rows, state.out, state.back, state.q)
        for k in range(i, min(i + LANES, count)):
            _sum(k, state.q, sums.bit, sums.word)
            if word.shape[0] > 0:
                for j in range(n):
                    word[k, j] = state.back[k - i, j]


@fast
def leave(rows: Rows, columns: Columns, state: State, volts: Contacted) -> tuple[float, float]:
    """Add to q what leaves along the bit lines: what is left at a crossing goes nowhere, and is 0 in a solution.

    Returns the root of its squares' sum [A], and the power it would take away [W].
    """
    count, n, total, power = rows.crossing.shape[0], rows.crossing.shape[1], 0.0, 0.0
    for i in range(count):
        along(i, count, state.x, columns, state.q)
    for j in range(n):
        state.q[0, j] -= columns.top[j] * volts.top[j]
        state.q[count - 1, j] -= columns.bottom[j] * volts.bottom[j]
    hold(0, count, columns, state.q)
    hold(count - 1, count, columns, state.q)
    for i in range(count):
        for j in range(n):
            total += state.q[i, j] * state.q[i, j]
            power += state.q[i, j] * state.x[i, j]
    return np.sqrt(total), power


@fast
def _sum(i: int, q: Floats, bit: Floats, word: Floats) -> None:
    """Take row i of q, the current out of the bit lines through every crossing, into the sums."""
    total = 0.0
    for j in range(bit.size):
        bit[j] -= q[i, j]
        total -= q[i, j]
    word[i] = total


@fast
def iterate(
    rows: Rows, columns: Columns, coarse: Coarse, state: State, sums: Sums, energy: float, tolerance: float, limit: int
) -> tuple[int, float, float]:
    """Improve x until the relative error of the sums is below `tolerance`; returns steps, that error, energy gained.

    On entry q and sums are those of x; energy: of all steps before. The error left is the last change of the sums,
    continued as a geometric series at the rate at which the energy of a step falls; nan says that numbers ran out.
    """
    taken, error, step, product, gain, change, rate_before = 0, np.inf, 0.0, 0.0, 0.0, 0.0, 0.0
    state.p[:] = 0.0
    state.y[:] = 0.0
    state.rough[:] = 0.0
    while taken < limit and error > tolerance:
        # The first walk eliminates what x leaves, -q; later ones what the step took.
        rest = _down(rows, columns, coarse, state, -step if taken else -1.0)
        again = rest / product if product != 0.0 else 0.0
        power = _up(rows, columns, coarse, state, sums, step, again)
        product, before = rest, gain
        step = product / power if product != 0.0 else 0.0
        gain = step * product
        largest, latest = _add_step(step, sums)
        energy += gain
        taken += 1
        if not (np.isfinite(gain) and gain >= 0.0):
            error = np.nan
        elif gain <= DEAD * energy or largest == 0.0:
            error = 0.0
        elif before > 0.0:
            now = np.sqrt(gain / before)
            rate = min(SLOWEST, max(FASTEST if taken > 2 else FIRST, now, rate_before))
            # A step may happen to leave the sums alone: the one before still counts.
            error = SAFETY * max(latest, rate * change) * rate / (1.0 - rate)
            rate_before = now
        change = latest
    for i in range(rows.crossing.shape[0]):
        for j in range(rows.crossing.shape[1]):
            state.x[i, j] += step * state.p[i, j]
    return taken, error, energy


@fast
def _down(rows: Rows, columns: Columns, coarse: Coarse, state: State, scale: float) -> float:
    """y += scale L^-1 q; returns the residual's product with its preconditioned self [W]."""
    count, total = rows.crossing.shape[0], 0.0
    for i in range(count):
        if coarse.gain.size > 0:
            gather(i, scale, state.q, coarse.down, state.rough)
        walk_down(i, scale, state.q, columns.carry, state.walk, state.y)
        if i < count - 1:
            total += weight(i, columns.step * i, state.y, columns.carry, columns.resistance)
    total += turn(count - 1, state.y, columns.last, state.walk)
    if coarse.gain.size > 0:
        total += correct(state.rough, coarse, state.smooth)
    return total


@fast
def _up(rows: Rows, columns: Columns, coarse: Coarse, state: State, sums: Sums, step: float, again: float) -> float:
    """x += step p, p <- preconditioned residual + again p, q <- what p sends out; returns p . q [W]."""
    count, power = rows.crossing.shape[0], 0.0
    ready = count  # rows from here on have their new p
    sums.bit_step[:] = 0.0
    for first in range((count - 1) // LANES * LANES, -1, -LANES):
        while ready > max(first - 1, 0):
            ready -= 1
            if ready < count - 1:
                walk_up(ready, columns.step * ready, state.y, columns.carry, columns.resistance, state.walk)
            _advance(ready, step, again, state.walk, state.x, state.p)
            if coarse.gain.size > 0:
                spread(ready, coarse.down, state.smooth, state.p)
            hold(ready, count, columns, state.p)
        through(first, state.p, state.still, state.still, rows, state.out, state.back, state.q)
        for i in range(first, min(first + LANES, count)):
            _sum(i, state.q, sums.bit_step, sums.word_step)
            power += along(i, count, state.p, columns, state.q)
            hold(i, count, columns, state.q)
    return power


@fast
def _advance(i: int, step: float, again: float, walk: Floats, x: Floats, p: Floats) -> None:
    for j in range(walk.size):
        x[i, j] += step * p[i, j]
        p[i, j] = walk[j] + again * p[i, j]


@fast
def _add_step(step: float, sums: Sums) -> tuple[float, float]:
    """Add a step to the sums; the largest of them [A], and how much of itself any of them changed by."""
    largest, change = 0.0, 0.0
    for total, part in ((sums.bit, sums.bit_step), (sums.word, sums.word_step)):
        for j in range(total.size):
            total[j] += step * part[j]
            largest = max(largest, abs(total[j]))
    for total, part in ((sums.bit, sums.bit_step), (sums.word, sums.word_step)):
        for j in range(total.size):
            change = max(change, abs(step * part[j]) / max(FLOOR * largest, abs(total[j])))
    return largest, change
