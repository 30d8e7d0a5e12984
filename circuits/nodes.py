"""Names of nodes by number: some given one by one, those of a grid written only when somebody asks.

An array of a million cells has five million nodes; their names, kept, take more memory than everything known of them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError

Integers = NDArray[np.int64]
PLACE = re.compile(r"(.+)_(\d+)_(\d+)")


@dataclass(frozen=True, eq=False)
class Grid:
    """Names kind_row_column of cells at `places`, counted row by row and ascending; first: the first one's number."""

    kind: str
    columns: int
    places: Integers
    first: int

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, position: int) -> str:
        row, column = divmod(int(self.places[position]), self.columns)
        return f"{self.kind}_{row}_{column}"

    def number(self, row: int, column: int) -> int | None:
        """The number of the node in this row and column, if it is one."""
        place = row * self.columns + column
        position = int(np.searchsorted(self.places, place))
        there = column < self.columns and position < len(self) and self.places[position] == place
        return self.first + position if there else None


class Names(Sequence[str]):
    """All names in the order of their numbers: parts one after another."""

    def __init__(self, parts: Sequence[Sequence[str] | Grid]) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts]).tolist()

    def __len__(self) -> int:
        return int(self._ends[-1])

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> tuple[str, ...]: ...
    def __getitem__(self, position: int | slice) -> str | tuple[str, ...]:
        if isinstance(position, slice):
            return tuple(self[k] for k in range(*position.indices(len(self))))
        k = range(len(self))[position]
        part = bisect_right(self._ends, k)
        return self._parts[part][k - self._ends[part] + len(self._parts[part])]

    def __iter__(self) -> Iterator[str]:
        return (part[k] for part in self._parts for k in range(len(part)))


class Numbering:
    """Numbers nodes as they are named, one by one or as a grid."""

    def __init__(self, first: str) -> None:
        self._known = {first: 0}
        self._parts: list[list[str] | Grid] = [[first]]
        self._grids: dict[str, Grid] = {}
        self.count = 1

    @property
    def names(self) -> Sequence[str]:
        """Every name so far, by number."""
        return Names(self._parts) if self._grids else tuple(self._known)

    def number(self, name: str) -> int:
        """The node of this name; a new one if there is none."""
        found = self._known.get(name)
        if found is None:
            found = self._in_grid(name)
        return self._add(name) if found is None else found

    def grid(self, kind: str, columns: int, places: Integers) -> Integers:
        """New nodes kind_row_column at `places`, counted in rows `columns` long; raises InputError for a used kind."""
        if kind in self._grids:
            raise InputError("grid", kind, "kinds used once", f"another kind than {kind!r}")
        self._grids[kind] = made = Grid(kind, columns, places, self.count)
        self._parts.append(made)
        self.count += len(made)
        return np.arange(made.first, self.count)

    def _in_grid(self, name: str) -> int | None:
        read = PLACE.fullmatch(name) if self._grids else None
        if read is None or read[1] not in self._grids:
            return None
        return self._grids[read[1]].number(int(read[2]), int(read[3]))

    def _add(self, name: str) -> int:
        last = self._parts[-1]
        if isinstance(last, list):
            last.append(name)
        else:
            self._parts.append([name])
        self._known[name] = self.count
        self.count += 1
        return self.count - 1
