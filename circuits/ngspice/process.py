"""The parent's side of the child process: start, ask, wait, end; a new child after anything went wrong."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from circuits.errors import MissingEngineError, OutcomeError

Floats = NDArray[np.float64]

PROGRAM = Path(__file__).with_name("worker.py")
NETLIST, VECTORS = "netlist.cir", "vectors.npy"
START_TIME = 60.0  # s: a cold disk and a busy machine; 0.15 is usual
KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "NGSPICE_LIBRARY_PATH", "SYSTEMROOT")
START_FILE = "* nothing but what this project needs\nset num_threads=1\n"


@dataclass(frozen=True)
class Limits:
    """What one run may use: wall-clock and processor time [s], memory and file size [bytes]."""

    timeout: float = 600.0
    processor: float = 600.0
    memory: int = 8 << 30
    file: int = 4 << 30


@dataclass(frozen=True, eq=False)
class Reply:
    """What a run gave.

    said: what ngspice printed, each line after "stdout " or "stderr "; table: vectors, shape (vectors, points)
    taken: "seconds" of processor time and the most "memory" its process ever had [s, bytes]
    """

    said: tuple[str, ...]
    missing: tuple[str, ...]
    table: Floats
    taken: dict[str, float]


@dataclass(frozen=True)
class Found:
    """ngspice as it showed itself: its version, and whether it solves with KLU when asked to."""

    version: int
    klu: bool

    def __str__(self) -> str:
        return f"ngspice {self.version}"


@dataclass
class Child:
    """A running child and its scratch folder."""

    process: subprocess.Popen[bytes]
    folder: Path
    owner: int
    found: Found
    rest: bytes = b""


@dataclass
class Worker:
    """A pool of one child, started when first needed; a context manager that ends it."""

    limits: Limits = field(default_factory=Limits)
    _child: Child | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> Child:
        """The running child: a new one when there is none, or when the last has ended.

        Raises MissingEngineError when there is no ngspice.
        """
        with self._lock:
            return self._ready()

    def run(self, lines: Sequence[str], vectors: Sequence[str], limits: Limits | None = None) -> Reply:
        """Run a netlist and read `vectors`; anything unusual ends the child and raises OutcomeError.

        Raises MissingEngineError when ngspice is not there.
        """
        bounds = limits or self.limits
        with self._lock:
            if bounds.memory != self.limits.memory or bounds.file != self.limits.file:
                with Worker(bounds) as other:
                    return other.run(lines, vectors)
            child = self._ready()
            try:
                return _ask(child, lines, vectors, bounds)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            child, self._child = self._child, None
            if child is not None:
                _leave(child)

    def _ready(self) -> Child:
        child = self._child
        if child is None or child.owner != os.getpid() or child.process.poll() is not None:
            self.close()
            self._child = child = _start(self.limits)
            weakref.finalize(self, _leave, child)
        return child


def _start(limits: Limits) -> Child:
    folder = Path(tempfile.mkdtemp(prefix="liwes-ngspice-"))
    (folder / "scripts").mkdir()
    (folder / "scripts" / "spinit").write_text(START_FILE)
    sizes = json.dumps({"memory": limits.memory, "file": limits.file})
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-P", str(PROGRAM), sizes],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
    child = Child(process, folder, os.getpid(), Found(0, klu=False))
    try:
        hello = _read(child, START_TIME)
    except (EOFError, TimeoutError):
        said = (folder / "log").read_text(errors="replace")
        _end(process, folder)
        raise OutcomeError(
            f"ngspice's process did not start ({said.strip()[-300:] or 'it said nothing'}).",
            "too little memory allowed, or a damaged installation.",
            "a larger memory limit, or installing PySpice and ngspice again.",
        ) from None
    if "absent" in hello:
        _end(process, folder)
        raise MissingEngineError(
            f"ngspice's shared library was not found ({hello['absent']}).",
            "ngspice is not installed.",
            remedy(),
        )
    child.found = Found(int(hello["version"]), klu=bool(hello["klu"]))
    return child


def remedy() -> str:
    """The one command that installs ngspice here."""
    if shutil.which("brew"):
        return "brew install ngspice libngspice"
    if shutil.which("apt-get"):
        return "sudo apt-get install ngspice libngspice0-dev"
    return "installing ngspice with its shared library, or: export NGSPICE_LIBRARY_PATH=/path/to/libngspice.so"


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's but what loading libraries needs; ngspice's start-up files are ours."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    path = os.pathsep.join(entry for entry in sys.path if entry)
    fixed = {"HOME": str(folder), "SPICE_SCRIPTS": str(folder / "scripts"), "PYTHONPATH": path, "LC_ALL": "C"}
    return kept | fixed | {"TMPDIR": str(folder), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _ask(child: Child, lines: Sequence[str], vectors: Sequence[str], limits: Limits) -> Reply:
    (child.folder / NETLIST).write_text("\n".join(lines), encoding="ascii")
    request = {"netlist": NETLIST, "vectors": list(vectors), "seconds": limits.processor}
    try:
        _write(child, request)
        answer = _read(child, limits.timeout)
    except TimeoutError:
        raise OutcomeError(
            f"ngspice took longer than {limits.timeout:g} s and was stopped; nothing was written.",
            "a large circuit, or one whose steps became very short.",
            "fewer devices, a looser tolerance, a longer timeout, or the native engine.",
        ) from None
    except (EOFError, BrokenPipeError):
        raise _ended(child.process, limits) from None
    if "points" not in answer:
        raise _failed(answer, limits)
    said, missing = tuple(answer["said"]), tuple(answer["missing"])
    return Reply(said, missing, np.load(child.folder / VECTORS), answer["taken"])


def _write(child: Child, request: dict[str, Any]) -> None:
    """Send one request; raises BrokenPipeError when the child is gone."""
    if child.process.stdin is not None:
        child.process.stdin.write(json.dumps(request).encode() + b"\n")
        child.process.stdin.flush()


def _read(child: Child, seconds: float) -> dict[str, Any]:
    """The next reply; raises TimeoutError after `seconds`, EOFError when the child is gone."""
    deadline = time.monotonic() + seconds
    pipe = child.process.stdout
    with selectors.DefaultSelector() as selector:
        if pipe is not None:
            selector.register(pipe, selectors.EVENT_READ)
        while b"\n" not in child.rest:
            if not selector.select(max(deadline - time.monotonic(), 0.0)):
                raise TimeoutError
            received = os.read(pipe.fileno(), 1 << 16) if pipe is not None else b""
            if not received:
                raise EOFError
            child.rest += received
    line, _, child.rest = child.rest.partition(b"\n")
    return dict(json.loads(line))


def _ended(process: subprocess.Popen[bytes], limits: Limits) -> OutcomeError:
    """Why the child is no more."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5.0)
    code = process.returncode or 0
    name = signal.Signals(-code).name if code < 0 else f"exit {code}"
    causes = {
        "SIGXCPU": (f"it used its {limits.processor:g} s of processor time.", "a higher limit, or the native engine."),
        "SIGXFSZ": ("it wrote more than it may.", "fewer samples or devices, or a higher limit."),
        "SIGKILL": ("the system was short of memory, or someone ended it.", "again, with fewer devices."),
    }
    cause, remedy = causes.get(name, ("a fault of ngspice on this netlist.", "again; then the native engine."))
    return OutcomeError(f"ngspice's process ended in the middle of a run ({name}); nothing was written.", cause, remedy)


def _failed(answer: dict[str, Any], limits: Limits) -> OutcomeError:
    """ngspice could not do what was asked."""
    said = " / ".join(line.partition(" ")[2] for line in answer["said"][-4:])
    if answer.get("memory") or "alloc" in said:
        return OutcomeError(
            f"ngspice ran out of the {limits.memory / 2**30:.3g} GiB it may use; nothing was written.",
            "a large circuit, or many samples of it.",
            "fewer devices, a shorter run, or a higher memory limit.",
        )
    return OutcomeError(
        f"ngspice gave up: {answer['error']} ({said}).", "a circuit it cannot solve.", "the native engine."
    )


def _leave(child: Child) -> None:
    """End the child, unless this is a fork of the process it belongs to."""
    if child.owner == os.getpid():
        _end(child.process, child.folder)


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Kill the child if it still runs, and remove its folder."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10.0)
    shutil.rmtree(folder, ignore_errors=True)
