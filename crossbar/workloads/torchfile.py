"""Read the tensors of a PyTorch file (zip format, a TensorDataset) without PyTorch and without running its pickle.

A pickle can call anything it names; this reader answers to five names with its own functions and refuses every other.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.errors import DataError

LARGEST = 32 * 2**20
"""Bytes that one entry of the file may declare: the Braille set's largest has 17.2 million."""

INSTEAD = "delete it and run again to fetch it afresh"

DAMAGE = (
    *(pickle.UnpicklingError, zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, MemoryError),
    *(AttributeError, LookupError, TypeError, ValueError, ArithmeticError, RuntimeError),
)
"""What reading a damaged zip or pickle can raise; each means the same to the user."""


class _Dataset:
    """Stands for torch.utils.data.TensorDataset: an object whose `tensors` the pickle sets."""

    tensors: tuple[NDArray[Any], ...] = ()


def _view(storage: object, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> NDArray[Any]:
    """Stands for torch._utils._rebuild_tensor_v2: a view that stays within its storage, counted in items."""
    numbers = (offset, *shape, *strides)
    if not isinstance(storage, np.ndarray) or len(shape) != len(strides) or min(numbers) < 0:
        raise pickle.UnpicklingError("a tensor's offset, shape or strides make no sense")
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if min(shape, default=1) == 0 or last >= storage.size:
        raise pickle.UnpicklingError("a tensor reaches beyond its storage")
    items = tuple(stride * storage.itemsize for stride in strides)
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, items, writeable=False)


KNOWN: dict[tuple[str, str], Any] = {
    ("torch.utils.data.dataset", "TensorDataset"): _Dataset,
    ("torch._utils", "_rebuild_tensor_v2"): _view,
    ("torch", "FloatStorage"): np.dtype("<f4"),
    ("torch", "LongStorage"): np.dtype("<i8"),
    ("collections", "OrderedDict"): OrderedDict,
}


class _Reader(pickle.Unpickler):
    """Unpickler that knows KNOWN and takes storages from the archive's own entries."""

    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(io.BytesIO(_entry(archive, f"{root}/data.pkl")))
        self._archive, self._root = archive, root

    def find_class(self, module_name: str, global_name: str, /) -> Any:  # noqa: ANN401 - pickle's own signature
        if (module_name, global_name) not in KNOWN:
            raise pickle.UnpicklingError(f"it names {module_name}.{global_name}, which no tensor needs")
        return KNOWN[module_name, global_name]

    def persistent_load(self, pid: Any) -> NDArray[Any]:  # noqa: ANN401 - pickle's own signature
        kind, dtype, key, _, count = pid
        if kind != "storage" or not isinstance(dtype, np.dtype) or not str(key).isdigit():
            raise pickle.UnpicklingError("it holds something that is not a tensor's storage")
        content = _entry(self._archive, f"{self._root}/data/{key}")
        if len(content) != count * dtype.itemsize:
            raise pickle.UnpicklingError(f"storage {key} has {len(content)} bytes where {count} numbers are declared")
        return np.frombuffer(content, dtype)


def _entry(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > LARGEST:
        raise pickle.UnpicklingError(f"entry {name} declares more than {LARGEST} bytes")
    return archive.read(name)


def read_tensors(content: bytes, path: Path | str) -> tuple[NDArray[Any], ...]:
    """The tensors of the TensorDataset in `content`, as read-only arrays; DataError naming `path` for anything else."""
    allowed = "a PyTorch TensorDataset of float32 and int64 tensors"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            root = archive.namelist()[0].partition("/")[0]
            found = _Reader(archive, root).load()
    except DAMAGE as error:
        raise DataError(path, f"it cannot be read ({type(error).__name__}: {error})", allowed, INSTEAD) from error
    if not isinstance(found, _Dataset) or not all(isinstance(tensor, np.ndarray) for tensor in found.tensors):
        raise DataError(path, "it holds something else", allowed, INSTEAD)
    return tuple(found.tensors)
