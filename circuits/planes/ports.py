"""The admittance between the ends of all lines of an array: every read under every termination, from one elimination.

Word lines run along rows, bit lines along columns; at each crossing a conductance ties one to the other. A line is cut
into segments by its crossings; its first and last segment lead to its ends. All inner nodes are eliminated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.errors import InputError
from circuits.memory import check_memory
from circuits.planes.blas import CALLS, one_thread
from circuits.planes.dissection import laplacian
from circuits.planes.plan import Plan, plan
from circuits.planes.recipes import recipe
from circuits.planes.reduction import Recipes, reduce_blocks
from circuits.planes.tiles import Lines
from circuits.planes.tree import Grid

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SIDES = ("left", "right", "top", "bottom")
TILE_SIZE = 16  # rows and columns of crossings computed with vector instructions across tiles


@dataclass(frozen=True)
class Change:
    """One device set to another conductance: admittance += weight * arrived arrived'.

    crossing, conductance: row and column, and its new value [S]; weight: [Ohm]
    arrived: current at each end, of a unit current through the crossing (ends,)
    joins, inner: joins on the way from the crossing to the ends, and L^-1 x at all that they eliminate
    overlap: what each earlier change has in common with this one [1 / S]
    """

    crossing: tuple[int, int]
    conductance: float
    weight: float
    arrived: Floats
    joins: Integers
    inner: Floats
    overlap: Floats


@dataclass(frozen=True)
class Reduction:
    """What is kept of an elimination to change single devices: fronts of all joins, as first computed."""

    plan: Plan
    recipes: Recipes
    lines: Lines
    fronts: Floats
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Ports:
    """What the array is to all that is attached to it; `admittance @ potentials` are the currents into it.

    admittance: [S], symmetric, rows sum to zero, (ends, ends): all left ends, then right, top, bottom
    left, right: rows whose word line is attached at that end; top, bottom: columns whose bit line is
    reduction: what `changed` needs, None unless asked for
    """

    admittance: Floats
    left: Integers
    right: Integers
    top: Integers
    bottom: Integers
    reduction: Reduction | None = field(default=None, repr=False, compare=False)

    def where(self, side: str) -> slice:
        """Rows of the admittance that are the ends of one side: left, right, top or bottom."""
        if side not in SIDES:
            raise InputError("side", side, ", ".join(SIDES), "left")
        counts = [len(getattr(self, name)) for name in SIDES]
        at = SIDES.index(side)
        return slice(sum(counts[:at]), sum(counts[: at + 1]))

    def between(self, driven: str, sensed: str) -> Floats:
        """Current out of each sensed end, at potential 0, per volt at each driven end [S], (sensed, driven)."""
        return -self.admittance[self.where(sensed), self.where(driven)]


def port_admittance(crossing: ArrayLike, word: ArrayLike, bit: ArrayLike, *, changes: bool = False) -> Ports:
    """Admittance between all attached ends; conductances in S, 0 is open.

    crossing: devices (rows, columns)
    word: segments from the left end over all crossings to the right end (rows, columns + 1)
    bit: segments from the top end over all crossings to the bottom end (rows + 1, columns)
    changes: keep what `changed` needs, about 400 MB at 1024 x 1024
    An end whose segment is 0 is not attached. Each entry has a relative error of some 1e-15, some 1e-14 at
    1024 x 1024, whatever the conductances: no sum has terms of two signs.
    """
    lines = _lines(crossing, word, bit)
    held = [ends > 0 for ends in (lines.word[:, 0], lines.word[:, -1], lines.bit[0], lines.bit[-1])]
    if not any(side.any() for side in held):
        raise InputError("word, bit", "no end segment", "an end segment > 0 somewhere", "a conductance in word[:, 0]")
    grid = _grid(lines.crossing.shape, held)
    made = plan(grid, int(changes))
    recipes = _recipes(grid)
    _check_memory(made)
    work, fronts = np.empty(made.work), np.empty(made.fronts)
    with one_thread():
        reduce_blocks(CALLS, made, recipes, lines, work, fronts)
    admittance = np.empty((made.ends[0], made.ends[0]))
    laplacian(work, made.place[0, 0], made.place[0, 1], admittance)
    reduction = Reduction(made, recipes, lines, fronts) if changes else None
    left, right, top, bottom = (np.flatnonzero(side) for side in held)
    return Ports(admittance, left, right, top, bottom, reduction)


def _lines(crossing: ArrayLike, word: ArrayLike, bit: ArrayLike) -> Lines:
    lines = Lines(*(np.array(values, dtype=float, order="C") for values in (crossing, word, bit)))
    if lines.crossing.ndim != 2 or lines.crossing.size == 0:
        raise InputError("crossing", lines.crossing.shape, "a shape (rows, columns)", "a row for each word line")
    rows, columns = lines.crossing.shape
    for name, values, shape in (("word", lines.word, (rows, columns + 1)), ("bit", lines.bit, (rows + 1, columns))):
        if values.shape != shape:
            raise InputError(name, values.shape, f"shape {shape}", "one conductance a segment, end segments included")
    for name, values in lines._asdict().items():
        wrong = values[~(np.isfinite(values) & (values >= 0))]
        if len(wrong):
            raise InputError(name, float(wrong[0]), "finite conductances >= 0 [S]", "0 for what is open")
    return lines


def _grid(shape: tuple[int, ...], held: Sequence[NDArray[np.bool_]]) -> Grid:
    attached = np.zeros((4, max(shape) + 1), np.int64)
    for side, ends in enumerate(held):
        attached[side, 1 : len(ends) + 1] = np.cumsum(ends)
    edges = []
    for length in shape:
        tiles = -(-length // TILE_SIZE)
        edges.append(np.arange(tiles + 1) * length // tiles)
    return Grid(edges[0], edges[1], attached, 1)


def _recipes(grid: Grid) -> Recipes:
    """For the two heights and two widths of tiles that differ by one, if they do."""
    (high, tall), (wide, broad) = ((e[1], sizes[sizes != e[1]]) for e, sizes in ((x, np.diff(x)) for x in grid[:2]))
    other = tall[0] if len(tall) else high, broad[0] if len(broad) else wide
    return recipe(high, wide), recipe(high, other[1]), recipe(other[0], wide), recipe(*other)


def _check_memory(made: Plan) -> None:
    needed = 8.0 * (made.work + made.fronts + 2 * made.ends[0] ** 2)
    check_memory(needed, "The port matrix of this array", "fewer attached ends, a smaller array, or single reads.")
