"""One device of an array reprogrammed: the admittance between the line ends changes by one vector and its transpose.

With the device taken out, a unit current into its word node and out of its bit node sends the current u to the ends
of its tile and meets the resistance r. A device g then adds g / (1 + g r) u u' to the tile, so another one adds a
weight times u u'. On the way up to the ends of the array, u is eliminated in the joins of the tile and its
ancestors, whose fronts are known: of each join they take y = L^-1 x. With t what arrives and s the sum of y' y,

    admittance += weight / (1 + weight s) t t'
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError
from circuits.jit import jit
from circuits.planes import dissection
from circuits.planes.machine import LANES
from circuits.planes.plan import Plan, attached
from circuits.planes.ports import Change, Ports, Reduction, port_admittance
from circuits.planes.recipes import Recipe
from circuits.planes.tiles import Lines, climb, tiles
from circuits.planes.tree import JOIN, TOP, WIRES, runs, shared

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST = 128  # changes after which the array is computed afresh: each costs the next one a product of vectors
LOST = 1e-3  # smallest 1 + weight s: below it, digits are lost, and the array is computed afresh
LEAK = 1e-6  # of t, what may be missing in the sum: above, nodes are cut off from all ends but through the device


def changed(ports: Ports, row: int, column: int, conductance: float) -> Ports:
    """The same array after the device at a crossing was set to `conductance` [S].

    Errors of the admittance stay below 1e-13 of its largest entry. Where the device ties together what is hardly
    tied otherwise, and after many changes, the array is computed afresh.
    """
    reduction = ports.reduction
    if reduction is None:
        raise InputError("ports", "unchangeable", "ports made to be changed", "port_admittance(..., changes=True)")
    rows, columns = reduction.lines.crossing.shape
    for name, value, count in (("row", row, rows), ("column", column, columns)):
        if not 0 <= value < count or value % 1:
            raise InputError(name, value, f"a whole number from 0 to {count - 1}", "0 for the first")
    if not (np.isfinite(conductance) and conductance >= 0):
        raise InputError("conductance", conductance, "a finite conductance >= 0 [S]", "0 for an open device")
    change = _change(reduction, row, column, float(conductance)) if len(reduction.changes) < MOST else None
    if change is None:
        lines = reduction.lines
        crossing = current(reduction)
        crossing[row, column] = conductance
        return port_admittance(crossing, lines.word, lines.bit, changes=True)
    admittance = np.empty_like(ports.admittance)
    _add(ports.admittance, change.weight, change.arrived, admittance)
    return replace(
        ports,
        admittance=admittance,
        reduction=replace(reduction, changes=(*reduction.changes, change)),
    )


def current(reduction: Reduction) -> Floats:
    """Conductance of each device after all changes [S], (rows, columns)."""
    crossing = reduction.lines.crossing.copy()
    for change in reduction.changes:
        crossing[change.crossing] = change.conductance
    return crossing


def _change(reduction: Reduction, row: int, column: int, conductance: float) -> Change | None:
    """What changes; None where it cannot be told exactly."""
    grid = reduction.plan.tree.grid
    i = int(np.searchsorted(grid.rows, row, side="right")) - 1
    j = int(np.searchsorted(grid.columns, column, side="right")) - 1
    top, left = grid.rows[i], grid.columns[j]
    tile, before = _tile(reduction, slice(top, grid.rows[i + 1]), slice(left, grid.columns[j + 1]), row, column)
    n = _find(reduction.plan, i, j)
    sent, resistance = _inside(reduction.recipes[reduction.plan.shape[n]], tile, np.array([row - top, column - left]))
    x = sent[attached(reduction.plan.tree, n)]
    weight = conductance / (1 + conductance * resistance) - before / (1 + before * resistance)
    arrived, joins, inner = _outside(reduction.plan, reduction.fronts, n, x)
    if abs(x.sum()) > LEAK * abs(x).max() or abs(arrived.sum()) > LEAK * abs(arrived).max():
        return None
    square = float(inner @ inner)
    weights, overlap = np.array([earlier.weight for earlier in reduction.changes]), np.empty(len(reduction.changes))
    for k, earlier in enumerate(reduction.changes):
        overlap[k] = _common(reduction, earlier, joins, inner) - weights[:k] * overlap[:k] @ earlier.overlap
        square -= earlier.weight * overlap[k] ** 2
        arrived -= earlier.weight * overlap[k] * earlier.arrived
    if 1 + weight * square < LOST:
        return None
    return Change((row, column), conductance, weight / (1 + weight * square), arrived, joins, inner, overlap)


def _tile(reduction: Reduction, rows: slice, columns: slice, row: int, column: int) -> tuple[Lines, float]:
    """Conductances of one tile as they are now, the device at one crossing taken out, and what that device was."""
    lines = reduction.lines
    crossing = lines.crossing[rows, columns].copy()
    for change in reduction.changes:
        i, j = change.crossing[0] - rows.start, change.crossing[1] - columns.start
        if 0 <= i < len(crossing) and 0 <= j < len(crossing[0]):
            crossing[i, j] = change.conductance
    before = float(crossing[row - rows.start, column - columns.start])
    crossing[row - rows.start, column - columns.start] = 0.0
    return Lines(crossing, lines.word[rows, columns].copy(), lines.bit[rows, columns].copy()), before


def _common(reduction: Reduction, earlier: Change, joins: Integers, inner: Floats) -> float:
    """Product of two excitations in the first array: from the joins, the last ones, that both went through."""
    length = sum(shared(reduction.plan.tree, n) for n in np.intersect1d(earlier.joins, joins, assume_unique=True))
    return float(earlier.inner[len(earlier.inner) - length :] @ inner[len(inner) - length :])


@jit()
def _inside(made: Recipe, lines: Lines, at: Integers) -> tuple[Floats, float]:
    """Currents at all ends of a tile of a unit current through crossing `at`, and the resistance that it meets."""
    lanes, size = np.empty(made.room * LANES), (made.shared * (made.shared + made.place[:, 1])).sum()
    front = np.empty(size * LANES)
    tiles(made, lines, np.zeros((LANES, 2), np.int64), lanes, front, 1)
    tree = made.tree
    n = 0
    rows, columns = tree.grid.rows, tree.grid.columns
    while tree.kind[n] == JOIN:
        box = tree.box[tree.second[n]]
        n = tree.second[n] if at[0] >= rows[box[0]] and at[1] >= columns[box[2]] else n + 1
    tie = (at[0] - rows[tree.box[n, 0]]) * tree.held[n, TOP] + at[1] - columns[tree.box[n, 2]]
    x = np.zeros(made.shared[n] + made.place[n, 1])
    x[made.ties[n, tie, 0, 0]], x[made.ties[n, tie, 0, 1]] = 1.0, -1.0
    resistance = climb(made, n, front, x)
    while n > 0:
        above, q = tree.parent[n], made.shared[n]
        size = made.shared[above] + made.place[above, 1]
        x = _pass(x[q:], size, made.shared[above], int(n != above + 1), made.found[above, : made.many[above]])
        n = above
        resistance += climb(made, n, front, x)
    return x[made.shared[0] :], resistance


@jit()
def _pass(given: Floats, size: int, q: int, part: int, found: Integers) -> Floats:
    """Currents at the ends of one part of a join, at the nodes and ends of the join (size,)."""
    x = np.zeros(size)
    x[:q] = given[:q]
    for n in range(len(found)):
        if found[n, 0] == part:
            first, at, length = found[n, 1], q + found[n, 2], found[n, 3]
            x[at : at + length] = given[first : first + length]
    return x


@jit()
def _find(p: Plan, i: int, j: int) -> int:
    """Block of tile (i, j)."""
    tree, n = p.tree, 0
    while tree.kind[n] == JOIN:
        second = tree.second[n]
        inside = tree.kind[second] != WIRES and i >= tree.box[second, 0] and j >= tree.box[second, 2]
        n = second if inside else n + 1
    return int(n)


@jit()
def _outside(p: Plan, fronts: Floats, n: int, x: Floats) -> tuple[Floats, Integers, Floats]:
    """From the ends of tile `n` up: what arrives, the joins passed, and L^-1 x at what they eliminate."""
    tree = p.tree
    joins, inner = np.empty(tree.depth[n], np.int64), np.empty(tree.depth[n] * p.spare)
    used = 0
    for k in range(len(joins)):
        above = tree.parent[n]
        q = shared(tree, above)
        x = _pass(x, q + p.ends[above], q, int(n != above + 1), runs(tree, above))
        dissection.climb(fronts, p.front[above], q, len(x), x)
        inner[used : used + q] = x[:q]
        joins[k], n, x = above, above, x[q:]
        used += q
    return x, joins, inner[:used]


@jit()
def _add(admittance: Floats, weight: float, arrived: Floats, found: Floats) -> None:
    """found = admittance + weight arrived arrived', symmetric to the last digit."""
    sign, x = np.sign(weight), np.sqrt(abs(weight)) * arrived
    for i in range(len(x)):
        one, own, part = found[i], admittance[i], sign * x[i]
        for j in range(len(x)):
            one[j] = own[j] + part * x[j]
