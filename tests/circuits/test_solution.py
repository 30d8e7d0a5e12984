"""A solution: what it says of energy, how it compares with another, what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from circuits.elements import Instances
from circuits.errors import InputError
from circuits.liwes import LIWES
from circuits.native.engine import simulate
from circuits.netlist import Builder
from circuits.solution import drive_groups, stored_between
from circuits.waveforms import constant, steps
from circuits.writers.kernel import array_kernel

LITHIUM = [s.variable.name for s in LIWES.states].index("gate_lithium")


@pytest.fixture(scope="module")
def solution():
    b = Builder("two cells")
    b.drives("gates", ["g0", "g1"], [steps(0.0, [(1e-3, 2e-3, 0.5)], 1e-6), constant(0.0)], [0, 1])
    b.drives("lines", ["s", "d"], [constant(0.0)])
    b.resistors("ionic", "e0", "e1", 1e7)
    b.capacitors("stray", ["g0", "e0"], ["ground", "e1"], 1e-12)
    b.devices("cells", LIWES, [["g0", "g1"], ["s", "s"], ["d", "d"], ["e0", "e1"]])
    return simulate(b.build(), 5e-3, np.linspace(0, 5e-3, 11))


def test_shapes_are_time_elements_quantities(solution):
    assert solution.time.shape == (11,)
    assert solution.potentials.shape == (11, len(solution.netlist.nodes))
    assert solution.states("cells").shape == (11, 2, len(LIWES.states))
    assert solution.variables["cells"].shape == (11, 2, len(LIWES.variables))
    assert solution.output("cells", "conductance").shape == (11, 2)
    assert solution.potential("e0").shape == (11,)
    assert {name: values.shape for name, values in solution.charge.items()} == {"gates": (11, 2), "lines": (11, 2)}
    assert {g.name for g in drive_groups(solution.netlist)} == set(solution.energy)
    assert {name: values.shape for name, values in solution.dissipated.items()} == {"ionic": (1,), "cells": (2,)}


def test_what_was_supplied_is_stored_or_heat(solution):
    stored = sum(values.sum() for values in solution.stored().values())
    heat = sum(values.sum() for values in solution.dissipated.values())
    assert solution.supplied == pytest.approx(stored + heat, rel=1e-6)
    assert solution.balance() <= 1e-6


def test_a_lost_joule_is_noticed(solution):
    spoilt = replace(solution, dissipated={**solution.dissipated, "ionic": solution.dissipated["ionic"] * 2.0})
    share = float(solution.dissipated["ionic"].sum() / solution.supplied)
    assert share > 1e-4
    assert spoilt.balance() == pytest.approx(share, rel=0.05)


@pytest.mark.parametrize(("start", "end"), [(-0.4, 0.0), (0.0, 0.25), (-0.39, -0.35)])
def test_energy_stored_in_a_film_is_the_integral_of_its_potential(start, end):
    # scipy's adaptive quadrature knows nothing of our panels; the potential bends within 0.006 of lithium.
    kernel, values = array_kernel(LIWES), LIWES.values({})
    capacity = kernel.capacities(values)[LITHIUM]

    def potential(deviation):
        z = np.zeros(len(LIWES.variables))
        z[len(LIWES.nodes) + LITHIUM] = deviation
        return float(kernel.potentials(z, values)[LITHIUM])

    expected = capacity * quad(potential, start, end, epsabs=1e-14, epsrel=1e-12, limit=500)[0]
    states = np.zeros((2, 1, len(LIWES.states)))
    states[:, 0, LITHIUM] = start, end
    table = {name: np.array([value]) for name, value in values.items()}
    group = Instances("cell", LIWES, np.zeros((1, 4), np.int64), table, states[0])
    assert stored_between(group, states[0], states[1])[0] == pytest.approx(expected, rel=1e-11)


def test_a_solution_differs_from_itself_by_nothing_and_from_a_scaled_one_by_the_scale(solution):
    assert set(solution.difference(solution).values()) == {0.0}
    other = replace(solution, energy={name: 1.01 * values for name, values in solution.energy.items()})
    assert solution.difference(other)["energy_relative"] == pytest.approx(0.01 / 1.01, rel=1e-6)
    moved = {"cells": solution.variables["cells"].copy()}
    moved["cells"][-1, 1, len(LIWES.nodes) + LITHIUM] += 1e-3
    assert solution.difference(replace(solution, variables=moved))["lithium_absolute"] == pytest.approx(1e-3, rel=1e-9)


@pytest.mark.parametrize(
    ("ask", "field", "allowed"),
    [
        (lambda s: s.potential("nowhere"), "node", "one of 7 nodes"),
        (lambda s: s.output("cells", "weight"), "output", "conductance, long_term, short_term"),
        (lambda s: s.output("ionic", "conductance"), "group", "cells"),
        (lambda s: s.states("cell"), "group", "gates, lines, ionic, stray, cells"),
        (lambda s: replace(s, dissipated={}, engine="ngspice").balance(), "engine", "an engine that reports heat"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(solution, ask, field, allowed):
    with pytest.raises(InputError) as caught:
        ask(solution)
    assert (caught.value.field, caught.value.allowed) == (field, allowed)
