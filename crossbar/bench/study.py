"""Measure works, each solver in a process of its own, one after another."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from circuits.errors import CircuitError, InputError
from crossbar.bench.effort import Answer, Effort, Run
from crossbar.bench.peers import OTHERS, PEERS, Peer
from crossbar.bench.works import LISTED, WORKS, Work
from crossbar.pool import Pool

Watch: TypeAlias = Callable[[str, float, str], None]
"""Told a step's name, which share of it is done, and a few words."""
Hear: TypeAlias = Callable[[float, str], None]

OURS = "liwes"
SMALLEST, LARGEST = 2, 2048
REPEATS, SHORT, MANY = 5, 0.2, 25  # at least; where they take less than so long together [s], up to
LONG = 20.0  # s; what takes longer is not repeated
WARM = 8  # rows and columns on which a peer warms up


@dataclass(frozen=True)
class Plan:
    """What to measure: `peers` and `works` by name, none for all; `size` of all works, 0 for each its own.

    Raises InputError for a name that is not known, or a size nothing can be measured at.
    """

    peers: tuple[str, ...] = ()
    works: tuple[str, ...] = ()
    size: int = 0

    def __post_init__(self) -> None:
        _check("--peer", self.peers, [peer.name for peer in OTHERS])
        _check("--work", self.works, list(WORKS))
        if self.size and not SMALLEST <= self.size <= LARGEST:
            raise InputError("--size", self.size, f"a whole number from {SMALLEST} to {LARGEST}", "--size 128")
        if not self.steps:
            largest = max(work.most for work in self._works)
            raise InputError("--size", self.size, f"at most {largest} for this work", f"--size {largest}")

    @property
    def steps(self) -> tuple[tuple[Work, int], ...]:
        """Works and their sizes, in the order they are measured."""
        if not self.size:
            return tuple((work, size) for work in self._works for size in (work.size, *work.alone))
        return tuple((work, self.size) for work in self._works if self.size <= work.most)

    @property
    def left_out(self) -> tuple[Work, ...]:
        """Works that are not measured at this size."""
        measured = [work.name for work, _ in self.steps]
        return tuple(work for work in self._works if work.name not in measured)

    @property
    def _works(self) -> tuple[Work, ...]:
        chosen = [work for work in LISTED if work.name in (self.works or WORKS)]
        return tuple(work for work in chosen if not self.peers or any(work.name in PEERS[p].reach for p in self.peers))

    def opponents(self, work: Work, size: int) -> tuple[Peer, ...]:
        """Who does a work at a size."""
        if not self.size and size != work.size:
            return ()
        chosen = (peer for peer in PEERS.values() if peer.name in (self.peers or PEERS))
        return tuple(peer for peer in chosen if work.name in peer.reach)


@dataclass(frozen=True)
class Row:
    """One work by us and by one peer (or by nobody else: peer empty).

    error: largest, relative; theirs: empty tuple where the peer was not run, and `why` says so
    """

    work: Work
    size: int
    ours: Effort
    error: float
    peer: str = ""
    theirs: tuple[Effort, ...] = ()
    peer_error: float = float("nan")
    why: str = ""

    @property
    def ratio(self) -> float:
        """How many times longer the peer takes; nan where it was not run."""
        return self.theirs[0].seconds / self.ours.seconds if self.theirs else float("nan")

    def values(self) -> dict[str, Any]:
        """For machines; None where the peer was not run."""
        theirs = self.theirs[0] if self.theirs else None
        return {
            "work": self.work.name,
            "rows": self.size,
            "columns": self.size,
            "ours_s": self.ours.seconds,
            "ours_mb": self.ours.memory / 1e6,
            "error": self.error,
            "peer": self.peer or None,
            "peer_s": theirs.seconds if theirs else None,
            "peer_mb": theirs.memory / 1e6 if theirs else None,
            "peer_error": self.peer_error if theirs else None,
            "ratio": self.ratio if theirs else None,
        }


@dataclass(frozen=True)
class Outcome:
    """rows: what was measured; versions: of the peers, empty where one is not installed."""

    rows: tuple[Row, ...]
    versions: dict[str, str]


def study(plan: Plan, watch: Watch) -> Outcome:
    """Measure all of `plan`; raises what our own solvers raise, but goes on when a peer fails."""
    versions = _alone(probe, list(PEERS), hear=lambda share, words: watch("peers", share, words))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="liwes-bench-") as folder:
        for work, size in plan.steps:
            rows += _compared(plan, work, size, versions, Path(folder), watch)
    return Outcome(tuple(rows), versions)


