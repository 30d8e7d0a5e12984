"""The recipe for ngspice against a fifth-order solution of the same equations, which shares nothing with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from circuits import ngspice
from circuits.elements import Drives, Resistors
from circuits.liwes import LIWES
from circuits.netlist import Builder, Netlist
from circuits.waveforms import constant, steps
from circuits.writers.kernel import array_kernel

pytestmark = pytest.mark.skipif(ngspice.available() is None, reason="ngspice is not installed: see make setup")

# Hairer and Wanner, Solving Ordinary Differential Equations II, table IV.5.6: Radau IIA of order 5.
S6 = math.sqrt(6)
NODES = np.array([(4 - S6) / 10, (4 + S6) / 10, 1.0])
MATRIX = np.array(
    [
        [(88 - 7 * S6) / 360, (296 - 169 * S6) / 1800, (-2 + 3 * S6) / 225],
        [(296 + 169 * S6) / 1800, (88 + 7 * S6) / 360, (-2 - 3 * S6) / 225],
        [(16 - S6) / 36, (16 + S6) / 36, 1 / 9],
    ]
)
RATIO = 1.25  # of a step's length to the one before: halving it moves no figure below by 1e-8


@dataclass
class Radau:
    """A netlist of drives, resistors and one group of devices as M dy/dt = f(t, y), y the potentials and states."""

    netlist: Netlist

    def __post_init__(self):
        (group,) = self.netlist.devices
        self.group, self.kernel = group, array_kernel(group.device)
        nodes, terminals, states = len(group.device.nodes), group.device.terminals, len(group.device.states)
        outer, inner = len(self.netlist.nodes), nodes - terminals
        cells = np.arange(group.count)[:, None]
        rows = [group.terminals, outer + cells * inner + np.arange(inner)]
        self.potentials = outer + group.count * inner
        rows.append(self.potentials + cells * states + np.arange(states))
        self.index = np.concatenate(rows, axis=1)
        self.size = self.potentials + group.count * states
        self.mass = np.zeros(self.size)
        self.mass[self.potentials :] = self.kernel.capacities(group.parameters).ravel()
        self.drives = [
            (int(n), g.waveforms[w])
            for g in self.netlist.groups
            if isinstance(g, Drives)
            for n, w in zip(g.node, g.which, strict=True)
        ]
        self.free = np.setdiff1d(np.arange(self.size), [0, *(n for n, _ in self.drives)])
        self.linear = np.zeros((self.size, self.size))
        for g in self.netlist.groups:
            if isinstance(g, Resistors):
                for a, b, r in zip(g.start, g.end, g.resistance, strict=True):
                    self.linear[[a, b, a, b], [a, b, b, a]] -= np.array([1, 1, -1, -1]) / r

    def right(self, y):
        """f and its matrix of slopes, for y of shape (stages, size)."""
        z = y[:, self.index]
        f = y @ self.linear.T
        slopes = np.broadcast_to(self.linear, (len(y), self.size, self.size)).copy()
        flows, partial = self.kernel.flows(z, self.group.parameters), self.kernel.slopes(z, self.group.parameters)
        for stage in range(len(y)):
            np.add.at(f[stage], self.index, flows[stage])
            for pair, (row, column) in enumerate(self.kernel.program.pattern):
                np.add.at(slopes[stage], (self.index[:, row], self.index[:, column]), partial[stage, :, pair])
        return f, slopes

    def step(self, y, t, h):
        """y after one step, and the charge and energy each drive supplied in it."""
        stages = np.repeat(y[None], 3, axis=0)
        for node, waveform in self.drives:
            stages[:, node] = waveform(t + NODES * h)
        free, count = self.free, len(self.free)
        for _ in range(12):
            f, slopes = self.right(stages)
            # M (Y - y) = h A f in the states; the same combination of f = 0 in the potentials.
            residual = self.mass[free] * (stages - y)[:, free] - h * MATRIX @ f[:, free]
            matrix = -h * np.einsum("ij,jkl->ikjl", MATRIX, slopes[:, free][:, :, free])
            matrix = matrix.reshape(3 * count, 3 * count) + np.diag(np.tile(self.mass[free], 3))
            change = np.linalg.solve(matrix, -residual.ravel()).reshape(3, count)
            stages[:, free] += change
            if np.abs(change).max() < 1e-13:
                break
        supplied = -self.right(stages)[0][:, [n for n, _ in self.drives]]
        volts = stages[:, [n for n, _ in self.drives]]
        return stages[2], h * MATRIX[2] @ supplied, h * MATRIX[2] @ (supplied * volts)

    def run(self, stops):
        """Times, states (time, cells, states), charge and energy of the drives (time, drives) at every stop."""
        y = np.zeros(self.size)
        y[self.potentials :] = self.group.states.ravel()
        charge = energy = np.zeros(len(self.drives))
        found = [(0.0, y, charge, energy)]
        corners = {t for _, w in self.drives for t in w.times} | set(stops)
        edges = sorted({0.0} | {t for t in corners if 0 < t <= max(stops)})
        for start, end in pairwise(edges):
            for t, h in geometric(start, end):
                y, dq, de = self.step(y, t, h)
                charge, energy = charge + dq, energy + de
            found.append((end, y, charge, energy))
        times, ys, charges, energies = map(np.array, zip(*found, strict=True))
        states = ys[:, self.potentials :].reshape(len(times), self.group.count, -1)
        return times, states, charges, energies


def geometric(start, end):
    """Steps (time, length) that grow from 1e-7 of the whole."""
    lengths = 1e-7 * RATIO ** np.arange(200)
    lengths = lengths[: np.searchsorted(np.cumsum(lengths), 1.0) + 1]
    lengths *= (end - start) / lengths.sum()
    return zip(start + np.cumsum(lengths) - lengths, lengths, strict=True)


@cache
def pulse(amplitude, width):
    """One device, its gate pulsed, its channel grounded, its electrolyte floating."""
    builder = Builder("pulse")
    builder.drives("gate", "g", [steps(0.0, [(width, 2 * width, amplitude)], width / 100)])
    builder.drives("lines", ["s", "d"], [constant(0.0)])
    builder.devices("cells", LIWES, ["g", "s", "d", "el"])
    return builder.build()


def array(size, spread):
    """A square array: one gate line pulsed while one word line is read, ionic resistances, unequal devices."""
    builder = Builder("array")
    lines = range(size)
    wave = steps(0.0, [(1e-3, 11e-3, 0.5)], 1e-4)
    builder.drives("gates", [f"gate {i}" for i in lines], [wave, constant(0.0)], [0] + [1] * (size - 1))
    builder.drives("words", [f"word {i}" for i in lines], [constant(0.1), constant(0.0)], [0] + [1] * (size - 1))
    builder.drives("bits", [f"bit {j}" for j in lines], [constant(0.0)])
    cells = [(i, j) for i in lines for j in lines]
    for name in ("gate", "word"):
        before = [f"{name} {i}" if j == 0 else f"{name} {i} {j - 1}" for i, j in cells]
        builder.resistors(f"{name}s of segments", before, [f"{name} {i} {j}" for i, j in cells], 0.7)
    before = [f"bit {j}" if i == 0 else f"bit {i - 1} {j}" for i, j in cells]
    builder.resistors("bits of segments", before, [f"bit {i} {j}" for i, j in cells], 0.7)
    builder.resistors("ionic", [f"e {i} {j}" for i, j in cells[:-1]], [f"e {i} {j}" for i, j in cells[1:]], 1e7)
    terminals = [[f"{name} {i} {j}" for i, j in cells] for name in ("gate", "bit", "word", "e")]
    start = 0.01 * spread.standard_normal((len(cells), len(LIWES.states)))
    builder.devices(
        "cells", LIWES, terminals, {"exchange_current": 0.5 * spread.lognormal(0, 0.065, len(cells))}, start
    )
    return builder.build()


@cache
def exact_solution(netlist, stops):
    """Radau's, once for all tests that need it."""
    return Radau(netlist).run(stops)


