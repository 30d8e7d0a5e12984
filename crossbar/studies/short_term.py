"""Does short-term plasticity in front of an array spare reads? A linear read-out behind it, and behind static synapses.

    channel -> synapse -> leaky membrane -> `reads` readings a sample -> linear read-out -> class

Static synapses (NO-STP, Eq 4 of Wan et al. 2021) are as strong as one spike through the IDEAL LiWES kernel; `stp` is
that kernel, `noisy` draws its deviations and noise (Table 1) afresh in every sample, in training as well. Readings are
evenly spread and the last is at a sample's end, so those of few reads are among those of many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from circuits.errors import InputError
from crossbar.synapse import Impulse, Synapse, matched_weight, wan2021_kernel
from crossbar.workloads.classify import FULL_SCALE_QUANTILE, Settings, readings, shares
from crossbar.workloads.patterns import Patterns, Samples
from crossbar.workloads.readout import choose
from crossbar.workloads.statistics import NORMAL_95

Array = NDArray[np.float64]
Right = NDArray[np.bool_]
Kind = Literal["static", "stp", "noisy"]
KINDS: tuple[Kind, ...] = ("static", "stp", "noisy")
Split: TypeAlias = "tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]"

PENALTIES = (1e-2, 1e-3, 1e-4)
LEARNED, SHOWN = 3, 5
"""How many times a noisy sample is drawn for training, and for answering."""


@dataclass(frozen=True, eq=False)
class Point:
    """One setting: which answers were right, shape (draws, samples); the samples are the same in all points of a study.

    tau: of the membranes [s]
    """

    kind: Kind
    tau: float
    reads: int
    right: Right

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return float(self.right.mean())


@dataclass(frozen=True)
class Difference:
    """Accuracy of one point less another's, and its 95 % interval over samples, which are the same for both."""

    mean: float
    low: float
    high: float


def difference(one: Point, other: Point) -> Difference:
    """How much more `one` gets right: sample by sample, so what makes a sample hard for both cancels."""
    apart = one.right.mean(axis=0) - other.right.mean(axis=0)
    if len(apart) < 2:
        raise InputError("right", one.right.shape, "answers on two samples or more", "a larger data set")
    mean, reach = float(apart.mean()), NORMAL_95 * float(apart.std(ddof=1)) / math.sqrt(len(apart))
    return Difference(mean, mean - reach, mean + reach)


def short_term(
    patterns: Patterns,
    taus: Sequence[float],
    reads: Sequence[int],
    *,
    kinds: Sequence[Kind] = KINDS,
    folds: int = 0,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> tuple[Point, ...]:
    """Accuracies over membrane time constants [s], numbers of reads and kinds of synapses.

    folds: 0 takes the data set's own splits; from 3 on all its samples are shuffled together and each is a test sample
        once, behind a read-out that was trained on the other folds but one, which chooses the penalty
    """
    most = max(reads, default=0)
    if not reads or any(count < 1 or most % count for count in reads):
        raise InputError("reads", list(reads), "whole numbers above 0 that divide the largest", "reads = (4, 16, 64)")
    if folds != 0 and folds < 3:
        raise InputError("folds", folds, "0, or 3 or more", "folds = 5")
    everything = _joined(patterns)
    splits = list(_splits(patterns, folds, np.random.default_rng([seed, 0])))
    points: list[Point] = []
    for tau in taus:
        for kind in kinds:
            table = _readings(everything, patterns.step, kind, tau, most, np.random.default_rng([seed, 1, len(points)]))
            for count in reads:
                seen = table[:, :, most // count - 1 :: most // count]
                flat = seen.reshape(*seen.shape[:2], -1)
                points.append(Point(kind, tau, count, _answers(flat, everything.labels, splits, patterns.classes)))
                if progress is not None:
                    progress(len(points) / (len(taus) * len(kinds) * len(reads)))
    return tuple(points)


def _joined(patterns: Patterns) -> Samples:
    parts = (patterns.train, patterns.validation, patterns.test)
    return Samples(np.concatenate([part.spikes for part in parts]), np.concatenate([part.labels for part in parts]))


def _splits(patterns: Patterns, folds: int, rng: np.random.Generator) -> Iterator[Split]:
    """Which samples of all train, validate and test."""
    sizes = [len(part) for part in (patterns.train, patterns.validation, patterns.test)]
    if folds == 0:
        train, validation, test = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
        yield train, validation, test
        return
    parts = np.array_split(rng.permutation(sum(sizes)), folds)
    for fold in range(folds):
        held = (fold + 1) % folds
        rest = np.concatenate([part for k, part in enumerate(parts) if k not in {fold, held}])
        yield rest, parts[held], parts[fold]


def _readings(
    samples: Samples, step: float, kind: Kind, tau: float, most: int, rng: np.random.Generator
) -> NDArray[Any]:
    """Membrane readings [S], shape (draws, samples, most, channels)."""
    kernel = wan2021_kernel if kind == "noisy" else wan2021_kernel.ideal()
    synapse: Synapse = Impulse(matched_weight(kernel, tau)) if kind == "static" else kernel
    settings = Settings(synapse=synapse, tau=tau, reads=most)
    draws = LEARNED + SHOWN if kind == "noisy" else 1
    found = [readings(settings, samples, step, rng) for _ in range(draws)]
    return np.reshape(found, (draws, len(samples), most, -1))


def _answers(table: Array, labels: NDArray[np.int64], splits: Sequence[Split], classes: int) -> Right:
    """Which tested samples are answered right, shape (draws, tested samples).

    table: readings, shape (draws, samples, features); of several draws the last SHOWN are answered, the others learned
    """
    learned, shown = (table[:-SHOWN], table[-SHOWN:]) if len(table) > 1 else (table, table)
    order, right = [], []
    for train, validation, test in splits:
        highest = np.quantile(learned[:, train].reshape(-1, table.shape[2]), FULL_SCALE_QUANTILE, axis=0)
        full_scale = np.where(highest > 0, highest, 1.0)
        fits = [
            (shares(learned[:, part].reshape(-1, table.shape[2]), full_scale), np.tile(labels[part], len(learned)))
            for part in (train, validation)
        ]
        readout = choose(fits[0], fits[1], PENALTIES, classes)
        scores = [readout.scores(shares(draw[test], full_scale)) for draw in shown]
        right.append(np.argmax(scores, axis=2) == labels[test])
        order.append(test)
    return np.concatenate(right, axis=1)[:, np.argsort(np.concatenate(order))]
