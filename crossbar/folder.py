"""A folder for results: checked before work, filled all at once, finished parts named by what they depend on."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

import circuits
import crossbar
from circuits.errors import InputError, OutcomeError


def check_folder(folder: Path) -> Path:
    """`folder`, made when missing; raises InputError before any work when results cannot go there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder):
            return folder
    except OSError as error:
        allowed = f"a folder that can be written ({error.strerror})"
        raise InputError("--out", os.fspath(folder), allowed, "--out out") from error


@contextmanager
def filled(folder: Path) -> Iterator[Path]:
    """A draft folder whose files move to `folder`, each whole, when the block ends well, and vanish when not.

    Raises OutcomeError when the disk is full or read-only.
    """
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".draft-") as name:
            draft = Path(name)
            yield draft
            for path in sorted(draft.iterdir()):
                path.replace(folder / path.name)
    except OSError as error:
        raise OutcomeError(
            f"{folder} could not be written ({error.strerror}).", "a full or read-only disk.", "another --out."
        ) from error


def key(*parts: object) -> str:
    """A name for a result that changes with anything it depends on, this project's own code included."""
    digest = hashlib.sha256(_code())
    for part in parts:
        content = part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode()
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()[:24]


@cache
def _code() -> bytes:
    digest = hashlib.sha256()
    for package in (circuits, crossbar):
        for path in sorted(Path(str(package.__file__)).parent.rglob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.digest()
