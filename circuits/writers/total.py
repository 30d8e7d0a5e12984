"""The total functions of the device language as compiled scalars; `ARRAYS` holds the same for numpy arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from circuits.expr import EXP_LIMIT, LOG_LIMIT

Function = Callable[..., Any]


@njit(inline="always")
def exp_total(x: float) -> float:
    """e^x, a straight line above 40."""
    return math.exp(min(x, EXP_LIMIT)) * (1.0 + max(x - EXP_LIMIT, 0.0))


@njit(inline="always")
def exp_slope(x: float) -> float:
    """Derivative of exp_total."""
    return math.exp(min(x, EXP_LIMIT))


@njit(inline="always")
def log_total(x: float) -> float:
    """Natural logarithm, a straight line below 1e-6."""
    return math.log(max(x, LOG_LIMIT)) + min(x - LOG_LIMIT, 0.0) / LOG_LIMIT


@njit(inline="always")
def log_slope(x: float) -> float:
    """Derivative of log_total."""
    return 1.0 / max(x, LOG_LIMIT)


@njit(inline="always")
def sinh_total(x: float) -> float:
    """sinh, straight lines beyond +-40."""
    inside = min(max(x, -EXP_LIMIT), EXP_LIMIT)
    return math.sinh(inside) + math.cosh(inside) * (x - inside)


@njit(inline="always")
def sinh_slope(x: float) -> float:
    """Derivative of sinh_total."""
    return math.cosh(min(max(x, -EXP_LIMIT), EXP_LIMIT))


@njit(inline="always")
def below(x: float, y: float) -> float:
    """1 where x <= y, else 0: the slope of min(x, y) by x."""
    return 1.0 if x <= y else 0.0


def _sinh(x: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.clip(x, -EXP_LIMIT, EXP_LIMIT)
    return np.asarray(np.sinh(inside) + np.cosh(inside) * (x - inside))


ARRAYS: Mapping[str, Function] = {
    "exp_total": lambda x: np.exp(np.minimum(x, EXP_LIMIT)) * (1.0 + np.maximum(x - EXP_LIMIT, 0.0)),
    "exp_slope": lambda x: np.exp(np.minimum(x, EXP_LIMIT)),
    "log_total": lambda x: np.log(np.maximum(x, LOG_LIMIT)) + np.minimum(x - LOG_LIMIT, 0.0) / LOG_LIMIT,
    "log_slope": lambda x: 1.0 / np.maximum(x, LOG_LIMIT),
    "sinh_total": _sinh,
    "sinh_slope": lambda x: np.cosh(np.clip(x, -EXP_LIMIT, EXP_LIMIT)),
    "below": lambda x, y: np.where(x <= y, 1.0, 0.0),
    "min": np.minimum,
    "max": np.maximum,
}
