"""Arrays out of `.npz` and `.npy` files that anybody may have written: no pickles, no more bytes than there are."""

from __future__ import annotations

import math
import tokenize
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from circuits.errors import DataError
from crossbar.workloads.torchfile import DAMAGE

LARGEST = 1 << 30
"""Most bytes that a file's arrays may have, unpacked."""

BROKEN = (*DAMAGE, SyntaxError, tokenize.TokenError)
"""What a damaged zip or header of an array can raise."""

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_archive(path: Path, wanted: Iterable[str], allowed: str, instead: str) -> dict[str, NDArray[Any]]:
    """The arrays of a `.npz` file that are `wanted` and there, by name.

    allowed, instead: what such a file holds and how to write it, for errors
    Raises DataError for a file that is missing, damaged or too large.
    """
    try:
        with path.open("rb") as raw, zipfile.ZipFile(raw) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
            if sum(sizes.values()) > LARGEST:
                found = f"it unpacks to {sum(sizes.values())} bytes"
                raise DataError(path, found, f"at most {LARGEST}", "write fewer samples")
            arrays: dict[str, NDArray[Any]] = {}
            for name in wanted:
                member = f"{name}.npy"
                if member in sizes:
                    with archive.open(member) as stream:
                        arrays[name] = _array(stream, sizes[member], f"array '{name}'")
            return arrays
    except BROKEN as error:
        raise _broken(path, error, f"a .npz file with {allowed}", instead) from error


def read_array(path: Path, allowed: str, instead: str) -> NDArray[Any]:
    """The array of a `.npy` file; raises as `read_archive` does."""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise DataError(path, f"it holds {size} bytes", f"at most {LARGEST}", "write fewer samples")
        with path.open("rb") as stream:
            return _array(stream, size, "its array")
    except BROKEN as error:
        raise _broken(path, error, f"a .npy file with {allowed}", instead) from error


def _broken(path: Path, error: BaseException, allowed: str, instead: str) -> DataError:
    said = " ".join(str(error).split())[:200]
    return DataError(path, f"it cannot be read ({type(error).__name__}: {said})", allowed, instead)


def _array(stream: IO[bytes], size: int, called: str) -> NDArray[Any]:
    """One array; `size` is how many bytes there are, header included. Nothing is allocated for what is not there."""
    version = np.lib.format.read_magic(stream)
    if version not in HEADERS:
        raise ValueError(f"{called} is of the unknown version {version}")
    shape, by_columns, dtype = HEADERS[version](stream)
    if dtype.hasobject or dtype.itemsize == 0:
        raise ValueError(f"{called} holds no numbers")
    declared, there = math.prod(shape) * dtype.itemsize, size - stream.tell()
    if declared != there:
        raise ValueError(f"{called} declares {declared} bytes and has {there}")
    flat = np.frombuffer(stream.read(declared), dtype=dtype)
    return flat.reshape(shape, order="F" if by_columns else "C")
