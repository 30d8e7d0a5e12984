"""How an array of crossings is cut in two again and again, and in which order each block keeps its line ends.

A block of neighbouring crossings has four sides. Line ends on a side that another block shares are inner nodes, to be
eliminated where the two blocks are joined; line ends on a side of the whole array are kept, as far as attached.
A block holds its ends side by side in the order in which they will be eliminated, soonest first: what a join
eliminates are then the first rows of both parts, and what it keeps stays in order.

A block has the segments to the left of and above its crossings, so its right and bottom ends are nodes of crossings.
On the right and bottom side of the array a last part follows, of the end segments alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.jit import jit

Integers = NDArray[np.int64]

LEFT, RIGHT, TOP, BOTTOM = 0, 1, 2, 3
JOIN, TILE, WIRES = 0, 1, 2  # kinds of block: of two parts, of crossings, of end segments
RUNS = 6  # at most, in a join: three sides of either part
NEAR = 0.38  # a block that keeps ends on one of two sides is cut nearer to it: fewest products at this share


class Grid(NamedTuple):
    """What is to be cut.

    rows, columns: first crossing of each tile and, last, the number of crossings, shape (tiles + 1,)
    attached: how many ends of each side of the array are attached before a place along it, shape (4, longest + 1)
    wires: 1 where right and bottom lines go on through end segments, 0 where they end at their last crossings
    """

    rows: Integers
    columns: Integers
    attached: Integers
    wires: int


class Tree(NamedTuple):
    """The blocks, each before its parts; the first part of block n is block n + 1. Shape (blocks,) if not stated.

    grid: what was cut; kind: JOIN, TILE or WIRES; across: 1 for upper and lower part, 0 for left and right
    parent, second: block numbers, -1 for none; depth: joins above
    order: sides, soonest eliminated first (blocks, 4); held: ends on each side (blocks, 4)
    box: first and last + 1 tile row, first and last + 1 tile column (blocks, 4)
    bare: 1 where right, bottom ends lack the end segments that follow (blocks, 2)
    """

    grid: Grid
    kind: Integers
    across: Integers
    parent: Integers
    second: Integers
    depth: Integers
    order: Integers
    held: Integers
    box: Integers
    bare: Integers


@jit()
def _count(tree: Tree, n: int) -> None:
    """Ends on the four sides of block `n`."""
    grid, box, held = tree.grid, tree.box[n], tree.held[n]
    top, low, left, far = grid.rows[box[0]], grid.rows[box[1]], grid.columns[box[2]], grid.columns[box[3]]
    held[:2], held[2:] = low - top, far - left
    last = box[3] == len(grid.columns) - 1, box[1] == len(grid.rows) - 1
    for side in range(4):
        start, stop = (top, low) if side < 2 else (left, far)
        outer = last[side // 2] and not tree.bare[n, side // 2] if side % 2 else box[2 - side] == 0
        if outer:
            held[side] = grid.attached[side, stop] - grid.attached[side, start]


@jit()
def _add(tree: Tree, n: int, above: int, part: int) -> None:
    """Block `n` is a part of block `above`, with the same box so far; what they share is eliminated first."""
    tree.parent[n], tree.depth[n] = above, tree.depth[above] + 1
    tree.box[n], tree.bare[n] = tree.box[above], tree.bare[above]
    if part == 1:
        tree.second[above] = n
    shared = 2 * tree.across[above] + 1 - part
    tree.order[n, 0] = shared
    at = 1
    for side in tree.order[above]:
        if side != shared:
            tree.order[n, at] = side
            at += 1


@jit()
def _place(edges: Integers, start: int, stop: int, near: int, far: int) -> int:
    """Tile at which to cut start:stop, whose sides keep `near` and `far` ends."""
    share = 0.5
    if near > 0 and far == 0:
        share = NEAR
    elif far > 0 and near == 0:
        share = 1.0 - NEAR
    want = edges[start] + share * (edges[stop] - edges[start])
    best = start + 1
    for place in range(start + 1, stop):
        if abs(edges[place] - want) < abs(edges[best] - want):
            best = place
    return best


@jit()
def _loose(tree: Tree, n: int) -> None:
    """Block `n` is the end segments that follow its sibling: from nodes on one side to ends on the other."""
    across = tree.across[tree.parent[n]]
    edges = tree.grid.columns if across else tree.grid.rows
    far = tree.held[n, 2 * across + 1]
    tree.kind[n], tree.held[n] = WIRES, 0
    tree.held[n, 2 * across] = edges[tree.box[n, 2 * across + 1]] - edges[tree.box[n, 2 * across]]
    tree.held[n, 2 * across + 1] = far


@jit()
def _cut(tree: Tree, n: int) -> int:
    """How to cut block `n`: the first tile row or column of its second part, 0 before loose wires, -1 not at all."""
    box, rows, columns = tree.box[n], tree.grid.rows, tree.grid.columns
    high, wide = box[1] - box[0], box[3] - box[2]
    if high * wide > 1:
        tall, broad = rows[box[1]] - rows[box[0]], columns[box[3]] - columns[box[2]]
        side = 2 * int((tall > broad and high > 1) or wide == 1)
        tree.across[n] = side // 2
        edges = rows if side else columns
        return int(_place(edges, box[2 - side], box[3 - side], tree.held[n, side], tree.held[n, side + 1]))
    for across in range(2):
        if box[3 - 2 * across] == len(columns if across == 0 else rows) - 1 and not tree.bare[n, across]:
            tree.across[n] = across
            return 0
    return -1


@jit()
def _part(tree: Tree, n: int, above: int, part: int, place: int) -> None:
    """Block `n` is the first or second part of block `above`, which is cut at `place`."""
    across = tree.across[above]
    _add(tree, n, above, part)
    if place > 0:
        tree.box[n, 3 - part - 2 * across] = place
    elif part == 0:
        tree.bare[n, across] = 1
    _count(tree, n)
    if place == 0 and part == 1:
        _loose(tree, n)


@jit()
def _grow(tree: Tree) -> int:
    """Cut block 0 until all parts are tiles, or loose wires; the number of blocks."""
    open_at = np.empty((len(tree.kind), 2), np.int64)  # blocks that lack their second part, and where they are cut
    n, left = 0, 0
    while True:
        place = _cut(tree, n) if tree.kind[n] == JOIN else -1
        n += 1
        if place >= 0:
            open_at[left] = n - 1, place
            left += 1
            _part(tree, n, n - 1, 0, place)
            continue
        if tree.kind[n - 1] == JOIN:
            tree.kind[n - 1] = TILE
        if left == 0:
            return n
        left -= 1
        _part(tree, n, open_at[left, 0], 1, open_at[left, 1])


@jit()
def cut(grid: Grid) -> Tree:
    """Every block of `grid`, from the whole to the tiles."""
    rows, columns = len(grid.rows) - 1, len(grid.columns) - 1
    most = 2 * (rows * columns + rows + columns)
    numbers, sides = np.zeros((5, most), np.int64), np.zeros((3, most, 4), np.int64)
    bare = np.full((most, 2), 1 - grid.wires)
    t = Tree(grid, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], sides[0], sides[1], sides[2], bare)
    t.parent[:], t.second[:] = -1, -1
    t.box[0] = np.array([0, rows, 0, columns])
    t.order[0] = np.arange(4)
    _count(t, 0)
    n = _grow(t)
    return Tree(
        grid,
        t.kind[:n],
        t.across[:n],
        t.parent[:n],
        t.second[:n],
        t.depth[:n],
        t.order[:n],
        t.held[:n],
        t.box[:n],
        t.bare[:n],
    )


@jit()
def shared(tree: Tree, n: int) -> int:
    """How many ends joining the parts of block `n` eliminates."""
    return int(tree.held[n + 1, 2 * tree.across[n] + 1])


@jit()
def runs(tree: Tree, n: int) -> Integers:
    """Where block `n`, a join, has the kept ends of its parts: part, first end there, first end here, length."""
    found = np.zeros((RUNS, 4), np.int64)
    first = np.array([shared(tree, n), shared(tree, n)])
    used, at = 0, 0
    for side in tree.order[n]:
        for part in range(2):
            if side != 2 * tree.across[n] + 1 - part:
                length = tree.held[n + 1 if part == 0 else tree.second[n], side]
                if length > 0:
                    found[used] = part, first[part], at, length
                    used += 1
                first[part] += length
                at += length
    return found[:used]


@jit()
def rooms(tree: Tree, sizes: Integers) -> Integers:
    """Start of each block's room of `sizes` numbers, shape (blocks,), and last the room in all.

    Blocks are computed from the last to the first. A second part waits for its sibling, so there is one room for
    second parts at each depth; a first part is used at once, so even depths share a room for them, and odd ones.
    """
    largest = np.zeros(tree.depth.max() + 3, np.int64)
    which = np.zeros(len(sizes), np.int64)
    for n in range(len(sizes)):
        above = tree.parent[n]
        first = above < 0 or tree.second[above] != n
        which[n] = tree.depth[n] % 2 if first else tree.depth[n] + 2
        largest[which[n]] = max(largest[which[n]], sizes[n])
    end = np.cumsum(largest)
    found = np.empty(len(sizes) + 1, np.int64)
    found[-1] = end[-1]
    for n in range(len(sizes)):
        found[n] = end[which[n]] - largest[which[n]]
    return found
