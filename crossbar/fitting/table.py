"""The text of a CSV file as numbers in SI units, or the one thing that is wrong with it and its line."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError
from circuits.units import PREFIXES

UNITS = {"time": "s", "voltage": "V", "conductance": "S", "noise": "S"}
NEEDED = ("time", "voltage", "conductance")
EXAMPLES = {"time": "2e-4", "voltage": "0.5", "conductance": "1e-3", "noise": "1.1e-7"}
HEADER = "time [s],voltage [V],conductance [S]"
UNREAD = "unread"
FLOATING = ("", "nan", "float")
LONGEST = 64 << 20  # bytes

COLUMN = re.compile(
    r"""\s*(?:gate[ _])?(time|voltage|conductance|noise)
        (?:\s*[\[(]\s*(?P<bracketed>[^\])]*?)\s*[\])] | [ _/](?P<joined>\w+))?\s*""",
    re.IGNORECASE | re.VERBOSE,
)
NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))(?:e([-+]?\d{1,4}))?", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of a recording in SI units, shape (rows,) each; see crossbar.fitting.curve.Curve."""

    time: NDArray[np.float64]
    voltage: NDArray[np.float64]
    conductance: NDArray[np.float64]
    noise: NDArray[np.float64]
    read: NDArray[np.bool_]


@dataclass(frozen=True)
class _Column:
    """Where a quantity stands in a line, and its unit's power of ten."""

    name: str
    place: int
    power: int


def read(path: Path) -> Table:
    """The table in a file; raises InputError with the line, its value and what to write instead."""
    lines = _lines(path)
    name = _printable(path.name)
    try:
        number, header = next(lines)
    except StopIteration:
        raise InputError(name, "an empty file", f"a header and rows such as {HEADER}", HEADER) from None
    columns = _columns(f"{name} line {number}", header)
    rows = [_Row(name, number, cells).values(columns) for number, cells in lines]
    _increasing(name, rows)
    listed = [[values[key] for _, values in rows] for key in UNITS]
    time, voltage, conductance, noise = (np.array(column, float) for column in listed)
    return Table(time, voltage, conductance, noise, ~np.isnan(conductance))


def _lines(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """Number and cells of each line that says something; # begins a comment line."""
    lines = io.StringIO(_text(path), newline=None).readlines()
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    reader = csv.reader(lines, delimiter=max(",;\t", key=first.count), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#"):
                yield reader.line_num, cells
    except csv.Error as error:
        where = f"{_printable(path.name)} line {reader.line_num}"
        raise InputError(where, str(error), "values with commas between them", HEADER) from None


def _text(path: Path) -> str:
    """What is in the file; raises InputError."""
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST + 1)
    except OSError as error:
        found = f"{_printable(str(path))}: {error.strerror}"
        raise InputError("FILE", found, "a file that can be read", "the name of a CSV file") from None
    if len(raw) > LONGEST:
        raise InputError(
            "FILE", path.name, f"at most {LONGEST >> 20} MiB", "fewer rows: where nothing moves, drop some"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError("FILE", path.name, "CSV, which is UTF-8 text", "the table saved as CSV")
    return text


def _columns(where: str, header: Sequence[str]) -> Mapping[str, _Column]:
    """Each quantity's column; raises InputError for one that is missing, twice there, or in an unknown unit."""
    found: dict[str, _Column] = {}
    for place, cell in enumerate(header):
        match = COLUMN.fullmatch(cell)
        power = 0 if match is None else _power(match)
        if match is None or (power is None and match["joined"]):  # voltage_drain is somebody else's column
            continue
        name = match[1].lower()
        if power is None:
            allowed = f"{UNITS[name]} with a prefix f p n u m k M G, or no unit"
            raise InputError(f"{where}, column {name}", cell, allowed, f"{name} [{UNITS[name]}]")
        if name in found:
            raise InputError(
                f"{where}, column {name}", list(header), "each column once", "another name for one of them"
            )
        found[name] = _Column(name, place, power)
    if missing := [name for name in NEEDED if name not in found]:
        allowed = "columns time, voltage and conductance, each with its unit, such as time_us (none is SI)"
        raise InputError(f"{where}, column {missing[0]}", list(header), allowed, HEADER)
    return found


def _power(match: re.Match[str]) -> int | None:
    """Power of ten of the unit in a header, None where it is no unit of that quantity."""
    unit = (match["bracketed"] or match["joined"] or "").replace("\u03bc", "\u00b5")
    base = UNITS[match[1].lower()]
    return PREFIXES.get(unit.removesuffix(base)) if unit.endswith(base) or not unit else None


@dataclass(frozen=True)
class _Row:
    """A line of values."""

    file: str
    number: int
    cells: Sequence[str]

    def values(self, columns: Mapping[str, _Column]) -> tuple[int, dict[str, float]]:
        """The line's number and each quantity in SI units; raises InputError."""
        values = {"noise": 0.0} | {name: self.value(column) for name, column in columns.items()}
        return self.number, values

    def value(self, column: _Column) -> float:
        """One cell; nan for a floating gate and for a conductance that was not read."""
        where = f"{self.file} line {self.number}, {column.name}"
        if column.place >= len(self.cells):
            allowed = f"a value in each of the header's columns; there are {len(self.cells)} on this line"
            raise InputError(where, "nothing", allowed, EXAMPLES[column.name])
        text = self.cells[column.place].strip()
        if column.name == "voltage" and text.lower() in FLOATING:
            return math.nan
        if column.name == "conductance" and text.lower() == UNREAD:
            return math.nan
        match = NUMBER.fullmatch(text)
        value = float(f"{match[1]}e{int(match[2] or 0) + column.power}") if match else math.nan
        if not math.isfinite(value):
            raise InputError(where, text, *_wanted(column.name))
        return value


def _wanted(name: str) -> tuple[str, str]:
    """What a cell may hold, and an example."""
    if name == "voltage":
        return "a finite number, or nothing where the gate floats", EXAMPLES[name]
    if name == "conductance":
        return (
            f"a finite number, or the word {UNREAD} where it was not read",
            f"{EXAMPLES[name]}, or leave the line out",
        )
    return "a finite number, with a point for decimals", EXAMPLES[name]


def _increasing(file: str, rows: Sequence[tuple[int, Mapping[str, float]]]) -> None:
    """Raises InputError where time stands still or runs back."""
    for (_, before), (number, after) in pairwise(rows):
        if not after["time"] > before["time"]:
            where = f"{file} line {number}, time"
            allowed = f"strictly increasing times, above {before['time']:.12g} s of the line before"
            raise InputError(where, after["time"], allowed, "the lines in order of time, each time once")


def _printable(text: str) -> str:
    """`text` without anything a terminal obeys."""
    return text if text.isprintable() else ascii(text)
