"""Laws of linear networks, on networks drawn at random: they catch what one chosen circuit hides."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from circuits.liwes import LIWES
from circuits.native.engine import operating_point, simulate
from circuits.netlist import Builder
from circuits.waveforms import constant, steps

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(2, 25)


class Network:
    """A connected random network of resistors over five decades on nodes 0 (ground) to size."""

    def __init__(self, size, seed):
        rng = np.random.default_rng(seed)
        self.size = size
        tree = [(int(rng.integers(0, k)), k) for k in range(1, size + 1)]
        more = [tuple(sorted(rng.choice(size + 1, 2, replace=False).tolist())) for _ in range(size)]
        self.pairs = np.array(tree + more)
        self.resistance = 10.0 ** rng.uniform(0, 5, len(self.pairs))
        self.conductance = np.zeros((size + 1, size + 1))
        for (a, b), r in zip(self.pairs, self.resistance, strict=True):
            self.conductance[[a, b, a, b], [a, b, b, a]] += np.array([1, 1, -1, -1]) / r

    def solve(self, currents):
        """Potentials of nodes 1.. by the engine, with currents [A] driven into them."""
        b = Builder("network")
        names = ["ground", *(f"n{k}" for k in range(1, self.size + 1))]
        b.resistors("r", [names[a] for a, _ in self.pairs], [names[b] for _, b in self.pairs], self.resistance)
        waves = [constant(float(i)) for i in currents]
        b.currents("i", ["ground"] * self.size, names[1:], waves, range(self.size))
        found = operating_point(b.build())
        return np.array([found.potential(name)[0] for name in names[1:]])


@given(SIZES, SEEDS)
def test_potentials_are_those_of_dense_elimination(size, seed):
    # The condition number is at most 1e7 or so here: 1e-16 of it is left.
    network = Network(size, seed)
    currents = np.random.default_rng(seed + 1).standard_normal(size) * 1e-3
    expected = np.linalg.solve(network.conductance[1:, 1:], currents)
    assert np.abs(network.solve(currents) - expected).max() <= 1e-9 * np.abs(expected).max()


@given(SIZES, SEEDS)
def test_superposition_and_reciprocity(size, seed):
    network, rng = Network(size, seed), np.random.default_rng(seed + 2)
    one, two = rng.standard_normal((2, size)) * 1e-3
    together = network.solve(one + 2.0 * two)
    apart = network.solve(one) + 2.0 * network.solve(two)
    assert np.abs(together - apart).max() <= 1e-10 * max(np.abs(together).max(), np.abs(apart).max())
    k, m = rng.choice(size, 2, replace=False)
    unit = np.eye(size)
    there, back = network.solve(unit[k])[m], network.solve(unit[m])[k]
    assert abs(there - back) <= 1e-10 * np.abs(network.solve(unit[k])).max()


# Guard: what Newton's method left in the nodes followed the tolerance, and 2.5e-12 of this charge was lost.
@settings(max_examples=25)
@example(amplitudes=[1.0], widths=[1e-6] * 4, gap=1e-5, seed=0)
@given(
    amplitudes=st.lists(st.floats(-2, 2), min_size=1, max_size=4),
    widths=st.lists(st.sampled_from([1e-6, 2e-4, 1e-2]), min_size=4, max_size=4),
    gap=st.sampled_from([1e-5, 1e-3, 0.1]),
    seed=SEEDS,
)
def test_any_pulses_on_any_spread_of_cells_keep_charge_and_energy(amplitudes, widths, gap, seed):
    rng, clock, plateaus = np.random.default_rng(seed), 1e-5, []
    for amplitude, width in zip(amplitudes, widths, strict=False):
        plateaus.append((clock, clock + width, amplitude))
        clock += width + gap
    b, count = Builder("cells"), 3
    names = range(count)
    b.drives("gates", [f"g{k}" for k in names], [steps(0.0, plateaus, 1e-7), constant(0.0)], [0, 1, 1])
    b.drives("lines", ["s", "d"], [constant(0.0), constant(float(rng.uniform(-0.1, 0.1)))], [0, 1])
    b.resistors("ionic", ["e0", "e1"], ["e1", "e2"], 10.0 ** rng.uniform(4, 9, 2))
    spread = {
        "exchange_current": 0.5 * rng.lognormal(0, 0.2, count),
        "film_resistance": 0.06 * rng.lognormal(0, 0.2, count),
    }
    start = rng.uniform(-0.05, 0.05, (count, len(LIWES.states)))
    b.devices("cells", LIWES, [[f"{n}{k}" if n in "ge" else n for k in names] for n in "gsde"], spread, start)
    solution = simulate(b.build(), clock + gap)
    everything = sum(values.sum(axis=1) for values in solution.charge.values())
    through = max(np.abs(values).max() for values in solution.charge.values())
    assert np.abs(everything).max() <= 1e-12 * through
    assert solution.balance() <= 1e-6


@settings(max_examples=10)
@given(SEEDS)
def test_the_order_in_which_a_netlist_is_written_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    spread = 0.5 * rng.lognormal(0, 0.3, 4)
    end, gate = 2e-3, steps(0.0, [(1e-4, 1e-3, 0.8)], 1e-6)

    def run(order, *, ionic_first):
        b = Builder("row")

        def ionic():
            b.resistors("ionic", ["e0", "e1", "e2"], ["e1", "e2", "e3"], 1e6)

        if ionic_first:
            ionic()
        b.drives("gates", ["g0", "g1", "g2", "g3"], [gate, constant(0.0)], [0, 1, 1, 1])
        b.drives("lines", ["d", "s"] if ionic_first else ["s", "d"], [constant(0.0)])
        terminals = [[f"{n}{k}" if n in "ge" else n for k in order] for n in "gsde"]
        b.devices("cells", LIWES, terminals, {"exchange_current": spread[order]})
        if not ionic_first:
            ionic()
        return simulate(b.build(), end, [end]).states("cells")[-1]

    plain, order = run(np.arange(4), ionic_first=False), rng.permutation(4)
    shuffled = run(order, ionic_first=True)
    # Another order of elimination rounds otherwise, and may move a step by as little.
    assert np.abs(shuffled - plain[order]).max() <= 1e-9 * np.abs(plain).max()
