"""Islands and trenches: what they are, and what they mean for a netlist."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crossbar as xb
from circuits.elements import Resistors
from crossbar.electrolyte import PASSABLE

SIZES = st.integers(1, 6)


def grid(horizontal, vertical):
    return xb.Edges(horizontal, vertical)


def resistors(array, group):
    found = array.netlist(array.rest()).group(group)
    assert isinstance(found, Resistors)
    return found


@given(SIZES, SIZES, SIZES, SIZES)
def test_cells_are_on_one_island_exactly_when_their_places_say_so(rows, columns, tall, wide):
    edges = xb.Electrolyte(xb.Islands(tall, wide, within=1e6)).edges((rows, columns))
    island = edges.groups(PASSABLE)
    row, column = np.indices((rows, columns))
    place = (row // tall) * columns + column // wide
    assert ((island.ravel()[:, None] == island.ravel()) == (place.ravel()[:, None] == place.ravel())).all()


@given(SIZES, SIZES, st.floats(1.0, 1e12))
def test_a_number_is_that_number_on_every_edge(rows, columns, ohms):
    edges = xb.Electrolyte(ohms).edges((rows, columns))
    assert (edges.horizontal == ohms).all()
    assert (edges.vertical == ohms).all()
    assert edges.shape == (rows, columns)


def test_islands_without_trenches_are_one_film():
    one, other = (
        xb.Array(3, 4, electrolyte=xb.Electrolyte(n)) for n in (1e7, xb.Islands(2, 2, within=1e7, between=1e7))
    )
    a, b = resistors(one, "electrolyte"), resistors(other, "electrolyte")
    assert (a.start == b.start).all()
    assert (a.end == b.end).all()
    assert (a.resistance == b.resistance).all()


def test_a_trench_is_no_resistor_and_a_joint_no_node():
    edges = grid(horizontal=[[1e6, np.inf], [0.0, 1e7]], vertical=[[np.inf, 0.0, 1e8]])
    array = xb.Array(2, 3, electrolyte=xb.Electrolyte(edges))
    # Cells (0, 1), (1, 1) and (1, 0) are one node, tied to (0, 0) and (1, 2); (1, 2) is tied to (0, 2).
    assert sorted(resistors(array, "electrolyte").resistance) == [1e6, 1e7, 1e8]
    names = [n for n in array.netlist(array.rest()).nodes if n.startswith("electrolyte")]
    assert len(names) == 4


@pytest.mark.parametrize("neighbour", [1e6, 0.0, xb.Islands(2, 3, within=0.0), xb.Islands(2, 2, 1e6)])
@pytest.mark.parametrize("reservoir_at", ["plate", "edge"])
def test_every_cell_s_share_of_the_reservoir_is_the_same_however_cells_are_joined(neighbour, reservoir_at):
    """In parallel they make the reservoir's own resistance and a valve for each cell it faces."""
    array = xb.Array(4, 6, electrolyte=xb.Electrolyte(neighbour, reservoir_at))
    faced = array.electrolyte.faced(array.shape).sum()
    path = resistors(array, "reservoir_path")
    whole = array.reservoir.resistance + array.reservoir.contact + xb.Switch().off / faced
    assert 1 / (1 / path.resistance).sum() == pytest.approx(whole, rel=1e-12)


def test_who_reaches_an_edge_reservoir():
    islands = xb.Electrolyte(xb.Islands(2, 3, within=1e6), "edge")
    assert islands.reached((5, 4)).all(axis=1).tolist() == [True, True, False, False, False]
    assert xb.Electrolyte(1e8, "edge").reached((5, 4)).all()
    assert xb.Electrolyte(xb.Islands(1, 1), "plate").reached((5, 4)).all()


def test_an_island_that_cannot_be_charged_is_said_so_before_anything_is_solved():
    """A floating island is legal, its devices hold its potential; only lithium from LFP has no way to it."""
    array = xb.Array(3, 3, electrolyte=xb.Electrolyte(xb.Islands(2, 2, within=1e6), "edge"))
    assert array.program(array.rest(), {(2, 2): xb.Pulse(1.0, 1e-6)}).energy.balance < 1e-6
    with pytest.raises(xb.InputError, match=r"3 have none, the first is \(2, 0\).*reservoir_at=\"plate\""):
        array.precharge()


BAD = {
    "no cells": (lambda: xb.Islands(0, 1), "islands.rows", "whole number"),
    "half a cell": (lambda: xb.Islands(1, 1.5), "islands.columns", "whole number"),  # type: ignore[arg-type]
    "an infinite island": (lambda: xb.Islands(1, 1, within=np.inf), "islands.within", "finite"),
    "a negative trench": (lambda: xb.Islands(1, 1, between=-1.0), "islands.between", "0 or more"),
    "words": (lambda: xb.Electrolyte("1e8"), "electrolyte.neighbour", "finite"),  # type: ignore[arg-type]
    "an infinite film": (lambda: xb.Electrolyte(np.inf), "electrolyte.neighbour", "finite"),
    "edges of two arrays": (lambda: grid(np.ones((2, 2)), np.ones((2, 2))), "electrolyte.neighbour", "columns - 1"),
    "nan": (lambda: grid([[np.nan]], np.ones((0, 2))), "electrolyte.horizontal", "0 or more"),
    "ragged": (lambda: grid([[1], [1, 2]], np.ones((1, 2))), "electrolyte.horizontal", "one length"),
    "flat": (lambda: grid([1.0], [1.0]), "electrolyte.horizontal", "rows of"),
    "of another shape": (
        lambda: xb.Array(2, 2, electrolyte=xb.Electrolyte(grid(np.ones((3, 2)), np.ones((2, 3))))),
        "electrolyte.neighbour",
        r"shape \(2, 2\)",
    ),
}


@pytest.mark.parametrize(("make", "field", "allowed"), BAD.values(), ids=BAD)
def test_an_impossible_electrolyte_is_refused(make, field, allowed):
    with pytest.raises(xb.InputError, match=allowed) as caught:
        make()
    assert caught.value.field == field


def test_edges_cannot_be_changed_behind_their_array():
    given_edges = np.full((2, 1), 1e6)
    edges = grid(given_edges, np.ones((1, 2)))
    given_edges[0, 0] = np.nan
    assert (edges.horizontal == 1e6).all()
    with pytest.raises(ValueError, match="read-only"):
        edges.horizontal[0, 0] = 0.0
