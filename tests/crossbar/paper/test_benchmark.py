"""Figure 6: medians, intervals and the circuit-level device, each against something worked out another way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from crossbar.paper.benchmark import IDEAL, SYNAPSES, benchmark, chance, synapses
from crossbar.paper.catalogue import named
from crossbar.paper.claims_network import PUBLISHED, boost, runs
from crossbar.paper.experiments import Benchmark, CircuitBenchmark
from crossbar.paper.protocol import START
from crossbar.paper.spikes import _membrane, circuit_benchmark, plateaus, refined, superposed
from crossbar.spiking import membrane
from crossbar.synapse import PAPER_WEIGHTS, wan2021_kernel

MICRO = 1e6
MEDIANS = {
    "6f": {"NO-STP": 3.0e-4, "LiWES": 4.45e-2, "IDEAL": 8.54e-2},
    "6g": {"NO-STP": 7.4e-2, "LiWES": 1.00e-1, "IDEAL": 1.41e-1},
}
"""[uS], from 200 runs made apart from this project's code; the median of 200 runs scatters by 1 to 3.4 %."""


def quiet(_share, _words):
    """Listen to nothing."""


@pytest.fixture(scope="module")
def found():
    return {name: benchmark(_without_sweep(name), 0, quiet) for name in MEDIANS}


def _without_sweep(name):
    experiment = named(name)
    assert isinstance(experiment, Benchmark)
    assert experiment.runs >= 200
    return replace(experiment, sweep_runs=1)


@pytest.mark.parametrize("figure", MEDIANS)
@pytest.mark.parametrize("synapse", ["NO-STP", "LiWES", "IDEAL"])
def test_medians_are_those_of_the_reference_and_the_paper_is_a_likely_run(found, figure, synapse):
    values = runs(found[figure], synapse) * MICRO
    assert np.median(values) == pytest.approx(MEDIANS[figure][synapse], rel=0.03)
    low, high = np.quantile(values, [0.025, 0.975])
    assert low < PUBLISHED[figure].separabilities[synapse] < high


@pytest.mark.parametrize("figure", MEDIANS)
def test_the_papers_ratios_are_likely_ones(found, figure):
    for synapse, published in zip(("LiWES", "IDEAL"), PUBLISHED[figure].boosts, strict=True):
        seen = boost(found[figure], synapse)
        assert seen.low < published < seen.high


def test_a_matched_weight_scales_the_static_synapse(found):
    """V is proportional to k, so is separability."""
    for figure, tau in (("6f", 10e-3), ("6g", 100e-3)):
        ratio = found[figure].number("matched_weight") / PAPER_WEIGHTS[tau]
        assert runs(found[figure], "NO-STP, k matched") == pytest.approx(
            ratio * runs(found[figure], "NO-STP"), rel=1e-9
        )
        assert found[figure].number("matched_weight") * 1e9 == pytest.approx(
            {10e-3: 4.48, 100e-3: 16.59}[tau], rel=1e-3
        )


