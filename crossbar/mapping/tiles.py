"""Cut weight matrices into blocks that an array's lines can carry, and find each block a place.

The partial sums of a matrix's blocks add up outside. Blocks of different layers may be stacked on one tile: they share
bit lines, never a word line. A layer is read while the word lines of the others are held at 0 V, so that no current of
theirs is in its sums; what their devices take from a bit line with resistance, the port matrix of the whole tile knows.
Blocks of one layer go to different tiles, so that a layer is read at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from circuits.errors import InputError


@dataclass(frozen=True)
class Block:
    """A part of a weight matrix: which rows (inputs) and columns (outputs) of the matrix it holds."""

    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the block."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


@dataclass(frozen=True)
class Place:
    """Where a block is: tile `tile`, from word line `top` on, from its first bit line on."""

    layer: str
    block: Block
    tile: int
    top: int


def partition(rows: int, columns: int, tile_rows: int, tile_columns: int) -> tuple[Block, ...]:
    """Blocks of at most (tile_rows, tile_columns) that cover a (rows, columns) matrix once, left to right, then down.

    Raises InputError for a size below 1.
    """
    for name, value in (("rows", rows), ("columns", columns), ("tile_rows", tile_rows), ("tile_columns", tile_columns)):
        if value < 1:
            raise InputError(name, value, "a whole number, 1 or more", f"{name} = 16")
    return tuple(
        Block(slice(top, min(top + tile_rows, rows)), slice(left, min(left + tile_columns, columns)))
        for top in range(0, rows, tile_rows)
        for left in range(0, columns, tile_columns)
    )


def conflicts(layers: Sequence[str], *, share: bool) -> nx.Graph:
    """Layers whose blocks may not be on one tile, joined: each with itself, and without sharing with every other."""
    graph = nx.Graph() if share else nx.complete_graph(layers)
    graph.add_nodes_from(layers)
    graph.add_edges_from((layer, layer) for layer in layers)
    return graph


def place(blocks: Mapping[str, Sequence[Block]], rows: int, apart: nx.Graph) -> tuple[Place, ...]:
    """A place for every block on tiles of `rows` word lines: the tallest first, each on the first tile that has room.

    apart: layers joined by an edge are never on one tile
    """
    order = sorted(
        ((layer, block) for layer, some in blocks.items() for block in some), key=lambda item: -item[1].shape[0]
    )
    least = order[-1][1].shape[0] if order else 0
    tiles = 0
    free: dict[int, int] = {}
    guests: dict[int, set[str]] = {}
    found: dict[tuple[str, int, int], Place] = {}
    for layer, block in order:
        height = block.shape[0]
        fitting = (t for t, room in free.items() if room >= height and guests[t].isdisjoint(apart[layer]))
        tile = next(fitting, tiles)
        if tile == tiles:
            free[tile], guests[tile], tiles = rows, set(), tiles + 1
        found[layer, block.rows.start, block.columns.start] = Place(layer, block, tile, rows - free[tile])
        free[tile] -= height
        guests[tile].add(layer)
        if free[tile] < least:
            del free[tile], guests[tile]
    return tuple(found[layer, b.rows.start, b.columns.start] for layer, some in blocks.items() for b in some)


def layout_graph(places: Sequence[Place]) -> nx.DiGraph:
    """Which layer's blocks are on which tile: layer -> (layer, first row, first column) -> tile number."""
    graph = nx.DiGraph()
    for spot in places:
        block = (spot.layer, spot.block.rows.start, spot.block.columns.start)
        graph.add_node(spot.layer, kind="layer")
        graph.add_node(block, kind="block", shape=spot.block.shape, top=spot.top)
        graph.add_node(spot.tile, kind="tile")
        graph.add_edges_from([(spot.layer, block), (block, spot.tile)])
    return graph
