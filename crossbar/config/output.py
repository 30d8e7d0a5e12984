"""Results as files: all of them or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from circuits.errors import InputError, OutcomeError


def check_folder(folder: Path, name: str = "--out") -> Path:
    """`folder` if results can go there; raises InputError, before any work is done."""
    above = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise InputError(name, str(folder), "a folder that can be written, or a new one", "another folder")
    return folder


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write `files` (name to text or bytes) into `folder`; none appears before all are complete.

    Raises OutcomeError when the disk is full or read-only.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            for name, content in files.items():
                (draft / name).write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
            folder.mkdir(exist_ok=True)
            for name in files:
                (draft / name).replace(folder / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise OutcomeError(
            f"{folder} could not be written ({error.strerror}).", "a full or read-only disk.", "another folder."
        ) from error
