"""Short-term plasticity in a layer: what each option does, and that a pair with both gates on a spike cancels it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from circuits.errors import InputError
from crossbar.networks.runner import product, run
from crossbar.networks.stp import ShortTerm, gated, one_spike
from crossbar.synapse import Spread, wan2021_kernel

STEP = 5e-3
UNKNOWN: Any = "some"
IDEAL = wan2021_kernel.ideal()
BRIEF = replace(IDEAL, fast_decay=Spread(1e-4, 0.0, 1e-5), slow_decay=Spread(1e-4, 0.0, 1e-5))


@pytest.fixture
def network(chain):
    weight = np.array([[1.0, -2.0, 0.5], [0.25, 4.0, -1.0]])
    return chain({"fc": ("Linear", {"weight": weight})}, [3])


@pytest.fixture
def spikes():
    return np.random.default_rng(0).random((4, 30, 3)) < 0.3


def sums(network, spikes, option, seed=0, tiles=None):
    return run(network, spikes, replace=gated(network, {"fc": option}, np.random.default_rng(seed), tiles)).output


def conductance(train):
    """Eq 1-3 at the end of each step of one train, written out: G_off is what is left when a spike comes."""
    fast, slow = IDEAL.fast.mean, IDEAL.slow.mean
    found, last, offset = [], None, 0.0

    def left(since):
        half = offset / 2
        return (fast + half) * np.exp(-since / IDEAL.fast_decay.mean) + (slow + half) * np.exp(
            -since / IDEAL.slow_decay.mean
        )

    for step, fired in enumerate(train):
        if fired:
            offset = 0.0 if last is None else left((step - last) * STEP)
            last = step
        found.append(0.0 if last is None else left((step + 1 - last) * STEP))
    return np.array(found)


def test_none_is_the_static_layer(network):
    assert gated(network, {"fc": ShortTerm("none", STEP)}, np.random.default_rng(0)) == {}


def test_a_front_end_drives_the_lines_with_the_conductance_of_eq_1_to_3(network, spikes):
    found = sums(network, spikes, ShortTerm("front_end", STEP, kernel=IDEAL))
    drive = np.stack([[conductance(train) for train in sample.T] for sample in spikes]).swapaxes(1, 2)
    unit = conductance([True])[0]
    assert unit == pytest.approx(one_spike(ShortTerm("front_end", STEP, kernel=IDEAL)), rel=1e-12)
    assert found == pytest.approx(drive / unit @ network.layer("fc").dense(), rel=1e-10)


def test_a_front_end_that_forgets_within_a_step_is_the_static_layer(network, spikes):
    """exp(-5 ms / 0.1 ms) = 2e-22 of a spike is left when the next comes."""
    found = sums(network, spikes, ShortTerm("front_end", STEP, kernel=BRIEF))
    assert found == pytest.approx(run(network, spikes).output, rel=1e-12, abs=1e-12)


def test_a_pair_whose_two_gates_see_the_spike_cancels_it_to_the_last_bit(network, spikes):
    with pytest.warns(UserWarning, match="layer 'fc': both devices of a pair see the same spikes"):
        found = sums(network, spikes, ShortTerm("both", STEP, scale=1e6, kernel=IDEAL))
    assert found.tobytes() == run(network, spikes).output.tobytes()


def test_gates_of_the_plus_devices_add_the_same_to_every_output_of_like_devices(network, spikes):
    found = sums(network, spikes, ShortTerm("plus_only", STEP, scale=1e6, kernel=IDEAL))
    more = found - run(network, spikes).output
    left = np.stack([[conductance(train) for train in sample.T] for sample in spikes]).swapaxes(1, 2)
    expected = 1e6 * np.sum(spikes * left, axis=2, keepdims=True)
    assert more == pytest.approx(np.broadcast_to(expected, more.shape), rel=1e-9, abs=1e-9)


@pytest.mark.filterwarnings("ignore:layer 'fc'")
@pytest.mark.parametrize("mode", ["plus_only", "both", "front_end"])
def test_the_same_seed_draws_the_same_devices(network, spikes, mode):
    option = ShortTerm(mode, STEP, scale=1e6)
    first = sums(network, spikes, option, seed=1)
    assert np.array_equal(first, sums(network, spikes, option, seed=1))
    assert not np.array_equal(first, sums(network, spikes, option, seed=2))


def test_what_two_draws_leave_of_a_cancelled_pair_is_zero_on_average(network):
    """One line, one spike a sample, 4000 samples: the mean of differences lies within 4 of its standard errors."""
    spikes = np.zeros((4000, 1, 3), dtype=bool)
    spikes[:, :, 0] = True
    with pytest.warns(UserWarning, match="cancel"):
        found = sums(network, spikes, ShortTerm("both", STEP, scale=1e6))
    more = (found - run(network, spikes).output)[:, 0]
    assert np.all(np.abs(more.mean(axis=0)) < 4 * more.std(axis=0) / np.sqrt(len(more)))
    assert np.all(more.std(axis=0) > 0)
    assert abs(np.corrcoef(more.T)[0, 1]) < 4 / np.sqrt(len(more))


def test_tiles_stay_the_static_part(network, spikes):
    matrix = 2 * network.layer("fc").dense()
    option = ShortTerm("front_end", STEP, kernel=IDEAL)
    by_function = sums(network, spikes, option, tiles={"fc": lambda inputs: product(inputs, matrix)})
    assert np.array_equal(by_function, sums(network, spikes, option, tiles={"fc": matrix}))
    assert by_function == pytest.approx(2 * sums(network, spikes, option), rel=1e-12)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (lambda: ShortTerm(UNKNOWN, STEP), "stp = 'some': allowed is one of none, plus_only, both, front_end"),
        (lambda: ShortTerm("front_end", 0.0), "step = 0.0"),
        (lambda: ShortTerm("plus_only", STEP), "scale = 0.0: allowed is weights per siemens"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(option, said):
    with pytest.raises(InputError, match=said):
        option()


def test_a_layer_of_numbers_has_no_spikes_to_gate_with(network):
    with pytest.raises(InputError, match="allowed is spikes: 0 or 1"):
        sums(network, np.full((1, 2, 3), 0.5), ShortTerm("front_end", STEP))
