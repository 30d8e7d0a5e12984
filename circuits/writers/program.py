"""A device as straight-line code: flows into its rows, their exact slopes, its loss; shared by every kernel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from circuits.device import Device
from circuits.expr import (
    ONE,
    ZERO,
    Binary,
    Call,
    Expr,
    Named,
    Number,
    Symbol,
    derivative,
    leaves,
    total,
)

_CALLS = {"exp": "exp_total", "log": "log_total", "sinh": "sinh_total"}


def text(expression: Expr) -> str:
    """`expression` in Python; names stand for symbols and intermediates."""
    match expression:
        case Number(value):
            return repr(float(value))
        case Symbol(name, _, _) | Named(name, _):
            return name
        case Binary(operator, left, right):
            return f"({text(left)} {operator} {text(right)})"
        case Call(function, arguments):
            return f"{_CALLS.get(function, function)}({', '.join(text(a) for a in arguments)})"
        case _:
            raise TypeError(f"no Python for {expression!r}")


@dataclass(frozen=True)
class Program:
    """Straight-line statements for one device; every name is a scalar (or an array of any shape)."""

    device: Device

    @cached_property
    def support(self) -> dict[str, tuple[str, ...]]:
        """For each intermediate, the variables it depends on, in local order."""
        order = [v.name for v in self.device.variables]
        result: dict[str, tuple[str, ...]] = {}
        for named in self.device.named:
            found = {n for leaf in leaves(named.definition) for n in self._leaf_support(leaf, result)}
            result[named.name] = tuple(sorted(found, key=order.index))
        return result

    @staticmethod
    def _leaf_support(leaf: Symbol | Named, known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        if isinstance(leaf, Named):
            return known[leaf.name]
        return () if leaf.kind == "parameter" else (leaf.name,)

    @cached_property
    def rows(self) -> tuple[Expr, ...]:
        """Flow into every local row: currents into nodes, then flows into states."""
        result = []
        for node in self.device.nodes:
            arriving = [b.current for b in self.device.branches if b.end is node]
            leaving = [b.current for b in self.device.branches if b.start is node]
            result.append(_difference(arriving, leaving))
        return (*result, *(state.flow for state in self.device.states))

    @cached_property
    def presses(self) -> tuple[Expr, ...]:
        """What a coulomb of flow into each state works against [V]."""
        return tuple(state.potential for state in self.device.states)

    @cached_property
    def loss(self) -> Expr:
        """Power turned into heat [W]: what branches take up less what states store."""
        taken = total([b.current * (b.start - b.end) for b in self.device.branches])
        return taken - total([s.potential * s.flow for s in self.device.states])

    @cached_property
    def constants(self) -> tuple[Named, ...]:
        """Intermediates made of parameters alone, computed once a run."""
        return tuple(n for n in self.device.named if not self.support[n.name])

    @cached_property
    def varying(self) -> tuple[Named, ...]:
        """Intermediates that depend on potentials or states."""
        return tuple(n for n in self.device.named if self.support[n.name])

    @cached_property
    def given(self) -> tuple[str, ...]:
        """Names a kernel loads for each device: parameters and constants that the varying part mentions."""
        used: dict[str, None] = {}
        capacities = [state.capacity for state in self.device.states]
        for expression in (*(n.definition for n in self.varying), *self.rows, *self.presses, *capacities):
            for leaf in leaves(expression):
                if (isinstance(leaf, Named) and not self.support[leaf.name]) or (
                    isinstance(leaf, Symbol) and leaf.kind == "parameter"
                ):
                    used[leaf.name] = None
        return tuple(used)

    @cached_property
    def pattern(self) -> tuple[tuple[int, int], ...]:
        """Local (row, variable) pairs whose slope is not identically zero."""
        order = [v.name for v in self.device.variables]
        return tuple((r, order.index(name)) for r, row in enumerate(self.rows) for name in self._variables(row))

    def _variables(self, expression: Expr) -> list[str]:
        order = [v.name for v in self.device.variables]
        found = {n for leaf in leaves(expression) for n in self._leaf_support(leaf, self.support)}
        return sorted(found, key=order.index)

    @cached_property
    def curved(self) -> tuple[int, ...]:
        """Internal nodes and states, by local number, that some slope depends on."""
        expressions = (*(n.definition for n in self.varying), *self.rows, *self.presses)
        found = {
            name
            for expression in expressions
            for leaf in leaves(expression)
            if self._leaf_support(leaf, self.support)
            for name in self._variables(derivative(expression, leaf))
        }
        inside = enumerate(self.device.variables)
        return tuple(k for k, v in inside if k >= self.device.terminals and v.name in found)

    def values(self) -> list[str]:
        """Statements for the varying intermediates."""
        return [f"{n.name} = {text(n.definition)}" for n in self.varying]

    def partials(self) -> list[str]:
        """Statements for the slope of every varying intermediate: `a__b` is da/db."""
        return [
            f"{n.name}__{name} = {self._chain(n.definition, name)}"
            for n in self.varying
            for name in self.support[n.name]
        ]

    def slopes(self) -> list[str]:
        """Expressions for the slopes listed in `pattern`."""
        names = [v.name for v in self.device.variables]
        return [self._chain(self.rows[row], names[column]) for row, column in self.pattern]

    def moved(self, expression: Expr) -> str:
        """Terms that correct `expression` to first order for changes `D_k` of internal nodes and states."""
        names = [v.name for v in self.device.variables]
        inside = [n for n in self._variables(expression) if names.index(n) >= self.device.terminals]
        return "".join(f" + ({self._chain(expression, name)}) * D_{names.index(name)}" for name in inside)

    def _chain(self, expression: Expr, variable: str) -> str:
        terms = []
        for leaf in leaves(expression):
            if variable not in self._leaf_support(leaf, self.support):
                continue
            factor = derivative(expression, leaf)
            inner = "" if isinstance(leaf, Symbol) else f"{leaf.name}__{variable}"
            if factor is ZERO:
                continue
            terms.append(inner if factor is ONE and inner else f"{text(factor)} * {inner}" if inner else text(factor))
        return " + ".join(terms) or "0.0"


def _difference(arriving: list[Expr], leaving: list[Expr]) -> Expr:
    if not leaving:
        return total(arriving)
    return total(arriving) - total(leaving)
