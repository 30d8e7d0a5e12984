"""What the reads of one layer take, sample by sample, counted while a network runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossbar.array import Floats
from crossbar.evaluation.hardware import Costs
from crossbar.mapping.chip import Reader
from crossbar.mapping.network import Matrix

Counts = NDArray[np.int64]


class Meter:
    """Counts over the reads of one layer.

    energy: of the word-line drivers [J], shape (samples,); operations: of inputs that were not 0 with weights that are
    not, shape (samples,); binary: whether all inputs were -1, 0 or 1
    """

    def __init__(self, loads: Floats, weights: Matrix, costs: Costs, samples: int) -> None:
        inputs = len(weights)
        self.unit = costs.voltage**2 * costs.read
        self.loads, self.always = loads[:inputs], float(loads[inputs:].sum())
        self.fan = np.count_nonzero(weights, axis=1)
        self.energy, self.operations = np.zeros(samples), np.zeros(samples, np.int64)
        self.binary = True

    def around(self, reader: Reader) -> Reader:
        """`reader`, counted; its rows are the reads of one sample after another, as many for each."""

        def read(inputs: NDArray[Any]) -> NDArray[Any]:
            samples = len(self.energy)
            power = np.square(inputs, dtype=float) @ self.loads + self.always
            self.energy += self.unit * power.reshape(samples, -1).sum(axis=1)
            self.operations += ((inputs != 0) @ self.fan).reshape(samples, -1).sum(axis=1)
            self.binary = self.binary and bool(np.isin(inputs, (-1, 0, 1)).all())
            return np.asarray(reader(inputs))

        return read
