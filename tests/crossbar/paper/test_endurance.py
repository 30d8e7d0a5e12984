"""A hundred thousand pulses by their fixed point: the same as pulse by pulse where that can be afforded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from circuits.errors import OutcomeError
from crossbar.array import Layout
from crossbar.operations.run import Settings
from crossbar.paper.bench import measure
from crossbar.paper.catalogue import named
from crossbar.paper.endurance import endurance
from crossbar.paper.experiments import Endurance
from crossbar.paper.protocol import train

pytestmark = pytest.mark.slow


def quiet(*_news):
    """Listen to nothing."""


def small(**changes):
    """Ten pulses a cycle, wide ones, so that a cycle forgets a third of where it began."""
    experiment = named("S2")
    assert isinstance(experiment, Endurance)
    cycle = train(0.3, 0.5, 0.52, (5, 5))
    return replace(experiment, cycle=cycle, cycles=70, first=12, **changes)


def test_the_last_cycle_is_that_of_a_run_that_leaves_nothing_out():
    experiment = small()
    found = endurance(experiment, "native", quiet)
    assert 0 < found.number("factor") < 0.95
    layout, states = Layout(1, 1), Layout(1, 1).rest().devices[0]
    settings = Settings(accuracy=experiment.accuracy)
    for _ in range(experiment.cycles):
        record = measure(experiment.cycle, layout, states, settings, quiet)
        states = record.states[-1]
    last = record.outputs["conductance"][:, 0]
    # Both repeat their cycle to within `off`; the conductance moves by some 2e-3 S a unit of x, and nothing else moves.
    assert found.number("off") <= experiment.settled
    assert np.abs(found["conductance"][-1] - last).max() < 1e-7 * np.ptp(last)


def test_what_was_solved_is_said():
    found = endurance(small(), "native", quiet)
    assert found.number("pulses") == 700
    assert 120 < found.number("solved") <= 12 * 10 + 24 * 10
    assert found["cycle"].tolist() == [*range(1, 13), 70]
    assert found["conductance"].shape == (13, 11)


def test_a_cycle_that_cannot_settle_is_an_outcome():
    with pytest.raises(OutcomeError, match="No cycle that repeats itself"):
        endurance(small(settled=1e-30), "native", quiet)
