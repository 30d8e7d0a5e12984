"""What an experiment found, and the file it is kept in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from crossbar import results
from crossbar.results import Quantity, Results

Floats: TypeAlias = NDArray[np.float64]
Hear: TypeAlias = Callable[[float, str], None]
"""Told now and then which share is done, and a few words."""


@dataclass(frozen=True, eq=False)
class Found:
    """Quantities and coordinates by name; `found["conductance"]` is one of them as an array."""

    quantities: Mapping[str, Quantity]
    coordinates: Mapping[str, Quantity] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Floats:
        both = {**self.coordinates, **self.quantities}
        return np.asarray(both[name].values, float)

    def number(self, name: str) -> float:
        """A quantity without axes."""
        return float(self[name])


def keep(found: Found, path: Path, title: str, configuration: Mapping[str, object], seed: int) -> None:
    """Write `found`, all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    results.save(Results(title, found.quantities, configuration, seed, found.coordinates), path)


def fetch(path: Path) -> Found:
    """What `keep` wrote; raises DataError for anything else."""
    content = results.load(path)

    def quantity(name: str) -> Quantity:
        variable = content[name]
        axes = tuple(str(axis) for axis in variable.dims)
        return Quantity(variable.values, axes, str(variable.attrs["units"]), str(variable.attrs["long_name"]))

    quantities = {str(name): quantity(str(name)) for name in content.data_vars}
    return Found(quantities, {str(name): quantity(str(name)) for name in content.coords})
