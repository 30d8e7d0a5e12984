"""Matrix products of scipy's BLAS: where they are, and how they are kept to one thread."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import scipy.linalg.cython_blas
from numba.extending import get_cython_function_address

Calls = tuple[int, int]

# Where dgemm and dsyrk start: compiled code is told when it runs, so that it can be kept on disk.
CALLS: Calls = (
    get_cython_function_address("scipy.linalg.cython_blas", "dgemm"),
    get_cython_function_address("scipy.linalg.cython_blas", "dsyrk"),
)
PLAIN, FLIPPED, LOWER = ord("N"), ord("T"), ord("L")
# How each BLAS that scipy may be built with is asked for its number of threads, and told another.
THREADS = (
    ("scipy_openblas_get_num_threads", "scipy_openblas_set_num_threads"),
    ("openblas_get_num_threads", "openblas_set_num_threads"),
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
    ("bli_thread_get_num_threads", "bli_thread_set_num_threads"),
)


@cache
def _switch() -> tuple[Callable[[], int], Callable[[int], Any]] | None:
    """How scipy's own BLAS is asked and told; None where it has no threads to tell about."""
    library = ctypes.CDLL(scipy.linalg.cython_blas.__file__)
    for ask, tell in THREADS:
        if hasattr(library, ask) and hasattr(library, tell):
            return getattr(library, ask), getattr(library, tell)
    return None


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, scipy's BLAS keeps to one thread: two on a busy machine make thin products many times slower."""
    switch = _switch()
    before = switch[0]() if switch else 1
    if switch and before != 1:
        switch[1](1)
    try:
        yield
    finally:
        if switch and before != 1:
            switch[1](before)
