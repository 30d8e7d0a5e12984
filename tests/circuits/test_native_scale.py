"""What a pulse on one cell of an array costs the native engine in steps, factors and linear iterations."""

from __future__ import annotations

import pytest

from circuits.native.engine import Accuracy, simulate
from crossbar.bench.pulse import ACCURACY, END, RISE, pulsed

RISEN = 4.5 * RISE  # where the rise of `pulsed` ends [s]


def work(size, end=END, accuracy=ACCURACY):
    return simulate(pulsed(size), end, [end], accuracy=accuracy).work


@pytest.fixture(scope="module")
def small():
    return work(32)


def test_linear_iterations_hardly_grow_with_the_array(small):
    # Guard: 1024 x 1024 once needed hundreds an update. Sixteen times the cells, a sixth more iterations.
    large = work(128)
    assert large["newton"] == small["newton"]
    assert large["linear"] <= 1.25 * small["linear"]


def test_an_update_takes_few_linear_iterations(small):
    # Guard: nodes were solved to 1e-11 whatever the steps could see, in 2.2 iterations an update.
    assert small["linear"] <= 1.8 * small["newton"]


def test_factors_serve_for_more_than_a_step(small):
    # Guard: every stage of a switch's ramp and every step of another length factored anew, 85 times in 48 steps.
    assert small["factors"] <= 0.7 * small["steps"]


def test_a_switch_that_ramps_over_nine_decades_costs_few_factors():
    # Guard: each of five stages and of six idle steps factored anew. Two before the ramp, three for its eleven updates.
    assert work(32, RISEN)["factors"] <= 5


def test_behind_an_edge_the_step_that_serves_is_found_at_once():
    # Guard: errors fall with the step itself there, not with its fourth power; seven tries, each a third of a run.
    assert work(16, RISEN, Accuracy())["rejected"] <= 2


def test_where_nothing_moves_two_steps_reach_the_next_stop():
    assert work(8, 3 * RISE)["steps"] <= 2
