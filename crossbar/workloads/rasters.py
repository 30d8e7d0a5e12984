"""Spikes by name: the Braille set, generated patterns, or a `.npz` file of rasters.

Such a file holds `spikes`, shape (samples, steps, channels), 0 or 1, and `labels`, shape (samples,), whole numbers from
0; and, where its time step is not 1 ms, `step` [s]. It is shuffled and parted into 70 % for training and 15 % each for
validation and test.
"""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.errors import DataError, InputError, OutcomeError
from circuits.files import drafted
from crossbar.workloads import braille, poisson
from crossbar.workloads.patterns import Patterns, Samples
from crossbar.workloads.torchfile import DAMAGE

STEP = 1e-3
"""Time step of a file that names none [s]."""
LARGEST = 1 << 30
"""Most bytes that a file's arrays may have, unpacked."""
CLASSES = 1 << 12
SHARES = (0.7, 0.85)
"""Where the validation part begins and where it ends."""

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
    try:
        with path.open("rb") as raw:
            size = sum(member.file_size for member in zipfile.ZipFile(raw).infolist())
            if size > LARGEST:
                raise DataError(path, f"it unpacks to {size} bytes", f"at most {LARGEST}", "write fewer samples")
            raw.seek(0)
            with np.load(raw, allow_pickle=False) as file:
                found = {name: file[name] for name in ("spikes", "labels", "step") if name in file}
    except DAMAGE as error:
        reason = f"it cannot be read ({type(error).__name__}: {error})"
        raise DataError(path, reason, f"a .npz file with {ALLOWED}", INSTEAD) from error
    fault = _fault(found)
    if fault:
        raise DataError(path, fault, ALLOWED, INSTEAD)
    step = float(np.ravel(found["step"])[0]) if "step" in found else STEP
    return Samples(found["spikes"] != 0, found["labels"].astype(np.int64)), step


def _fault(found: dict[str, NDArray[Any]]) -> str:
    """What is wrong with the arrays of a file; empty where nothing is."""
    for name in ("spikes", "labels"):
        if name not in found:
            return f"it has no array '{name}'"
    spikes, labels = found["spikes"], found["labels"]
    if spikes.ndim != 3 or 0 in spikes.shape or spikes.dtype.kind not in "biuf":
        return f"spikes have shape {spikes.shape} of {spikes.dtype}"
    if labels.shape != spikes.shape[:1] or labels.dtype.kind not in "iu":
        return f"labels have shape {labels.shape} of {labels.dtype}, for {len(spikes)} samples"
    if not np.all((spikes == 0) | (spikes == 1)):
        return "spikes are not 0 and 1 alone"
    if labels.min() < 0 or labels.max() >= CLASSES or labels.max() == 0:
        return f"labels run from {labels.min()} to {labels.max()}, of at least 2 and at most {CLASSES} classes"
    step = np.ravel(found.get("step", np.array(STEP)))
    if step.size != 1 or step.dtype.kind not in "iuf" or not (math.isfinite(float(step[0])) and step[0] > 0):
        return "step is not one number of seconds above 0"
    return ""


def write_rasters(path: Path, samples: Samples, step: float) -> None:
    """A file that `read_rasters` reads."""
    with drafted(path) as draft, draft.open("wb") as file:
        np.savez_compressed(file, spikes=samples.spikes, labels=samples.labels, step=np.array(step))
