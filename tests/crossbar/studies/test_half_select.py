"""Half-selected cells: what they take, and how often until it shows."""

from __future__ import annotations

import math

import numpy as np
import pytest

import crossbar as xb

ALONE = xb.Array(1, 1)
PULSE = xb.Pulse(0.5, 10e-3)


def test_a_half_selected_gate_takes_nearly_half():
    """V/2 receives 0.45 of a full pulse's lithium, V/4 0.21 (device.md section 6)."""
    found = xb.studies.half_select(ALONE, ALONE.rest(), (0, 0), PULSE, shares=(1 / 2, 1 / 4), most=0)
    np.testing.assert_allclose(found.received, [0.45, 0.21], atol=0.005)
    assert found.full == pytest.approx(1.489e-4, rel=1e-3)
    assert (found.pulses == math.inf).all()


@pytest.mark.parametrize("amplitude", [0.5, -0.5, 2.0])
def test_lithium_rises_with_the_share_and_a_full_pulse_is_a_full_pulse(amplitude):
    shares = (0.05, 0.25, 0.5, 0.75, 1.0)
    pulse = xb.Pulse(amplitude, 1e-3)
    found = xb.studies.half_select(ALONE, ALONE.rest(), (0, 0), pulse, shares=shares, most=0)
    assert np.all(np.diff(found.received) > 0)
    assert found.received[-1] == 1.0
    assert np.all(found.received <= np.array(shares) + 1e-12)  # sinh kinetics: less than in proportion
    assert np.sign(found.full) == np.sign(amplitude)


def test_pulses_are_counted_as_one_by_one():
    """The count from trains is where a loop of single pulses and waits gets to."""
    array = xb.Array(2, 2, electrolyte=xb.Electrolyte(1e9))
    found = xb.studies.half_select(array, array.rest(), (0, 1), PULSE, shares=(1.0,), disturb=0.008)
    state, before, count = array.rest(), array.conductance(array.rest(), "long_term")[0, 1], 0
    while abs(array.conductance(state, "long_term")[0, 1] / before - 1) < 0.008:
        if count:
            state = array.hold(state, PULSE.interval, channels="ground").state
        state = array.program(state, {(0, 1): PULSE}).state
        count += 1
    assert found.pulses[0] == pytest.approx(count, abs=1)
    assert count > 3


def test_weaker_pulses_take_longer_to_disturb():
    found = xb.studies.half_select(ALONE, ALONE.rest(), (0, 0), PULSE, shares=(1.0, 0.5, 0.25), disturb=0.005)
    assert np.all(np.diff(found.pulses) > 0)
    assert found.pulses[0] * found.received[0] == pytest.approx(found.pulses[1] * found.received[1], rel=0.35)


def test_when_the_pulses_are_not_enough_the_answer_is_that_none_were():
    found = xb.studies.half_select(ALONE, ALONE.rest(), (0, 0), PULSE, shares=(0.5,), most=5)
    assert found.pulses[0] == math.inf
    assert found.most == 5


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shares": ()}, "shares"),
        ({"shares": (0.0,)}, "shares"),
        ({"shares": (2.0,)}, "shares"),
        ({"disturb": 0.0}, "disturb"),
        ({"disturb": float("nan")}, "disturb"),
        ({"most": -1}, "most"),
        ({"most": 1.5}, "most"),
        ({"most": float("inf")}, "most"),
    ],
)
def test_what_cannot_be_asked(changes, field):
    with pytest.raises(xb.InputError) as caught:
        xb.studies.half_select(ALONE, ALONE.rest(), (0, 0), PULSE, **changes)
    assert caught.value.field == field
