"""Spikes by name: the Braille set, generated patterns, or a `.npz` file of rasters.

Such a file holds `spikes`, shape (samples, steps, channels), 0 or 1, and `labels`, shape (samples,), whole numbers from
0; and, where its time step is not 1 ms, `step` [s]. It is shuffled and parted into 70 % for training and 15 % each for
validation and test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.errors import DataError, InputError, OutcomeError
from circuits.files import drafted
from crossbar.workloads import braille, poisson
from crossbar.workloads.arrays import read_archive
from crossbar.workloads.patterns import Patterns, Samples

STEP = 1e-3
"""Time step of a file that names none [s]."""
CLASSES = 1 << 12
"""Most classes."""
SHARES = (0.7, 0.85)
"""Where the validation part begins and where it ends."""

NAMES = ("spikes", "labels", "step")
ALLOWED = "spikes (samples, steps, channels) of 0 and 1, labels (samples,) of whole numbers from 0, and perhaps step"
INSTEAD = "write it with numpy.savez(file, spikes=..., labels=..., step=1e-3)"


def load_named(name: str, folder: Path, rng: np.random.Generator) -> Patterns:
    """The data set `name`: "braille" (from the cache `folder`), "patterns" (generated), or a path that ends in .npz.

    rng: draws the patterns, or shuffles the file
    Raises OutcomeError where the Braille set cannot be fetched, DataError for a damaged file, InputError for no name.
    """
    if name == "patterns":
        return poisson.generate(rng)
    if name == "braille":
        fetched = braille.fetch(folder) if not (folder / braille.PARSED).exists() else None
        if fetched is not None and not fetched.there:
            happened = f"The Braille set was not fetched ({fetched.reason})."
            raise OutcomeError(happened, "no network.", "again with a network, or generated patterns: --data patterns.")
        return braille.load(folder)
    if Path(name).suffix == ".npz":
        return parted(Path(name), rng)
    raise InputError("--data", name, "braille, patterns, or a file that ends in .npz", "--data braille")


def parted(path: Path, rng: np.random.Generator) -> Patterns:
    """A file's samples, shuffled, in three parts; raises DataError for one that is not as it should be."""
    samples, step = read_rasters(path)
    if len(samples) < 10:
        raise DataError(path, f"it has {len(samples)} samples", "10 samples or more", "record more of them")
    ends = [int(share * len(samples)) for share in SHARES]
    parts = [Samples(samples.spikes[k], samples.labels[k]) for k in np.split(rng.permutation(len(samples)), ends)]
    return Patterns(path.stem, f"rasters of {path.name}", step, *parts)


def read_rasters(path: Path) -> tuple[Samples, float]:
    """Samples and time step [s] of a file; raises DataError for one that is not as it should be."""
    return rasters_of(path, read_archive(path, NAMES, ALLOWED, INSTEAD))


def rasters_of(path: Path, found: Mapping[str, NDArray[Any]]) -> tuple[Samples, float]:
    """Samples and time step [s] of a file's arrays; raises DataError where they are not as they should be."""
    fault = _fault(found)
    if fault:
        raise DataError(path, fault, ALLOWED, INSTEAD)
    return Samples(found["spikes"] != 0, found["labels"].astype(np.int64)), step_of(found)


def _fault(found: Mapping[str, NDArray[Any]]) -> str:
    """What is wrong with the arrays of a file; empty where nothing is."""
    for name in ("spikes", "labels"):
        if name not in found:
            return f"it has no array '{name}'"
    spikes, labels = found["spikes"], found["labels"]
    if spikes.ndim != 3 or 0 in spikes.shape or spikes.dtype.kind not in "biuf":
        return f"spikes have shape {spikes.shape} of {spikes.dtype}"
    if labels.shape != spikes.shape[:1]:
        return f"labels have shape {labels.shape} of {labels.dtype}, for {len(spikes)} samples"
    if not np.all((spikes == 0) | (spikes == 1)):
        return "spikes are not 0 and 1 alone"
    fault = fault_of_labels(labels) or fault_of_number(found, "step")
    if not fault and labels.max() == 0:
        return f"labels run from 0 to 0, of at least 2 and at most {CLASSES} classes"
    return fault


def fault_of_labels(labels: NDArray[Any]) -> str:
    """What is wrong with labels as such; empty where nothing is."""
    if labels.ndim != 1 or labels.size == 0 or labels.dtype.kind not in "iu":
        return f"labels have shape {labels.shape} of {labels.dtype}"
    if labels.min() < 0 or labels.max() >= CLASSES:
        return f"labels run from {labels.min()} to {labels.max()}, of at most {CLASSES} classes"
    return ""


def fault_of_number(found: Mapping[str, NDArray[Any]], name: str) -> str:
    """What is wrong with a number of seconds that a file may have; empty where nothing is."""
    value = np.ravel(found.get(name, np.array(STEP)))
    if value.size != 1 or value.dtype.kind not in "iuf" or not (math.isfinite(float(value[0])) and value[0] > 0):
        return f"{name} is not one number of seconds above 0"
    return ""


def step_of(found: Mapping[str, NDArray[Any]]) -> float:
    """The time step that a file names, or the one without [s]."""
    return float(np.ravel(found["step"])[0]) if "step" in found else STEP


def write_rasters(path: Path, samples: Samples, step: float) -> None:
    """A file that `read_rasters` reads."""
    with drafted(path) as draft, draft.open("wb") as file:
        np.savez_compressed(file, spikes=samples.spikes, labels=samples.labels, step=np.array(step))
