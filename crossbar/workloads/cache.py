"""Where downloads and what is parsed from them stay between runs: a folder of the user's, never the working folder."""

from __future__ import annotations

from pathlib import Path

from circuits import files
from circuits.errors import DataError


def cache_folder() -> Path:
    """The cache folder, made when missing: $LIWES_CACHE, else ~/.cache/liwes."""
    folder = files.cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        instead = f"set {files.CACHE} to a folder that you may write"
        raise DataError(folder, f"the cache folder cannot be made ({error.strerror})", "a folder", instead) from error
    return folder
