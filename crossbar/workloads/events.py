"""Spikes as events, each a time and a channel, and the rasters that they become.

A file of events is a `.npz` with `t` [s] (or whole numbers, and `unit` [s]), `x`, the channel, and `labels`; with
`sample` where there are several samples, `p` where events have a polarity. Step n lasts from n * step to
(n + 1) * step, its beginning included; several events of a channel in one step are one spike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.errors import DataError
from crossbar.workloads.arrays import LARGEST
from crossbar.workloads.patterns import Samples
from crossbar.workloads.rasters import fault_of_labels, fault_of_number, step_of

NAMES = ("t", "x", "p", "sample", "labels", "step", "unit", "duration", "channels")
ALLOWED = "t [s] (or whole numbers and unit [s]), x, labels, and perhaps p, sample, step, duration, channels"
INSTEAD = "write it with numpy.savez(file, t=..., x=..., sample=..., labels=..., step=1e-3)"

ROUNDING, SLACK = 4.0, 0.01
"""How far before a step an event may lie and still belong to it, for n * step may have been rounded down: in roundings
of its time, and at most in steps."""


@dataclass(frozen=True, eq=False)
class Events:
    """Events, in any order.

    time: when, from the beginning of its sample [s], shape (events,)
    channel, sample: which, from 0, shape (events,)
    """

    time: NDArray[np.floating[Any]]
    channel: NDArray[np.int64]
    sample: NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """The raster that events become: shape (samples, steps, channels); step [s].

    steps, channels: None is as many as the events need
    """

    samples: int
    steps: int | None
    channels: int | None
    step: float


def steps_in(duration: float, step: float) -> int:
    """How many steps [s] a duration [s] takes, the last perhaps not full; at least one. 2**62 for what no array has."""
    ratio = duration / step
    nearest = round(ratio) if ratio < 1 << 62 else 1 << 62
    return max(1, nearest if abs(ratio - nearest) <= ROUNDING * np.finfo(float).eps * ratio else math.ceil(ratio))


def raster(events: Events, grid: Grid, path: Path | str) -> NDArray[np.bool_]:
    """Whether a channel had an event in a step, shape (samples, steps, channels).

    path: of the file, for errors
    Raises DataError for events outside of the grid, and for a grid of more than LARGEST entries.
    """
    _check_finite(events.time, path)
    with np.errstate(over="ignore"):  # what becomes infinite lies outside of every grid
        ratio = events.time.astype(float) / grid.step
    bins = np.floor(ratio + np.minimum(ROUNDING * np.finfo(events.time.dtype).eps * ratio, SLACK))
    steps = grid.steps or int(min(bins.max(initial=0.0), float(1 << 62))) + 1
    channels = grid.channels or int(events.channel.max(initial=0)) + 1
    if grid.samples * steps * channels > LARGEST:
        found = f"its events span {grid.samples} samples of {steps} steps and {channels} channels"
        instead = "count times from the beginning of each sample, take a longer step, or write fewer samples"
        raise DataError(path, found, f"at most {LARGEST} of them all together", instead)
    _check(events.sample, grid.samples, "sample", "events of samples that have a label", path)
    _check(events.channel, channels, "channel", "x from 0, below the number of channels", path)
    late = np.flatnonzero(bins >= steps)
    if late.size:
        found = f"event {late[0]} is at {events.time[late[0]]:.6g} s"
        raise DataError(path, found, f"times before {steps * grid.step:.6g} s, the end", "a longer duration (t_max)")
    spikes = np.zeros((grid.samples, steps, channels), dtype=bool)
    spikes[events.sample, bins.astype(np.int64), events.channel] = True
    return spikes


def _check_finite(time: NDArray[Any], path: Path | str) -> None:
    bad = np.flatnonzero(~(np.isfinite(time) & (time >= 0)))
    if bad.size:
        found = f"event {bad[0]} is at {time[bad[0]]} s"
        raise DataError(path, found, "finite times, 0 s or later", "count times from the beginning of each sample")


def _check(numbers: NDArray[np.int64], count: int, what: str, instead: str, path: Path | str) -> None:
    bad = np.flatnonzero((numbers < 0) | (numbers >= count))
    if bad.size:
        found = f"event {bad[0]} has {what} {numbers[bad[0]]}"
        raise DataError(path, found, f"0 to {count - 1}", instead)


def events_of(path: Path, found: Mapping[str, NDArray[Any]], step: float | None = None) -> tuple[Samples, float]:
    """Samples and time step [s] of a file's arrays; raises DataError where they are not as they should be.

    step: for a file that names none [s]
    """
    fault = _fault(found)
    if fault:
        raise DataError(path, fault, ALLOWED, INSTEAD)
    length = step_of(found) if "step" in found or step is None else step
    time = found["t"].astype(float) * _seconds(found, "unit") if "unit" in found else found["t"]
    lines = found["x"].astype(np.int64)
    channel = 2 * lines + found["p"].astype(np.int64) if "p" in found else lines
    sample = found["sample"].astype(np.int64) if "sample" in found else np.zeros(lines.shape, dtype=np.int64)
    labels = found["labels"].astype(np.int64)
    steps = steps_in(_seconds(found, "duration"), length) if "duration" in found else None
    grid = Grid(len(labels), steps, _channels(found, channel), length)
    return Samples(raster(Events(time, channel, sample), grid, path), labels), length


def _seconds(found: Mapping[str, NDArray[Any]], name: str) -> float:
    return float(np.ravel(found[name])[0])


def _channels(found: Mapping[str, NDArray[Any]], channel: NDArray[np.int64]) -> int:
    """How many channels: as the file says, or as its events need, both polarities of the last one included."""
    if "channels" in found:
        return int(np.ravel(found["channels"])[0])
    highest = int(channel.max(initial=0))
    return (highest | 1) + 1 if "p" in found else highest + 1


def _fault(found: Mapping[str, NDArray[Any]]) -> str:
    """What is wrong with the arrays of a file; empty where nothing is."""
    for name in ("t", "x", "labels"):
        if name not in found:
            return f"it has no array '{name}'"
    return _fault_of_times(found) or _fault_of_whole(found) or _fault_of_grid(found)


def _fault_of_times(found: Mapping[str, NDArray[Any]]) -> str:
    time = found["t"]
    if time.ndim != 1 or time.dtype.kind not in "iuf":
        return f"t has shape {time.shape} of {time.dtype}"
    if time.dtype.kind != "f" and "unit" not in found:
        return "t is whole numbers, and unit, how many seconds 1 is, is missing (1e-6 for microseconds)"
    if time.dtype.kind == "f" and "unit" in found:
        return "t is not whole numbers, and there is a unit beside it"
    return ""


def _fault_of_whole(found: Mapping[str, NDArray[Any]]) -> str:
    count = found["t"].shape
    for name in ("x", "p", "sample"):
        array = found.get(name, np.zeros(count, dtype=bool))
        if array.shape != count or array.dtype.kind not in "biu":
            return f"{name} has shape {array.shape} of {array.dtype}, for {count[0]} events"
        if array.size and (array.min() < 0 or array.max() >= LARGEST):
            return f"{name} runs from {array.min()} to {array.max()}"
    if "p" in found and found["p"].size and found["p"].max() > 1:
        return f"p runs to {found['p'].max()}, and a polarity is 0 or 1"
    return ""


def _fault_of_grid(found: Mapping[str, NDArray[Any]]) -> str:
    fault = fault_of_labels(found["labels"])
    for name in ("step", "unit", "duration"):
        fault = fault or fault_of_number(found, name)
    channels = np.ravel(found.get("channels", np.array(1)))
    if not fault and (channels.size != 1 or channels.dtype.kind not in "iu" or not 1 <= channels[0] <= LARGEST):
        return "channels is not one whole number above 0"
    if not fault and "sample" not in found and found["labels"].size > 1:
        return f"there are {found['labels'].size} labels and no array 'sample', which says what an event belongs to"
    return fault
