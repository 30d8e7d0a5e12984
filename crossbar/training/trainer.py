"""Training: mini-batches, Adam, a validation part that says when to stop, and a network that NIR can hold.

Every epoch draws from a generator of its own, of the seed and the epoch's number: a run that was interrupted goes on as
if it had not been, and the same plan on the same samples gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.errors import OutcomeError
from crossbar.folder import key
from crossbar.networks.network import Network
from crossbar.networks.stp import ShortTerm
from crossbar.training import kernels
from crossbar.training.adam import clipped, moved, still
from crossbar.training.checkpoint import Course, Epoch, keep, kept
from crossbar.training.inputs import heard, option
from crossbar.training.kernels import Factors, Weights
from crossbar.training.model import KIND, beginning, factors, network
from crossbar.training.plan import Plan
from crossbar.workloads.patterns import Patterns, Samples

Array = NDArray[Any]
Right = NDArray[np.bool_]
Watch = Callable[[Epoch], None]

DRAWS = 3
"""How many times a noisy front end is drawn for training; epochs take them in turn."""
CHUNK = 256
"""Samples that answer together."""
DATA, START, EPOCH, VALIDATION, SHOWN = range(5)  # what a generator is for: the second number of its seed


@dataclass(frozen=True, eq=False)
class Trained:
    """A finished run.

    step: time step of its samples [s], the dt of its network
    weights: of the best epoch on the validation part
    epochs: all of them; resumed: how many an earlier run had done
    """

    plan: Plan
    step: float
    weights: Weights
    epochs: tuple[Epoch, ...]
    best: Epoch
    resumed: int

    @property
    def network(self) -> Network:
        """As a network, for the runner, the mapping and NIR."""
        return network(self.plan, self.weights, self.step)

    @property
    def short_term(self) -> ShortTerm:
        """The option of layer `fc` that it was trained through: for `stp.gated`."""
        return option(self.plan.front_end, self.step)

    def answers(self, samples: Samples, draws: int = 1, seed: int | None = None) -> Right:
        """Which samples are classified right, shape (draws, samples); each draw has front-end devices of its own."""
        given = self.short_term
        of = factors(self.network)
        found = []
        for draw in range(draws):
            rng = np.random.default_rng([self.plan.seed if seed is None else seed, SHOWN, draw])
            scores, _, _ = _answer(heard(samples.spikes, given, rng), samples.labels, self.weights, of, self.plan)
            found.append(scores.argmax(axis=1) == samples.labels)
        return np.array(found)


@dataclass(frozen=True, eq=False)
class _Heard:
    """The inputs of a run: training samples as often as they are drawn, and the validation part."""

    train: tuple[Array, ...]
    labels: NDArray[np.int64]
    validation: Array
    validation_labels: NDArray[np.int64]


def train(patterns: Patterns, plan: Plan, watch: Watch | None = None, path: Path | None = None) -> Trained:
    """Train a network on the training part, stop by the validation part; the test part is not looked at.

    watch: told of each epoch when it ends, those of an earlier run among them
    path: where the course is kept after each epoch; an interrupted run of the same plan and samples goes on from there
    Raises OutcomeError when the loss is no longer a number.
    """
    name = _name(patterns, plan)
    course = kept(path, name) if path is not None else None
    resumed = len(course.epochs) if course is not None else 0
    for epoch in course.epochs if course is not None else ():
        _tell(watch, epoch)
    start = beginning(plan, patterns.channels, patterns.classes, np.random.default_rng([plan.seed, START]))
    of = factors(network(plan, start, patterns.step))
    course = course or Course(start, still(start), start, ())
    inputs = None if _over(course, plan) else _heard(patterns, plan)
    while inputs is not None and not _over(course, plan):
        course = _epoch(course, inputs, of, plan)
        if path is not None:
            keep(course, path, name)
        _tell(watch, course.epochs[-1])
    return Trained(plan, patterns.step, course.best, course.epochs, course.at_best, resumed)


def _tell(watch: Watch | None, epoch: Epoch) -> None:
    if watch is not None:
        watch(epoch)


def _name(patterns: Patterns, plan: Plan) -> str:
    """A name that changes with anything the outcome depends on."""
    parts = (patterns.train, patterns.validation)
    arrays = [array for part in parts for array in (part.spikes, part.labels)]
    return key(plan, patterns.step, patterns.classes, *(array.shape for array in arrays), *arrays)


def _over(course: Course, plan: Plan) -> bool:
    done = len(course.epochs)
    return done > 0 and (done >= plan.epochs or done - course.at_best.number >= plan.patience)


def _heard(patterns: Patterns, plan: Plan) -> _Heard:
    given = option(plan.front_end, patterns.step)
    draws = DRAWS if plan.front_end == "noisy" else 1

    def drawn(samples: Samples, what: int, draw: int) -> Array:
        return heard(samples.spikes, given, np.random.default_rng([plan.seed, what, draw]))

    train, validation = patterns.train, patterns.validation
    many = tuple(drawn(train, DATA, draw) for draw in range(draws))
    return _Heard(many, train.labels, drawn(validation, VALIDATION, 0), validation.labels)


def _epoch(course: Course, inputs: _Heard, of: Factors, plan: Plan) -> Course:
    number = len(course.epochs) + 1
    rng = np.random.default_rng([plan.seed, EPOCH, number])
    spikes = inputs.train[number % len(inputs.train)]
    order = rng.permutation(len(spikes))
    weights, moments, total = course.weights, course.moments, 0.0
    batches = -(-len(spikes) // plan.batch)
    for first in range(0, len(spikes), plan.batch):
        rate = plan.rate * (1 + math.cos(math.pi * moments.batches / (plan.epochs * batches))) / 2
        chosen = order[first : first + plan.batch]
        loss, gradient = gradient_of(
            spikes[chosen].astype(KIND), inputs.labels[chosen], _shaken(weights, plan, rng), of, plan.slope
        )
        total += loss * len(chosen)
        weights, moments = moved(weights, clipped(gradient, plan.clip), moments, rate)
    if not math.isfinite(total):
        raise OutcomeError(f"In epoch {number} the loss is {total}.", "too high a rate.", "a tenth of the rate.")
    scores, loss, fired = _answer(inputs.validation, inputs.validation_labels, weights, of, plan)
    right = float(np.mean(scores.argmax(axis=1) == inputs.validation_labels))
    share = fired / (len(scores) * plan.hidden)
    done = Epoch(number, total / len(spikes), loss / len(scores), right, share)
    better = not course.epochs or done.better(course.at_best)
    return Course(weights, moments, weights if better else course.best, (*course.epochs, done))


def gradient_of(
    inputs: Array,
    labels: NDArray[np.int64],
    weights: Weights,
    of: Factors,
    slope: float,
    smooth: bool = False,  # noqa: FBT001, FBT002 - by name in tests alone
) -> tuple[float, Weights]:
    """Mean loss [nat] of samples (samples, steps, inputs) and its gradient by the weights, in the type of the weights.

    smooth: put the surrogate's own function in place of the step, whose gradient this then is exactly
    """
    kind = weights[0].dtype
    fc, bias, back, out, out_bias = (np.zeros_like(array) for array in weights)
    gradient = (fc, bias, back, out, out_bias)
    loss = kernels.learn(inputs, labels, weights, of, np.array([0.5, 1.0, slope], kind), smooth, gradient)
    for array in gradient:
        np.divide(array, len(inputs), out=array)
    return loss / len(inputs), gradient


def _shaken(weights: Weights, plan: Plan, rng: np.random.Generator) -> Weights:
    """Weights as a chip might have them; biases are digital and stay."""
    if plan.weight_noise == 0:
        return weights
    fc, bias, back, out, out_bias = weights

    def shaken(matrix: Array) -> Array:
        deviation = plan.weight_noise * np.max(np.abs(matrix), initial=0.0)
        return np.asarray((matrix + deviation * rng.standard_normal(matrix.shape)).astype(matrix.dtype))

    return shaken(fc), bias, shaken(back), shaken(out), out_bias


def _answer(
    inputs: Array, labels: NDArray[np.int64], weights: Weights, of: Factors, plan: Plan
) -> tuple[Array, float, int]:
    """Scores (samples, classes), sum of the losses, and hidden spikes of samples (samples, steps, inputs)."""
    scores, loss, fired = np.empty((len(inputs), weights[3].shape[1])), 0.0, 0
    steep = np.array([0.5, 1.0, plan.slope], KIND)
    for first in range(0, len(inputs), CHUNK):
        part = slice(first, first + CHUNK)
        more, spikes = kernels.answer(inputs[part].astype(KIND), labels[part], weights, of, steep, scores[part])
        loss, fired = loss + more, fired + spikes
    return scores, loss, fired
