"""Crosstalk maps: lithium is conserved, symmetric arrays give symmetric maps, trenches stop it, both engines agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crossbar as xb
from circuits.ngspice.engine import available
from circuits.writers.kernel import array_kernel

IDEAL = xb.Lines(word=0, bit=0, gate=0)
PULSE = xb.Pulse(1.0, 200e-6)
needs_ngspice = pytest.mark.skipif(available() is None, reason="ngspice is not on this machine: no cross-check")


def square(side, neighbour, **changes):
    return xb.Array(side, side, electrolyte=xb.Electrolyte(neighbour), **changes)


def held(array, state):
    """Charge of all films and EDL branches, counted as what left the gates and lines for the electrolyte [C]."""
    names = [s.variable.name for s in array.device.device.states]
    capacity = array_kernel(array.device.device).capacities(array.parameters)
    sign = np.array([-1.0 if "_edl_" in name else 1.0 for name in names])
    return float((sign * capacity * state.devices).sum())


@pytest.mark.parametrize(
    ("neighbour", "low", "high", "nearest_low", "nearest_high"),
    [(1e4, 0.025, 0.045, 0.02, 0.04), (1e6, 0.45, 0.48, 0.09, 0.135), (1e8, 0.980, 0.9875, 0.005, 0.0115)],
)
def test_nine_by_nine_with_one_gate_pulsed(neighbour, low, high, nearest_low, nearest_high):
    """Selected keeps 3-4, 45-48, 98.5 %, its nearest neighbour gets 2-4, 9-13, 0.5-1 % (device.md section 6).

    Change of conductance at the end of 1 V, 200 us; the other gates float (upper ends) or sit at 0 V (lower ends).
    """
    array = square(9, neighbour)
    for others in ("float", "ground"):
        found = xb.studies.crosstalk(array, array.rest(), (4, 4), PULSE, unselected=others)
        assert low < found.keeps < high
        assert nearest_low < np.median(found.neighbours(found.conductance)) < nearest_high


@pytest.mark.parametrize("unselected", ["float", "ground", "V/2"])
@pytest.mark.parametrize("neighbour", [1e4, 1e7])
def test_what_films_and_double_layers_gain_is_what_lfp_gave(neighbour, unselected):
    """Lithium is conserved over the whole map; the bar is the project's for charge, of all that moved."""
    array = square(4, neighbour, access=xb.Access(reservoir=()))
    run = xb.studies.crosstalk(array, array.rest(), (1, 2), PULSE, unselected=unselected).run
    gained = held(array, run.state) - held(array, array.rest())
    moved = array_kernel(array.device.device).capacities(array.parameters) * np.abs(run.state.devices)
    assert abs(gained - run.reservoir_charge) <= 1e-12 * moved.sum()


@given(st.sampled_from([1e5, 1e6, 1e8]), st.sampled_from(["float", "ground"]))
@settings(max_examples=6)
def test_on_ideal_lines_the_map_is_symmetric_about_a_cell_in_the_middle(neighbour, unselected):
    """Lines without resistance, and gates cut off or driven alike, leave only the electrolyte: it has all symmetries.

    Gate lines along rows break one when the other gates are held: the row of the selected cell is cut off. Else only
    what leaks onto that row through open switches does, 1 V over 1 Tohm beside some 0.1 uA.
    """
    array = square(5, neighbour, lines=IDEAL)
    share = xb.studies.crosstalk(array, array.rest(), (2, 2), PULSE, unselected=unselected).conductance
    for mirrored in (share[::-1], share[:, ::-1]):
        np.testing.assert_allclose(mirrored, share, rtol=1e-9, atol=1e-12)
    if unselected == "float":
        np.testing.assert_allclose(share.T, share, atol=1e-5)


def test_moving_the_pulse_moves_the_map():
    array = square(4, 1e6, lines=IDEAL)
    one, other = (xb.studies.crosstalk(array, array.rest(), cell, PULSE).conductance for cell in ((0, 1), (3, 2)))
    np.testing.assert_allclose(other, one[::-1, ::-1], rtol=1e-9)


def test_the_more_resistive_the_electrolyte_the_more_a_cell_keeps():
    found = [
        xb.studies.crosstalk(array, array.rest(), (1, 1), PULSE)
        for array in (square(3, n) for n in (1e4, 1e5, 1e6, 1e7, 1e8, 1e9))
    ]
    assert np.all(np.diff([f.keeps for f in found]) > 0)
    assert found[-1].keeps == pytest.approx(1.0, abs=2e-3)
    assert all(f.nearest < f.keeps for f in found)


def test_nothing_crosses_a_trench():
    """R_nn = inf: what gets past it comes through open switches of 1 Tohm alone."""
    array = xb.Array(4, 4, electrolyte=xb.Electrolyte(xb.Islands(2, 2, within=1e5)))
    share = np.abs(xb.studies.crosstalk(array, array.rest(), (0, 0), PULSE).conductance)
    inside = np.zeros(array.shape, bool)
    inside[:2, :2] = True
    assert share[inside].min() > 0.1
    assert share[~inside].max() < 1e-5


def test_a_cell_on_an_island_of_its_own_is_an_isolated_cell():
    array = xb.Array(3, 3, electrolyte=xb.Electrolyte(xb.Islands(1, 1)))
    found = xb.studies.crosstalk(array, array.rest(), (1, 1), PULSE)
    assert found.keeps == pytest.approx(1.0, abs=1e-5)
    assert found.nearest < 1e-5


def test_the_isolated_cell_is_the_one_that_was_asked_about():
    """Spread and state of that very cell: alone on an island it keeps all of its own answer, not of a nominal one."""
    array = xb.Array(2, 2, electrolyte=xb.Electrolyte(xb.Islands(1, 1)))
    array = array.varied(xb.device_to_device(array, np.random.default_rng(3), 0.3))
    state = array.stored([[0.3, 0.5], [0.45, 0.35]])
    changes = set()
    for cell in np.ndindex(array.shape):
        found = xb.studies.crosstalk(array, state, cell, PULSE)
        assert found.keeps == pytest.approx(1.0, abs=1e-4)
        changes.add(round(found.alone_conductance, 8))
    assert len(changes) == 4


@needs_ngspice
@pytest.mark.parametrize("access", [xb.Access(), xb.Access(gate=(xb.Selector(),))], ids=["switch", "selector"])
def test_engines_agree_on_a_map_with_trenches(access):
    array = xb.Array(3, 3, electrolyte=xb.Electrolyte(xb.Islands(2, 3, within=1e6), "edge"), access=access)
    ours, theirs = (
        xb.studies.crosstalk(array, array.rest(), (1, 1), xb.Pulse(1.3, 200e-6), settings=xb.Settings(engine=engine))
        for engine in ("native", "ngspice")
    )
    np.testing.assert_allclose(ours.conductance, theirs.conductance, atol=1e-3)
    np.testing.assert_allclose(ours.lithium, theirs.lithium, atol=1e-3)


def test_whoever_listens_hears_it_done():
    heard: list[float] = []
    array = square(2, 1e6)
    xb.studies.crosstalk(array, array.rest(), (0, 0), PULSE, settings=xb.Settings(progress=heard.append))
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_a_cell_outside_is_refused():
    array = square(2, 1e6)
    with pytest.raises(xb.InputError, match="cell"):
        xb.studies.crosstalk(array, array.rest(), (2, 0), PULSE)
