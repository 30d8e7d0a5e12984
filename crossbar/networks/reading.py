"""What the steps of an import hand on to each other: nodes as the file has them, and what is to be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from numpy.typing import NDArray

from circuits.errors import DataError
from crossbar.networks.reader import Limits

Parameter: TypeAlias = "NDArray[Any] | str"
Edge: TypeAlias = tuple[str, str]

REWRITE = "write the graph again with nir.write"


@dataclass(frozen=True, eq=False)
class RawNode:
    """A node as the file has it."""

    kind: str
    fields: Mapping[str, Parameter]

    @property
    def port(self) -> bool:
        """Whether it is where a graph begins or ends."""
        return self.kind in {"Input", "Output"}


@dataclass
class Reading:
    """Where a file's graph is being read: its path for errors, limits, what was mended and what one should know."""

    path: Path | str
    limits: Limits = field(default_factory=Limits)
    repairs: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    count: int = 0

    def refuse(self, found: str, allowed: str, instead: str) -> DataError:
        """The error to raise for this file."""
        return DataError(self.path, found, allowed, instead)


def few(names: Iterable[str], most: int = 12) -> str:
    """Some names for a sentence, in order."""
    every = sorted(names)
    return ", ".join(f"'{name}'" for name in every[:most]) + (", ..." if len(every) > most else "")
