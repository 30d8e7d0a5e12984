"""What bit lines cannot see of each other: smooth potentials over the whole grid, corrected on a coarse one.

A homogeneous grid's Schur complement is lines + (d : word) with ":" the parallel sum. On functions that are linear
between the lines of a coarse grid (products of hats) it is diagonal in the modes of the two families of lines, each
with its own ends. The correction adds what the line-by-line inverse lacks there,

    gain = 1 / (b + d w / (d + w)) - 1 / (b + d),

for modes with eigenvalues b (bit lines) and w (word lines), and is positive. It needs no more than the mean d of what
hangs on a crossing, one segment conductance for each family, and how the ends are connected, on average.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh

from circuits.planes.grid import Floats, Integers
from circuits.planes.loops import fast

SPACING = 1.25  # coarse lines apart, in units of the length over which a current leaves its line
MOST = 192  # coarse cells along a family: beyond, their dense modes would cost more than they save
ROUNDING = 1e-14  # of an eigenvalue, relative to the largest
LIGHT = 0.5  # (length of a line over that length)^2 below which lines hardly feel each other


class Hats(NamedTuple):
    """Crossing k lies `share` of the way from coarse line at[k] to the next; modes: of the coarse lines, columns."""

    at: Integers
    share: Floats
    modes: Floats


class Coarse(NamedTuple):
    """Hats along bit lines and along word lines, and the gain of each pair of modes [ohm]; no gain: no correction."""

    down: Hats
    across: Hats
    turned: Floats
    gain: Floats


class Family(NamedTuple):
    """One family of lines on average: crossings, conductance of a segment, of the first contact, of the last [S]."""

    crossings: int
    segment: float
    first: float
    last: float


def coarse(bit: Family, word: Family, local: float) -> Coarse:
    """The correction for lines with `local` [S] on every crossing, on average."""
    reach = [f.crossings * np.sqrt(local / f.segment) for f in (bit, word)]
    if not max(reach) ** 2 >= LIGHT:
        none = np.zeros((0, 0))
        hats = [Hats(np.zeros(f.crossings, np.int64), np.zeros(f.crossings), none) for f in (bit, word)]
        return Coarse(hats[0], hats[1], none, none)
    (down, b), (across, w) = (_modes(f, length) for f, length in zip((bit, word), reach, strict=True))
    gain = 1 / (b[:, None] + local * w / (local + w)) - 1 / (b[:, None] + local)
    return Coarse(down, across, np.ascontiguousarray(across.modes.T), gain)


def _modes(family: Family, reach: float) -> tuple[Hats, Floats]:
    n = family.crossings
    cells = int(np.clip(np.ceil(reach / SPACING), 1, max(1, min(MOST, n // 2))))
    place = (np.arange(n) + 0.5) * (cells / n)
    at = np.minimum(place.astype(np.int64), cells - 1)
    share = place - at
    hat = np.zeros((n, cells + 1))
    hat[np.arange(n), at], hat[np.arange(n), at + 1] = 1 - share, share
    step = np.diff(hat, axis=0)
    stiffness = family.segment * (step.T @ step)
    stiffness += family.first * np.outer(hat[0], hat[0]) + family.last * np.outer(hat[-1], hat[-1])
    mass = hat.T @ hat
    if n == 1:  # a lone crossing leaves the second coarse line without any
        stiffness[1, 1] = mass[1, 1] = 1.0
    values, modes = eigh(stiffness, mass)
    return Hats(at, np.asarray(share, float), np.ascontiguousarray(modes)), np.maximum(values, ROUNDING * values.max())


@fast
def gather(i: int, scale: float, q: Floats, hats: Hats, rough: Floats) -> None:
    """Rough += scale * row i of q, on the coarse lines it lies between."""
    at, share = hats.at[i], hats.share[i]
    first, second = scale * (1.0 - share), scale * share
    for j in range(rough.shape[1]):
        rough[at, j] += first * q[i, j]
        rough[at + 1, j] += second * q[i, j]


@fast
def spread(i: int, hats: Hats, smooth: Floats, out: Floats) -> None:
    """Row i of out += what `smooth` is between the coarse lines there."""
    at, share = hats.at[i], hats.share[i]
    rest = 1.0 - share
    for j in range(smooth.shape[1]):
        out[i, j] += rest * smooth[at, j] + share * smooth[at + 1, j]


@fast
def correct(rough: Floats, coarse: Coarse, smooth: Floats) -> float:
    """Fill `smooth` with the correction on the coarse lines; returns its product with `rough`."""
    k, m, n = coarse.gain.shape[0], coarse.gain.shape[1], rough.shape[1]
    at, share = coarse.across.at, coarse.across.share
    one, two, total = np.zeros((k, m)), np.empty((k, m)), 0.0
    for i in range(k):
        for j in range(n):
            one[i, at[j]] += (1.0 - share[j]) * rough[i, j]
            one[i, at[j] + 1] += share[j] * rough[i, j]
    _multiply(coarse.down.modes.T, one, two)
    _multiply(two, coarse.across.modes, one)
    for i in range(k):
        for j in range(m):
            total += coarse.gain[i, j] * one[i, j] * one[i, j]
            one[i, j] *= coarse.gain[i, j]
    _multiply(coarse.down.modes, one, two)
    _multiply(two, coarse.turned, one)
    for i in range(k):
        for j in range(n):
            smooth[i, j] = (1.0 - share[j]) * one[i, at[j]] + share[j] * one[i, at[j] + 1]
    return total


@fast
def _multiply(a: Floats, b: Floats, out: Floats) -> None:
    rows, inner = a.shape
    whole = inner - inner % 4
    for i in range(rows):
        for j in range(out.shape[1]):
            out[i, j] = 0.0
        for k in range(0, whole, 4):
            f, g, h, m = a[i, k], a[i, k + 1], a[i, k + 2], a[i, k + 3]
            for j in range(out.shape[1]):
                out[i, j] += f * b[k, j] + g * b[k + 1, j] + h * b[k + 2, j] + m * b[k + 3, j]
        for k in range(whole, inner):
            for j in range(out.shape[1]):
                out[i, j] += a[i, k] * b[k, j]
