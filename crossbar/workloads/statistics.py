"""Accuracy with an interval that counts both the samples and the chips as drawn by chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError

NORMAL_95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True)
class Accuracy:
    """Mean share of right answers and the ends of its 95 % interval over samples and trials."""

    mean: float
    low: float
    high: float

    @property
    def interval(self) -> str:
        """The ends of the interval, for people."""
        return f"{self.low:.1%} to {self.high:.1%}"


def accuracy(right: NDArray[np.bool_]) -> Accuracy:
    """Accuracy from `right` (trials, samples): every trial (seed, chip) answers the same samples.

    The variance of the mean is that of the samples' means plus that of the trials' means, each over its number (crossed
    random effects; what both share is counted twice, on the safe side). It sets the number of independent answers that
    would be as certain, n = p (1 - p) / variance, at most all of them; the interval is Wilson's (1927) for n answers,
    which stays within 0 to 1.
    """
    if right.ndim != len(("trials", "samples")) or right.size == 0:
        raise InputError("right", right.shape, "answers of shape (trials, samples)", "at least one trial")
    mean = float(right.mean())
    variance = _variance_of_mean(right.mean(axis=0)) + _variance_of_mean(right.mean(axis=1))
    count = right.shape[1] if variance == 0 else min(mean * (1 - mean) / variance, right.size)
    spread = NORMAL_95**2 / count
    centre = (mean + spread / 2) / (1 + spread)
    reach = NORMAL_95 / (1 + spread) * math.sqrt(mean * (1 - mean) / count + spread / (4 * count))
    # Rounding can push an end past the mean where every answer is right, or wrong.
    return Accuracy(mean, min(max(centre - reach, 0.0), mean), max(min(centre + reach, 1.0), mean))


def _variance_of_mean(values: NDArray[np.float64]) -> float:
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
