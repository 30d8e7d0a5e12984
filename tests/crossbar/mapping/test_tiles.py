"""Blocks cover a matrix once; places hold them once, and apart from whom they should be apart."""

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits.errors import InputError
from crossbar.mapping.schemes import Scheme, encode
from crossbar.mapping.tiles import conflicts, layout_graph, partition, place

sizes = st.integers(1, 20)
ROWS = 16
layers = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 30)), min_size=1, max_size=6)


@given(sizes, sizes, sizes, sizes)
def test_blocks_cover_every_weight_once(rows, columns, tile_rows, tile_columns):
    seen = np.zeros((rows, columns), dtype=int)
    for block in partition(rows, columns, tile_rows, tile_columns):
        seen[block.rows, block.columns] += 1
        assert block.shape[0] <= tile_rows
        assert block.shape[1] <= tile_columns
        assert min(block.shape) >= 1
    assert np.all(seen == 1)


@given(sizes, sizes, st.integers(0, 100))
def test_sums_of_blocks_are_sums_of_the_matrix(tile_rows, tile_columns, seed):
    rng = np.random.default_rng(seed)
    weights, inputs = rng.normal(size=(13, 7)), rng.uniform(size=(4, 13))
    total = np.zeros((4, 7))
    for block in partition(13, 7, tile_rows, tile_columns):
        mapped = encode(weights[block.rows, block.columns], Scheme(states=math.inf))
        total[:, block.columns] += mapped.weights(inputs[:, block.rows] @ mapped.conductances)
    assert total == pytest.approx(inputs @ weights, abs=1e-12)


def placed(shapes, *, share):
    blocks = {f"l{k}": partition(shape[0], shape[1], ROWS, 5) for k, shape in enumerate(shapes)}
    return blocks, place(blocks, ROWS, conflicts(list(blocks), share=share))


@given(layers, st.booleans())
def test_every_block_has_one_place_and_no_two_share_a_word_line(shapes, share):
    blocks, places = placed(shapes, share=share)
    assert [(p.layer, p.block) for p in places] == [(name, b) for name, some in blocks.items() for b in some]
    lines = [(p.tile, row) for p in places for row in range(p.top, p.top + p.block.shape[0])]
    assert len(lines) == len(set(lines))
    assert all(0 <= row < ROWS for _, row in lines)
    assert {p.tile for p in places} == set(range(1 + max(p.tile for p in places)))


@given(layers, st.booleans())
def test_a_layer_is_read_at_once(shapes, share):
    _, places = placed(shapes, share=share)
    for tile in {p.tile for p in places}:
        guests = [p.layer for p in places if p.tile == tile]
        assert len(guests) == len(set(guests))
        assert share or len(guests) == 1


@given(layers)
def test_sharing_takes_no_more_tiles(shapes):
    tiles = [1 + max(p.tile for p in placed(shapes, share=share)[1]) for share in (True, False)]
    assert tiles[0] <= tiles[1]


def test_layers_kept_apart_are_apart():
    blocks = {name: partition(4, 4, ROWS, 5) for name in "abc"}
    apart = conflicts("abc", share=True)
    apart.add_edge("a", "b")
    tile = {p.layer: p.tile for p in place(blocks, ROWS, apart)}
    assert tile["a"] != tile["b"]
    assert len(set(tile.values())) == 2


def test_the_graph_leads_from_a_layer_to_its_tiles():
    _, places = placed([(20, 7), (3, 3)], share=True)
    graph = layout_graph(places)
    tiles = {node for node in nx.descendants(graph, "l0") if graph.nodes[node]["kind"] == "tile"}
    assert tiles == {p.tile for p in places if p.layer == "l0"}


def test_refused_tiles():
    with pytest.raises(InputError, match="tile_rows"):
        partition(3, 3, 0, 3)
