"""Dimensions and quantities as text."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits.errors import InputError
from circuits.expr import Binary, Call, Expr, Named, Symbol, exp, minimum
from circuits.units import PREFIXES, PURE, UNITS, DimensionError, dimension, infer, quantity

V, R, X = Symbol("v", "V", "potential"), Symbol("r", "ohm", "parameter"), Symbol("x", "1", "state")


@pytest.mark.parametrize(
    ("left", "right"),
    [("V", "A ohm"), ("S", "1/ohm"), ("C", "A s"), ("F", "C/V"), ("J", "V C"), ("W", "J/s"), ("Hz", "1/s")],
)
def test_derived_units_are_what_they_are_made_of(left, right):
    assert dimension(left) == dimension(right)


def test_powers_multiply_and_quotients_divide():
    assert dimension("ohm m2") / dimension("m2") == dimension("ohm")
    assert dimension("F/m2") * dimension("m") * dimension("m") == dimension("F")
    assert dimension("1") == PURE


@pytest.mark.parametrize("unit", ["volt", "V^2", "m-2", "2m"])
def test_an_unknown_unit_is_refused(unit):
    with pytest.raises(
        InputError, match=r'unit = .*: allowed is products and one quotient of 1, m, s.*; write "ohm m2"'
    ):
        dimension(unit)


def test_an_expression_has_the_dimension_of_its_parts():
    assert infer(V / R) == dimension("A")
    assert infer(V * V / R) == dimension("W")
    assert infer(Named("square", V * V)) == dimension("V") * dimension("V")
    assert infer(minimum(V, 2 * V)) == dimension("V")
    assert infer(-V) == dimension("V"), "a literal zero has every dimension"
    assert infer(exp(V / V)) == PURE


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (V + R, r"\+ joins .* and .* \(m, kg, s, A, K\)"),
        (V - 1, r"- joins"),
        (minimum(V, X), r"min joins"),
        (exp(V), r"exp takes a pure number"),
        (Named("wrong", V + R), r"in wrong: \+ joins"),
        (Named("outer", Named("wrong", exp(V)) * 2), r"in outer: in wrong: exp takes a pure number"),
        (Binary("*", V, Call("exp", (R,))), r"exp takes a pure number"),
        (Expr(), r"no dimension for"),
    ],
)
def test_an_inconsistent_expression_is_refused_and_the_name_it_is_in_said(expression, message):
    with pytest.raises(DimensionError, match=message):
        infer(expression)


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("200 us", "s", 200e-6),
        ("200us", "s", 200e-6),
        (" 0.5 V ", "V", 0.5),
        ("1e-3", "s", 1e-3),
        ("-2.5e2 mV", "V", -0.25),
        (".5 Mohm", "ohm", 5e5),
        ("5 m", "m", 5.0),
        ("5 mm", "m", 5e-3),
        ("3 µs", "s", 3e-6),
        ("0.4", "1", 0.4),
    ],
)
def test_a_quantity_is_exactly_the_literal_it_states(text, unit, number):
    assert quantity("width", text, unit) == number


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.sampled_from(sorted(PREFIXES)))
def test_a_prefix_moves_the_decimal_point_and_nothing_else(number, prefix):
    shifted = quantity("x", f"{number!r} {prefix}V", "V")
    assert shifted == pytest.approx(number * 10.0 ** PREFIXES[prefix], rel=1e-15, abs=0)


@pytest.mark.parametrize(
    "text", ["", "us", "1 uV", "1,5 us", "1 us us", "nan s", "inf s", "1 xs", "1 us\n.control", "0x1 s"]
)
def test_text_that_is_no_quantity_is_refused_with_field_and_unit(text):
    with pytest.raises(InputError) as caught:
        quantity("pulse.width", text, "s")
    error = caught.value
    assert (error.field, error.value, error.exit_code) == ("pulse.width", text, 2)
    assert error.allowed == "a number followed by s, prefixes f p n u m k M G"
    assert error.instead == '"200 us"'


def test_a_number_too_large_for_a_double_is_refused():
    with pytest.raises(InputError, match=r"width = '1e400 s': allowed is a finite number"):
        quantity("width", "1e400 s", "s")


@given(st.text(max_size=20))
def test_any_text_at_all_is_a_finite_number_or_an_input_error(text):
    with suppress(InputError):
        assert math.isfinite(quantity("field", text, "s"))


def test_no_prefix_makes_one_unit_read_as_another():
    prefixed = {prefix + unit for unit in UNITS for prefix in PREFIXES if prefix}
    assert prefixed.isdisjoint(UNITS)
