"""How large an array can be for a given error of a read or of a write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crossbar.array import Floats, Layout, State
from crossbar.operations.read import read
from crossbar.operations.run import Settings
from crossbar.pulses import Pulse
from crossbar.studies.common import check_count, check_share, silent, told
from crossbar.studies.crosstalk import crosstalk

MOST = 1024


@dataclass(frozen=True, eq=False)
class Largest:
    """Square arrays that were tried, and the largest whose error is small enough.

    side: rows and columns of the largest found [1], 0 when even one cell is too far off; exceeded: whether a larger
    one was seen to fail (else it may be larger still)
    sides: every size tried, rising [1]; errors: of each [1]; both of shape (tries,); allowed: the error allowed [1]
    """

    side: int
    exceeded: bool
    sides: Floats
    errors: Floats
    allowed: float


def largest_read(
    array_of: Callable[[int], Layout],
    error: float = 0.01,
    *,
    state_of: Callable[[Layout], State] = Layout.rest,
    word_line: float = 0.1,
    most: int = MOST,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Largest:
    """The largest `array_of(side)` whose read with all rows at `word_line` [V] loses at most `error`.

    The error is the current all bit lines together lose to the resistance of lines and switches, relative to what the
    conductances alone would let through. state_of: what the array holds; all cells at rest unless given
    Raises InputError for an error outside 0..1 or a size below 1, and as `read` does.
    """

    def lost(side: int) -> float:
        layout = array_of(side)
        reading = read(layout, state_of(layout), word_line, settings=silent(settings))
        return float(1 - reading.currents.sum() / reading.ideal.sum())

    return _search(lost, error, most, settings)


def largest_write(
    array_of: Callable[[int], Layout],
    error: float,
    pulse: Pulse,
    *,
    state_of: Callable[[Layout], State] = Layout.rest,
    most: int = MOST,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Largest:
    """The largest `array_of(side)` in which a pulse does what it does to a lone cell, but for `error`.

    The error is the share of its change of conductance that a pulsed cell misses, of two cells the worse: the one in
    the middle, which has most neighbours, and the one farthest from all drivers. The others' gates float.
    Raises InputError for an error outside 0..1 or a size below 1, and as `program` does.
    """
    quiet = silent(settings)

    def missed(side: int) -> float:
        layout = array_of(side)
        cells = {(layout.rows // 2, layout.columns // 2), (layout.rows - 1, layout.columns - 1)}
        state = state_of(layout)
        return max(abs(1 - crosstalk(layout, state, cell, pulse, settings=quiet).keeps) for cell in cells)

    return _search(missed, error, most, settings)


def _search(error_of: Callable[[int], float], allowed: float, most: int, settings: Settings) -> Largest:
    """Double the side until the error is too large or `most` is reached, then halve the gap."""
    check_share("error", allowed, "0.01")
    check_count("most", most, 1, MOST)
    tried: dict[int, float] = {}

    def fits(side: int) -> bool:
        tried[side] = error_of(side)
        told(settings, 1 - 0.5 ** len(tried))
        return tried[side] <= allowed

    good, side = 0, 1
    while fits(side):
        good = side
        if side == most:
            break
        side = min(2 * side, most)
    bad = side if side > good else good + 1
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    told(settings, 1.0)
    sides = sorted(tried)
    errors = np.array([tried[side] for side in sides])
    return Largest(good, bad in tried, np.array(sides, float), errors, allowed)
