"""Results as one labelled file: named axes, a unit and a sentence for every quantity, configuration inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray
from numpy.typing import ArrayLike

from circuits.errors import DataError, InputError
from circuits.files import drafted
from crossbar import __version__


@dataclass(frozen=True, eq=False)
class Quantity:
    """An array and what it is.

    axes: name of each axis; unit: SI, "1" for a plain number; meaning: one sentence
    """

    values: ArrayLike
    axes: tuple[str, ...]
    unit: str
    meaning: str


@dataclass(frozen=True, eq=False)
class Results:
    """Quantities by name, coordinates along their axes, and what they came from.

    configuration: everything that decided the outcome; seed: of all chance
    """

    title: str
    quantities: Mapping[str, Quantity]
    configuration: Mapping[str, Any]
    seed: int
    coordinates: Mapping[str, Quantity] = field(default_factory=dict)
    attributes: Mapping[str, str | float | int] = field(default_factory=dict)


def dataset(results: Results) -> xarray.Dataset:
    """As an xarray Dataset; raises InputError when an array's shape and its axes do not agree."""
    for name, quantity in results.quantities.items():
        if np.ndim(quantity.values) != len(quantity.axes):
            raise InputError(name, np.shape(quantity.values), f"one axis each of {quantity.axes}", "an axis for each")
    about = {
        "title": results.title,
        "version": __version__,
        "seed": results.seed,
        "configuration": json.dumps(results.configuration, default=str),
    }
    return xarray.Dataset(
        {name: _variable(quantity) for name, quantity in results.quantities.items()},
        coords={name: _variable(quantity) for name, quantity in results.coordinates.items()},
        attrs=about | dict(results.attributes),
    )


def _variable(quantity: Quantity) -> xarray.Variable:
    return xarray.Variable(
        quantity.axes, np.asarray(quantity.values), {"units": quantity.unit, "long_name": quantity.meaning}
    )


def save(results: Results, path: Path) -> Path:
    """Write netCDF, all of it or nothing, and return `path`; raises InputError as `dataset` does."""
    content = dataset(results)
    with drafted(path) as draft:
        content.to_netcdf(draft, engine="h5netcdf")
    return path


def load(path: Path) -> xarray.Dataset:
    """A file that `save` wrote, in memory; raises DataError for anything else."""
    try:
        with xarray.open_dataset(path, engine="h5netcdf") as content:
            return content.load()
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            path, f"it cannot be read ({error})", "a netCDF file", "run again to write it afresh"
        ) from error
