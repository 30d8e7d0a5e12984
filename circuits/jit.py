"""numba with a cache that notices a change in any compiled source, not only in the file of the function itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from numba import config, njit

from circuits.files import cache_folder

Function = TypeVar("Function", bound=Callable[..., Any])
# Folders whose compiled code calls nothing compiled outside, and the sources it is made of.
APART = {"planes": ("planes/*.py", "jit.py")}


@cache
def _folder(package: str) -> str:
    # numba looks at the defining file alone: a changed callee in another file would be silently kept.
    here = Path(__file__).parent
    patterns = APART.get(package, ("native/*.py", "writers/*.py", "*.py"))
    digest = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in here.glob(pattern)):
        digest.update(path.name.encode() + path.read_bytes())
    return str(cache_folder() / "compiled" / digest.hexdigest()[:16])


def jit(signature: Any = None, **options: Any) -> Callable[[Function], Function]:  # noqa: ANN401 - numba's own types
    """njit, cached under a folder named after all the sources that are compiled together with the function's own."""

    def decorate(function: Function) -> Function:
        before = config.CACHE_DIR  # type: ignore[attr-defined]  # numba fills its config as it starts
        config.CACHE_DIR = _folder(Path(function.__code__.co_filename).parent.name)  # type: ignore[attr-defined]
        try:
            made = njit(function, cache=True, error_model="numpy", **options)
            if signature is not None:
                made.compile(signature)
                made.disable_compile()
        finally:
            config.CACHE_DIR = before  # type: ignore[attr-defined]
        compiled: Function = made
        return compiled

    return decorate
