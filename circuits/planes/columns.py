"""Bit lines: their own currents, and the elimination that preconditions them, each line by itself.

The lines alone with `local` on every crossing are L D L' with unit bidiagonal L. Walking down, passing crossing i and
the segment after it leaves `carry` = 1 / (1 + r s) of a current, and of the conductance s behind; so y = L^-1 q is
y <- q + carry y, and z = L'^-1 D^-1 y, walking back up, is z <- carry (r y + z). All terms are positive.
"""

from __future__ import annotations

from typing import NamedTuple

from circuits.planes.grid import Floats
from circuits.planes.loops import fast


class Columns(NamedTuple):
    """Bit lines, padded arrays; segments between crossings i and i + 1 in row `step` * i.

    carry: see above; last: what returns at the last crossing [ohm], shape (columns,); resistance, conductance: of the
    segments between crossings [ohm, S]; top, bottom: of the end segments with their contacts [S], 0 where a crossing
    is itself held by its contact; free_top, free_bottom: 0 there, else 1; shape (columns,)
    """

    carry: Floats
    last: Floats
    resistance: Floats
    conductance: Floats
    step: int
    top: Floats
    bottom: Floats
    free_top: Floats
    free_bottom: Floats


@fast
def eliminate_column(i: int, columns: Columns, local: Floats, behind: Floats) -> None:
    """Fill `carry` of row i from `local` [S]; `behind` [S] goes from row to row, at first that of the top contacts."""
    row = columns.step * i
    for j in range(behind.size):
        behind[j] += local[j]
        columns.carry[i, j] = 1.0 / (1.0 + columns.resistance[row, j] * behind[j])
        behind[j] *= columns.carry[i, j]


@fast
def along(i: int, rows: int, p: Floats, columns: Columns, out: Floats) -> float:
    """Add to `out` what row i of p sends along its bit lines, contacts at 0 V [A]; returns the row of out . p [W]."""
    step = columns.step
    if 0 < i < rows - 1:
        return _between(i, p, columns.conductance, step * (i - 1), step * i, out)
    power = 0.0
    for j in range(columns.top.size):
        if i == 0:
            out[i, j] += columns.top[j] * p[i, j]
        else:
            out[i, j] += columns.conductance[step * (i - 1), j] * (p[i, j] - p[i - 1, j])
        if i == rows - 1:
            out[i, j] += columns.bottom[j] * p[i, j]
        else:
            out[i, j] += columns.conductance[step * i, j] * (p[i, j] - p[i + 1, j])
        power += out[i, j] * p[i, j]
    return power


@fast
def _between(i: int, p: Floats, conductance: Floats, above: int, below: int, out: Floats) -> float:
    power = 0.0
    for j in range(p.shape[1]):
        up = conductance[above, j] * (p[i, j] - p[i - 1, j])
        out[i, j] += up + conductance[below, j] * (p[i, j] - p[i + 1, j])
        power += out[i, j] * p[i, j]
    return power


@fast
def hold(i: int, rows: int, columns: Columns, out: Floats) -> None:
    """Zero row i of `out` at the crossings that are held by their contacts."""
    if i == 0:
        for j in range(columns.free_top.size):
            out[i, j] *= columns.free_top[j]
    if i == rows - 1:
        for j in range(columns.free_bottom.size):
            out[i, j] *= columns.free_bottom[j]


@fast
def walk_down(i: int, scale: float, q: Floats, carry: Floats, walk: Floats, y: Floats) -> None:
    """Row i of y += scale L^-1 q; `walk` is the row above of L^-1 q, then this one."""
    if i == 0:
        for j in range(walk.size):
            walk[j] = q[i, j]
            y[i, j] += scale * walk[j]
    else:
        for j in range(walk.size):
            walk[j] = q[i, j] + carry[i - 1, j] * walk[j]
            y[i, j] += scale * walk[j]


@fast
def weight(i: int, row: int, y: Floats, carry: Floats, resistance: Floats) -> float:
    """Row i's part of y' D^-1 y, unless it is the last."""
    total = 0.0
    for j in range(y.shape[1]):
        total += resistance[row, j] * carry[i, j] * y[i, j] * y[i, j]
    return total


@fast
def turn(i: int, y: Floats, last: Floats, walk: Floats) -> float:
    """`walk` <- the last row i of D^-1 y; returns its part of y' D^-1 y."""
    total = 0.0
    for j in range(walk.size):
        walk[j] = last[j] * y[i, j]
        total += walk[j] * y[i, j]
    return total


@fast
def walk_up(i: int, row: int, y: Floats, carry: Floats, resistance: Floats, walk: Floats) -> None:
    """`walk`, row i + 1 of z = L'^-1 D^-1 y, becomes row i."""
    for j in range(walk.size):
        walk[j] = carry[i, j] * (resistance[row, j] * y[i, j] + walk[j])
