"""Where each block of an array is computed, and which tiles are computed together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.jit import jit
from circuits.planes.dissection import step
from circuits.planes.tree import JOIN, TILE, TOP, Grid, Tree, cut, rooms, shared

Integers = NDArray[np.int64]

GROUP = 32  # tiles computed before they are joined: as many as stay in a core's cache


class Plan(NamedTuple):
    """Room for all blocks of a tree. Shape (blocks,) if not stated.

    tree: see there; ends: number of ends; place: start and row step in the work (blocks, 2)
    front: start of the front of a join; apart: 1 where fronts do not share one place
    group: first of the blocks computed together, -1 above the groups; shape: which of the SHAPES a tile has
    work, fronts, spare: how many numbers each takes
    """

    tree: Tree
    ends: Integers
    place: Integers
    front: Integers
    group: Integers
    shape: Integers
    work: int
    fronts: int
    spare: int


@jit()
def _groups(tree: Tree) -> Integers:
    found = np.full(len(tree.kind), -1)
    for n in range(len(found)):
        box = tree.box[n]
        above = tree.parent[n]
        if above >= 0 and found[above] >= 0:
            found[n] = found[above]
        elif (box[1] - box[0]) * (box[3] - box[2]) <= GROUP:
            found[n] = n
    return found


@jit()
def _shapes(tree: Tree) -> Integers:
    """Tiles are one of two heights and one of two widths: 0 to 3, twice whether not the first height, plus width."""
    rows, columns = tree.grid.rows, tree.grid.columns
    found = np.full(len(tree.kind), -1)
    for n in range(len(found)):
        if tree.kind[n] == TILE:
            top, left = tree.box[n, 0], tree.box[n, 2]
            high, wide = rows[top + 1] - rows[top], columns[left + 1] - columns[left]
            found[n] = 2 * int(high != rows[1]) + int(wide != columns[1])
    return found


@jit()
def _tiles(tree: Tree, group: Integers, ends: Integers, place: Integers) -> int:
    """Room for the tiles of one group, one after the other; the numbers it takes."""
    here, inside, largest = -1, 0, 0
    for n in range(len(ends)):
        if tree.kind[n] == TILE:
            largest = max(largest, ends[n] * place[n, 1])
    for n in range(len(ends)):
        if tree.kind[n] == TILE:
            inside = inside + 1 if group[n] == here else 0
            here = group[n]
            place[n, 0] = inside * largest
    return int(GROUP * largest)


@jit()
def plan(grid: Grid, apart: int) -> Plan:
    """Cut `grid` and give each block its room; the fronts are kept `apart`, or follow each other in one place."""
    tree = cut(grid)
    blocks = len(tree.kind)
    ends = tree.held.sum(axis=1)
    place, sizes = np.empty((blocks, 2), np.int64), np.zeros(blocks, np.int64)
    group = _groups(tree)
    for n in range(blocks):
        place[n, 1] = step(ends[n])
        sizes[n] = ends[n] * place[n, 1] if tree.kind[n] != TILE else 0
    small = _tiles(tree, group, ends, place)
    start = rooms(tree, sizes)
    front, fronts, widest = np.zeros(blocks, np.int64), 0, 0
    for n in range(blocks):
        if tree.kind[n] != TILE:
            place[n, 0] = small + start[n]
        if tree.kind[n] == JOIN:
            q = shared(tree, n)
            front[n] = apart * fronts
            fronts = max(fronts, front[n] + q * step(q + ends[n]))
            widest = max(widest, q + ends[n])
    return Plan(tree, ends, place, front, group, _shapes(tree), small + start[-1], fronts, widest)


@jit()
def attached(tree: Tree, n: int) -> Integers:
    """Which ends of a whole tile, left, right, top, bottom, tile `n` has, in its own order."""
    grid, box = tree.grid, tree.box[n]
    high, wide = grid.rows[box[1]] - grid.rows[box[0]], grid.columns[box[3]] - grid.columns[box[2]]
    found = np.empty(2 * (high + wide), np.int64)
    used = 0
    for side in tree.order[n]:
        length, start = (high, grid.rows[box[0]]) if side < TOP else (wide, grid.columns[box[2]])
        first = side * high if side < TOP else 2 * high + (side - TOP) * wide
        whole = tree.held[n, side] == length
        for k in range(length):
            if whole or grid.attached[side, start + k + 1] > grid.attached[side, start + k]:
                found[used] = first + k
                used += 1
    return found[:used]
