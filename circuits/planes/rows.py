"""Word lines, eliminated exactly: what each crossing sees when it looks into its own word line.

Walking a line from its left contact, what lies behind is a source v with a conductance s, all terms positive: passing
crossing j leaves v <- p + keep (v - p) with keep = s / (s + g); the segment that follows leaves v and s / (1 + r s).
Walking back, the word line's own potential is u <- v + on (u - v) with on = 1 / (1 + r s). Both are means of
potentials, and the current out of the bit line is taken from differences alone,

    g (p - u) = g (keep (1 - on) (p - v before) + on (p - u after)),

so nothing cancels, and a segment may be a short (0 ohm) or open (inf). LANES rows are walked together: independent
recurrences hide each other's latency.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from circuits.planes.grid import Floats
from circuits.planes.loops import fast

LANES = 4


class Rows(NamedTuple):
    """Word lines eliminated: `keep` and `on` of every crossing (above), padded, and the crossings' conductance [S]."""

    keep: Floats
    on: Floats
    crossing: Floats


@fast
def eliminate_rows(i: int, rows: Rows, word: Floats, step: int, left: Floats, right: Floats, local: Floats) -> None:
    """Fill `keep` and `on` of rows i .. i + 3, and `local`, the conductance from each crossing into its row [S].

    word: segments [ohm], line i in row `step` * i; left, right: conductance of the contacts with their segments [S];
    local: shape (LANES, columns), the diagonal of the parallel sum of crossings and word line
    """
    count, n = rows.crossing.shape
    before, after = np.empty((LANES, n)), np.empty((LANES, n))
    _look(i, rows.crossing, word[:, 1:], step, left, before, rows.on[i : i + LANES])
    _look(i, rows.crossing[:, ::-1], word[:, n - 1 :: -1], step, right, after[:, ::-1], local)
    for k in range(min(LANES, count - i)):
        for j in range(n):
            g, s = rows.crossing[i + k, j], before[k, j]
            rows.keep[i + k, j] = s / (g + s) if g > 0.0 else 1.0
        for j in range(n):
            g, s = rows.crossing[i + k, j], before[k, j] + after[k, j]
            local[k, j] = g * s / (g + s) if g > 0.0 else 0.0
        s = before[k, n - 1] + rows.crossing[i + k, n - 1]
        rows.on[i + k, n - 1] = right[i + k] / (right[i + k] + s) if right[i + k] > 0.0 else 0.0


@fast
def _look(i: int, crossing: Floats, word: Floats, step: int, contact: Floats, side: Floats, on: Floats) -> None:
    """Conductance behind each crossing of LANES rows, seen from it [S]; views run away from the contact."""
    end = crossing.shape[0] - 1
    ib, ic, id_ = min(i + 1, end), min(i + 2, end), min(i + 3, end)
    a, b, c, d = contact[i], contact[ib], contact[ic], contact[id_]
    for j in range(crossing.shape[1]):
        side[0, j], side[1, j], side[2, j], side[3, j] = a, b, c, d
        a, b, c, d = a + crossing[i, j], b + crossing[ib, j], c + crossing[ic, j], d + crossing[id_, j]
        fa, fb = 1.0 / (1.0 + word[step * i, j] * a), 1.0 / (1.0 + word[step * ib, j] * b)
        fc, fd = 1.0 / (1.0 + word[step * ic, j] * c), 1.0 / (1.0 + word[step * id_, j] * d)
        on[0, j], on[1, j], on[2, j], on[3, j] = fa, fb, fc, fd
        a, b, c, d = a * fa, b * fb, c * fc, d * fd


@fast
def through(i: int, p: Floats, left: Floats, right: Floats, rows: Rows, v: Floats, u: Floats, out: Floats) -> None:
    """Current out of the bit lines through the crossings of rows i .. i + 3 [A], given their potentials p [V].

    left, right: potential of the word lines' contacts [V]; v, u: scratch of shape (LANES, columns + 1), of which
    u[:, :columns] is left holding the potential of the word lines [V]
    """
    _out(i, p, rows.keep, left, v)
    _back(i, v, rows.on, right, u)
    for k in range(min(LANES, rows.crossing.shape[0] - i)):
        _across(i + k, k, p, rows, v, u, out)


@fast
def _out(i: int, p: Floats, keep: Floats, source: Floats, v: Floats) -> None:
    """Walk out: v[:, j + 1] is the potential behind crossing j of LANES rows, itself passed [V]."""
    a, b, c, d = source[i], source[i + 1], source[i + 2], source[i + 3]
    v[0, 0], v[1, 0], v[2, 0], v[3, 0] = a, b, c, d
    for j in range(v.shape[1] - 1):
        a = p[i, j] + keep[i, j] * (a - p[i, j])
        b = p[i + 1, j] + keep[i + 1, j] * (b - p[i + 1, j])
        c = p[i + 2, j] + keep[i + 2, j] * (c - p[i + 2, j])
        d = p[i + 3, j] + keep[i + 3, j] * (d - p[i + 3, j])
        v[0, j + 1], v[1, j + 1], v[2, j + 1], v[3, j + 1] = a, b, c, d


@fast
def _back(i: int, v: Floats, on: Floats, source: Floats, u: Floats) -> None:
    """Walk back: u[:, j] is the potential of the word line itself at crossing j of LANES rows [V]."""
    n = v.shape[1] - 1
    a, b, c, d = source[i], source[i + 1], source[i + 2], source[i + 3]
    u[0, n], u[1, n], u[2, n], u[3, n] = a, b, c, d
    for j in range(n - 1, -1, -1):
        a = v[0, j + 1] + on[i, j] * (a - v[0, j + 1])
        b = v[1, j + 1] + on[i + 1, j] * (b - v[1, j + 1])
        c = v[2, j + 1] + on[i + 2, j] * (c - v[2, j + 1])
        d = v[3, j + 1] + on[i + 3, j] * (d - v[3, j + 1])
        u[0, j], u[1, j], u[2, j], u[3, j] = a, b, c, d


@fast
def _across(i: int, k: int, p: Floats, rows: Rows, v: Floats, u: Floats, out: Floats) -> None:
    keep, on, crossing = rows.keep, rows.on, rows.crossing
    for j in range(crossing.shape[1]):
        back = on[i, j] * (p[i, j] - u[k, j + 1])
        out[i, j] = crossing[i, j] * (keep[i, j] * (1.0 - on[i, j]) * (p[i, j] - v[k, j]) + back)
