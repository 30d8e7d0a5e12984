"""Arithmetic written down as vector code: statements run once on `Lane`s leave the instructions that do them.

What is made of parameters alone is never computed here: it stays text, evaluated once a run (`Trace.given`). Functions
are plain arithmetic, so that the compiler sees what is asked for twice; they are good to two units in the last place.
Arguments are reduced to x = n log 2 + r with |r| <= log(2) / 2, and what is left is a polynomial (Muller, Elementary
Functions, 2016, DOI 10.1007/978-1-4899-7983-4).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, Union

from llvmlite import ir

from circuits.expr import EXP_LIMIT, LOG_LIMIT

LANES = 8
FLOAT, WORD = ir.DoubleType(), ir.IntType(64)
VECTOR, WORDS = ir.VectorType(FLOAT, LANES), ir.VectorType(WORD, LANES)
FLAGS = ("contract", "nsz", "arcp")

MANTISSA, BIAS = 52, 1023
ROUND = 1.5 * 2.0**MANTISSA  # added to a number, its low bits are the nearest whole one
PER_LOG_2 = 1.0 / math.log(2.0)
LOG_2 = 6.93147180369123816490e-01  # with trailing zeros, so that whole multiples are exact
LOG_2_REST = 1.90821492927058770002e-10
ROOT_HALF = 0x3FE6A09E667F3BCD  # bits of 1 / sqrt(2)
LEAST = -700.0  # e to less is as good as 0
RISE = tuple(1.0 / math.factorial(k) for k in range(2, 14))
ATANH = tuple(1.0 / k for k in range(3, 25, 2))

Operand: TypeAlias = Union["Lane", float]


class Trace:
    """Instructions so far, and the texts of what parameters alone make, by their place."""

    def __init__(self, builder: ir.IRBuilder, load: Callable[[int], ir.Value]) -> None:
        self.builder, self._load = builder, load
        self.texts: dict[str, int] = {}

    def given(self, text: str) -> ir.Value:
        """Value of a text, loaded where it is needed."""
        return self._load(self.texts.setdefault(text, len(self.texts)))

    def call(self, name: str, *values: ir.Value) -> ir.Value:
        """LLVM's own function of this name on vectors."""
        module, name = self.builder.module, f"llvm.{name}.v{LANES}f64"
        if name not in module.globals:
            ir.Function(module, ir.FunctionType(VECTOR, [VECTOR] * len(values)), name)
        return self.builder.call(module.globals[name], values)


class Lane:
    """A number for each of LANES devices: an instruction's result, or a text of parameters alone."""

    def __init__(self, trace: Trace, value: ir.Value | None = None, text: str = "") -> None:
        self.trace, self._value, self.text = trace, value, text

    @property
    def value(self) -> ir.Value:
        """As an operand of an instruction."""
        if self._value is None:
            self._value = self.trace.given(self.text)
        return self._value

    def _with(self, other: Operand, operator: str, *, swapped: bool = False) -> Lane:
        one, two = self, lane(self.trace, other)
        if swapped:
            one, two = two, one
        if one.text and two.text:
            return Lane(self.trace, text=f"({one.text} {operator} {two.text})")
        builder = self.trace.builder
        if operator == "/" and two.text:
            return one * Lane(self.trace, text=f"(1.0 / {two.text})")
        made = {"+": builder.fadd, "-": builder.fsub, "*": builder.fmul, "/": builder.fdiv}[operator]
        return Lane(self.trace, made(one.value, two.value, flags=FLAGS))

    def __add__(self, other: Operand) -> Lane:
        return self._with(other, "+")

    def __radd__(self, other: Operand) -> Lane:
        return self._with(other, "+", swapped=True)

    def __sub__(self, other: Operand) -> Lane:
        return self._with(other, "-")

    def __rsub__(self, other: Operand) -> Lane:
        return self._with(other, "-", swapped=True)

    def __mul__(self, other: Operand) -> Lane:
        return self._with(other, "*")

    def __rmul__(self, other: Operand) -> Lane:
        return self._with(other, "*", swapped=True)

    def __truediv__(self, other: Operand) -> Lane:
        return self._with(other, "/") if isinstance(other, Lane) else self * (1.0 / other)

    def __rtruediv__(self, other: Operand) -> Lane:
        return self._with(other, "/", swapped=True)

    def __neg__(self) -> Lane:
        if self.text:
            return Lane(self.trace, text=f"(-{self.text})")
        return Lane(self.trace, self.trace.builder.fneg(self.value))


def lane(trace: Trace, number: Operand) -> Lane:
    """A number as it meets a Lane."""
    if isinstance(number, Lane):
        return number
    return Lane(trace, ir.Constant(VECTOR, [float(number)] * LANES), repr(float(number)))


def where_above(one: Operand, other: Operand, then: Operand, otherwise: Operand) -> Lane:
    """`then` where one > other, else `otherwise`."""
    trace = next(item.trace for item in (one, other) if isinstance(item, Lane))
    builder = trace.builder
    above = builder.fcmp_ordered(">", lane(trace, one).value, lane(trace, other).value)
    return Lane(trace, builder.select(above, lane(trace, then).value, lane(trace, otherwise).value))


