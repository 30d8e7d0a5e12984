"""Waveforms: straight lines between points, the same for both engines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits.errors import InputError
from circuits.waveforms import Waveform, constant, steps


def area(waveform):
    return float(np.trapezoid(waveform.values, waveform.times))


def test_between_its_points_a_waveform_is_straight_and_outside_constant():
    waveform = Waveform((1.0, 2.0, 4.0), (0.0, 3.0, -1.0))
    np.testing.assert_allclose(waveform([0.0, 1.0, 1.5, 2.0, 3.0, 9.0]), [0.0, 0.0, 1.5, 3.0, 1.0, -1.0], rtol=1e-15)
    assert not waveform.is_constant
    assert constant(2).is_constant
    assert constant(2)(17.0) == 2.0


@given(
    gaps=st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=6),
    widths=st.lists(st.floats(1e-6, 1.0), min_size=6, max_size=6),
    levels=st.lists(st.floats(-2, 2), min_size=6, max_size=6),
    share=st.floats(1e-6, 0.9),
)
def test_the_area_of_pulses_does_not_depend_on_their_rise(gaps, widths, levels, share):
    rise = share * min(*gaps, *widths)
    clock, plateaus = 0.0, []
    for gap, width, level in zip(gaps, widths, levels, strict=False):
        plateaus.append((clock + gap, clock + gap + width, level))
        clock += gap + width
    expected = sum((end - start) * level for start, end, level in plateaus)
    # Times are of order 10 s and areas of order 1 V s: rounding of a few 1e-15 each.
    assert area(steps(0.0, plateaus, rise)) == pytest.approx(expected, abs=1e-13)


def test_an_edge_is_a_ramp_centred_on_its_instant():
    waveform = steps(0.25, [(1.0, 2.0, 1.25)], 0.5)
    assert waveform.times == (0.75, 1.25, 1.75, 2.25)
    assert waveform.values == (0.25, 1.25, 1.25, 0.25)
    assert waveform(1.0) == 0.75


def test_pulses_one_rise_apart_touch_the_base_once():
    waveform = steps(0.0, [(1.0, 2.0, 1.0), (2.5, 4.0, 2.0)], 0.5)
    assert waveform.times == (0.75, 1.25, 1.75, 2.25, 2.75, 3.75, 4.25)
    assert waveform.values == (0.0, 1.0, 1.0, 0.0, 2.0, 2.0, 0.0)


def test_no_pulses_are_the_base():
    assert steps(0.5, [], 1e-9) == constant(0.5)


@pytest.mark.parametrize(
    ("make", "field", "allowed"),
    [
        (lambda: Waveform((), ()), "waveform", "as many values as times"),
        (lambda: Waveform((0.0, 1.0), (0.0,)), "waveform", "as many values as times"),
        (lambda: Waveform((0.0, math.inf), (0.0, 1.0)), "waveform", "finite times and values"),
        (lambda: constant(math.nan), "waveform", "finite times and values"),
        (lambda: Waveform((0.0, 0.0), (0.0, 1.0)), "waveform.times", "strictly increasing times"),
        (lambda: steps(0.0, [(0.0, 1.0, math.nan)], 0.1), "waveform", "finite times and values"),
        (lambda: steps(0.0, [(1.0, 1.0, 0.5)], 1e-9), "width", "wider than its rise of 1e-09 s, pulses apart"),
        (lambda: steps(0.0, [(1.0, 1.5, 1.0)], 0.5), "width", "wider than its rise of 0.5 s, pulses apart"),
        (lambda: steps(0.0, [(1.0, math.nan, 0.5)], 1e-9), "width", "wider than its rise of 1e-09 s, pulses apart"),
        (
            lambda: steps(0.0, [(0.0, 1.0, 1.0), (0.5, 2.0, 1.0)], 0.1),
            "width",
            "wider than its rise of 0.1 s, pulses apart",
        ),
        (lambda: steps(0.0, [(0.0, 1.0, 1.0)], 0.0), "rise", "a finite time above 0 s"),
        (lambda: steps(0.0, [(0.0, 1.0, 1.0)], -1e-9), "rise", "a finite time above 0 s"),
        (lambda: steps(0.0, [(0.0, 1.0, 1.0)], math.nan), "rise", "a finite time above 0 s"),
    ],
)
def test_a_waveform_no_source_could_make_is_refused(make, field, allowed):
    with pytest.raises(InputError) as caught:
        make()
    error = caught.value
    assert (error.field, error.allowed, error.exit_code) == (field, allowed, 2)
    assert error.instead in str(error)
