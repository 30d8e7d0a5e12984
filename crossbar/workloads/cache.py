"""Where downloads and what is parsed from them stay between runs: a folder of the user's, never the working folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from circuits.errors import DataError

VARIABLE = "LIWES_CACHE"
"""Environment variable that names another folder."""


def cache_folder() -> Path:
    """The cache folder, made when missing: $LIWES_CACHE, else ~/.cache/liwes."""
    named = os.environ.get(VARIABLE)
    folder = Path(named).expanduser() if named else Path.home() / ".cache" / "liwes"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        instead = f"set {VARIABLE} to a folder that you may write"
        raise DataError(folder, f"the cache folder cannot be made ({error.strerror})", "a folder", instead) from error
    return folder


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill `path` by way of a temporary file beside it: whoever looks finds all of it or nothing."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
