"""Adam, Kingma and Ba 2015, arXiv:1412.6980, algorithm 1 with its own constants."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crossbar.training.kernels import Weights

FIRST, SECOND, LEAST = 0.9, 0.999, 1e-8


class Moments(NamedTuple):
    """Running means of the gradients and of their squares, and of how many mini-batches."""

    first: Weights
    second: Weights
    batches: int


def still(weights: Weights) -> Moments:
    """Before the first mini-batch."""
    first, second = (_each(np.zeros_like(array) for array in weights) for _ in range(2))
    return Moments(first, second, 0)


def moved(weights: Weights, gradient: Weights, moments: Moments, rate: float) -> tuple[Weights, Moments]:
    """Weights and moments after one mini-batch."""
    count = moments.batches + 1
    first = _each(FIRST * old + (1 - FIRST) * new for old, new in zip(moments.first, gradient, strict=True))
    second = _each(SECOND * old + (1 - SECOND) * new**2 for old, new in zip(moments.second, gradient, strict=True))
    pace, scale = rate / (1 - FIRST**count), 1 / (1 - SECOND**count)
    after = (w - pace * m / (np.sqrt(v * scale) + LEAST) for w, m, v in zip(weights, first, second, strict=True))
    return _each(after), Moments(first, second, count)


def clipped(gradient: Weights, largest: float) -> Weights:
    """The gradient, shortened to the norm `largest` where it is longer."""
    norm = math.sqrt(sum(float(np.sum(array.astype(float) ** 2)) for array in gradient))
    return gradient if norm <= largest else _each(array * (largest / norm) for array in gradient)


def _each(arrays: Iterable[NDArray[Any]]) -> Weights:
    fc, bias, back, out, out_bias = arrays
    return fc, bias, back, out, out_bias
