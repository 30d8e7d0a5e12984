"""A classification task on spikes: what every data set of this package becomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError


@dataclass(frozen=True, eq=False)
class Samples:
    """One split of a data set.

    spikes: whether a channel fired in a time step, shape (samples, steps, channels)
    labels: class of each sample, 0 upwards, shape (samples,)
    """

    spikes: NDArray[np.bool_]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if self.spikes.ndim != 3 or self.labels.shape != self.spikes.shape[:1] or len(self.labels) == 0:
            shapes = (self.spikes.shape, self.labels.shape)
            raise InputError(
                "spikes, labels", shapes, "(samples, steps, channels) and (samples,)", "one label for each sample"
            )

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Patterns:
    """A data set: name, where it comes from in a sentence for the reader, time step [s] and its three splits."""

    name: str
    source: str
    step: float
    train: Samples
    validation: Samples
    test: Samples

    @property
    def classes(self) -> int:
        """Number of classes: the highest label plus one."""
        return 1 + max(int(part.labels.max()) for part in (self.train, self.validation, self.test))

    @property
    def channels(self) -> int:
        """Number of input channels."""
        return int(self.train.spikes.shape[2])

    @property
    def duration(self) -> float:
        """Length of a sample [s]."""
        return int(self.train.spikes.shape[1]) * self.step
