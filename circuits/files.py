"""Where this project keeps things between runs, and files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = "LIWES_CACHE"
"""Environment variable that names the cache folder."""


def cache_folder() -> Path:
    """Where compiled kernels and fetched data are kept: $LIWES_CACHE, else ~/.cache/liwes; it may not be there yet."""
    named = os.environ.get(CACHE)
    return Path(named).expanduser() if named else Path.home() / ".cache" / "liwes"


@contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to; it becomes `path` at the end, or is removed when something went wrong.

    Whoever looks at `path` meanwhile finds what was there before. Permissions are those of any new file.
    """
    draft = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
