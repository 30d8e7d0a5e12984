"""From a grid and its contacts to everything a solve needs: eliminated lines, the coarse correction, empty state."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from circuits.planes.coarse import Coarse, Family, coarse
from circuits.planes.columns import Columns, eliminate_column
from circuits.planes.conjugate import State
from circuits.planes.grid import OPEN, Floats, Grid, Sides
from circuits.planes.loops import fast
from circuits.planes.rows import LANES, Rows, eliminate_rows

DIRECT = 1e200  # S; a contact without resistance, whose square overflows nowhere below


class Factors(NamedTuple):
    """A grid ready to be solved for any potentials of its contacts."""

    rows: Rows
    columns: Columns
    coarse: Coarse


def factors(grid: Grid, ends: Sides) -> Factors:
    """Eliminate the lines of `grid` whose contacts have resistance `ends` [ohm]; bit segments between crossings > 0."""
    count, n = grid.shape
    keep, on, carry = padded(count, n, 3)
    rows = Rows(keep, on, grid.crossing)
    word, step = _shared(grid.word)
    columns = _columns(grid, ends, carry)
    left, right = (contact(a + b) for a, b in ((grid.word[:, 0], ends.left), (grid.word[:, n], ends.right)))
    top, bottom = (contact(a + b) for a, b in ((grid.bit[0], ends.top), (grid.bit[count], ends.bottom)))
    local = _eliminate(rows, columns, np.minimum(word, OPEN), step, left, right, top, bottom) / grid.crossing.size
    bit_family = _family(count, grid.bit[1:count], top, bottom)
    word_family = _family(n, grid.word[:, 1:n], left, right)
    return Factors(rows, columns, coarse(bit_family, word_family, local))


def _columns(grid: Grid, ends: Sides, carry: Floats) -> Columns:
    count, n = grid.shape
    segments, step = _shared(grid.bit[1:count])
    resistance = padded(max(1, len(segments)), n, 1)[0]
    resistance[: len(segments), :n] = np.minimum(segments, OPEN)
    conductance = np.divide(
        1.0, resistance, out=np.zeros_like(resistance), where=(resistance > 0) & (resistance < OPEN)
    )
    top, bottom = (contact(a + b) for a, b in ((grid.bit[0], ends.top), (grid.bit[count], ends.bottom)))
    free = [(c < DIRECT).astype(float) for c in (top, bottom)]
    return Columns(carry, np.zeros(n), resistance, conductance, step, top * free[0], bottom * free[1], *free)


@fast
def _eliminate(
    rows: Rows,
    columns: Columns,
    word: Floats,
    step: int,
    left: Floats,
    right: Floats,
    top: Floats,
    bottom: Floats,
) -> float:
    """Eliminate rows and columns; the sum of what hangs on the crossings of the bit lines [S]."""
    count, n = rows.crossing.shape
    local, behind, total = np.empty((LANES, n)), top.copy(), 0.0
    for first in range(0, count, LANES):
        eliminate_rows(first, rows, word, step, left, right, local)
        for i in range(first, min(first + LANES, count)):
            for j in range(n):
                total += local[i - first, j]
            if i < count - 1:
                eliminate_column(i, columns, local[i - first], behind)
    for j in range(n):
        back = behind[j] + local[(count - 1) % LANES, j] + bottom[j]
        columns.last[j] = columns.free_bottom[j] / back if back > 0.0 else 0.0
    return total


def state(made: Factors) -> State:
    """Zero potentials, and room to work."""
    count, n = made.rows.crossing.shape
    x, p, y, q = padded(count, n, 4)
    rough, smooth = (np.zeros((len(made.coarse.gain), n)) for _ in range(2))
    out, back = (np.zeros((LANES, n + 1)) for _ in range(2))
    return State(x, p, y, q, np.zeros(len(x)), rough, smooth, np.zeros(n), out, back)


def padded(rows: int, columns: int, count: int) -> Floats:
    """`count` arrays of zeros with room for whole groups of LANES rows, an odd number of cache lines each.

    Rows a power of two apart would fall on each other in the cache.
    """
    lines = -(-columns // 8)
    return np.zeros((count, -(-rows // LANES) * LANES, 8 * (lines + 1 - lines % 2)))


def contact(resistance: Floats) -> Floats:
    """Conductance of contacts with their end segments [S]."""
    with np.errstate(divide="ignore"):
        return np.minimum(1 / resistance, DIRECT)


def _shared(segments: Floats) -> tuple[Floats, int]:
    """One row of segments and 0 where all lines share it, else all rows and 1."""
    if segments.strides[0] == 0:
        return np.array(segments[:1]), 0
    return np.ascontiguousarray(segments), 1


def _family(crossings: int, segments: Floats, first: Floats, last: Floats) -> Family:
    """The average line: the typical segment, and contacts no better than many of them."""
    seen = segments[tuple(slice(None) if step else slice(1) for step in segments.strides)]
    typical = float(np.median(seen)) if seen.size else 1.0
    segment = 1 / min(max(typical, 1 / DIRECT), OPEN)
    return Family(crossings, segment, *(float(np.minimum(c, 1e3 * segment).mean()) for c in (first, last)))