def compare(netlist, stops, **settings):
    """Largest errors of supplied energy, charge and change of conductance, each of its own scale."""
    times, states, charge, energy = exact_solution(netlist, tuple(stops))
    found = ngspice.simulate(netlist, times[-1], times, **settings)
    ours = np.concatenate([found.energy[g.name] for g in netlist.groups if isinstance(g, Drives)], axis=1)
    carried = np.concatenate([found.charge[g.name] for g in netlist.groups if isinstance(g, Drives)], axis=1)
    (group,) = netlist.devices
    variables = np.zeros((*states.shape[:2], len(group.device.variables)))
    variables[..., len(group.device.nodes) :] = states
    exact = array_kernel(group.device).outputs(variables, group.parameters)["conductance"]
    conductance = found.output(group.name, "conductance")
    change, right = conductance - conductance[0], exact - exact[0]
    return (
        float(np.abs(ours - energy).max() / np.abs(energy).max()),
        float(np.abs(carried - charge).max() / np.abs(charge).max()),
        float(np.abs(change - right).max() / np.abs(right).max()),
    )


@pytest.mark.parametrize(("amplitude", "width", "rest"), [(1.0, 1e-6, 1e-2), (0.5, 1e-2, 2.0), (1.0, 2e-4, 5.0)])
def test_a_pulse_and_its_rest_agree_with_radau(amplitude, width, rest):
    # asked: energy 3e-5, conductance 3e-4. Found 1.2e-5 at worst.
    energy, charge, conductance = compare(pulse(amplitude, width), [3 * width, rest / 10, rest])
    assert energy < 2e-5
    assert charge < 2e-5
    assert conductance < 2e-5


def test_a_rest_of_ten_million_widths_changes_no_energy():
    # 10 s after a pulse of 1 us with edges of 10 ns: the pulse's energy does not depend on what follows
    short = ngspice.simulate(pulse(1.0, 1e-6), 3e-6, [3e-6]).energy["gate"][-1, 0]
    long = ngspice.simulate(pulse(1.0, 1e-6), 10.0, [10.0]).energy["gate"][-1, 0]
    assert long == pytest.approx(short, rel=2e-6)


@pytest.mark.slow
def test_an_unequal_array_far_from_rest_agrees_with_radau():
    energy, charge, conductance = compare(array(2, np.random.default_rng(7)), [0.012, 0.1])
    assert energy < 3e-5
    assert charge < 3e-5
    assert conductance < 3e-5


def test_error_falls_with_the_tolerance_as_second_order_steps_do():
    # step ~ tolerance^(1/3), error ~ step^2
    tolerances = np.array([1e-6, 1e-7, 1e-8])
    errors = [compare(pulse(0.5, 1e-2), [0.05], tolerance=t)[2] for t in tolerances]
    slope = np.polyfit(np.log(tolerances), np.log(errors), 1)[0]
    assert slope == pytest.approx(2 / 3, abs=0.12)
