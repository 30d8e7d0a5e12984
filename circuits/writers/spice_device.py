"""A device as an ngspice subcircuit.

Parameters and constants are `.param`. Each varying
intermediate, and each argument of a nonlinear function, is a node of its own: 16 devices so solve in half the time.
A value becomes a voltage as a current through one ohm. Each state is the voltage of a capacitor of its capacity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from circuits.device import Device, State
from circuits.expr import EXP_LIMIT, LOG_LIMIT, Binary, Call, Expr, Named, Number, Symbol, leaves, total
from circuits.names import number
from circuits.writers.kernel import program

PREFIX = {"potential": "n_", "state": "s_", "parameter": "p_"}
START = "z_"  # the parameter that holds a state's value at time 0
SMALL = 1000
_NONLINEAR = ("exp", "log", "sinh")


@dataclass(frozen=True)
class Card:
    """One element: its name, which begins with SPICE's letter for its kind, its nodes, and the rest of its line."""

    name: str
    nodes: tuple[str, ...]
    value: str

    def __str__(self) -> str:
        return " ".join((self.name, *self.nodes, self.value))


@dataclass(frozen=True)
class Subcircuit:
    """parameters: defaults of what an instance may change; constants: made of them, in order."""

    name: str
    nodes: tuple[str, ...]
    parameters: Mapping[str, str]
    constants: Mapping[str, str]
    cards: tuple[Card, ...]

    def lines(self) -> Iterator[str]:
        """Its text."""
        yield " ".join((".subckt", self.name, *self.nodes))
        yield from (f"+ {name}={value}" for name, value in self.parameters.items())
        yield from (f".param {name}={{{definition}}}" for name, definition in self.constants.items())
        yield from map(str, self.cards)
        yield f".ends {self.name}"


def subcircuit(device: Device, name: str, defaults: Mapping[str, float], *, frozen: bool = False) -> Subcircuit:
    """`device` with these parameter values where an instance says nothing else.

    frozen: states are voltage sources, whose currents are then the flows
    """
    writer = _Writer(device)
    for named in program(device).varying:
        writer.node(f"i_{named.name}", named.definition)
    writer.branches()
    for state in device.states:
        writer.state(state, frozen=frozen)
    parameters = {f"p_{p.name}": number(defaults[p.name]) for p in device.parameters}
    constants = {f"k_{n.name}": constant(n.definition) for n in program(device).constants}
    return Subcircuit(
        name=name,
        nodes=tuple(f"n_{node.name}" for node in device.nodes[: device.terminals]),
        parameters=parameters | {f"{START}{s.variable.name}": "0.0" for s in device.states},
        constants=constants | {name: definition for definition, name in writer.literals.items()},
        cards=tuple(writer.cards),
    )


@dataclass
class _Writer:
    """Collects the cards of one subcircuit."""

    device: Device
    cards: list[Card] = field(default_factory=list)
    literals: dict[str, str] = field(default_factory=dict)
    arguments: Iterator[int] = field(default_factory=lambda: count(1))

    def node(self, name: str, value: Expr) -> str:
        """A node at `value` volts; its name."""
        text = self.text(value)
        self.cards += [Card(f"b_{name}", ("0", name), f"i={text}"), Card(f"r_{name}", (name, "0"), "1")]
        return name

    def branches(self) -> None:
        """Currents between nodes, those between the same two as one."""
        between: dict[tuple[str, str], list[Expr]] = {}
        for branch in self.device.branches:
            between.setdefault((branch.start.name, branch.end.name), []).append(branch.current)
        for (start, end), currents in between.items():
            name = f"f_{start}_{end}"
            text = self.text(total(currents))
            self.cards.append(Card(f"b_{name}", (f"n_{start}", f"n_{end}"), f"i={text}"))

    def state(self, state: State, *, frozen: bool) -> None:
        """The capacitor of a state and what charges it.

        At time 0, the operating point, the state is held where it starts. `.ic` does that too, but ngspice then takes
        a time that grows as the cube of the number of states.
        """
        name = state.variable.name
        node, start = f"s_{name}", f"{{{START}{name}}}"
        flow = self.text(state.flow)
        if frozen:
            held, charge = Card(f"v_{node}", (node, "0"), start), f"i={flow}"
        else:
            held = Card(f"c_{node}", (node, "0"), self._constant(state.capacity))
            charge = f"i=time>0?({flow}):({start}-v({node}))"
        self.cards += [held, Card(f"b_{node}", ("0", node), charge)]

    def text(self, expression: Expr) -> str:
        """`expression` for a B source; the argument of a nonlinear function becomes a node."""
        if not self.varies(expression):
            return self._constant(expression)
        match expression:
            case Symbol(name, _, kind):
                return f"v({PREFIX[kind]}{name})"
            case Named(name, _):
                return f"v(i_{name})"
            case Binary("-", Number(0.0), right):
                return f"(-{self.text(right)})"
            case Binary("*", Number(1.0), right):
                return self.text(right)
            case Binary(operator, left, right):
                return f"({self.text(left)}{operator}{self.text(right)})"
            case Call(function, (argument,)) if function in _NONLINEAR:
                return _total(function, self._argument(argument), self._constant(Number(LOG_LIMIT)))
            case Call(function, arguments):
                return f"{function}({','.join(self.text(a) for a in arguments)})"
            case _:
                raise TypeError(f"no SPICE for {expression!r}")

    def _argument(self, argument: Expr) -> str:
        if isinstance(argument, (Symbol, Named)):
            return self.text(argument)
        return f"v({self.node(f'a_{next(self.arguments)}', argument)})"

    def _constant(self, expression: Expr) -> str:
        """A part made of parameters: a small whole number as it is, anything else as a constant of its own.

        ngspice rounds literals to 11 digits wherever they stand in an element's line, in braces too.
        """
        match expression:
            case Number(value) if value.is_integer() and abs(value) < SMALL:
                return f"{value:.0f}"
            case Symbol() | Named():
                return f"{{{constant(expression)}}}"
            case _:
                definition = constant(expression)
                return f"{{{self.literals.setdefault(definition, f'l_{len(self.literals) + 1}')}}}"

    def varies(self, expression: Expr) -> bool:
        """Whether it depends on a potential or a state."""
        support = program(self.device).support
        return any(
            bool(support[leaf.name]) if isinstance(leaf, Named) else leaf.kind != "parameter"
            for leaf in leaves(expression)
        )


def constant(expression: Expr) -> str:
    """An expression of parameters and constants, for `.param`."""
    match expression:
        case Number(value):
            return number(value)
        case Symbol(name, _, _):
            return f"p_{name}"
        case Named(name, _):
            return f"k_{name}"
        case Binary("-", Number(0.0), right):
            return f"(-{constant(right)})"
        case Binary(operator, left, right):
            return f"({constant(left)}{operator}{constant(right)})"
        case Call(function, (argument,)) if function in _NONLINEAR:
            return _total(function, constant(argument), number(LOG_LIMIT))
        case Call(function, arguments):
            return f"{function}({','.join(map(constant, arguments))})"
        case _:
            raise TypeError(f"no SPICE for {expression!r}")


def _total(function: str, x: str, least: str) -> str:
    """The total function of circuits.expr written out; `least` is where log becomes a line."""
    bound = f"{EXP_LIMIT:.0f}"
    if function == "exp":
        return f"(exp(min({x},{bound}))*(1+max({x}-{bound},0)))"
    if function == "log":
        return f"(ln(max({x},{least}))+min({x}-{least},0)/{least})"
    inside = f"min(max({x},-{bound}),{bound})"
    return f"(sinh({inside})+cosh({inside})*({x}-{inside}))"
