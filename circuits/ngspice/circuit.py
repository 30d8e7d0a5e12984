"""A netlist as a PySpice `Circuit`, for small circuits and for those who go on in PySpice."""

from __future__ import annotations

from typing import Any

from PySpice.Spice.Netlist import Circuit, SubCircuit

from circuits.netlist import Netlist
from circuits.writers.spice import deck
from circuits.writers.spice_device import Card, Subcircuit


def circuit(netlist: Netlist) -> Any:  # noqa: ANN401 - PySpice is untyped
    """The same elements, nodes and values as `circuits.writers.spice.export`, without analysis and sample clock.

    Building costs 40 us an element: for arrays above 32 x 32 the text is the way.
    """
    words = deck(netlist)
    result = Circuit(words.title.removeprefix("* "))
    for each in words.subcircuits:
        result.subcircuit(_subcircuit(each))
    for card in words.cards:
        _add(result, card)
    for name, value in words.constants.items():
        result.parameter(name, value)
    result.raw_spice = ".options " + " ".join(f"{name}={value}" for name, value in words.options.items()) + "\n"
    return result


def _subcircuit(given: Subcircuit) -> Any:  # noqa: ANN401
    result = SubCircuit(given.name, *given.nodes, **given.parameters)
    for card in given.cards:
        _add(result, card)
    # PySpice has no constants inside a subcircuit. This text is made of our own names and numbers.
    result.raw_spice = "".join(f".param {name}={{{value}}}\n" for name, value in given.constants.items())
    return result


def _add(where: Any, card: Card) -> None:  # noqa: ANN401
    """One element; PySpice puts the letter of its kind before the name."""
    letter, name = card.name[0], card.name[1:]
    match letter:
        case "b":
            where.B(name, *card.nodes, current_expression=card.value.removeprefix("i="))
        case "c":
            value, _, initial = card.value.partition(" ic=")
            where.C(name, *card.nodes, value, **({"initial_condition": initial} if initial else {}))
        case "x":
            called, *changes = card.value.split()
            where.X(name, called, *card.nodes, **dict(change.split("=", 1) for change in changes))
        case _:
            getattr(where, letter.upper())(name, *card.nodes, card.value)
