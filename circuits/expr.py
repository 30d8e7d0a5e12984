"""The device language: numbers, symbols, named intermediates, + - * /, exp, log, sinh, min, max.

Every function is total: it has a finite value and slope for every finite real, because a circuit solver visits
points no device ever reaches. exp and sinh continue as straight lines beyond |x| = 40, log as one below 1e-6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["parameter", "potential", "state"]
Operand: TypeAlias = "Expr | float"

EXP_LIMIT = 40.0
LOG_LIMIT = 1e-6
FUNCTIONS = ("exp", "log", "sinh", "min", "max")


class Expr:
    """A scalar expression; combine with the ordinary operators."""

    def __add__(self, other: Operand) -> Expr:
        return Binary("+", self, lift(other))

    def __radd__(self, other: Operand) -> Expr:
        return Binary("+", lift(other), self)

    def __sub__(self, other: Operand) -> Expr:
        return Binary("-", self, lift(other))

    def __rsub__(self, other: Operand) -> Expr:
        return Binary("-", lift(other), self)

    def __mul__(self, other: Operand) -> Expr:
        return Binary("*", self, lift(other))

    def __rmul__(self, other: Operand) -> Expr:
        return Binary("*", lift(other), self)

    def __truediv__(self, other: Operand) -> Expr:
        return Binary("/", self, lift(other))

    def __rtruediv__(self, other: Operand) -> Expr:
        return Binary("/", lift(other), self)

    def __neg__(self) -> Expr:
        return Binary("-", ZERO, self)


@dataclass(frozen=True, eq=False)
class Number(Expr):
    """A pure number."""

    value: float


@dataclass(frozen=True, eq=False)
class Symbol(Expr):
    """A quantity the device is given: a parameter, the potential of a node, or a state."""

    name: str
    unit: str
    kind: Kind


@dataclass(frozen=True, eq=False)
class Named(Expr):
    """A named intermediate: a local variable in a kernel, a node of its own in ngspice."""

    name: str
    definition: Expr


@dataclass(frozen=True, eq=False)
class Binary(Expr):
    """left operator right, the operator one of + - * /."""

    operator: Literal["+", "-", "*", "/"]
    left: Expr
    right: Expr


@dataclass(frozen=True, eq=False)
class Call(Expr):
    """A total function of its arguments."""

    function: str
    arguments: tuple[Expr, ...]


ZERO = Number(0.0)
ONE = Number(1.0)


def lift(operand: Operand) -> Expr:
    """`operand` as an expression."""
    return operand if isinstance(operand, Expr) else Number(float(operand))


def exp(argument: Operand) -> Expr:
    """e^x, a straight line above 40."""
    return Call("exp", (lift(argument),))


def log(argument: Operand) -> Expr:
    """Natural logarithm, a straight line below 1e-6."""
    return Call("log", (lift(argument),))


def sinh(argument: Operand) -> Expr:
    """Hyperbolic sine, straight lines beyond +-40."""
    return Call("sinh", (lift(argument),))


def minimum(left: Operand, right: Operand) -> Expr:
    """The smaller of two."""
    return Call("min", (lift(left), lift(right)))


def maximum(left: Operand, right: Operand) -> Expr:
    """The larger of two."""
    return Call("max", (lift(left), lift(right)))


def total(terms: list[Expr]) -> Expr:
    """Sum of `terms`, zero when there are none."""
    if not terms:
        return ZERO
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def operands(expression: Expr) -> tuple[Expr, ...]:
    """What `expression` is directly made of; a named intermediate is made of its definition."""
    match expression:
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case Named(_, definition):
            return (definition,)
        case _:
            return ()


def walk(*expressions: Expr) -> Iterator[Expr]:
    """Every distinct sub-expression once, operands before what uses them."""
    seen: set[int] = set()

    def visit(expression: Expr) -> Iterator[Expr]:
        if id(expression) in seen:
            return
        seen.add(id(expression))
        for operand in operands(expression):
            yield from visit(operand)
        yield expression

    for expression in expressions:
        yield from visit(expression)


def leaves(expression: Expr) -> list[Symbol | Named]:
    """Symbols and intermediates that `expression` mentions, not looking inside intermediates."""
    found: list[Symbol | Named] = []
    pending = [expression]
    while pending:
        item = pending.pop(0)
        if isinstance(item, (Symbol, Named)):
            if not any(item is other for other in found):
                found.append(item)
        else:
            pending.extend(operands(item))
    return found


def derivative(expression: Expr, by: Symbol | Named) -> Expr:
    """Exact partial derivative; every other symbol and intermediate is held constant."""
    if expression is by:
        return ONE
    match expression:
        case Binary(operator, left, right):
            return _RULES[operator](left, right, derivative(left, by), derivative(right, by))
        case Call(function, arguments):
            slopes = _slopes(function, arguments)
            parts = [_times(s, derivative(a, by)) for s, a in zip(slopes, arguments, strict=True)]
            return _plus(*parts) if len(parts) > 1 else parts[0]
        case _:
            return ZERO


def _slopes(function: str, arguments: tuple[Expr, ...]) -> tuple[Expr, ...]:
    if function in ("min", "max"):
        chosen = Call("below", arguments if function == "min" else arguments[::-1])
        return (chosen, ONE - chosen)
    return (Call(f"{function}_slope", arguments),)


def _plus(left: Expr, right: Expr) -> Expr:
    if left is ZERO:
        return right
    return left if right is ZERO else left + right


def _minus(left: Expr, right: Expr) -> Expr:
    return left if right is ZERO else left - right


def _times(left: Expr, right: Expr) -> Expr:
    if left is ZERO or right is ZERO:
        return ZERO
    if left is ONE:
        return right
    return left if right is ONE else left * right


def _over(left: Expr, right: Expr) -> Expr:
    return ZERO if left is ZERO else left / right


_RULES: dict[str, Callable[[Expr, Expr, Expr, Expr], Expr]] = {
    "+": lambda _l, _r, dl, dr: _plus(dl, dr),
    "-": lambda _l, _r, dl, dr: _minus(dl, dr),
    "*": lambda l, r, dl, dr: _plus(_times(dl, r), _times(l, dr)),  # noqa: E741
    "/": lambda l, r, dl, dr: _minus(_over(dl, r), ZERO if dr is ZERO else l * dr / (r * r)),  # noqa: E741
}