def test_runs_are_repeated_by_their_seed_and_differ_between_seeds():
    small = replace(_without_sweep("6f"), runs=3)
    one, same, other = (benchmark(small, seed, quiet)["separability"] for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.any(one == other)
    assert tuple(synapses(10e-3)) == SYNAPSES
    assert len({chance(0, stream, 0).random() for stream in ("trains", "LiWES", "circuit", "example")}) == 4


def test_the_boost_grows_as_the_membrane_is_read_later():
    """Static: exp(-t/tau) of the last spikes; with plasticity the decays of Table 1. So 128x is one point of a line."""
    swept = benchmark(replace(_without_sweep("6f"), runs=4, sweep_runs=4), 0, quiet)["swept"]
    ratio = np.median(swept[SYNAPSES.index("IDEAL")] / swept[0], axis=0)
    assert (np.diff(ratio) > 0).all()
    assert ratio[-1] / ratio[0] > 1e5


def test_a_membrane_over_straight_lines_is_exact():
    times, values = np.array([0.0, 0.1, 0.25, 0.6]), np.array([0.0, 2.0, -1.0, 0.5])
    tau, reads = 0.07, np.array([0.2, 0.5, 0.6])

    def integrand(s, read):
        return float(np.interp(s, times, values)) * np.exp(-(read - s) / tau) / tau

    for read, seen in zip(reads, _membrane(times, values, tau, reads), strict=True):
        expected = quad(integrand, 0, read, args=(read,), points=[0.1, 0.25], epsabs=1e-13)[0]
        assert seen == pytest.approx(expected, abs=1e-10)


def test_between_steps_a_curve_is_followed_and_its_corners_are_kept():
    """Straight lines between the steps of a fourth-order solver were wrong by 2e-3 of a separability."""
    corner = 0.3

    def curve(t):
        rise = 1 - np.exp(-np.minimum(t, corner) / 0.1)
        return np.where(t < corner, rise, rise * np.exp(-(t - corner) / 0.2))

    steps = np.concatenate([np.linspace(0, corner, 12)[:-1], corner + np.linspace(0, 1.0, 14)])
    time, found = refined(steps, curve(steps), np.array([corner]))
    assert (time[0], time[-1]) == (steps[0], steps[-1])
    assert (np.diff(time) > 0).all()
    middle = (steps[1:] + steps[:-1]) / 2
    straight = np.abs(np.interp(middle, steps, curve(steps)) - curve(middle)).max()
    assert np.abs(np.interp(middle, time, found) - curve(middle)).max() < 0.2 * straight
    assert np.interp(steps, time, found) == pytest.approx(curve(steps), abs=1e-15)


def test_spikes_that_would_touch_become_one_pulse():
    w = 200e-6
    pulses = plateaus(np.array([0.0, 0.1, 0.1 + w / 2, 0.2]), 1.0, w)
    assert [a for a, _, _ in pulses] == pytest.approx([START, 0.1, 0.2])
    assert [b for _, b, _ in pulses] == pytest.approx([START + w, 0.1 + 1.5 * w, 0.2 + w])


def test_one_spike_adds_up_to_itself():
    """With nothing before it, the sum over spikes is Eq 1-3; with two it is more, as nothing of the first is lost."""
    rng, tau, read = np.random.default_rng(0), 10e-3, 0.2
    for spikes in (np.array([0.15]), np.array([0.1, 0.15])):
        by_rule = membrane(IDEAL, spikes[None], [read], tau, rng)[0, 0]
        summed = superposed(spikes, read, tau)
        if len(spikes) == 1:
            assert summed == pytest.approx(by_rule, rel=1e-12)
        else:
            assert summed > by_rule * 1.01


@pytest.mark.slow
def test_the_circuit_separates_more_than_the_rule_and_its_steps_are_fine_enough():
    experiment = named("6-circuit")
    assert isinstance(experiment, CircuitBenchmark)
    task = replace(experiment.task, classes=12)
    small = replace(experiment, runs=1, task=task)
    coarse = circuit_benchmark(small, 0, quiet)
    tight = replace(experiment.accuracy, tolerance=1e-6)
    fine = circuit_benchmark(replace(small, accuracy=tight), 0, quiet)
    assert coarse["circuit"] == pytest.approx(fine["circuit"], rel=1e-3)
    assert (coarse["circuit"] > 2 * coarse["ideal"]).all()
    assert (coarse["circuit"] > coarse["superposed"]).all()
    # eta takes a little: it parts presentations of the same train as well.
    assert (np.abs(coarse["noisy"] / coarse["circuit"] - 1) < 0.1).all()


def test_the_spread_of_table_1_is_what_separates_liwes_from_ideal(found):
    for figure in MEDIANS:
        assert np.median(runs(found[figure], "LiWES")) < np.median(runs(found[figure], "IDEAL"))
    assert wan2021_kernel.noise > 0 == IDEAL.noise