def _compared(plan: Plan, work: Work, size: int, versions: dict[str, str], folder: Path, watch: Watch) -> list[Row]:
    """A row for each peer, or one where there is none."""
    peers = plan.opponents(work, size)
    total, efforts, why = len(peers) + 2, {}, {}
    for place, name in enumerate([OURS, *(peer.name for peer in peers)]):
        hear = _share(watch, step(work, size), place, total)
        if name != OURS:
            why[name] = _reason(PEERS[name], work, size, versions[name])
        if why.get(name):
            continue
        try:
            efforts[name] = _alone(measure, work.name, size, name, str(folder / f"{name}.npz"), hear=hear)
        except CircuitError as error:
            if name == OURS:
                raise
            why[name] = str(error)
    hear = _share(watch, step(work, size), total - 1, total)
    errors = dict(
        zip(
            efforts, _alone(judge, work.name, size, [str(folder / f"{n}.npz") for n in efforts], hear=hear), strict=True
        )
    )
    watch(step(work, size), 1.0, "")
    ours = Row(work, size, efforts[OURS], errors[OURS])
    if not peers:
        return [ours]
    return [
        Row(
            work,
            size,
            ours.ours,
            ours.error,
            peer.name,
            (efforts[peer.name],) if peer.name in efforts else (),
            errors.get(peer.name, float("nan")),
            why[peer.name],
        )  # fmt: skip
        for peer in peers
    ]


def step(work: Work, size: int) -> str:
    """The name of a step."""
    return f"{work.name} {size}"


def _reason(peer: Peer, work: Work, size: int, version: str) -> str:
    """Why a peer is not run; empty where it is."""
    if not version:
        return f"not installed: {peer.remedy}"
    most = peer.reach[work.name]
    return f"takes too long or too much memory above {most} x {most}" if size > most else ""


def _share(watch: Watch, name: str, place: int, total: int) -> Hear:
    return lambda share, words: watch(name, (place + share) / total, words)


def _alone(function: Callable[..., Any], *arguments: Any, hear: Hear) -> Any:  # noqa: ANN401 - its result
    """`function` in a new process."""
    hear(0.0, "")
    with Pool(1) as pool:
        task = pool.submit(function, *arguments)
        return pool.results({0: task}, lambda _, share, words: hear(share, words))[0]


def probe(names: Sequence[str], hear: Hear) -> dict[str, str]:
    """Versions of peers, empty where one is not installed."""
    found = {}
    for place, name in enumerate(names, start=1):
        found[name] = PEERS[name].found()
        hear(place / len(names), f"{name} {found[name] or 'is not installed'}")
    return found


def measure(name: str, size: int, solver: str, place: str, hear: Hear) -> Effort:
    """Run a work until the median is worth something, and keep the last answer at `place`.

    Nothing of the first call counts: what is compiled or imported then, a user pays for once. We warm up on the case
    itself, since what we compile depends on it, a peer on a small one.
    """
    work = WORKS[name]
    case = work.case(size)
    if solver == OURS:
        run = work.ours(case)
        run()
    else:
        PEERS[solver].ready(work.case(WARM))()
        run = PEERS[solver].ready(case)
    return _repeated(run, place, lambda share: hear(share, solver))


def _repeated(run: Run, place: str, hear: Callable[[float], None]) -> Effort:
    each: list[float] = []
    memory = 0.0
    while True:
        done = run()
        each.append(done.seconds)
        memory = max(memory, done.memory)
        hear(min(len(each) / REPEATS, 1.0))
        if done.seconds > LONG or len(each) >= (REPEATS if sum(each) >= SHORT else MANY):
            break
    np.savez(place, **done.answer())
    return Effort(tuple(each), memory)


def judge(name: str, size: int, places: Sequence[str], hear: Hear) -> list[float]:
    """Errors of the answers kept at `places`."""
    hear(0.0, "reference")
    work = WORKS[name]
    answers: list[Answer] = []
    for place in places:
        with np.load(place) as kept:
            answers.append(dict(kept))
    return work.errors(work.case(size), answers)


def _check(field: str, given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise InputError(field, name, ", ".join(known), f"{field} {known[0]!r}")
