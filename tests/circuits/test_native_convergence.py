"""Steps are of fourth order where every edge is a stop, of first where one is not; and they agree with Radau."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from circuits.liwes import LIWES
from circuits.native.engine import Accuracy, simulate
from circuits.netlist import Builder
from circuits.waveforms import Waveform, constant, steps
from circuits.writers.kernel import array_kernel

END = 12e-3
RAMPS = steps(0.0, [(2e-3, 8e-3, 0.5)], 1e-3)
# The rising edge is a third of the way, so a grid of a power of two misses it by a third of a step, always.
JUMPS = steps(0.0, [(END / 3, 3 * END / 4, 0.5)], 1e-6)


class Missed(Waveform):
    """JUMPS with its rising edge kept from the engine: the values are right, the times are not all there."""

    def __call__(self, time):
        return JUMPS(time)


MISSED = Missed(JUMPS.times[2:], JUMPS.values[2:])


def cell(gate):
    b = Builder("cell")
    b.drives("gate", "g", [gate])
    b.drives("lines", ["s", "d"], [constant(0.0)])
    b.devices("cells", LIWES, ["g", "s", "d", "e"])
    return b.build()


def last(gate, divisions, *, steps_each):
    """States at the end, and energy, on a uniform grid of stops with as many equal steps between any two."""
    grid = np.linspace(0.0, END, divisions + 1)
    # The finest steps err by 1e-11 of a state: what nodes are left with is to be less.
    solution = simulate(cell(gate), END, grid, accuracy=Accuracy(steps=steps_each, newton=1e-12))
    return np.append(solution.states("cells")[-1, 0], solution.supplied)


def orders(gate, exact, grids):
    """Slope of log error over log step, for the largest of the states and for each quantity by itself.

    grids: pairs of divisions of the run and equal steps between any two stops
    """
    errors = np.array([np.abs(last(gate, n, steps_each=each) / exact - 1) for n, each in grids])
    logs = -np.log([n * each for n, each in grids])
    largest = np.polyfit(logs, np.log(errors[:, :-1].max(axis=1)), 1)[0]
    return largest, np.polyfit(logs, np.log(errors), 1)[0]


@pytest.fixture(scope="module")
def exact():
    """Both waveforms on a grid so fine that its error is below a hundredth of the finest measured."""
    return {wave: last(wave, 256, steps_each=64) for wave in (RAMPS, JUMPS)}


GRIDS = [(n, 1) for n in (64, 128, 256)]  # finer ones reach rounding
WITHIN = [(32, n) for n in (4, 8, 16, 32)]  # the jump of 1 us is an interval of its own, and divided like the others


def test_errors_fall_with_the_fourth_power_of_the_step_in_every_state_and_in_the_energy(exact):
    largest, each = orders(RAMPS, exact[RAMPS], GRIDS)
    assert largest == pytest.approx(4.0, abs=0.1)
    # The energy is a difference of large numbers while steps are coarse: it gets there from below.
    np.testing.assert_allclose(each[:-1], 4.0, atol=0.1)
    assert each[-1] > 3.0


def test_jumps_on_the_grid_leave_second_order_at_least(exact):
    # Behind a jump steps far longer than the fastest branch's 5 us see its stiffness: order 4 falls towards the
    # stages' own order of 2, as for every method of this kind, and no further.
    assert orders(JUMPS, exact[JUMPS], WITHIN)[0] > 1.9


def test_one_edge_off_the_grid_costs_all_but_one_order(exact):
    # What the theorems above are worth: the same waveform, one edge not among the stops, and the order is 1.
    assert not set(JUMPS.times[:2]) & set(MISSED.times)
    assert orders(MISSED, exact[JUMPS], GRIDS)[0] == pytest.approx(1.0, abs=0.1)


@dataclass
class Reduced:
    """One device as an ordinary differential equation of its states; free potentials are solved for inside."""

    gate: Waveform

    def __post_init__(self):
        self.kernel, self.values = array_kernel(LIWES), LIWES.values({})
        self.capacities = self.kernel.capacities(self.values)
        names = [v.name for v in LIWES.variables]
        self.gate_node = names.index("gate")
        self.free = [names.index(n) for n in ("electrolyte", "gate_contact", "gate_film", "channel_film")]
        self.first = len(LIWES.nodes)
        self.guess = np.zeros(len(self.free))

    def solved(self, t, states):
        """All variables, flows and the Jacobian where the free nodes' currents cancel."""
        z = np.concatenate([np.zeros(self.first), states])
        z[self.gate_node] = self.gate(t)
        z[self.free] = self.guess
        rows, columns = np.array(self.kernel.program.pattern).T
        jacobian = np.zeros((len(z), len(z)))
        for iteration in range(30):
            if iteration % 3 == 0:
                jacobian[rows, columns] = self.kernel.slopes(z, self.values)
            flows = self.kernel.flows(z, self.values)
            change = np.linalg.solve(jacobian[np.ix_(self.free, self.free)], -flows[self.free])
            z[self.free] += change
            if np.abs(change).max() < 1e-12:
                break
        self.guess = z[self.free]
        return flows, jacobian

    def rate(self, t, states):
        return self.solved(t, states)[0][self.first :] / self.capacities

    def slope(self, t, states):
        _, jacobian = self.solved(t, states)
        own = slice(self.first, None)
        inner = np.linalg.solve(jacobian[np.ix_(self.free, self.free)], jacobian[self.free, own])
        return (jacobian[own, own] - jacobian[own, :][:, self.free] @ inner) / self.capacities[:, None]

    def run(self, samples):
        """States at the samples, shape (time, states), from rest, restarted at every edge."""
        stops = np.unique([0.0, *self.gate.times, *samples])
        state, found = np.zeros(len(self.capacities)), {0.0: np.zeros(len(self.capacities))}
        for start, end in pairwise(stops):
            done = solve_ivp(
                self.rate,
                (start, end),
                state,
                "Radau",
                rtol=1e-6,
                atol=1e-9,
                jac=self.slope,
                first_step=(end - start) / 1e4,
            )
            assert done.success
            state = found[end] = done.y[:, -1]
        return np.array([found[t] for t in samples])


@pytest.mark.slow
@pytest.mark.parametrize(("amplitude", "width"), [(0.5, 10e-3), (-1.0, 200e-6)])
def test_waveforms_agree_with_scipys_radau(amplitude, width):
    # 1e-5 of the largest value each state takes: ten steps' worth of the default tolerance.
    gate = steps(0.0, [(width, 2 * width, amplitude)], width / 100)
    samples = width * np.array([1.9, 2.5, 20.0])
    expected = Reduced(gate).run(samples)
    solution = simulate(cell(gate), float(samples[-1]), samples)
    seen = solution.states("cells")[1:, 0]
    assert (np.abs(seen - expected).max(axis=0) <= 1e-5 * np.abs(expected).max(axis=0)).all()
