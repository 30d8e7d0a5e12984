"""A linear read-out: multinomial logistic regression, its penalty chosen on samples that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from circuits.errors import InputError

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

ITERATIONS = 300
"""Most L-BFGS steps of one fit; a fit that stops there is a valid, less sharply trained read-out."""


@dataclass(frozen=True, eq=False)
class Readout:
    """Scores = features @ weights + bias; the highest names the class.

    weights: shape (features, classes)
    bias: shape (classes,)
    penalty: factor of the squared weights in the training's loss
    validation: accuracy on the validation features
    """

    weights: Array
    bias: Array
    penalty: float
    validation: float

    def scores(self, features: Array) -> Array:
        """Score of each class, shape (samples, classes), for features (samples, features)."""
        return np.asarray(features @ self.weights + self.bias)


def choose(
    train: tuple[Array, Labels], validation: tuple[Array, Labels], penalties: Sequence[float], classes: int
) -> Readout:
    """The read-out with the highest validation accuracy over `penalties`; of equals the one with the larger penalty.

    train, validation: features (samples, features) and labels (samples,)
    """
    if not penalties:
        raise InputError("penalties", penalties, "one number above 0 or more", "penalties = (1e-2, 1e-3)")
    start = np.zeros((train[0].shape[1] + 1, classes))
    fits: list[Readout] = []
    for penalty in sorted(penalties, reverse=True):
        start = _fit(train[0], train[1], penalty, start)
        right = (validation[0] @ start[:-1] + start[-1]).argmax(axis=1) == validation[1]
        fits.append(Readout(start[:-1], start[-1], penalty, float(right.mean())))
    return max(fits, key=lambda fit: fit.validation)


def _fit(features: Array, labels: Labels, penalty: float, start: Array) -> Array:
    """Weights and, as the last row, bias (features + 1, classes) of least mean cross-entropy plus penalty."""
    wanted = np.eye(start.shape[1])[labels]

    def loss(flat: Array) -> tuple[float, Array]:
        table = flat.reshape(start.shape)
        scores = features @ table[:-1] + table[-1]
        likelihood = scores - logsumexp(scores, axis=1, keepdims=True)
        excess = (np.exp(likelihood) - wanted) / len(features)
        slope = np.vstack([features.T @ excess + penalty * table[:-1], excess.sum(axis=0)])
        value = penalty / 2 * np.sum(table[:-1] ** 2) - np.sum(likelihood * wanted) / len(features)
        return float(value), slope.ravel()

    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS})
    return np.asarray(found.x).reshape(start.shape)
