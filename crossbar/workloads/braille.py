"""The tactile Braille set: a robot's fingertip of 12 taxels slides over seven letters (space, A, E, I, O, U, Y).

Source: Müller-Cleve et al., Front. Neurosci. 2022, DOI 10.3389/fnins.2022.951164, data at Zenodo record 7050094;
here the subset of the NIR paper (Pedersen et al., Nat. Commun. 2024, DOI 10.1038/s41467-024-52259-9) that the source
distribution of `nir` carries (BSD-3): 980, 280 and 140 samples of 256 steps of 5 ms. pip fetches it into the cache;
this project holds none.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from circuits.errors import DataError
from circuits.files import drafted
from crossbar.workloads.patterns import Patterns, Samples
from crossbar.workloads.torchfile import DAMAGE, INSTEAD, LARGEST, read_tensors

ARCHIVE = "nir-1.0.3.tar.gz"
ARCHIVE_SHA256 = "1ae65b549b46f2b4486ac7e8dd93c71422134a5bbcb53f07629d6a8ae8bdf100"
REQUIREMENT = f"nir==1.0.3 --hash=sha256:{ARCHIVE_SHA256}\n"
PARSED = "braille-nir-1.0.3.npz"
PARSED_SHA256 = "b25b3ae919fc78a0d73577223b79d6480a8899e88fb03b0aa99d8e455690bcc6"
"""Of the parsed spikes and labels, see `digest`: an edited or half-right cache does not pass for the data set."""

MEMBERS = {part: f"nir-1.0.3/paper/03_rnn/data/ds_{file}.pt" for part, file in
           (("train", "train"), ("validation", "val"), ("test", "test"))}  # fmt: skip
SHAPES = {"train": (980, 256, 12), "validation": (280, 256, 12), "test": (140, 256, 12)}
STEP = 5e-3
"""One time step [s]: the binning that the NIR paper's README of this set states."""

QUIETLY = ("-q", "--disable-pip-version-check", "--no-input", "--retries", "1", "--timeout", "15")
WHAT = ("--no-deps", "--no-binary", "nir", "--require-hashes")

PATIENCE = 120.0
"""How long pip may take [s]."""


@dataclass(frozen=True)
class Fetched:
    """Outcome of a fetch: whether the archive is there, and if not, why in a sentence."""

    there: bool
    reason: str = ""


