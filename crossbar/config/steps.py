"""The tables of a configuration file that describe operations."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from circuits.errors import InputError
from crossbar.config.fields import Cell, Lithium, Policy, Seconds, Seed, Table, Targets, Text, Voltages, Volts
from crossbar.config.quantities import Quantity
from crossbar.operations.write_verify import Recipe
from crossbar.pulses import Pulse

_CLOSE = Quantity("S", 0, 1e3, '"0.5 uS"', above=True)


class Operation(Table):
    """What all operations have."""

    name: Text = ""
    """A word for the results."""


class Precharge(Operation):
    """Charge every film to one lithium content through LFP."""

    do: Literal["precharge"]
    lithium: Lithium = 0.4
    """Content x of LixWO3 in gates and channels."""
    tolerance: Annotated[float, Quantity("1", 0, 0.49, "0.002", above=True)] = 0.002
    """Largest distance of any film from it."""


class PulseTable(Table):
    """A train of equal pulses on the gate of one cell."""

    cell: Cell = Field(examples=[[0, 0]])
    """[row, column], counted from 0."""
    amplitude: Volts
    """Against the rest potential; positive potentiates."""
    width: Seconds
    """Of each pulse."""
    count: int = Field(default=1, ge=1, le=1_000_000)
    """How many."""
    interval: Seconds = 10e-3
    """From the end of one to the start of the next."""
    rise: Seconds = 1e-9
    """Of both edges."""

    def build(self) -> Pulse:
        """The pulse."""
        return Pulse(**self.model_dump(exclude={"cell"}))


class Program(Operation):
    """Pulses on the gates of selected cells."""

    do: Literal["program"]
    pulses: list[PulseTable] = Field(
        min_length=1, examples=[[{"cell": [0, 0], "amplitude": "0.5 V", "width": "10 ms"}]]
    )
    """One train a cell."""
    unselected: Literal["float", "ground", "V/2", "V/3"] = "float"
    """What gate lines without a pulse do meanwhile."""
    idle: Policy = "float"
    """What a selected gate does between and after its pulses."""

    def build(self) -> dict[tuple[int, int], Pulse]:
        """The pulse of each cell; raises InputError when a cell has two."""
        result: dict[tuple[int, int], Pulse] = {}
        for table in self.pulses:
            if table.cell in result:
                raise InputError(
                    "pulses", [*table.cell], "one train a cell", "count = 2, or a second program operation"
                )
            result[table.cell] = table.build()
        return result


class RecipeTable(Table):
    """How write-verify goes about it."""

    amplitude: Annotated[float, Quantity("V", 0, 10, '"1 V"', above=True)] = 1.0
    """Of every pulse; its sign follows need."""
    settle: Seconds = 4.0
    """Wait before a verify read."""
    shortest: Seconds = 1e-5
    """Shortest width used."""
    longest: Seconds = 5.0
    """Longest width used; above `shortest`."""
    rounds: int = Field(default=8, ge=1, le=1000)
    """At most."""
    read_noise: Annotated[float, Quantity("S", 0, 1e3, '"0.11 uS"')] = 0.0
    """Of a verify read."""
    cycle_to_cycle: Annotated[float, Quantity("1", 0, 0.99, "0.03")] = 0.0
    """Relative spread of a pulse's effect."""

    def build(self) -> Recipe:
        """The recipe."""
        if self.longest <= self.shortest:
            raise InputError("longest", self.longest, f"a time above shortest = {self.shortest:g} s", '"5 s"')
        return Recipe(**self.model_dump())


class WriteVerify(Operation):
    """Bring cells to target conductances, reading between pulses."""

    do: Literal["write_verify"]
    targets: Targets = Field(examples=["900 uS"])
    """One conductance for all cells, or one a cell in rows; "keep" leaves a cell alone."""
    tolerance: Annotated[float, _CLOSE] = 0.5e-6
    """Largest distance of a verify read from its target."""
    seed: Seed = Field(examples=[1])
    """What noise and spread start from."""
    recipe: RecipeTable = RecipeTable()


class Hold(Operation):
    """Let time pass."""

    do: Literal["hold"]
    duration: Seconds
    """How long."""
    gates: Policy = "float"
    """What gate lines do."""
    channels: Policy = "float"
    """What word and bit lines do."""


class Read(Operation):
    """Currents of all bit lines, with the resistance of the lines."""

    do: Literal["read"]
    word_line: Voltages = 0.1
    """One voltage for all rows, or one a row."""
    duration: Seconds = 1e-6
    """How long the lines stay driven."""


AnyOperation: TypeAlias = Annotated[Precharge | Program | WriteVerify | Hold | Read, Field(discriminator="do")]
