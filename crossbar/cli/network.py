"""What `liwes map` and `liwes evaluate` are both told: the network's file, and the tiles it goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from rich.text import Text

from circuits.errors import InputError
from circuits.units import quantity
from crossbar.evaluation.hardware import Costs, Hardware
from crossbar.evaluation.summary import Source
from crossbar.evaluation.sweeps import RAISED
from crossbar.facade import Array
from crossbar.lines import Lines
from crossbar.mapping.methods import Method, OpenLoop, WriteVerify
from crossbar.mapping.schemes import Scheme
from crossbar.networks.load import interpret
from crossbar.networks.named import Named, named
from crossbar.networks.network import CHOICES, Network
from crossbar.networks.reader import Reader
from crossbar.networks.reading import Reading


class Kind(StrEnum):
    """How a weight becomes conductances."""

    DIFFERENTIAL = "differential"
    ONE_SIDED = "one_sided"
    OFFSET = "offset"


class ScalePer(StrEnum):
    """What takes the whole window."""

    COLUMN = "column"
    TILE = "tile"


class Bias(StrEnum):
    """Where biases are."""

    ROW = "row"
    DIGITAL = "digital"


class Writing(StrEnum):
    """How devices are written."""

    WRITE_VERIFY = "write_verify"
    OPEN_LOOP = "open_loop"


class On(StrEnum):
    """What computes the writing."""

    FAST = "fast"
    NATIVE = "native"
    NGSPICE = "ngspice"


CONVENTION: Mapping[str, Any] = {"dt": 1e-4, "reset": "zero"}
"""What is taken where neither the file nor the command says it: the NIR paper's time step and most of its platforms'
reset. Every other choice that a file leaves open has one that is usual."""

NetworkFile: TypeAlias = Annotated[Path, typer.Argument(metavar="NET.nir", help="A network as a NIR file.")]
Dt: TypeAlias = Annotated[str, typer.Option("--dt", metavar="TIME", help="The network's time step; else the file's.")]
ResetOption: TypeAlias = Annotated[
    str, typer.Option("--reset", metavar="RESET", help=f"{', '.join(CHOICES['reset'])}; else the file's.")
]
OrderOption: TypeAlias = Annotated[
    str, typer.Option("--order", metavar="ORDER", help=f"{' or '.join(CHOICES['order'])}; else the file's.")
]
DecayOption: TypeAlias = Annotated[
    str, typer.Option("--decay", metavar="DECAY", help=f"{' or '.join(CHOICES['decay'])}; else the file's.")
]
Tile: TypeAlias = Annotated[str, typer.Option("--tile", metavar="ROWSxCOLUMNS", help="Size of a tile.")]
Wire: TypeAlias = Annotated[str, typer.Option("--wire", metavar="OHM", help="Of a line from cell to cell.")]
SchemeOption: TypeAlias = Annotated[Kind, typer.Option("--scheme", help="How a weight becomes conductances.")]
ScaleOption: TypeAlias = Annotated[ScalePer, typer.Option("--scale-per", help="What takes the whole window.")]
States: TypeAlias = Annotated[int, typer.Option("--states", metavar="N", help="Of a device.")]
Clip: TypeAlias = Annotated[float, typer.Option("--clip", metavar="PERCENT", help="Percentile that fills the window.")]
BiasOption: TypeAlias = Annotated[Bias, typer.Option("--bias", help="A row of devices, or added outside.")]
WritingOption: TypeAlias = Annotated[Writing, typer.Option("--method", help="How devices are written.")]
Tolerance: TypeAlias = Annotated[
    float, typer.Option("--tolerance", metavar="SHARE", help="Of write-verify, of the way to a target.")
]
Spread: TypeAlias = Annotated[
    float, typer.Option("--spread", metavar="SHARE", help="Between devices, of what a pulse changes.")
]
OnOption: TypeAlias = Annotated[On, typer.Option("--model", help="What computes the writing: fast, or a circuit.")]
Compensate: TypeAlias = Annotated[bool, typer.Option("--compensate", help="Raise targets for line resistance.")]
IrDrop: TypeAlias = Annotated[bool, typer.Option(help="Lines have resistance when read.")]
Seed: TypeAlias = Annotated[int, typer.Option("--seed", metavar="N", help="Of all chance.")]


def opened(file: Path, dt: str, reset: str, order: str, decay: str) -> tuple[Source, Network]:
    """The network of `file`, read as the command says, else as the file says, else by convention, which is told.

    dt: text with a unit; each of the others empty where nothing is said
    Raises as `read_nir`.
    """
    said: dict[str, Any] = {"reset": reset, "order": order, "decay": decay}
    said["dt"] = quantity("--dt", dt, "s") if dt else None
    with Reader() as reader:
        tree = reader.read(file)
        names, given = named(tree, Reading(file)), {name: value or None for name, value in said.items()}
        for name, usual in CONVENTION.items():
            given[name] = given[name] or getattr(names, name) or usual
        found = interpret(tree, Named(**given), file, reader.limits)
    assumed = tuple(
        f"neither the file nor the command names {name}: {usual}{' s' * (name == 'dt')} is taken; "
        f"--{name} names another"
        for name, usual in CONVENTION.items()
        if not said[name] and getattr(names, name) is None
    )
    return Source(file.name, found.repairs, (*found.remarks, *assumed)), found.network


def tile_of(size: str, wire: str) -> Array:
    """An array from "64x128" and the resistance of a segment of its lines; raises InputError."""
    rows, _, columns = size.lower().partition("x")
    if not (rows.strip().isdigit() and columns.strip().isdigit()):
        raise InputError("--tile", size, "two whole numbers with x between", "--tile 64x128")
    segment = quantity("--wire", wire, "ohm")
    return Array(int(rows), int(columns), lines=Lines(word=segment, bit=segment, gate=segment))


def method_of(writing: Writing, tolerance: float, spread: float) -> Method:
    """How devices are written."""
    if writing is Writing.OPEN_LOOP:
        return OpenLoop(device_to_device=spread)
    return WriteVerify(tolerance, device_to_device=spread)


def hardware_of(
    tile: Array, kind: Kind, scale_per: ScalePer, states: int, clip: float, bias: Bias, *, raised: bool
) -> Hardware:
    """Tiles and scheme, from what the command was told."""
    scheme = Scheme(kind.value, scale_per.value, states=states, clip=clip, bias=bias.value)
    return Hardware(tile=tile, scheme=scheme, raised=RAISED if raised else 1.0)


COSTS: Mapping[str, str] = {"voltage": "V", "read": "s", "conversion": "J", "update": "J", "pace": "s"}
"""Costs that the command may be told, and their units."""


def costs_of(words: Sequence[str]) -> Costs:
    """Costs, changed as "update=20 pJ" says; raises InputError for a cost that is none, or cannot be."""
    changed: dict[str, Any] = {}
    for word in words:
        name, _, text = word.partition("=")
        if name not in COSTS:
            raise InputError("--cost", word, f"NAME=VALUE with one of {', '.join(COSTS)}", '--cost "update=20 pJ"')
        changed[name] = quantity(f"--cost {name}", text, COSTS[name])
    return Costs(**changed)


def said(values: Mapping[str, Any]) -> list[Text]:
    """What was mended in the file, and what is to be known."""
    mended = [Text(f"mended: {words}", "yellow") for words in values["repairs"]]
    return mended + [Text(words, "dim") for words in values["remarks"]]