def fetch(folder: Path) -> Fetched:
    """Have pip download the archive into `folder` unless it lies there; no network is an outcome, not an error.

    pip is told the archive's checksum and looks at nothing else of it before that agrees.
    """
    if (folder / ARCHIVE).exists():
        return Fetched(there=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        wanted = Path(temporary) / "wanted.txt"
        wanted.write_text(REQUIREMENT, encoding="utf-8")
        reason = _download(wanted, Path(temporary))
        if reason:
            return Fetched(there=False, reason=reason)
        (Path(temporary) / ARCHIVE).replace(folder / ARCHIVE)
    return Fetched(there=True)


def _download(wanted: Path, target: Path) -> str:
    """Run pip; empty when the archive is in `target`, else what pip said last."""
    places = ["-r", str(wanted), "-d", str(target)]
    command = [sys.executable, "-m", "pip", "download", *QUIETLY, *WHAT, *places]
    try:
        done = subprocess.run(  # noqa: S603 - a list of our own words, no shell
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return f"pip took longer than {PATIENCE:.0f} s"
    except OSError as error:
        return f"pip did not start ({error.strerror})"
    if (target / ARCHIVE).exists():
        return ""
    said = [line for line in done.stderr.splitlines() if line.strip()]
    return said[-1].strip() if said else f"pip ended with {done.returncode} and without the archive"


def load(folder: Path) -> Patterns:
    """The data set from `folder`: parsed before, or now from the archive (seconds, once).

    Raises DataError when the archive is missing, or when it or the parsed file is not what its checksum says.
    """
    parsed = folder / PARSED
    if not parsed.exists():
        parts = _parse(folder / ARCHIVE)
        _check_digest(parts, folder / ARCHIVE)
        with drafted(parsed) as draft, draft.open("wb") as file:
            _write_parsed(file, parts)
        return _patterns(parts)
    return _patterns(_read_parsed(parsed))


def _patterns(parts: dict[str, Samples]) -> Patterns:
    source = "tactile Braille letters (Nat. Commun. 2024, DOI 10.1038/s41467-024-52259-9, from nir 1.0.3's source)"
    return Patterns("braille", source, STEP, **parts)


def _write_parsed(file: BinaryIO, parts: dict[str, Samples]) -> None:
    arrays: dict[str, Any] = {f"{part}_labels": samples.labels for part, samples in parts.items()}
    arrays |= {f"{part}_spikes": np.packbits(samples.spikes, axis=1) for part, samples in parts.items()}
    np.savez_compressed(file, **arrays)


def _read_parsed(path: Path) -> dict[str, Samples]:
    try:
        # Opened here: np.load leaves a file that it cannot read open.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            parts = {
                part: Samples(np.unpackbits(file[f"{part}_spikes"], axis=1).astype(bool), file[f"{part}_labels"])
                for part in MEMBERS
            }
    except DAMAGE as error:
        raise DataError(
            path, f"it cannot be read ({type(error).__name__}: {error})", "the parsed Braille set", INSTEAD
        ) from error
    _check_digest(parts, path)
    return parts


def digest(parts: dict[str, Samples]) -> str:
    """SHA-256 of spikes (as bytes 0 and 1) and labels (64 bits, little end first) of train, validation and test."""
    found = hashlib.sha256()
    for part in MEMBERS:
        found.update(np.ascontiguousarray(parts[part].spikes, dtype=np.uint8).tobytes())
        found.update(np.ascontiguousarray(parts[part].labels, dtype="<i8").tobytes())
    return found.hexdigest()


def _check_digest(parts: dict[str, Samples], path: Path) -> None:
    found = digest(parts)
    if found != PARSED_SHA256:
        raise DataError(path, f"its spikes have SHA-256 {found}", f"SHA-256 {PARSED_SHA256}", INSTEAD)


def _parse(archive: Path) -> dict[str, Samples]:
    """The three splits out of the archive, whose checksum is looked at first; nothing is unpacked to disk."""
    check_archive(archive)
    contents: dict[str, bytes] = {}
    wanted = {name: part for part, name in MEMBERS.items()}
    with tarfile.open(archive, "r:gz") as file:
        for member in file:
            stream = file.extractfile(member) if member.name in wanted and member.size <= LARGEST else None
            if stream is not None:
                contents[wanted[member.name]] = stream.read()
            if len(contents) == len(wanted):
                break
    return {part: _samples(contents[part], f"{archive}:{name}", SHAPES[part]) for part, name in MEMBERS.items()}


def check_archive(archive: Path) -> None:
    """Raises DataError when the archive is missing or is not what its checksum says."""
    if not archive.is_file():
        command = "pip download --no-deps --no-binary nir nir==1.0.3"
        instead = f"connect to a network and run again, or put there what `{command}` gives you elsewhere"
        raise DataError(archive, "it is not there", f"the source distribution {ARCHIVE}", instead)
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != ARCHIVE_SHA256:
        raise DataError(archive, f"its SHA-256 is {found}", f"SHA-256 {ARCHIVE_SHA256}", INSTEAD)


def _samples(content: bytes, path: str, shape: tuple[int, ...]) -> Samples:
    tensors = read_tensors(content, path)
    shapes = tuple(tensor.shape for tensor in tensors)
    if shapes != (shape, shape[:1]):
        raise DataError(path, f"tensors of shape {shapes}", f"tensors of shape {(shape, shape[:1])}", INSTEAD)
    return Samples(tensors[0] > 0, tensors[1].astype(np.int64))
