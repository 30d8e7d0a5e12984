"""Devices: names, parameters, and the proof that every branch is an ampere."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from circuits.device import Branch, Device, Parameter, State
from circuits.errors import InputError
from circuits.expr import Named, Symbol, exp
from circuits.units import DimensionError
from circuits.writers.kernel import array_kernel

A, B = (Symbol(name, "V", "potential") for name in ("a", "b"))
V = Symbol("v", "V", "state")
R = Parameter("resistance", 2.0, "ohm", 1e-3, 1e9, "A for this test")
C = Parameter("capacitance", 3.0, "F", 1e-12, 1e3, "A for this test")
CURRENT = Named("current", (A - B - V) / R.symbol)

LEAKY = Device(
    name="leaky",
    nodes=(A, B),
    terminals=2,
    parameters=(R, C),
    branches=(Branch(A, B, CURRENT),),
    states=(State(V, C.symbol, CURRENT, V),),
    outputs={"current": CURRENT},
)


def test_a_resistor_with_a_capacitor_has_the_right_dimensions():
    LEAKY.check_dimensions()


WRONG = {
    "a branch in volts": (lambda d: replace(d, branches=(Branch(A, B, A - B),)), r"leaky: a-b is not A"),
    "a branch that adds unlike things": (
        lambda d: replace(d, branches=(Branch(A, B, CURRENT + A),)),
        r"\+ joins .* and .* \(m, kg, s, A, K\)",
    ),
    "a flow without its resistance": (
        lambda d: replace(d, states=(State(V, C.symbol, A - B, V),)),
        r"flow of v is not its capacity's rate",
    ),
    "a capacity in ohm": (
        lambda d: replace(d, states=(State(V, R.symbol, CURRENT, V),)),
        r"flow of v is not its capacity's rate",
    ),
    "a potential in amperes": (lambda d: replace(d, states=(State(V, C.symbol, CURRENT, CURRENT),)), r"v stores no J"),
    "an output of exp of volts": (lambda d: replace(d, outputs={"o": exp(V)}), r"exp takes a pure number"),
}


@pytest.mark.parametrize(("spoil", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_dimension_is_found(spoil, message):
    with pytest.raises(DimensionError, match=message):
        spoil(LEAKY).check_dimensions()


def test_a_flow_that_is_a_named_intermediate_keeps_its_slopes():
    # Guard: leaves() looked inside a name at the top of an expression; the rows of EDL states had no slopes at all.
    kernel = array_kernel(LEAKY)
    state = len(LEAKY.nodes)
    assert {(row, column) for row, column in kernel.program.pattern if row == state} == {(state, k) for k in range(3)}
    slopes = dict(zip(kernel.program.pattern, kernel.slopes([0.3, 0.1, 0.0], LEAKY.values({})), strict=True))
    assert [slopes[state, k] for k in range(3)] == [0.5, -0.5, -0.5]


FORBIDDEN = [
    "Upper",
    "1st",
    "a b",
    "x;y",
    "x\n.control",
    "a__b",
    "min",
    "exp_total",
    "lambda",
    "v",
    "resistance",
    "current",
]


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_name_that_is_taken_or_no_identifier_is_refused(name):
    with pytest.raises(InputError, match=r"name in a device = .*: allowed is small letters, digits and single _, "):
        replace(LEAKY, nodes=(A, B, Symbol(name, "V", "potential")))


@pytest.mark.parametrize("value", [0.0, -2.0, 1e10, math.nan, math.inf])
def test_a_parameter_out_of_range_is_refused_with_range_unit_and_default(value):
    with pytest.raises(InputError) as caught:
        LEAKY.values({"resistance": value})
    error = caught.value
    assert error.field == "parameter resistance"
    assert error.allowed == "a finite number from 0.001 to 1e+09 ohm"
    assert error.instead == "2 (the default)"


def test_values_are_the_defaults_but_for_what_is_changed():
    assert LEAKY.values({"resistance": 5.0}) == {"resistance": 5.0, "capacitance": 3.0}


def test_an_unknown_parameter_is_answered_with_the_list():
    with pytest.raises(InputError, match=r"parameter = 'ohms': allowed is resistance, capacitance"):
        LEAKY.values({"ohms": 1.0})


def test_what_a_device_takes_up_it_turns_into_heat_or_stores():
    kernel = array_kernel(LEAKY)
    z = np.array([0.7, 0.1, 0.25])
    taken = (z[0] - z[1]) * (z[0] - z[1] - z[2]) / 2.0
    stored = z[2] * (z[0] - z[1] - z[2]) / 2.0
    assert kernel.loss(z, LEAKY.values({})) == pytest.approx(taken - stored, rel=1e-15)
