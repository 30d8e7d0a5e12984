"""The layout, its state, and the netlist both engines get."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import crossbar as xb
from circuits.native.engine import operating_point
from circuits.writers.kernel import array_kernel


def test_conductance_spans_four_decades_and_only_rises():
    """Figure 2c: four decades, monotonic; 1 mS at Li0.4."""
    array = xb.Array(1, 1)
    g = array.nominal_conductance(np.linspace(0, 0.7, 201))
    assert (np.diff(g) > 0).all()
    assert np.log10(g[-1] / g[0]) == pytest.approx(4.0, abs=0.05)
    assert array.conductance(array.rest())[0, 0] == pytest.approx(1.0002439933444074e-3, rel=1e-12)


def test_lithium_for_a_conductance_is_exact_with_any_parameters():
    """Guard: two different tables answered this question, each to 1e-8 of the conductance asked for."""
    array = xb.Array(1, 1, device=xb.liwes(decades=3.1, conductance_max=2e-3))
    wanted = np.geomspace(2e-6, 1.9e-3, 30).reshape(5, 6)
    assert np.allclose(array.nominal_conductance(array.nominal_lithium(wanted)), wanted, rtol=1e-13, atol=0)


@pytest.mark.parametrize("lithium", [0.0, 0.01, 0.2, 0.4, 0.7])
def test_rest_at_any_lithium_is_an_equilibrium(lithium):
    """With every line at 0 V no current flows and no state wants to move, wherever both films are alike."""
    array = xb.Array(2, 2)
    state = array.rest(lithium)
    point = operating_point(array.netlist(state))
    group = point.netlist.devices[0]
    flows = array_kernel(group.device).flows(point.variables[group.name][0], group.parameters)
    assert np.abs(flows).max() < 1e-13  # A, against 1e-7 A of a pulse
    assert np.allclose(array.conductance(state), array.nominal_conductance(lithium), rtol=1e-12)
    assert np.allclose(array.lithium(state, "gate"), lithium)


def test_every_cell_hangs_on_its_own_lines():
    array = xb.Array(3, 2)
    graph = array.netlist(array.rest()).graph()
    assert nx.is_connected(graph)
    assert nx.has_path(graph, "word_2_1", "bit_2_1")
    cells = [key for *_, key in graph.edges(data="group") if key == "cells"]
    assert len(cells) == 3 * 2 * 3  # a device ties its first terminal to three others


@pytest.mark.parametrize("neighbour", [0.0, 1e8])
@pytest.mark.parametrize("reservoir_at", ["plate", "edge"])
@pytest.mark.parametrize("along", ["row", "column"])
def test_every_layout_has_a_netlist_that_solves(neighbour, reservoir_at, along):
    array = xb.Array(
        2,
        3,
        lines=xb.Lines(word=0.0, gate_along=along),
        electrolyte=xb.Electrolyte(neighbour=neighbour, reservoir_at=reservoir_at),
        access=xb.Access(channel=(xb.Switch(),)),
    )
    assert np.abs(operating_point(array.netlist(array.rest())).potentials).max() < 1e-12


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: xb.Array(0, 4), r"rows = 0: allowed is a whole number from 1"),
        (lambda: xb.Array(4, "2"), r"columns = '2'"),  # type: ignore[arg-type]
        (lambda: xb.Array(True, 4), r"rows = True"),
        (lambda: xb.Array(2000, 2000), r"at most 1048576 cells"),
        (lambda: xb.Array(2, 2).varied({"exchange_current": np.ones(3)}), r"spread exchange_current"),
        (lambda: xb.Lines(word=-1.0), r"lines.word = -1.0: allowed is a finite resistance, 0 or more"),
        (lambda: xb.Lines(bit=np.nan), r"lines.bit = nan"),
        (lambda: xb.Lines(driver=0.0), r"lines.driver = 0.0"),
        (lambda: xb.Lines(gate_along="diagonal"), r"lines.gate_along = 'diagonal'"),  # type: ignore[arg-type]
        (lambda: xb.Electrolyte(neighbour=-1e8), r"electrolyte.neighbour"),
        (lambda: xb.Electrolyte(reservoir_at="corner"), r"electrolyte.reservoir_at"),  # type: ignore[arg-type]
        (lambda: xb.Switch(on=1e12, off=1e3), r"switch.off = 1000.0: allowed is above switch.on"),
        (lambda: xb.Access(gate=(xb.Switch(), xb.Switch())), r"access.gate"),
        (lambda: xb.Reservoir(lithium=0.95), r"reservoir.lithium = 0.95: allowed is from 0.02 to 0.9"),
        (lambda: xb.Reservoir(capacity=0.0), r"reservoir.capacity = 0.0"),
        (lambda: xb.liwes("Wan"), r"calibration = 'Wan': allowed is unified, table1_200us"),
        (lambda: xb.liwes(exchange_curent=1.0), r"parameter = 'exchange_curent': allowed is .*exchange_current"),
        (lambda: xb.liwes(temperature=-3.0), r"parameter temperature = -3.0: allowed is a finite number from 200"),
        (lambda: xb.Array(1, 1).rest(0.8), r"lithium = 0.8: allowed is x in Li_xWO3 from 0 to 0.7"),
        (lambda: xb.Array(1, 1).conductance(xb.Array(1, 1).rest(), "weight"), r"part = 'weight'"),
        (lambda: xb.Array(1, 1).netlist(xb.Array(2, 1).rest()), r"state = \(2, 1, 10\)"),
    ],
)
def test_a_bad_description_is_one_clear_error(make, message):
    with pytest.raises(xb.InputError, match=message):
        make()


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Memristor'"):
        _ = xb.Memristor
    assert set(dir(xb)) == set(xb.__all__)
    assert all(getattr(xb, name) is not None for name in xb.__all__)


def test_stored_contents_are_what_was_asked_and_stand_still_alone():
    array = xb.Array(2, 2, electrolyte=xb.Electrolyte(xb.Islands(1, 1)), access=xb.Access(channel=(xb.Switch(),)))
    wanted = np.array([[0.3, 0.45], [0.4, 0.5]])
    state = array.stored(wanted)
    np.testing.assert_allclose(array.lithium(state), wanted, rtol=1e-15)
    np.testing.assert_allclose(array.lithium(state) + array.lithium(state, "gate"), 0.8, rtol=1e-15)
    assert np.abs(array.conductance(state, "short_term")).max() < 1e-15
    later = array.hold(state, 100.0, channels="float")
    assert np.abs(array.lithium(later.state) - wanted).max() < 1e-6


def test_ocv_is_gate_against_channel_by_the_curve_of_the_film():
    array = xb.Array(1, 2)
    assert (array.ocv(array.rest(0.2)) == 0).all()
    ocv = array.ocv(array.stored([[0.43, 0.38]]))
    expected = [array.swing(0.37) - array.swing(0.43), array.swing(0.42) - array.swing(0.38)]
    np.testing.assert_allclose(ocv[0], expected, rtol=1e-12)
    assert ocv[0, 0] > 0 > ocv[0, 1]
