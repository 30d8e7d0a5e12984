"""The total functions of the device language on numpy arrays; see writers.trace for the compiled ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.expr import EXP_LIMIT, LOG_LIMIT

Function = Callable[..., Any]


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
