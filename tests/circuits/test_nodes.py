"""Names of nodes: written when asked for, the same whether given one by one or as a grid."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from circuits.errors import InputError
from circuits.netlist import Builder
from circuits.waveforms import constant


def both():
    """A line of three nodes and its end, as names and as a grid."""
    named, grid = Builder("named"), Builder("grid")
    cells = [named.nodes(["line_0_0", "line_0_1", "line_1_0"]), grid.grid("line", 2, np.arange(3))]
    for builder, line in zip((named, grid), cells, strict=True):
        builder.drives("supply", "in", [constant(1.0)])
        builder.resistors("first", "in", line[:1], 1.0)
        builder.resistors("rest", line[:-1], line[1:], 1.0)
    return named.build(), grid.build()


def test_a_grid_has_the_names_it_would_be_given():
    named, grid = both()
    assert tuple(grid.nodes) == named.nodes
    assert [grid.nodes[k] for k in range(-5, 5)] == [named.nodes[k] for k in range(-5, 5)]
    assert grid.nodes[1:4] == named.nodes[1:4]
    assert grid.number == named.number
    with pytest.raises(IndexError):
        grid.nodes[5]


def test_a_node_of_a_grid_is_found_by_its_name():
    builder = Builder("found")
    line = builder.grid("line", 3, np.array([0, 2, 4]))
    assert builder.nodes(["line_0_0", "line_0_2", "line_1_1"]).tolist() == line.tolist()
    assert builder.nodes("line_0_1").tolist() == [4], "a place the grid leaves out is a node of its own"
    assert builder.nodes(["line_0_3", "line_9_9"]).tolist() == [5, 6]


def test_a_kind_of_grid_is_used_once():
    builder = Builder("twice")
    builder.grid("line", 1, np.arange(2))
    with pytest.raises(InputError, match="kinds used once"):
        builder.grid("line", 1, np.arange(2))


def test_a_million_names_take_no_room():
    # Guard: five million names of a 1024 x 1024 array took 1.5 GB and 14 s.
    builder = Builder("large")
    places = np.arange(1 << 20)
    builder.grid("line", 1 << 10, places)
    names = builder._nodes.names
    assert names[-1] == "line_1023_1023"
    assert sys.getsizeof(names) < 1000
