"""The threshold selector: its curve against the equations solved another way, its limits, both engines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from circuits.native.engine import operating_point, simulate
from circuits.netlist import Builder
from circuits.ngspice.engine import available
from circuits.ngspice.engine import simulate as ngspice
from circuits.selector import PARAMETERS, SELECTOR
from circuits.waveforms import Waveform, constant
from circuits.writers.kernel import array_kernel

VALUES = SELECTOR.values({})
T, W, ON, OFF = (VALUES[n] for n in ("threshold", "threshold_width", "on_resistance", "off_resistance"))
SOLVER = 1e-9  # relative, of a current at an operating point


def current(volts):
    """Current [A] at a voltage, from the engine."""
    builder = Builder("one selector")
    builder.drives("source", "a", [constant(volts)])
    builder.devices("selector", SELECTOR, ["a", "ground"])
    return float(operating_point(builder.build()).output("selector", "current")[0, 0])


def by_hand(volts):
    """The same from one equation in the junction's voltage."""
    junction = brentq(lambda v: v + 2 * W * np.exp(-T / W) * np.sinh(v / W) - volts, 0, volts, xtol=1e-15)
    return (volts - junction) / ON + volts / OFF


def test_every_branch_is_an_ampere():
    SELECTOR.check_dimensions()


def test_every_parameter_carries_its_mark_and_lies_in_its_own_range():
    for parameter in PARAMETERS:
        assert parameter.source.split()[0].rstrip(",") in {"P", "L", "T", "A"}
        assert parameter.check(parameter.value) == parameter.value


@pytest.mark.parametrize("volts", [0.2, 0.5, 0.6, 0.7, 1.0, 2.0])
def test_the_engine_finds_the_root_of_the_defining_equation(volts):
    assert current(volts) == pytest.approx(by_hand(volts), rel=SOLVER)


@given(st.floats(1e-3, 3.0), st.floats(1e-3, 3.0))
def test_current_is_odd_and_rises_with_voltage(one, other):
    low, high = sorted((one, other))
    assert current(-low) == pytest.approx(-current(low), rel=SOLVER, abs=1e-24)
    assert current(high) >= current(low) * (1 - SOLVER)


def test_it_leaks_below_is_exponential_towards_and_ohmic_beyond_the_threshold():
    assert current(0.1) == pytest.approx(0.1 / OFF, rel=2e-2)
    assert current(0.5 + W) / current(0.5) == pytest.approx(np.e, rel=2e-2)
    assert (current(3.0) - current(2.5)) / 0.5 == pytest.approx(1 / ON, rel=2e-2)
    assert current(T) == pytest.approx(W / ON, rel=0.5)


@pytest.mark.parametrize("reach", [0.1, 0.7, 100.0])
def test_slopes_are_those_of_the_equations(reach):
    """d sinh is cosh within 40 widths and constant beyond, where the line goes on: finite everywhere."""
    kernel = array_kernel(SELECTOR)
    a, b, inside = z = np.random.default_rng(1).uniform(-reach, reach, (3, 100))
    at_rest = 2 * W / ON * np.exp(-T / W)
    steep = at_rest / W * np.cosh(np.clip((a - inside) / W, -40, 40))
    slopes = dict(zip(kernel.program.pattern, np.moveaxis(kernel.slopes(z.T, VALUES), -1, 0), strict=True))
    np.testing.assert_allclose(slopes[0, 0], -(steep + 1 / OFF), rtol=1e-12)
    np.testing.assert_allclose(slopes[2, 2], -(steep + 1 / ON), rtol=1e-12)
    np.testing.assert_allclose(slopes[0, 2], steep, rtol=1e-12)
    np.testing.assert_allclose(slopes[1, 2], np.full_like(b, 1 / ON), rtol=1e-12)


@pytest.mark.skipif(available() is None, reason="ngspice is not on this machine: the cross-check was not run")
def test_engines_agree_while_it_opens_and_closes_both_ways():
    builder = Builder("selector into a capacitor")
    builder.drives("source", "a", [Waveform((0.0, 1e-3, 2e-3), (0.0, 2.0, -2.0))])
    builder.devices("selector", SELECTOR, ["a", "m"])
    builder.resistors("load", "m", "ground", 1e6)
    builder.capacitors("store", "m", "ground", 1e-10)
    netlist, times = builder.build(), np.linspace(0, 2e-3, 21)
    ours, theirs = (engine(netlist, 2e-3, times).potential("m") for engine in (simulate, ngspice))
    assert np.abs(ours).max() > 1.0
    np.testing.assert_allclose(ours, theirs, atol=1e-5 * np.abs(ours).max())
