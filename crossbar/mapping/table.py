"""The programming table: which device holds which weight, its target and its pulses, as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuits.elements import Integers
from circuits.errors import DataError, OutcomeError
from circuits.files import drafted
from crossbar.array import Floats
from crossbar.mapping.network import MappedNetwork, Site

HEADER = ("tile", "row", "column", "layer", "input", "output", "part", "target [S]", "pulses")


def write_table(mapping: MappedNetwork, pulses: ArrayLike, path: Path | str) -> Path:
    """One line for each device that holds something, by tile, row and column; raises OutcomeError.

    pulses: signed as planned, or as taken, shape (tiles, rows, columns)
    The columns tile, row, column (from 0), layer, input ("bias" for the bias row), output ("offset" for the offset
    column), part (plus, minus, weight or offset), target [S], pulses. The same mapping gives the same bytes.
    """
    place, counts = Path(path), np.asarray(pulses)
    try:
        with drafted(place) as draft, draft.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADER)
            for site in sorted(mapping.sites, key=lambda site: (site.place.tile, site.place.top)):
                writer.writerows(_lines(mapping, site, counts))
    except OSError as error:
        cause = "no such folder, or a full disk."
        raise OutcomeError(f"{place} could not be written ({error.strerror}).", cause, "another place.") from error
    return place


def _lines(mapping: MappedNetwork, site: Site, pulses: Integers) -> Iterator[tuple[str | int | float, ...]]:
    tile, rows, columns = site.region
    block, layer = site.place.block, site.place.layer
    inputs, names = len(mapping.layers[layer][0]), _names(site)
    targets, counts = mapping.targets[site.region].tolist(), pulses[site.region].astype(np.int64).tolist()
    for k, row in enumerate(range(rows.start, rows.stop)):
        source: str | int = block.rows.start + k if block.rows.start + k < inputs else "bias"
        for column in range(columns.stop):
            yield (tile, row, column, layer, source, *names[column], repr(targets[k][column]), counts[k][column])


def _names(site: Site) -> list[tuple[str | int, str]]:
    """Output and part of each bit line of a block."""
    outputs = range(site.place.block.columns.start, site.place.block.columns.stop)
    if site.mapped.scheme.kind == "offset":
        return [*((output, "weight") for output in outputs), ("offset", "offset")]
    return [(output, part) for output in outputs for part in ("plus", "minus")]


def read_table(path: Path | str, mapping: MappedNetwork) -> tuple[Floats, Integers]:
    """Targets [S] and pulses of a table for `mapping`, shape (tiles, rows, columns); at rest and 0 where it is silent.

    Raises DataError for a file that is no such table, or one of another mapping.
    """
    targets = np.full(mapping.targets.shape, mapping.scheme.rest)
    pulses = np.zeros(mapping.targets.shape, np.int64)
    instead = "a table that write_table wrote for this mapping"
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file)
            if tuple(next(lines, ())) != HEADER:
                raise DataError(path, "its first line is another", ",".join(HEADER), instead)
            for line in lines:
                place = tuple(int(text) for text in line[:3])
                targets[place], pulses[place] = float(line[7]), int(line[8])
    except (OSError, ValueError, IndexError) as error:
        raise DataError(path, f"it cannot be read ({error})", "numbers of this mapping's tiles", instead) from error
    return targets, pulses
