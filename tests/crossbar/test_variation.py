"""Spread, seeded."""

from __future__ import annotations

import numpy as np
import pytest

import crossbar as xb


def test_device_to_device_spread_is_that_of_a_pulse():
    """Figure S3b: 6.5 % spread of the change per pulse, from a lognormal of the same size on the kinetics."""
    array = xb.Array(6, 6, electrolyte=xb.Electrolyte(neighbour=1e12))
    array = array.varied(xb.device_to_device(array, np.random.default_rng(11)))
    run = array.program(array.rest(), {(r, c): xb.Pulse(0.5, 0.1) for r in range(6) for c in range(6)})
    moved = array.lithium(run.state) - 0.4
    drawn = array.parameters["exchange_current"]
    assert moved.std() / moved.mean() == pytest.approx(drawn.std() / drawn.mean(), rel=0.1)
    assert drawn.std() / drawn.mean() == pytest.approx(0.065, rel=0.35)  # 36 draws


def test_the_mean_and_spread_are_those_asked_for():
    array = xb.Array(100, 100)
    drawn = xb.device_to_device(array, np.random.default_rng(1), 0.2)["exchange_current"] / 0.5
    assert np.log(drawn).mean() == pytest.approx(0.0, abs=0.01)
    assert drawn.std() / drawn.mean() == pytest.approx(0.2, rel=0.03)
    pulses = [xb.cycle_to_cycle(np.random.default_rng(k), 0.03) for k in range(2000)]
    assert np.std(pulses) == pytest.approx(0.03, rel=0.1)


def test_the_same_seed_draws_the_same():
    array = xb.Array(2, 2)
    one, other = (xb.device_to_device(array, np.random.default_rng(3)) for _ in range(2))
    assert all(np.array_equal(one[k], other[k]) for k in one)


@pytest.mark.parametrize("spread", [-0.1, 1.0, np.nan])
def test_an_impossible_spread_is_refused(spread):
    with pytest.raises(xb.InputError, match="device_to_device"):
        xb.device_to_device(xb.Array(1, 1), np.random.default_rng(0), spread)
