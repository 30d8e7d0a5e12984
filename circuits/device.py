"""A behavioural device: nodes, parameters, branches between nodes, states fed by flows."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from circuits.errors import InputError
from circuits.expr import FUNCTIONS, Expr, Named, Symbol, walk
from circuits.units import DimensionError, dimension, infer

IDENTIFIER = re.compile(r"[a-z](?:_?[a-z0-9])*_?")  # a__b is the slope of a by b in a kernel
RESERVED = {*keyword.kwlist, "below", "result", *(f + end for f in FUNCTIONS for end in ("", "_total", "_slope"))}


@dataclass(frozen=True)
class Parameter:
    """A number the device is built from, with where it comes from.

    value, low, high: default and allowed range [unit]
    source: P the paper's text, L literature, T textbook constant, A assumption or fit; then where
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    source: str

    @cached_property
    def symbol(self) -> Symbol:
        """The parameter in an expression."""
        return Symbol(self.name, self.unit, "parameter")

    def check(self, value: float) -> float:
        """`value` if it is finite and in range; raises InputError."""
        if not math.isfinite(value) or not self.low <= value <= self.high:
            allowed = f"a finite number from {self.low:g} to {self.high:g} {self.unit}"
            raise InputError(f"parameter {self.name}", value, allowed, f"{self.value:g} (the default)")
        return float(value)


@dataclass(frozen=True)
class Branch:
    """A current [A] that leaves node `start` and enters node `end`: Kirchhoff's law by construction."""

    start: Symbol
    end: Symbol
    current: Expr


@dataclass(frozen=True)
class State:
    """capacity * d(state)/dt = flow; the energy it stores is the integral of potential * flow.

    variable: the state itself, as deviation from rest
    capacity: [flow unit * s / state unit]; flow: [A]; potential: what one coulomb of flow works against [V]
    """

    variable: Symbol
    capacity: Expr
    flow: Expr
    potential: Expr


@dataclass(frozen=True, eq=False)
class Device:
    """Terminals first in `nodes`; the rest are internal. `outputs` are expressions a user can observe."""

    name: str
    nodes: tuple[Symbol, ...]
    terminals: int
    parameters: tuple[Parameter, ...]
    branches: tuple[Branch, ...]
    states: tuple[State, ...]
    outputs: Mapping[str, Expr] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [s.name for s in self.variables] + [p.name for p in self.parameters] + [n.name for n in self.named]
        for name in names:
            if IDENTIFIER.fullmatch(name) is None or name in RESERVED or names.count(name) > 1:
                allowed = "small letters, digits and single _, no function or keyword, each once"
                raise InputError("name in a device", name, allowed, "another name")

    @property
    def variables(self) -> tuple[Symbol, ...]:
        """Node potentials, then states: the order of every local vector."""
        return self.nodes + tuple(state.variable for state in self.states)

    @cached_property
    def named(self) -> tuple[Named, ...]:
        """Named intermediates, each after those it uses."""
        return tuple(e for e in walk(*self.expressions) if isinstance(e, Named))

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """Everything the device computes."""
        branches = [branch.current for branch in self.branches]
        states = [e for state in self.states for e in (state.capacity, state.flow, state.potential)]
        return (*branches, *states, *self.outputs.values())

    def parameter(self, name: str) -> Parameter:
        """The parameter called `name`; raises InputError listing those there are."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise InputError("parameter", name, ", ".join(p.name for p in self.parameters), "one of these names")

    def values(self, changes: Mapping[str, float]) -> dict[str, float]:
        """Every parameter's value with `changes` applied and checked; raises InputError."""
        result = {parameter.name: parameter.value for parameter in self.parameters}
        for name, value in changes.items():
            result[name] = self.parameter(name).check(value)
        return result

    def check_dimensions(self) -> None:
        """Raises DimensionError unless branches are amperes and every flow its capacity times state per second."""
        ampere, second, volt = dimension("A"), dimension("s"), dimension("V")
        for branch in self.branches:
            _demand(infer(branch.current) == ampere, f"{self.name}: {branch.start.name}-{branch.end.name} is not A")
        for state in self.states:
            rate = infer(state.capacity) * dimension(state.variable.unit) / second
            _demand(infer(state.flow) == rate, f"{self.name}: flow of {state.variable.name} is not its capacity's rate")
            _demand(infer(state.potential) * rate == volt * ampere, f"{self.name}: {state.variable.name} stores no J")
        for expression in self.outputs.values():
            infer(expression)


def _demand(holds: bool, message: str) -> None:  # noqa: FBT001
    if not holds:
        raise DimensionError(message)
