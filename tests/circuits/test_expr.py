"""The device language: what an expression is made of, and its exact derivative."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits.expr import (
    EXP_LIMIT,
    LOG_LIMIT,
    ONE,
    ZERO,
    Named,
    Symbol,
    derivative,
    exp,
    leaves,
    lift,
    log,
    maximum,
    minimum,
    sinh,
    total,
    walk,
)
from circuits.writers.program import text
from circuits.writers.total import ARRAYS

X, Y = (Symbol(name, "1", "state") for name in "xy")


def value(expression, x, y):
    """What the expression's Python says, at numbers or arrays."""
    return eval(text(expression), {"__builtins__": {}}, dict(ARRAYS) | {"x": x, "y": y})  # noqa: S307 - our own text


EXPRESSIONS = [
    X + Y,
    X - 2 * Y,
    X * Y * Y,
    X / (2 + Y * Y),
    3 / (2 + X * X),
    -X * 2,
    1 - X,
    exp(X * Y),
    log(2 + X * X),
    sinh(X - Y),
    minimum(X * 3, Y - 5),
    maximum(X * 3, Y - 5),
    exp(-X) / (1 + exp(Y)) * sinh(minimum(X, 7) * Y) - log(1 + exp(X)),
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=text)
@given(x=st.floats(-2, 2), y=st.floats(-2, 2))
def test_the_derivative_is_the_limit_of_differences(expression, x, y):
    # Two steps combined cancel the cubic term: what is left is rounding, 1e-16 / 1e-3 of the largest value (e^4).
    for symbol, steps in ((X, (1e-3, 0.0)), (Y, (0.0, 1e-3))):
        a, b = (
            (
                value(expression, x + k * steps[0], y + k * steps[1])
                - value(expression, x - k * steps[0], y - k * steps[1])
            )
            / (2e-3 * k)
            for k in (0.5, 1.0)
        )
        exact = value(derivative(expression, symbol), x, y)
        assert (4 * a - b) / 3 == pytest.approx(exact, rel=1e-8, abs=1e-8)


def test_every_function_continues_beyond_its_limit_with_its_own_slope():
    # Values and slopes meet at the limit: a jump there would stop Newton's method.
    for name, limit in (("exp", EXP_LIMIT), ("sinh", EXP_LIMIT), ("sinh", -EXP_LIMIT), ("log", LOG_LIMIT)):
        function, slope = ARRAYS[f"{name}_total"], ARRAYS[f"{name}_slope"]
        for side in (-1, 1):
            near = limit * (1 + side * 1e-9)
            line = function(limit) + slope(limit) * (near - limit)
            assert function(near) == pytest.approx(line, rel=1e-13)
    assert ARRAYS["exp_total"](EXP_LIMIT + 2.0) == pytest.approx(3 * math.exp(EXP_LIMIT), rel=1e-15)
    assert ARRAYS["log_total"](-1.0) == pytest.approx(math.log(LOG_LIMIT) - 1 - 1 / LOG_LIMIT, rel=1e-15)


@pytest.mark.parametrize("name", sorted(ARRAYS))
@given(x=st.floats(-1e3, 1e3), y=st.floats(-1e3, 1e3))
def test_a_function_is_total(name, x, y):
    arguments = (x, y) if name in {"min", "max", "below"} else (x,)
    assert np.isfinite(ARRAYS[name](*(np.array([a]) for a in arguments))).all()


def test_an_expression_names_what_it_uses_and_does_not_look_inside_a_name():
    inner = Named("inner", X * 2)
    outer = Named("outer", inner + Y)
    assert {leaf.name for leaf in leaves(outer * X + inner)} == {"outer", "inner", "x"}
    assert [e.name for e in walk(outer) if isinstance(e, Named)] == ["inner", "outer"]
    assert derivative(outer * outer, X) is ZERO, "an intermediate is held constant"


def test_a_name_alone_is_a_leaf_of_itself():
    # Guard: leaves() looked inside a name at the top, so a flow that was just a name had no slopes.
    alone = Named("alone", X * 2)
    assert leaves(alone) == [alone]
    assert derivative(alone, alone) is ONE
    assert leaves(X) == [X]


def test_nothing_adds_up_to_zero():
    assert total([]) is ZERO
    assert value(total([X, Y, lift(2)]), 1.0, 3.0) == 6.0
