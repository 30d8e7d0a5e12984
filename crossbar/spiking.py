"""Spike trains, the leaky membrane they drive, and the paper's measure of how well its readings part the classes.

Trains are one array of spike times [s], shape (trains, spikes): each row ascends and is filled up with inf.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.errors import InputError
from crossbar.synapse import Array, Mask, State, Synapse


def poisson_trains(rate: float, duration: float, count: int, rng: np.random.Generator) -> Array:
    """`count` homogeneous Poisson trains of `rate` [Hz] on [0, duration) [s]; (trains, spikes), filled up with inf."""
    if not (math.isfinite(rate) and rate >= 0):
        raise InputError("rate", rate, "a finite number of spikes per second, 0 or more", "rate = 10.0")
    if not (math.isfinite(duration) and duration > 0):
        raise InputError("duration", duration, "a finite number of seconds above 0", "duration = 0.5")
    numbers = rng.poisson(rate * duration, count)
    width = int(numbers.max(initial=0))
    times = rng.uniform(0.0, duration, (count, width))
    times[np.arange(width) >= numbers[:, None]] = np.inf
    return np.sort(times, axis=1)


def trains_from_raster(raster: Mask, step: float) -> Array:
    """Trains of a raster (trains, steps) of spikes, each at the beginning of its time step of `step` [s]."""
    if not (math.isfinite(step) and step > 0):
        raise InputError("step", step, "a finite number of seconds above 0", "step = 5e-3")
    train, index = np.nonzero(raster)
    numbers = np.bincount(train, minlength=len(raster))
    place = np.arange(len(train)) - np.repeat(np.cumsum(numbers) - numbers, numbers)
    times = np.full((len(raster), int(numbers.max(initial=0))), np.inf)
    times[train, place] = index * step
    return times


def membrane(synapse: Synapse, trains: Array, reads: ArrayLike, tau: float, rng: np.random.Generator) -> Array:
    """Leaky membrane tau dV/dt = -V + G(t), from V = 0 at t = 0, one synapse a train, exact between spikes.

    trains: spike times [s], shape (trains, spikes)
    reads: when the membrane is read [s], ascending, shape (reads,); a spike at a read's very time comes first
    tau: membrane time constant [s]
    Returns V at unit read voltage [S], shape (trains, reads).
    """
    moments, is_read = _events(trains, _checked_reads(reads), tau)
    lengths = np.isfinite(moments).sum(axis=1)
    longest_first = np.argsort(-lengths, kind="stable")
    ordered, spikes = moments[longest_first], ~is_read[longest_first]
    history = np.empty(moments.shape)
    state, value, now = synapse.rest(len(moments)), np.zeros(len(moments)), np.zeros(len(moments))
    for event in range(int(lengths.max(initial=0))):
        # Trains that have ended lie behind those that go on: the rest of the loop leaves them out.
        going = int(np.count_nonzero(lengths > event))
        state, moment = State(*(kept[:going] for kept in state)), ordered[:going, event]
        value = synapse.leak(state, value[:going], now[:going], moment, tau, rng)
        state, value = synapse.fire(state, value, moment, spikes[:going, event], tau, rng)
        history[longest_first[:going], event], now = value, moment
    return history[is_read].reshape(len(moments), -1)


def _checked_reads(reads: ArrayLike) -> Array:
    times = np.atleast_1d(np.asarray(reads, dtype=float))
    one_row = times.ndim == 1 and len(times) > 0
    if not (one_row and np.all(np.isfinite(times)) and np.all(times >= 0) and np.all(np.diff(times) >= 0)):
        raise InputError("reads", reads, "finite, ascending times from 0 s on", "reads = [0.1, 0.2]")
    return times


def _events(trains: Array, reads: Array, tau: float) -> tuple[Array, Mask]:
    """Spikes and reads of each train in time order, and which of them are reads; both (trains, spikes + reads)."""
    if not (math.isfinite(tau) and tau > 0):
        raise InputError("tau", tau, "a finite number of seconds above 0", "tau = 0.1")
    table = trains.ndim == len(("trains", "spikes"))
    if not (table and np.all(trains >= 0)):
        allowed = "spike times of shape (trains, spikes) from 0 s on, filled up with inf"
        raise InputError("trains", trains, allowed, "poisson_trains(10.0, 0.5, 50, rng)")
    moments = np.concatenate([trains, np.broadcast_to(reads, (len(trains), len(reads)))], axis=1)
    order = np.argsort(moments, axis=1, kind="stable")
    return np.take_along_axis(moments, order, axis=1), order >= trains.shape[1]


def distances(values: Array) -> tuple[float, float]:
    """Mean |Vi - Vj| between classes, and within one, a point with itself included; values (classes, presentations)."""
    classes, presentations = values.shape
    if classes == 1:
        raise InputError("values", values.shape, "more than one class (row)", "values of shape (50, 10)")
    gaps = np.abs(values.ravel()[:, None] - values.ravel()[None, :])
    label: NDArray[np.intp] = np.repeat(np.arange(classes), presentations)
    same = label[:, None] == label[None, :]
    return float(gaps[~same].mean()), float(gaps[same].mean())


def separability(values: Array) -> float:
    """Interclass minus intraclass distance, in the unit of `values` (classes, presentations): the paper's Fig 6e."""
    between, within = distances(values)
    return between - within
