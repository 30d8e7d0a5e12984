"""Trains, the membrane over many of them, separability, and the paper's benchmark."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from circuits.errors import InputError
from crossbar.spiking import membrane, poisson_trains, separability, trains_from_raster
from crossbar.synapse import PAPER_WEIGHTS, Impulse, Synapse, wan2021_kernel
from crossbar.workloads.separation import separation

IDEAL = wan2021_kernel.ideal()


def rng(seed=3):
    return np.random.default_rng(seed)


def test_poisson_trains_are_poisson():
    trains = poisson_trains(10.0, 0.5, 40_000, rng())
    numbers = np.isfinite(trains).sum(axis=1)
    # Mean and variance 5; standard errors 0.011 and 0.037; 5 of them.
    assert numbers.mean() == pytest.approx(5.0, abs=0.056)
    assert numbers.var() == pytest.approx(5.0, abs=0.19)
    times = trains[np.isfinite(trains)]
    assert times.min() >= 0
    assert times.max() < 0.5
    assert times.mean() == pytest.approx(0.25, abs=5 * 0.5 / np.sqrt(12 * len(times)))
    assert np.array_equal(np.sort(trains, axis=1), trains)


def test_the_seed_is_the_whole_of_chance():
    assert np.array_equal(poisson_trains(10.0, 1.0, 5, rng(1)), poisson_trains(10.0, 1.0, 5, rng(1)))


@given(arrays(bool, st.tuples(st.integers(1, 5), st.integers(1, 40))))
def test_a_raster_comes_back_from_its_trains(raster):
    trains = trains_from_raster(raster, 2.0)
    again = np.zeros_like(raster)
    train, place = np.nonzero(np.isfinite(trains))
    again[train, (trains[train, place] / 2.0).astype(int)] = True
    assert np.array_equal(again, raster)
    finite = np.where(np.isfinite(trains), trains, 1e9)
    assert np.all(np.diff(finite, axis=1) >= 0)


@given(seed=st.integers(0, 1000), tau=st.floats(1e-3, 1.0))
def test_more_reads_do_not_disturb_a_membrane(seed, tau):
    trains = poisson_trains(20.0, 0.5, 4, rng(seed))
    few = membrane(IDEAL, trains, [0.2, 0.5], tau, rng())
    many = membrane(IDEAL, trains, [0.1, 0.2, 0.3, 0.4, 0.5], tau, rng())
    assert many[:, [1, 4]] == pytest.approx(few, rel=1e-9, abs=1e-20)


def test_a_train_does_not_know_its_neighbours():
    trains = poisson_trains(20.0, 0.5, 6, rng())
    together = membrane(IDEAL, trains, [0.3], 0.05, rng())
    alone = np.concatenate([membrane(IDEAL, row[None], [0.3], 0.05, rng()) for row in trains])
    assert together == pytest.approx(alone, rel=1e-12)


def test_silence_leaves_an_ideal_membrane_at_rest():
    assert np.array_equal(membrane(IDEAL, np.empty((3, 0)), [0.1, 0.2], 0.1, rng()), np.zeros((3, 2)))


def test_separability_of_points_on_a_line():
    # Between: |0-3|, |0-5|, |2-3|, |2-5|, mean 3. Within, points with themselves included: 0, 2, 2, 0, mean 1.
    assert separability(np.array([[0.0, 2.0], [3.0, 5.0]])) == pytest.approx(2.0)


PUBLISHED = [
    (10e-3, "static", 3.8e-4),
    (10e-3, "stp", 4.9e-2),
    (10e-3, "ideal", 8.6e-2),
    (100e-3, "static", 8.4e-2),
    (100e-3, "stp", 1.2e-1),
    (100e-3, "ideal", 1.4e-1),
]


@pytest.mark.parametrize(("tau", "kind", "published"), PUBLISHED)
def test_published_separability_is_a_likely_single_run(tau, kind, published):
    """Fig 6f and 6g, in uS: each published figure lies in the middle 95 % of 200 runs of its own."""
    kinds: dict[str, Synapse] = {"static": Impulse(PAPER_WEIGHTS[tau]), "stp": wan2021_kernel, "ideal": IDEAL}
    runs = [1e6 * separation(kinds[kind], tau, rng(seed)) for seed in range(200)]
    low, high = np.quantile(runs, [0.025, 0.975])
    assert low < published < high


def test_published_ratios_are_likely_ones():
    """Fig 6f and 6g: 128 and 226 at 10 ms, 1.4 and 1.7 at 100 ms, over 100 pairs of independent runs."""
    for tau, stp, ideal in ((10e-3, 128, 226), (100e-3, 1.4, 1.7)):
        base = np.array([separation(Impulse(PAPER_WEIGHTS[tau]), tau, rng(seed)) for seed in range(100)])
        for synapse, published in ((wan2021_kernel, stp), (IDEAL, ideal)):
            ratios = np.array([separation(synapse, tau, rng(seed + 1000)) for seed in range(100)]) / base
            low, high = np.quantile(ratios, [0.025, 0.975])
            assert low < published < high


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: poisson_trains(-1.0, 0.5, 2, rng()), "rate"),
        (lambda: poisson_trains(float("nan"), 0.5, 2, rng()), "rate"),
        (lambda: poisson_trains(10.0, 0.0, 2, rng()), "duration"),
        (lambda: trains_from_raster(np.ones((1, 2), dtype=bool), 0.0), "step"),
        (lambda: membrane(IDEAL, np.zeros((1, 1)), [0.2, 0.1], 0.1, rng()), "reads"),
        (lambda: membrane(IDEAL, np.zeros((1, 1)), [], 0.1, rng()), "reads"),
        (lambda: membrane(IDEAL, np.zeros((1, 1)), [float("nan")], 0.1, rng()), "reads"),
        (lambda: membrane(IDEAL, np.full((1, 1), -0.1), [0.1], 0.1, rng()), "trains"),
        (lambda: membrane(IDEAL, np.full((1, 1), np.nan), [0.1], 0.1, rng()), "trains"),
        (lambda: membrane(IDEAL, np.zeros((1, 1)), [0.1], -0.1, rng()), "tau"),
        (lambda: separability(np.zeros((1, 3))), "values"),
    ],
)
def test_refused_arguments(call, field):
    with pytest.raises(InputError, match=f"^{field} = "):
        call()
