"""Closed-loop writing."""

from __future__ import annotations

import numpy as np
import pytest

import crossbar as xb

LOW, HIGH = 50e-6, 150e-6


@pytest.fixture(scope="module")
def spread_array():
    array = xb.Array(2, 3, lines=xb.Lines(gate_along="column"))
    return array.varied(xb.device_to_device(array, np.random.default_rng(5)))


def write(array, targets, tolerance, **recipe):
    state = array.rest(0.2)
    rng = np.random.default_rng(7)
    return array.write_verify(state, targets, tolerance=tolerance, rng=rng, recipe=xb.Recipe(**recipe))


def test_every_target_is_met_despite_spread(spread_array):
    targets = np.random.default_rng(6).choice(xb.levels(LOW, HIGH, 1024), spread_array.shape)
    written = write(spread_array, targets, 0.3e-6, cycle_to_cycle=0.03)
    assert np.abs(written.conductance - targets).max() <= 0.3e-6
    assert written.error == np.abs(written.conductance - targets).max()
    assert written.rounds <= 5
    assert written.pulses.max() <= written.rounds
    assert written.energy.balance <= 1e-6
    assert written.latency > 4 * written.rounds


def test_it_converges_in_a_few_pulses(spread_array):
    """A pulse's change is linear in its width: the second pulse corrects what the first taught."""
    written = write(spread_array, np.full(spread_array.shape, 100e-6), 0.5e-6)
    assert written.rounds <= 3


def test_cells_without_a_target_are_left_alone(spread_array):
    targets = np.full(spread_array.shape, np.nan)
    targets[0, 0] = 100e-6
    written = write(spread_array, targets, 0.5e-6)
    assert (written.pulses > 0).sum() == 1
    assert 0 < written.disturb < 0.05 * 100e-6


def test_both_directions_work(spread_array):
    targets = np.where(np.arange(6).reshape(2, 3) % 2, 40e-6, 60e-6)
    assert write(spread_array, targets, 0.3e-6).error <= 0.3e-6


def test_the_same_seed_gives_the_same_array(spread_array):
    targets = np.full(spread_array.shape, 80e-6)
    one, other = (write(spread_array, targets, 0.5e-6, cycle_to_cycle=0.03) for _ in range(2))
    assert np.array_equal(one.state.devices, other.state.devices)


def test_a_tolerance_below_the_noise_ends_with_advice(spread_array):
    with pytest.raises(
        xb.OutcomeError, match=r"After 2 rounds .*Try: a larger tolerance, less recipe.read_noise, Access"
    ):
        write(spread_array, np.full(spread_array.shape, 80e-6), 1e-9, rounds=2, read_noise=0.11e-6)


@pytest.mark.parametrize("target", [1e-9, 1.0, np.inf])
def test_a_target_no_film_reaches_is_refused(spread_array, target):
    with pytest.raises(xb.InputError, match="targets"):
        write(spread_array, np.full(spread_array.shape, target), 0.5e-6)


def test_targets_of_another_shape_and_bad_tolerances_are_refused(spread_array):
    with pytest.raises(xb.InputError, match=r"targets = \(2, 2\): allowed is shape \(2, 3\)"):
        write(spread_array, np.full((2, 2), 80e-6), 0.5e-6)
    with pytest.raises(xb.InputError, match="tolerance"):
        write(spread_array, np.full(spread_array.shape, 80e-6), 0.0)
    with pytest.raises(xb.InputError, match="levels"):
        xb.levels(1e-3, 1e-4)


def test_a_wide_range_needs_channels_that_let_go():
    """Guard: unequal cells at 1e8 ohm discharge each other while they settle; with channel switches they do not."""
    targets = np.random.default_rng(7).choice(xb.levels(0.6e-3, 1.2e-3, 64), (3, 3))
    array = xb.Array(3, 3, access=xb.Access(channel=(xb.Switch(),)))
    written = array.write_verify(array.rest(), targets, tolerance=2e-6, rng=np.random.default_rng(1))
    assert written.error <= 2e-6


def test_short_term_that_fades_is_no_disturb():
    """Guard: a cell written just before, without a target now, was counted as disturbed by what faded."""
    array = xb.Array(2, 2)
    before = array.program(array.rest(), {(0, 0): xb.Pulse(0.5, 10e-3)})
    targets = np.full((2, 2), np.nan)
    targets[1, 1] = 1.02e-3
    written = array.write_verify(before.state, targets, tolerance=1e-6, rng=np.random.default_rng(1))
    assert written.disturb < 0.3 * before.change[0, 0]


@pytest.mark.parametrize(
    "recipe",
    [
        {"amplitude": 0.0},
        {"amplitude": -1.0},
        {"settle": 0.0},
        {"shortest": 0.0},
        {"shortest": 9.0},
        {"rounds": 0},
        {"read_noise": -1.0},
    ],
)
def test_an_impossible_recipe_is_refused(recipe):
    with pytest.raises(xb.InputError, match=r"recipe|amplitude"):
        xb.Recipe(**recipe)
