"""Work in a few processes that tell how far they are, pass errors on whole, and end when this process does."""

from __future__ import annotations

import inspect
import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeAlias

from circuits.errors import CircuitError, OutcomeError

Watch: TypeAlias = Callable[[int, float, str], None]
"""Told a task's number, which share of it is done, and a few words."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
PATIENCE = 0.1  # s between two looks at what the workers say

_mail: list[Any] = []  # the way back to the parent, in a worker


@dataclass(frozen=True)
class _Error:
    """An error on its way through a pipe: exceptions with several arguments do not survive pickling."""

    kind: type[CircuitError]
    answers: tuple[Any, ...]


def _begin(mail: Any) -> None:  # noqa: ANN401 - multiprocessing has no name for it
    """In a worker, before anything else: Ctrl-C is the parent's business, and without a parent there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _mail.append(mail)
    # Who has its results reads no news any more: a process that waited for its last words to be taken would never end.
    mail.cancel_join_thread()
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _outlive_nobody() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _call(number: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401 - its result
    def hear(share: float, words: str) -> None:
        _mail[0].put((number, share, words))

    try:
        return function(*arguments, hear)
    except CircuitError as error:
        names = list(inspect.signature(type(error)).parameters)
        return _Error(type(error), tuple(getattr(error, name) for name in names))


@dataclass
class Pool:
    """Processes for functions of a module's own level, whose last argument tells how far they are.

    A context manager; leaving it by an exception ends the processes at once.
    """

    workers: int
    _context: Any = field(default_factory=lambda: multiprocessing.get_context("spawn"))
    _before: set[Any] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._before = set(multiprocessing.active_children())
        self._mail = self._context.Queue()
        self._executor = ProcessPoolExecutor(self.workers, self._context, _begin, (self._mail,))
        self._count = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            for process in set(multiprocessing.active_children()) - self._before:
                process.terminate()
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._mail.close()
        self._mail.cancel_join_thread()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:  # noqa: ANN401 - its arguments
        """Have `function(*arguments, hear)` called in a process."""
        self._count += 1
        with _one_thread(), _deaf(), _without_main():
            future = self._executor.submit(_call, self._count, function, arguments)
        future.number = self._count  # type: ignore[attr-defined]
        return future

    def results(self, tasks: Mapping[int, Future[Any]], watch: Watch) -> dict[int, Any]:
        """Results of `tasks` by their keys; raises what a task raised, OutcomeError when a process was ended."""
        names = {task.number: name for name, task in tasks.items()}  # type: ignore[attr-defined]
        while wait(tasks.values(), timeout=0).not_done:
            for number, share, words in self._news():
                if number in names:
                    watch(names[number], share, words)
            for task in tasks.values():
                if task.done():
                    _checked(task)
        return {name: _checked(task) for name, task in tasks.items()}

    def _news(self) -> Iterator[tuple[int, float, str]]:
        try:
            yield self._mail.get(timeout=PATIENCE)
            while True:
                yield self._mail.get_nowait()
        except queue.Empty:
            return


def _checked(task: Future[Any]) -> Any:  # noqa: ANN401 - the function's result
    try:
        found = task.result()
    except BrokenProcessPool as error:
        raise OutcomeError(
            "A worker process was ended in the middle of its work; nothing half done was written.",
            "the system was short of memory, or someone ended it.",
            "the same command again: it goes on from what was finished.",
        ) from error
    if isinstance(found, _Error):
        raise found.kind(*found.answers)
    return found


@contextmanager
def _without_main() -> Iterator[None]:
    """Processes started inside do not run the program that started us: 140 MB of commands that no task needs."""
    main = sys.modules["__main__"]
    before = {name: getattr(main, name) for name in ("__spec__", "__file__") if hasattr(main, name)}
    main.__spec__ = None
    main.__dict__.pop("__file__", None)
    try:
        yield
    finally:
        main.__dict__.update(before)


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started inside ignore Ctrl-C from their first moment on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes started inside have one thread each: two BLAS pools on two cores slow each other many times over."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
