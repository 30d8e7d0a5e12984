"""Whether every piece of metal has a path to a contact that is held at a potential."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError
from circuits.planes.grid import Contacts, Floats, Grid
from circuits.planes.loops import fast

Flags = NDArray[np.bool_]


def check_connected(grid: Grid, contacts: Contacts) -> None:
    """Raise InputError naming the first piece of line that no contact reaches, or a contact against another."""
    _check_shorts(grid, contacts)
    ends = contacts.resistance
    reached = [np.isfinite(side) for side in (ends.left, ends.right, ends.top, ends.bottom)]
    if not any(side.any() for side in reached):
        raise InputError("ends", "all floating", "at least one line end that does not float", "Ends(left=End(0.1))")
    inner = _seen(grid.word[:, 1:-1]), _seen(grid.bit[1:-1])
    if grid.crossing.min() > 0 and all(np.isfinite(segments).all() for segments in inner):
        return
    word, bit = np.zeros(grid.shape, np.bool_), np.zeros(grid.shape, np.bool_)
    word[:, 0] |= reached[0] & np.isfinite(grid.word[:, 0])
    word[:, -1] |= reached[1] & np.isfinite(grid.word[:, -1])
    bit[0] |= reached[2] & np.isfinite(grid.bit[0])
    bit[-1] |= reached[3] & np.isfinite(grid.bit[-1])
    while _spread(grid, word, bit):
        pass
    if not word.all():
        _refuse("word line", *np.argwhere(~word)[0])
    if not bit.all():
        column, row = np.argwhere(~bit.T)[0]
        _refuse("bit line", column, row)


def _refuse(kind: str, line: int, crossing: int) -> None:
    raise InputError(
        f"{kind} {line} at crossing {crossing}",
        "floating",
        "metal with a path of segments and crossings to a line end that does not float",
        "a finite segment resistance, a conductance above 0 S, or an End for this line",
    )


def _check_shorts(grid: Grid, contacts: Contacts) -> None:
    ohms, volts = contacts.resistance, contacts.potential
    for name, both, against, segments in (
        ("word", ohms.left + ohms.right, volts.left != volts.right, grid.word),
        ("bit", ohms.top + ohms.bottom, volts.top != volts.bottom, grid.bit.T),
    ):
        direct = np.flatnonzero((both == 0) & against.any(axis=0))
        wrong = direct[segments[direct].sum(axis=1) == 0]
        if len(wrong):
            raise InputError(
                f"{name} line {wrong[0]}",
                "0 ohm from end to end",
                "some resistance between two ends that are held at different potentials",
                "a driver resistance, or one floating end",
            )


def _seen(segments: Floats) -> Floats:
    """`segments`, without the repetitions of a broadcast."""
    return segments[tuple(slice(None) if step else slice(1) for step in segments.strides)]


def _spread(grid: Grid, word: Flags, bit: Flags) -> bool:
    """Go from what is reached along all lines and through crossings, once; whether that reached anything new."""
    return bool(_along(grid.crossing, grid.word, bit, word) + _along(grid.crossing.T, grid.bit.T, word.T, bit.T))


@fast
def _along(crossing: Floats, segments: Floats, others: Flags, reached: Flags) -> int:
    """Reach the crossings of parallel lines (rows) from each other and from the other lines; how many are new."""
    lines, n, count = crossing.shape[0], crossing.shape[1], 0
    for i in range(lines):
        for j in range(n):
            before = j > 0 and reached[i, j - 1] and segments[i, j] < np.inf
            if not reached[i, j] and (before or (crossing[i, j] > 0.0 and others[i, j])):
                reached[i, j] = True
                count += 1
        for j in range(n - 2, -1, -1):
            if not reached[i, j] and reached[i, j + 1] and segments[i, j + 1] < np.inf:
                reached[i, j] = True
                count += 1
    return count
