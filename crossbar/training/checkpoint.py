"""A training run on disk after each epoch: the same run, begun again, goes on from there to the same last bit."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.files import drafted
from crossbar.training.adam import Moments
from crossbar.training.kernels import Weights
from crossbar.training.model import NAMES
from crossbar.workloads.torchfile import DAMAGE


@dataclass(frozen=True)
class Epoch:
    """One pass: losses are means over samples [nat].

    number: from 1; loss: while learning; validation_loss, validation_accuracy: afterwards; spikes: of a hidden neuron
        in a validation sample
    """

    number: int
    loss: float
    validation_loss: float
    validation_accuracy: float
    spikes: float

    def better(self, other: Epoch) -> bool:
        """Whether it is right more often on the validation part, or as often with a lower loss."""
        return (self.validation_accuracy, -self.validation_loss) > (other.validation_accuracy, -other.validation_loss)


@dataclass(frozen=True, eq=False)
class Course:
    """Where a run is: weights, moments, the weights of its best epoch, and all epochs."""

    weights: Weights
    moments: Moments
    best: Weights
    epochs: tuple[Epoch, ...]

    @property
    def at_best(self) -> Epoch:
        """The epoch that the best weights are from."""
        chosen = self.epochs[0]
        for epoch in self.epochs[1:]:
            chosen = epoch if epoch.better(chosen) else chosen
        return chosen


def keep(course: Course, path: Path, key: str) -> None:
    """Write the course; a reader finds the old file or the new one, whole."""
    sets = {"weights": course.weights, "first": course.moments.first, "second": course.moments.second}
    arrays: dict[str, Any] = {
        f"{part}_{name}": array
        for part, each in (sets | {"best": course.best}).items()
        for name, array in zip(NAMES, each, strict=True)
    }
    arrays |= {"batches": course.moments.batches, "epochs": [astuple(epoch) for epoch in course.epochs], "key": key}
    with drafted(path) as draft, draft.open("wb") as file:
        np.savez(file, **arrays)


def kept(path: Path, key: str) -> Course | None:
    """The course of the run that `key` names; None where there is none, another's, or a damaged one."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            if str(file["key"]) != key:
                return None
            epochs = tuple(Epoch(int(row[0]), *map(float, row[1:])) for row in file["epochs"])
            moments = Moments(_weights(file, "first"), _weights(file, "second"), int(file["batches"]))
            return Course(_weights(file, "weights"), moments, _weights(file, "best"), epochs)
    except DAMAGE:
        return None


def _weights(file: Any, part: str) -> Weights:  # noqa: ANN401 - numpy's open npz
    arrays: list[NDArray[Any]] = [file[f"{part}_{name}"] for name in NAMES]
    fc, bias, back, out, out_bias = arrays
    return fc, bias, back, out, out_bias
