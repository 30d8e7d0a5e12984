"""Netlists: what is refused before an engine sees it, one message for each mistake."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest

from circuits.elements import Resistors
from circuits.errors import InputError
from circuits.liwes import LIWES
from circuits.netlist import Builder
from circuits.waveforms import constant

ONE = [constant(1.0)]


def builder():
    """A divider: valid as it is."""
    result = Builder("divider")
    result.drives("supply", "in", ONE)
    result.resistors("upper", "in", "out", 1e3)
    result.resistors("lower", "out", "ground", 1e3)
    return result


def device(b, **changes):
    b.devices("cell", LIWES, ["in", "ground", "out", "e"], **changes)


MISTAKES = {
    "resistance negative": (lambda b: b.resistors("r", "in", "out", -1.0), "r.resistance", "finite numbers above 0"),
    "resistance zero": (lambda b: b.resistors("r", "in", "out", 0.0), "r.resistance", "finite numbers above 0"),
    "resistance nan": (lambda b: b.resistors("r", "in", "out", math.nan), "r.resistance", "finite numbers above 0"),
    "resistance text": (lambda b: b.resistors("r", "in", "out", "1k"), "r.resistance", "a number or 1 numbers"),
    "resistances too many": (lambda b: b.resistors("r", "in", "out", [1, 2]), "r.resistance", "a number or 1 numbers"),
    "capacitance zero": (lambda b: b.capacitors("c", "in", "out", 0.0), "c.capacitance", "finite numbers above 0"),
    "initial inf": (lambda b: b.capacitors("c", "in", "out", 1e-9, math.inf), "c.initial", "finite numbers"),
    "switch open for good": (
        lambda b: b.switches("s", "in", "out", [constant(0.0)]),
        "s.conductance",
        "finite numbers above 0",
    ),
    "no such waveform": (lambda b: b.drives("d", "out", ONE, 1), "d.which", "positions of 1 waveforms, from 0"),
    "half a waveform": (lambda b: b.drives("d", "out", ONE, 0.5), "d.which", "positions of 1 waveforms, from 0"),
    "ends of two lengths": (
        lambda b: b.resistors("r", ["in", "out"], ["ground"], 1.0),
        "r.end",
        "2 nodes, as many as start",
    ),
    "both ends one node": (lambda b: b.resistors("r", ["in"], ["in"], 1.0), "r", "two different nodes"),
    "a name twice": (lambda b: b.resistors("upper", "in", "out", 1.0), "group", "names used once"),
    "terminals missing": (lambda b: b.devices("cell", LIWES, ["in", "out"]), "cell.terminals", "4 terminals"),
    "terminals uneven": (
        lambda b: b.devices("cell", LIWES, [["in", "out"], ["ground"], ["out"], ["e"]]),
        "cell.terminals",
        "2 nodes each",
    ),
    "parameter out of range": (
        lambda b: device(b, parameters={"temperature": 1e6}),
        "parameter temperature",
        "a finite number from 200 to 500 K",
    ),
    "parameter nan": (
        lambda b: device(b, parameters={"temperature": math.nan}),
        "parameter temperature",
        "a finite number from 200 to 500 K",
    ),
    "parameters too many": (
        lambda b: device(b, parameters={"temperature": [300.0, 301.0]}),
        "cell.temperature",
        "a number or 1 numbers",
    ),
    "states nan": (lambda b: device(b, states=math.nan), "cell.states", "finite numbers"),
    "states of a wrong shape": (lambda b: device(b, states=[0.0, 0.0]), "cell.states", "a number or 1 by 10 numbers"),
    "driven twice": (lambda b: (b.drives("d", "in", ONE), b.build()), "drive", "one drive a node, none at ground"),
    "ground driven": (lambda b: (b.drives("d", "ground", ONE), b.build()), "drive", "one drive a node, none at ground"),
    "floating": (
        lambda b: (b.resistors("r", "a", "b", 1.0), b.build()),
        "node",
        "nodes with a path to ground",
    ),
    "held by a capacitor alone": (
        lambda b: (b.capacitors("c", "in", "far", 1e-9), b.build()),
        "node",
        "nodes with a path to ground",
    ),
    "fed by a current source alone": (
        lambda b: (b.currents("i", "ground", "far", ONE), b.build()),
        "node",
        "nodes with a path to ground",
    ),
}


@pytest.mark.parametrize(("make", "field", "allowed"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_what_is_allowed(make, field, allowed):
    with pytest.raises(InputError) as caught:
        make(builder())
    error = caught.value
    assert (error.field, error.allowed, error.exit_code) == (field, allowed, 2)
    assert str(error).startswith(f"{field} = ")
    assert str(error).endswith(f"write {error.instead}")


def test_an_unknown_parameter_is_answered_with_the_list_of_those_there_are():
    with pytest.raises(InputError, match=r"parameter = 'temprature': allowed is charge, thermal_slope, .*"):
        device(builder(), parameters={"temprature": 300.0})


def test_an_unknown_group_is_answered_with_the_list_of_those_there_are():
    with pytest.raises(
        InputError, match=r"group = 'middle': allowed is supply, upper, lower; write one of these names"
    ):
        builder().build().group("middle")


def test_a_netlist_without_a_source_is_refused():
    lonely = Builder("lonely")
    lonely.resistors("r", "a", "ground", 1.0)
    with pytest.raises(InputError, match=r"netlist = 'lonely': allowed is at least one source"):
        lonely.build()


def test_nodes_are_numbered_as_they_are_named_and_ground_is_zero():
    netlist = builder().build()
    assert netlist.nodes == ("ground", "in", "out")
    assert [netlist.number[name] for name in netlist.nodes] == [0, 1, 2]
    upper = netlist.group("upper")
    assert isinstance(upper, Resistors)
    assert (upper.start.tolist(), upper.end.tolist()) == ([1], [2])


def test_one_value_serves_all_elements_of_a_group():
    b = Builder("row")
    b.drives("supply", "n0", ONE)
    b.resistors("r", ["n0", "n1"], ["n1", "ground"], 5.0)
    group = b.build().group("r")
    assert isinstance(group, Resistors)
    np.testing.assert_array_equal(group.resistance, [5.0, 5.0])


def test_the_graph_has_an_edge_for_every_path_of_current():
    b = builder()
    device(b)
    b.currents("i", "ground", "out", ONE)
    graph = b.build().graph()
    assert sorted(data["group"] for *_, data in graph.edges(data=True)) == ["cell"] * 3 + ["lower", "supply", "upper"]
    assert nx.is_connected(graph)
