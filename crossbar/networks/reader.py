"""The parent's side of reading a network file: a child under limits, and nothing taken from it on trust.

This process never opens the file with HDF5. What comes back from the child is a header of JSON and the bytes of
arrays of three known types; both are checked here again, because a crafted file may have taken the child over.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import stat
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from circuits.errors import DataError, InputError, OutcomeError

PROGRAM = Path(__file__).with_name("child.py")
KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
TYPES = ("<f4", "<f8", "<i8", "|u1")
DIMENSIONS = 8
SPARE = 1.0
"""Wall-clock time [s] that the child gets beside its processor time: it may have to wait for its turn."""

Tree: TypeAlias = "dict[str, Tree | Values | Words]"


@dataclass(frozen=True, eq=False)
class Values:
    """A data set of numbers."""

    array: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Words:
    """A data set of strings, in C order."""

    shape: tuple[int, ...]
    entries: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """What a file may ask for.

    seconds: processor time of the child for one file [s]; it is stopped SPARE later at the latest
    memory: address space of the child [bytes]
    bytes: all data sets together, as they declare themselves [bytes]
    nodes, depth: nodes of the graph, and graphs within graphs
    entries: neurons together; four times as many weights may come out of the convolutions that are unrolled
    """

    seconds: int = 8
    memory: int = 1 << 30
    bytes: int = 1 << 28
    nodes: int = 1_000_000
    depth: int = 8
    entries: int = 1 << 22

    def __post_init__(self) -> None:
        """Refuse limits that allow nothing."""
        for name, value in vars(self).items():
            if value < 1:
                raise InputError(name, value, "a whole number, 1 or more", f"{name} = {getattr(Limits(), name)}")

    def for_child(self) -> dict[str, int]:
        """The limits in the child's terms: a node is a group with a few data sets, a graph two groups."""
        objects, depth = 12 * self.nodes, 2 * self.depth + 3
        return {"objects": objects, "depth": depth, "bytes": self.bytes, "seconds": self.seconds}


@dataclass
class Reader:
    """A child for one file after another, replaced whenever it ends; a context manager that ends it."""

    limits: Limits = field(default_factory=Limits)
    _child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, path: Path | str) -> Tree:
        """Everything in the file of a graph but attributes and metadata, except for the timing that those may name.

        Raises DataError when the file is missing, damaged or refused, OutcomeError when the child took too long.
        """
        return self._read(path, data=False)

    def read_data(self, path: Path | str) -> Tree:
        """Everything in a file of NIR data, attributes of groups as members "@name"; raises as `read` does."""
        return self._read(path, data=True)

    def _read(self, path: Path | str, *, data: bool) -> Tree:
        name = _regular(Path(path), self.limits)
        child = self._ready()
        ended = threading.Event()
        timer = threading.Timer(self.limits.seconds + SPARE, _stop, (child, ended))
        timer.start()
        try:
            return _ask(child, name, self.limits, data=data)
        except (EOFError, OSError):
            self.close()
            raise _lost(name, child, ended.is_set(), self.limits) from None
        except BaseException as error:
            if not isinstance(error, DataError):
                self.close()
            raise
        finally:
            timer.cancel()
            timer.join(10.0)
            if ended.is_set():
                self.close()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = _start(self.limits)
        return self._child

    def close(self) -> None:
        """End the child, if there is one."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(10.0)


def _regular(path: Path, limits: Limits) -> Path:
    """The absolute path of an existing plain file of a bearable size."""
    instead = "name the .nir file that nir.write made"
    try:
        about = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(path, f"it cannot be opened ({reason})", "a NIR file", instead) from None
    if not stat.S_ISREG(about.st_mode):
        raise DataError(path, "it is not a plain file", "a NIR file", instead)
    if about.st_size > 2 * limits.bytes:
        raise DataError(path, f"it holds {about.st_size} bytes", f"at most {2 * limits.bytes}", "raise Limits.bytes")
    return path.absolute()


def _start(limits: Limits) -> subprocess.Popen[bytes]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    # "::" forbids HDF5 to load filters from files.
    fixed = {"HDF5_PLUGIN_PRELOAD": "::", "HDF5_PLUGIN_PATH": os.devnull, "HDF5_USE_FILE_LOCKING": "FALSE"}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry), "LC_ALL": "C.UTF-8"}
    return subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-P", str(PROGRAM), str(limits.memory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=kept | fixed | threads | path,
        start_new_session=True,
    )


def _stop(child: subprocess.Popen[bytes], ended: threading.Event) -> None:
    ended.set()
    child.kill()


def _ask(child: subprocess.Popen[bytes], path: Path, limits: Limits, *, data: bool) -> Tree:
    if child.stdin is None or child.stdout is None:
        raise EOFError
    request = {"path": os.fspath(path), "limits": limits.for_child(), "data": data}
    child.stdin.write(json.dumps(request).encode() + b"\n")
    child.stdin.flush()
    (length,) = struct.unpack("<Q", _take(child, 8))
    header = _header(_take(child, _bounded(length, 4 * limits.bytes)))
    match header:
        case {"refused": [str(where), str(found), str(allowed), str(instead)]}:
            raise DataError(f"{path}{':' if where else ''}{where}", found[:400], allowed[:400], instead[:400])
        case {"tree": dict(group)}:
            return _tree(group, child, [limits.bytes])
    raise EOFError


def _take(child: subprocess.Popen[bytes], size: int) -> bytes:
    """Exactly `size` bytes from the child; raises EOFError when it ends before."""
    taken = child.stdout.read(size) if child.stdout is not None else b""
    if len(taken) < size:
        raise EOFError
    return taken


def _bounded(size: int, most: int) -> int:
    if not 0 <= size <= most:
        raise EOFError
    return size


def _header(encoded: bytes) -> object:
    try:
        return json.loads(encoded)
    except (ValueError, RecursionError):
        raise EOFError from None


def _tree(group: dict[str, Any], child: subprocess.Popen[bytes], left: list[int]) -> Tree:
    """A group; `left` is how many bytes of arrays may still come. Raises EOFError for what no child of ours says."""
    found: Tree = {}
    for name, member in group.items():
        match member:
            case dict():
                found[name] = _tree(member, child, left)
            case ["strings", [*shape], [*entries]] if _lengths(shape) and all(isinstance(e, str) for e in entries):
                found[name] = Words(tuple(shape), tuple(entries))
            case ["array", str(dtype), [*shape], int(size)] if dtype in TYPES and _lengths(shape):
                if size != math.prod(shape) * np.dtype(dtype).itemsize:
                    raise EOFError
                left[0] -= _bounded(size, left[0])
                found[name] = Values(np.frombuffer(_take(child, size), dtype=dtype).reshape(shape))
            case _:
                raise EOFError
    return found


def _lengths(shape: list[Any]) -> bool:
    return len(shape) <= DIMENSIONS and all(isinstance(length, int) and 0 <= length < 1 << 40 for length in shape)


def _lost(path: Path, child: subprocess.Popen[bytes], stopped: bool, limits: Limits) -> DataError | OutcomeError:  # noqa: FBT001
    """The child ended without a full reply."""
    if stopped or child.returncode == -signal.SIGXCPU:
        return OutcomeError(
            f"{path}: reading took longer than {limits.seconds} s and was stopped.",
            "a damaged file, which HDF5 may turn in for ever, or a very large graph.",
            "writing the graph again with nir.write, or a higher Limits.seconds.",
        )
    found = f"HDF5 did not survive reading it (exit {child.returncode})"
    return DataError(path, found, "an intact file", "write the graph again with nir.write")