def magnitude(x: Lane) -> Lane:
    """|x|."""
    return Lane(x.trace, x.trace.call("fabs", x.value))


def least(x: Operand, y: Operand) -> Lane:
    """The smaller of two; not a number if one is not."""
    return _either(x, y, "min", "minimum")


def most(x: Operand, y: Operand) -> Lane:
    """The larger of two; not a number if one is not."""
    return _either(x, y, "max", "maximum")


def _either(x: Operand, y: Operand, name: str, function: str) -> Lane:
    trace = next(item.trace for item in (x, y) if isinstance(item, Lane))
    one, two = lane(trace, x), lane(trace, y)
    if one.text and two.text:
        return Lane(trace, text=f"{name}({one.text}, {two.text})")
    return Lane(trace, trace.call(function, one.value, two.value))


def _whole(x: Lane) -> ir.Value:
    return x.trace.builder.bitcast(x.value, WORDS)


def _word(number: int) -> ir.Constant:
    return ir.Constant(WORDS, [number] * LANES)


def _power(trace: Trace, n: ir.Value) -> Lane:
    """2^n; of n only the low bits matter."""
    builder = trace.builder
    return Lane(trace, builder.bitcast(builder.shl(builder.add(n, _word(BIAS)), _word(MANTISSA)), VECTOR))


def _parts(x: Lane) -> tuple[ir.Value, Lane]:
    """n and e^r - 1 where x = n log 2 + r."""
    rounded = x * PER_LOG_2 + ROUND
    n = rounded - ROUND
    r = (x - n * LOG_2) - n * LOG_2_REST
    return _whole(rounded), r + (r * r) * _polynomial(r, RISE)


def _polynomial(x: Lane, coefficients: tuple[float, ...]) -> Lane:
    result = lane(x.trace, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result = result * x + coefficient
    return result


def exp(x: Lane) -> Lane:
    """e^x for x up to 700."""
    n, above = _parts(most(x, LEAST))
    return (1.0 + above) * _power(x.trace, n)


def hyperbolic(x: Lane) -> tuple[Lane, Lane]:
    """sinh and cosh for |x| up to 700; nothing cancels near 0."""
    n, above = _parts(x)
    up, down = _power(x.trace, n), _power(x.trace, x.trace.builder.neg(n))
    lower = down * (above / (1.0 + above))
    return 0.5 * ((up - down) + (up * above + lower)), 0.5 * ((up + down) + (up * above - lower))


def log(x: Lane) -> Lane:
    """Natural logarithm of a normal number above 0."""
    builder, bits = x.trace.builder, _whole(x)
    n = builder.ashr(builder.sub(bits, _word(ROOT_HALF)), _word(MANTISSA))
    m = Lane(x.trace, builder.bitcast(builder.sub(bits, builder.shl(n, _word(MANTISSA))), VECTOR))
    f = (m - 1.0) / (m + 1.0)
    s = f * f
    count = Lane(x.trace, builder.sitofp(n, VECTOR))
    return count * LOG_2 + (count * LOG_2_REST + 2.0 * (f + f * (s * _polynomial(s, ATANH))))


def _total(name: str, function: Callable[[Lane], Lane]) -> Callable[[Lane], Lane]:
    """The function on Lanes; of parameters alone it stays text."""
    return lambda x: Lane(x.trace, text=f"{name}({x.text})") if x.text else function(x)


def _held(x: Lane) -> Lane:
    return least(most(x, -EXP_LIMIT), EXP_LIMIT)


def _sinh(x: Lane) -> Lane:
    inside = _held(x)
    sinh, cosh = hyperbolic(inside)
    return sinh + cosh * (x - inside)


def _below(x: Operand, y: Operand) -> Lane:
    trace = next(item.trace for item in (x, y) if isinstance(item, Lane))
    one, two = lane(trace, x), lane(trace, y)
    if one.text and two.text:
        return Lane(trace, text=f"below({one.text}, {two.text})")
    return where_above(one, two, 0.0, 1.0)


TRACED: Mapping[str, Callable[..., Any]] = {
    "exp_total": _total("exp_total", lambda x: exp(least(x, EXP_LIMIT)) * (1.0 + most(x - EXP_LIMIT, 0.0))),
    "exp_slope": _total("exp_slope", lambda x: exp(least(x, EXP_LIMIT))),
    "log_total": _total("log_total", lambda x: log(most(x, LOG_LIMIT)) + least(x - LOG_LIMIT, 0.0) / LOG_LIMIT),
    "log_slope": _total("log_slope", lambda x: 1.0 / most(x, LOG_LIMIT)),
    "sinh_total": _total("sinh_total", _sinh),
    "sinh_slope": _total("sinh_slope", lambda x: hyperbolic(_held(x))[1]),
    "below": _below,
    "min": least,
    "max": most,
    "where_above": where_above,
    "abs": magnitude,
}
"""What the straight-line code of a device may call, on Lanes; see writers.total for the same on arrays."""
