"""A device as an ngspice subcircuit.

Parameters and constants are `.param`; each varying intermediate is a node of its own, because a circuit with
intermediates as nodes solves in a twentieth of the time of one with everything written out; each state is the voltage
of a capacitor of its capacity. A current becomes a voltage by flowing through one ohm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from circuits.device import Device
from circuits.expr import EXP_LIMIT, LOG_LIMIT, Binary, Call, Expr, Named, Number, Symbol, leaves, walk
from circuits.names import number, plain
from circuits.writers.program import Program, program

EXACT = range(1000)  # ngspice rounds the literals of an expression to 11 digits; these survive


@dataclass(frozen=True)
class Card:
    """One element: SPICE's letter for its kind, its name (which begins with that letter), nodes, and the rest."""

    kind: str
    name: str
    nodes: tuple[str, ...]
    value: str

    def __str__(self) -> str:
        return " ".join((self.name, *self.nodes, self.value))


@dataclass(frozen=True)
class Subcircuit:
    """parameters: defaults of what an instance may change; constants: name and definition, in order."""

    name: str
    nodes: tuple[str, ...]
    parameters: Mapping[str, str]
    constants: tuple[tuple[str, str], ...]
    cards: tuple[Card, ...]

    def lines(self) -> Iterator[str]:
        """Its text."""
        defaults = " ".join(f"{name}={value}" for name, value in self.parameters.items())
        yield f".subckt {self.name} {' '.join(self.nodes)} {defaults}"
        for name, definition in self.constants:
            yield f".param {name}={{{definition}}}"
        yield from map(str, self.cards)
        yield f".ends {self.name}"
