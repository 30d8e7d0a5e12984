"""Spikes by name for evaluation: data sets with parts, rasters, events, and NIR data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.errors import DataError, InputError
from crossbar.workloads import events, rasters
from crossbar.workloads.arrays import read_archive, read_array
from crossbar.workloads.patterns import Samples
from crossbar.workloads.recorded import read_recorded

PARTS = ("test", "validation", "train", "all")
GENERATED = ("braille", "patterns")
NIR_DATA = (".nir", ".h5", ".hdf5")
LABELS = "labels (samples,) of whole numbers from 0"
WRITE_LABELS = "write them with numpy.save(file, labels)"


@dataclass(frozen=True, eq=False)
class Spikes:
    """Samples to evaluate a network on.

    name: of the data set or file
    source: where they come from, in words
    samples: spikes (samples, steps, channels) and labels (samples,)
    step: time step [s]
    classes: how many, the highest label of the whole set plus one
    """

    name: str
    source: str
    samples: Samples
    step: float
    classes: int


@dataclass(frozen=True)
class Beside:
    """What a file does not hold, said beside it.

    labels: a file of the labels of NIR data, `.npy`, or `.npz` with an array `labels`
    node: which node or observable of NIR data: "lif1" or "lif1/spikes"
    step: time step for events that name none [s]
    """

    labels: Path | None = None
    node: str | None = None
    step: float | None = None

    def __post_init__(self) -> None:
        """Refuse a step that is no time."""
        if self.step is not None and not (math.isfinite(self.step) and self.step > 0):
            raise InputError("step", self.step, "a finite number of seconds above 0", "step = 1e-3")


def load_spikes(name: str, folder: Path, part: str, rng: np.random.Generator, beside: Beside | None = None) -> Spikes:
    """The spikes called `name`: "braille", "patterns", or a path to `.npz` (rasters or events) or NIR data.

    folder: the cache, for the Braille set
    part: "test", "validation", "train", several of them as "validation+test", or "all" of a data set; a file is one
        part, "test" or "all"
    rng: draws the generated patterns: what a training drew with a generator of the same seed
    Raises DataError for a damaged file, InputError for a wrong argument, OutcomeError where a set cannot be fetched.
    """
    said = beside or Beside()
    if part != "all" and not set(part.split("+")) <= set(PARTS) - {"all"}:
        allowed = f"one of {', '.join(PARTS)}, or several with + between"
        raise InputError("--part", part, allowed, "--part test")
    kind = Path(name).suffix.lower()
    if name not in GENERATED and kind not in {".npz", *NIR_DATA}:
        allowed = f"{', '.join(GENERATED)}, or a file that ends in .npz, {', '.join(NIR_DATA)}"
        raise InputError("--data", name, allowed, "--data braille")
    if kind not in NIR_DATA or name in GENERATED:
        for field, value in (("labels", said.labels), ("node", said.node)):
            if value is not None:
                raise InputError(field, str(value), f"none: {name} is not NIR data", f"no {field}")
    if name in GENERATED:
        return _parted(name, folder, part, rng, said)
    if part not in {"test", "all"}:
        raise InputError("--part", part, f"test or all: a file is one part, and all of {name} is taken", "--part all")
    return _archive(Path(name), said) if kind == ".npz" else _recorded(Path(name), said)


def _parted(name: str, folder: Path, part: str, rng: np.random.Generator, said: Beside) -> Spikes:
    patterns = rasters.load_named(name, folder, rng)
    _check_step(name, said.step, patterns.step)
    wanted = ("train", "validation", "test") if part == "all" else dict.fromkeys(part.split("+"))
    chosen = [getattr(patterns, one) for one in wanted]
    samples = Samples(np.concatenate([one.spikes for one in chosen]), np.concatenate([one.labels for one in chosen]))
    return Spikes(patterns.name, patterns.source, samples, patterns.step, patterns.classes)


def _check_step(name: str, step: float | None, own: float) -> None:
    if step is not None and step != own:
        raise InputError("step", step, f"{own:g} s, which {name} says, or none", "no step")


def _archive(path: Path, said: Beside) -> Spikes:
    """A file of rasters or of events, whichever its arrays are."""
    allowed = f"{rasters.ALLOWED}; or {events.ALLOWED}"
    found = read_archive(path, {*rasters.NAMES, *events.NAMES}, allowed, rasters.INSTEAD)
    both = "spikes" in found and ("t" in found or "x" in found)
    if both or not {"spikes", "t", "x"} & set(found):
        fault = "it has both rasters and events" if both else "it has neither an array 'spikes' nor 't' and 'x'"
        raise DataError(path, fault, allowed, rasters.INSTEAD)
    if "step" in found and not rasters.fault_of_number(found, "step"):
        _check_step(path.name, said.step, rasters.step_of(found))
    if "spikes" in found:
        samples, step = rasters.rasters_of(path, found)
        _check_step(path.name, said.step, step)
        return _whole(path, f"rasters of {path.name}", samples, step)
    samples, step = events.events_of(path, found, said.step)
    return _whole(path, f"events of {path.name}", samples, step)


def _whole(path: Path, source: str, samples: Samples, step: float) -> Spikes:
    return Spikes(path.stem, source, samples, step, int(samples.labels.max()) + 1)


def _recorded(path: Path, said: Beside) -> Spikes:
    found = read_recorded(path, said.node, said.step)
    if said.labels is None:
        instead = "name a .npy file of labels beside it"
        raise InputError("labels", None, f"a file of {LABELS}: {path.name} is NIR data, which holds none", instead)
    labels = read_labels(said.labels)
    if len(labels) != len(found.spikes):
        allowed = f"{len(found.spikes)}, one for each sample of {path.name}"
        raise DataError(said.labels, f"it has {len(labels)} labels", allowed, WRITE_LABELS)
    return _whole(path, f"NIR data of {path.name}, {found.name}", Samples(found.spikes, labels), found.step)


def read_labels(path: Path) -> NDArray[np.int64]:
    """Labels (samples,) of a `.npy` file, or of the array `labels` of a `.npz`; raises DataError for what is none."""
    if path.suffix == ".npz":
        arrays = read_archive(path, ["labels"], LABELS, WRITE_LABELS)
        if "labels" not in arrays:
            raise DataError(path, "it has no array 'labels'", LABELS, WRITE_LABELS)
        labels: NDArray[Any] = arrays["labels"]
    else:
        labels = read_array(path, LABELS, WRITE_LABELS)
    fault = rasters.fault_of_labels(labels)
    if fault:
        raise DataError(path, fault, LABELS, WRITE_LABELS)
    return labels.astype(np.int64)
