"""Dimensions: what proves that every branch of a device is an ampere; and "200 us" read into seconds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TypeAlias

from circuits.errors import InputError
from circuits.expr import Binary, Call, Expr, Named, Number, Symbol

Exponents: TypeAlias = tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Dimension:
    """Exponents of metre, kilogram, second, ampere, kelvin."""

    exponents: Exponents = (0, 0, 0, 0, 0)

    def __mul__(self, other: Dimension) -> Dimension:
        return Dimension(_combine(self.exponents, other.exponents, 1))

    def __truediv__(self, other: Dimension) -> Dimension:
        return Dimension(_combine(self.exponents, other.exponents, -1))


def _combine(left: Exponents, right: Exponents, sign: int) -> Exponents:
    a, b, c, d, e = (x + sign * y for x, y in zip(left, right, strict=True))
    return (a, b, c, d, e)


PURE = Dimension()
UNITS: dict[str, Dimension] = {
    "1": PURE,
    "m": Dimension((1, 0, 0, 0, 0)),
    "s": Dimension((0, 0, 1, 0, 0)),
    "A": Dimension((0, 0, 0, 1, 0)),
    "K": Dimension((0, 0, 0, 0, 1)),
    "V": Dimension((2, 1, -3, -1, 0)),
    "ohm": Dimension((2, 1, -3, -2, 0)),
    "S": Dimension((-2, -1, 3, 2, 0)),
    "F": Dimension((-2, -1, 4, 2, 0)),
    "C": Dimension((0, 0, 1, 1, 0)),
    "J": Dimension((2, 1, -2, 0, 0)),
    "W": Dimension((2, 1, -3, 0, 0)),
    "Hz": Dimension((0, 0, -1, 0, 0)),
}
PREFIXES = {"f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9}
QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-zµ1]*)\s*")


def dimension(unit: str) -> Dimension:
    """Dimension of a unit such as "ohm m2" or "F/m2"; raises InputError for an unknown one."""
    result = PURE
    for position, side in enumerate(unit.split("/")):
        for word in side.split():
            match = re.fullmatch(r"([A-Za-z]+|1)(\d*)", word)
            if match is None or match[1] not in UNITS:
                raise InputError("unit", unit, f"products and one quotient of {', '.join(UNITS)}", '"ohm m2" or "F/m2"')
            for _ in range(int(match[2] or 1)):
                result = result * UNITS[match[1]] if position == 0 else result / UNITS[match[1]]
    return result


def quantity(field: str, text: str, unit: str) -> float:
    """Number in `unit` that `text` states: quantity("width", "200 us", "s") is 2e-4.

    Raises InputError naming `field` when the text is not a finite number with that unit (a prefix is allowed).
    """
    match = QUANTITY.fullmatch(text)
    written = "" if match is None else match[2]
    prefix = written.removesuffix(unit) if written.endswith(unit) else None
    if match is None or (written and prefix not in PREFIXES):
        raise InputError(field, text, f"a number followed by {unit}, prefixes f p n u m k M G", f'"200 u{unit}"')
    # One decimal literal, read once: "200 us" is exactly the double 200e-6 and not 200 * 1e-6.
    mantissa, _, exponent = match[1].lower().partition("e")
    value = float(f"{mantissa}e{int(exponent or 0) + PREFIXES[prefix or '']}")
    if not math.isfinite(value):
        raise InputError(field, text, "a finite number", f'"200 u{unit}"')
    return value


class DimensionError(TypeError):
    """An expression adds, compares or feeds to a function quantities of different dimension."""


def infer(expression: Expr) -> Dimension:
    """Dimension of `expression`; raises DimensionError where it is inconsistent."""
    match expression:
        case Number():
            return PURE
        case Symbol(_, unit, _):
            return dimension(unit)
        case Named(name, definition):
            try:
                return infer(definition)
            except DimensionError as error:
                raise DimensionError(f"in {name}: {error}") from error
        case Binary(operator, left, right):
            return _joined(operator, left, right)
        case Call(function, (argument,)):
            if infer(argument) != PURE:
                raise DimensionError(f"{function} takes a pure number")
            return PURE
        case Call(function, (left, right)):
            return _same(function, left, right)
        case _:
            raise DimensionError(f"no dimension for {expression!r}")


def _joined(operator: str, left: Expr, right: Expr) -> Dimension:
    if operator == "*":
        return infer(left) * infer(right)
    return infer(left) / infer(right) if operator == "/" else _same(operator, left, right)


def _same(operator: str, left: Expr, right: Expr) -> Dimension:
    # A literal zero has every dimension: -x is written 0 - x.
    if isinstance(left, Number) and left.value == 0:
        return infer(right)
    one, other = infer(left), infer(right)
    if one != other:
        raise DimensionError(f"{operator} joins {one.exponents} and {other.exponents} (m, kg, s, A, K)")
    return one
