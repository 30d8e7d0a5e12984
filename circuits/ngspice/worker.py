"""The child process that holds libngspice. A program of its own: it imports nothing of this project.

One bad netlist poisons the library for the life of its process, and some input kills it: so it never lives in the
user's. Requests come as JSON lines on standard input, replies leave as JSON lines on standard output; vectors go
through a file in the scratch folder, which is also the working directory.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from ctypes.util import find_library
from pathlib import Path
from typing import IO, Any

import numpy as np
from PySpice.Spice.NgSpice.Shared import NgSpiceShared, ffi, ffi_string_utf8

LIBRARIES = ("libngspice.so", "libngspice.so.0", "libngspice.dylib", "libngspice.0.dylib")
VECTORS = "vectors.npy"
PROBE = ("* probe", "v_a a 0 1", "r_a a 0 1", ".options klu", ".op", ".end")


class Library(NgSpiceShared):
    """libngspice through PySpice 1.5, with that version's faults mended.

    PySpice raises on any stderr line that does not begin "Warning:" and on any stdout line with "error" in it (a title,
    say), swallows exceptions in callbacks, and never frees a circuit. Here everything said is kept, in order, for
    whoever asked; exceptions come back; `load` and `forget` are a pair.
    """

    def __init__(self, path: str) -> None:
        self.LIBRARY_PATH = path.replace("{", "{{").replace("}", "}}")
        self.said: list[str] = []
        self.failure: BaseException | None = None
        self.left: int | None = None
        super().__init__()

    @staticmethod
    def _send_char(message: object, _ident: int, user: object) -> int:
        """Keep a line of output: "stdout ..." or "stderr ..."."""
        self = ffi.from_handle(user)
        with self.guarded():
            self.said.append(ffi.string(message).decode("utf-8", "replace"))
        return 0

    @staticmethod
    def _exit(status: int, _now: bool, _asked: bool, _ident: int, user: object) -> int:  # noqa: FBT001
        """The library gives up: it cannot be used again."""
        self = ffi.from_handle(user)
        self.left = status
        return 0

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Keep an exception for `exec_command`, because C cannot carry it."""
        try:
            yield
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised again
            self.failure = self.failure or error

    def exec_command(self, command: str, join_lines: bool = True) -> Any:  # noqa: ANN401, FBT001, FBT002
        """Run a command of ngspice; its output stays in `said`. Raises RuntimeError when the library refuses."""
        start = len(self.said)
        status = self._ngspice_shared.ngSpice_Command(command.encode("ascii"))
        self.check(status, command)
        lines = [line.partition(" ")[2] for line in self.said[start:] if line.startswith("stdout ")]
        return os.linesep.join(lines) if join_lines else lines

    def check(self, status: int, what: str) -> None:
        """Raises what a callback raised, or RuntimeError when the library refused `what`."""
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        if status or self.left is not None:
            raise RuntimeError(f"ngspice gave up at {what!r} (status {status}, exit {self.left})")

    def load(self, lines: Sequence[str]) -> None:
        """Read a netlist."""
        keep = [ffi.new("char[]", line.encode("ascii")) for line in (*lines, "")]
        self.check(self._ngspice_shared.ngSpice_Circ(ffi.new("char *[]", [*keep, ffi.NULL])), "reading the netlist")

    def forget(self) -> None:
        """Free the results and the netlist."""
        self.exec_command("destroy all")
        self.exec_command("remcirc")

    def vector(self, plot: str, name: str) -> np.ndarray[Any, np.dtype[np.float64]] | None:
        """An exact copy of a real vector, or None when there is none of that name."""
        info = self._ngspice_shared.ngGet_Vec_Info(f"{plot}.{name}".encode("ascii"))
        if not info or not info.v_realdata:  # null pointers are false
            return None
        return np.frombuffer(ffi.buffer(info.v_realdata, info.v_length * 8), np.float64).copy()

    def plot(self) -> str:
        """The name of the newest plot."""
        return str(ffi_string_utf8(self._ngspice_shared.ngSpice_CurPlot()))


def open_library() -> Library:
    """The first of the usual names that loads; raises OSError naming the last that did not."""
    chosen = os.environ.get("NGSPICE_LIBRARY_PATH")
    names = [chosen] if chosen else [*LIBRARIES, *filter(None, [find_library("ngspice")])]
    for name in names:
        try:
            # PySpice declares its types before it loads: its constructor cannot be called a second time.
            ffi.dlopen(name)
        except OSError as error:
            failure = error
        else:
            return Library(name)
    raise failure


def simulate(library: Library, request: dict[str, Any]) -> dict[str, Any]:
    """Run one netlist and leave the vectors asked for in a file: rows in the order of the request."""
    library.said.clear()
    begun = time.thread_time()  # with a bound on it, the process's own clock goes by ticks
    lines = Path(request["netlist"]).read_text(encoding="ascii").splitlines()
    library.load(lines)
    library.exec_command("run")
    taken = {"seconds": time.thread_time() - begun, "memory": peak()}
    plot = library.plot()
    found = [library.vector(plot, name) for name in request["vectors"]]
    points = max((len(v) for v in found if v is not None), default=0)
    missing = [n for n, v in zip(request["vectors"], found, strict=True) if v is None or len(v) != points]
    table = [v for v in found if v is not None and len(v) == points]
    np.save(VECTORS, np.stack(table) if table else np.empty((0, 0)))
    library.forget()
    return {"plot": plot, "missing": missing, "points": points, "said": library.said, "taken": taken}


def peak() -> int:
    """The most memory this process ever had [bytes]."""
    with contextlib.suppress(OSError, StopIteration):  # Linux: what getrusage says there may be the parent's
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def has_klu(library: Library) -> bool:
    """Whether the KLU solver is there, by asking for it and seeing what works."""
    library.said.clear()
    library.load(PROBE)
    library.exec_command("run")
    library.forget()
    return any("Using KLU" in line for line in library.said)


def restrict(limits: dict[str, int]) -> None:
    """Bounds on memory and files [bytes] for the life of this process; no core dumps."""
    for kind, size in ((resource.RLIMIT_AS, limits["memory"]), (resource.RLIMIT_FSIZE, limits["file"])):
        with contextlib.suppress(ValueError, OSError):  # not every system can bound its address space
            resource.setrlimit(kind, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow(seconds: float) -> None:
    """So much more processor time, then the system ends this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, hard))


def attempt(library: Library, request: dict[str, Any]) -> dict[str, Any]:
    """What `simulate` returns, or its error as a reply."""
    try:
        return simulate(library, request)
    except Exception as error:  # noqa: BLE001 - the parent turns it into a sentence
        return {
            "error": f"{type(error).__name__}: {error}",
            "memory": isinstance(error, MemoryError),
            "said": library.said,
        }


def listen(source: IO[str], requests: queue.Queue[dict[str, Any]]) -> None:
    """Queue requests; when the parent is gone, end at once even in the middle of a run."""
    for line in source:
        requests.put(json.loads(line))
    os._exit(0)


def main() -> None:
    """Answer requests until standard input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what the library prints past its callbacks must not be taken for a reply

    def reply(message: dict[str, Any]) -> None:
        replies.write(json.dumps(message) + "\n")

    restrict(json.loads(sys.argv[1]))
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=listen, args=(sys.stdin, requests), daemon=True).start()
    try:
        library = open_library()
    except OSError as error:
        reply({"absent": str(error)})
        return
    reply({"version": library.ngspice_version, "klu": has_klu(library)})
    while True:
        request = requests.get()
        allow(request["seconds"])
        reply(attempt(library, request))


if __name__ == "__main__":
    main()
