"""Whether a curve can tell the unknowns apart."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from circuits.errors import InputError
from crossbar.array import Floats
from crossbar.fitting.search import OFFSET, Search

NOTHING = 1e-7  # of the curve's height for a step of one in a coordinate: what derivatives are good to
SINGULAR = 1e-5  # smallest singular value over the largest, columns of length 1
INVOLVED = 0.1  # part of the largest component in the direction that changes nothing


def check_apart(search: Search, coordinates: Floats) -> None:
    """Raises InputError naming unknowns that leave the curve alone, or that move it all in the same way."""
    names = tuple(search.values(coordinates))
    slopes = search.jacobian(coordinates)
    sizes = np.sqrt((slopes**2).sum(axis=0))
    whole = np.sqrt(((search.height * search.weights) ** 2).sum())
    if idle := [name for name, size in zip(names, sizes, strict=True) if size <= NOTHING * whole]:
        _refuse(
            search, coordinates, idle, "parameters that change this curve where the search ended", "the others alone"
        )
    if _singular(slopes / sizes):
        same = _involved(names, slopes / sizes)
        allowed = "parameters that each change this curve in their own way; it cannot tell these apart"
        _refuse(search, coordinates, same, allowed, f"them without one, say {same[-1]}, or another start")


def _refuse(search: Search, coordinates: Floats, names: list[str], allowed: str, instead: str) -> NoReturn:
    """Raises InputError naming unknowns and where the search took them."""
    here = search.values(coordinates)
    other = (
        "base='device'" if OFFSET in names else "base='free', where the curve does not begin at the device's own base"
    )
    value = ", ".join(f"{name} at {here[name]:.3g}" for name in names)
    raise InputError(
        "parameters", value, allowed, instead if search.free and OFFSET not in names else f"{instead}; or {other}"
    )


def _singular(slopes: Floats) -> bool:
    """Whether columns of length 1 depend on each other."""
    values = np.linalg.svd(slopes, compute_uv=False)
    return bool(values[-1] <= SINGULAR * values[0])


def _involved(names: tuple[str, ...], slopes: Floats) -> list[str]:
    """The unknowns any one of which could be left out; where more than one must go, those that a direction mixes."""
    cured = [name for k, name in enumerate(names) if not _singular(np.delete(slopes, k, axis=1))]
    share = np.abs(np.linalg.svd(slopes, full_matrices=False)[2][-1])
    return cured or [name for name, part in zip(names, share, strict=True) if part > INVOLVED * share.max()]
