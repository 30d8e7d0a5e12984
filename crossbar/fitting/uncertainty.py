"""How well a curve fixes what was found: from the derivatives at the end of the search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from crossbar.array import Floats
from crossbar.fitting.search import Search

CONFIDENCE = 0.95
NEAR = 1e-6  # of the width between its bounds: a parameter this close to one has ended there


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """The fields of a Fit that say how sure it is; see there."""

    interval: Mapping[str, tuple[float, float]]
    correlation: Floats
    at_bound: tuple[str, ...]
    noise: float
    excess: float


def uncertainty(search: Search, found: Floats) -> Uncertainty:
    """At the coordinates a search ended at.

    Stated noise gives intervals of the normal distribution. Without it the residual stands in, and Student's t for the
    doubt in that. A parameter at a bound is left out: its derivative says nothing of what lies beyond.
    """
    curve, inside = search.protocol.curve, _inside(search, found)
    names, residuals = tuple(search.values(found)), search.residuals(found)
    freedom = len(residuals) - int(inside.sum())
    spread = float(np.sqrt((residuals**2).sum() / freedom))
    stated = bool(curve.deviations.any())
    covariance = np.full((len(found), len(found)), np.nan)
    covariance[np.ix_(inside, inside)] = _covariance(search.jacobian(found)[:, inside]) * (1 if stated else spread**2)
    deviations = np.sqrt(np.diag(covariance))
    tail = 0.5 + CONFIDENCE / 2
    reach = deviations * float(stats.norm.ppf(tail) if stated else stats.t.ppf(tail, freedom))
    lowest, highest = search.bounds
    low, high = (search.values(np.clip(found + side * reach, lowest, highest)) for side in (-1, 1))
    return Uncertainty(
        interval={name: (low[name], high[name]) for name in names},
        correlation=np.clip(covariance / np.outer(deviations, deviations), -1.0, 1.0),
        at_bound=tuple(name for name, free in zip(names, inside, strict=True) if not free),
        noise=float(np.sqrt(((residuals / search.weights) ** 2).sum() / freedom)),
        excess=spread if stated else float("nan"),
    )


def _inside(search: Search, found: Floats) -> NDArray[np.bool_]:
    """Which unknowns are away from their bounds, shape (unknowns,)."""
    low, high = search.bounds
    width = np.where(np.isinf(high), 0.0, high - low)
    return np.asarray(np.minimum(found - low, high - found) > NEAR * width)


def _covariance(slopes: Floats) -> Floats:
    """Of coordinates, for residuals of deviation 1, shape (unknowns, unknowns)."""
    if not slopes.shape[1]:
        return np.zeros((0, 0))
    sizes = np.sqrt((slopes**2).sum(axis=0))
    _, values, directions = np.linalg.svd(slopes / sizes, full_matrices=False)
    half = directions / values[:, None] / sizes
    return np.asarray(half.T @ half)
