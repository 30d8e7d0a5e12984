"""From the crossings of an array to the conductances between its line ends, block by block."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.jit import jit
from circuits.planes.blas import Calls
from circuits.planes.dissection import PANEL, factor, gather, spread, update
from circuits.planes.machine import LANES
from circuits.planes.plan import Plan, attached
from circuits.planes.recipes import Recipe
from circuits.planes.tiles import Lines, tiles
from circuits.planes.tree import JOIN, WIRES, runs, shared

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Recipes = tuple[Recipe, Recipe, Recipe, Recipe]


class Space(NamedTuple):
    """Memory of one reduction: blocks, fronts, one panel, tiles side by side and their fronts."""

    work: Floats
    fronts: Floats
    spare: Floats
    lanes: Floats
    narrow: Floats


@jit()
def _take(p: Plan, n: int, lanes: Floats, lane: int, size: int, work: Floats) -> None:
    """Tile `n` out of its lane: in the order of its elimination, without the ends that nothing is attached to."""
    of = attached(p.tree, n)
    for i in range(len(of)):
        own = work[p.place[n, 0] + i * p.place[n, 1] :][: len(of)]
        for j in range(i + 1, len(of)):
            low, top = min(of[i], of[j]), max(of[i], of[j])
            own[j] = lanes[(low * size + top) * LANES + lane]


@jit()
def _tiles(p: Plan, last: int, recipes: Recipes, lines: Lines, space: Space) -> None:
    """All tiles of the group that ends with block `last`, LANES of one shape at a time."""
    tree, grid = p.tree, p.tree.grid
    which, corner = np.empty(LANES, np.int64), np.empty((LANES, 2), np.int64)
    for shape in range(4):
        made = recipes[shape]
        filled = 0
        for n in range(p.group[last], last + 1):
            if p.shape[n] == shape:
                which[filled] = n
                corner[filled] = grid.rows[tree.box[n, 0]], grid.columns[tree.box[n, 2]]
                filled += 1
            if filled == LANES or (n == last and filled > 0):
                for v in range(filled, LANES):
                    corner[v] = corner[0]
                tiles(made, lines, corner, space.lanes, space.narrow, 0)
                for v in range(filled):
                    _take(p, which[v], space.lanes, v, made.place[0, 1], space.work)
                filled = 0


@jit()
def _wires(p: Plan, n: int, lines: Lines, work: Floats) -> None:
    """End segments of one tile as a block: from nodes to the ends that they attach."""
    grid, box, place = p.tree.grid, p.tree.box[n], p.place[n]
    across = p.tree.across[p.tree.parent[n]]
    edges = grid.columns if across else grid.rows
    start, stop = edges[box[2 * across]], edges[box[2 * across + 1]]
    work[place[0] : place[0] + p.ends[n] * place[1]] = 0.0
    at = stop - start
    for k in range(start, stop):
        value = lines.word[k, -1] if across == 0 else lines.bit[-1, k]
        if value > 0.0:
            work[place[0] + (k - start) * place[1] + at] = value
            at += 1


@jit()
def _join(calls: Calls, p: Plan, n: int, space: Space) -> None:
    work, fronts = space.work, space.fronts
    q, found = shared(p.tree, n), runs(p.tree, n)
    size, f = q + p.ends[n], p.front[n]
    a, b = p.place[n + 1], p.place[p.tree.second[n]]
    gather(work, a, b, q, found, fronts, f, size)
    factor(calls, fronts, f, q, size, space.spare)
    spread(work, a, b, found, p.place[n])
    update(calls, fronts, f, q, size, work, p.place[n])


@jit()
def reduce_blocks(calls: Calls, p: Plan, recipes: Recipes, lines: Lines, work: Floats, fronts: Floats) -> None:
    """Compute every block: the whole is block 0 in `work`; `fronts` gets the front of each join."""
    many, narrow = 0, 0
    for made in recipes:
        many = max(many, made.room)
        narrow = max(narrow, (made.shared * (made.shared + made.place[:, 1])).max())
    spare = np.empty(PANEL * (p.spare + 2))
    space = Space(work, fronts, spare, np.empty(many * LANES), np.empty(narrow * LANES))
    group = -1
    for n in range(len(p.ends) - 1, -1, -1):
        if p.group[n] >= 0 and p.group[n] != group:
            group = p.group[n]
            _tiles(p, n, recipes, lines, space)
        if p.tree.kind[n] == WIRES:
            _wires(p, n, lines, space.work)
        elif p.tree.kind[n] == JOIN:
            _join(calls, p, n, space)
