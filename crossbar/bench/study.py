"""Measure works one after another, each solver in a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from circuits.errors import CircuitError
from crossbar.bench.effort import Answer, Effort, Run
from crossbar.bench.peers import PEERS, Peer
from crossbar.bench.plan import Outcome, Plan, Row, Side
from crossbar.bench.works import LISTED, WORKS, Work
from crossbar.pool import Pool

Watch: TypeAlias = Callable[[str, float, str], None]
"""Told a step's name, which share of it is done, and a few words."""
Hear: TypeAlias = Callable[[float, str], None]

OURS, BEGIN = "liwes", "begin"
REPEATS, SHORT, MANY = 5, 0.2, 25  # runs; where they take less than so long together [s], up to so many
LONG = 20.0  # s; what takes longer is not repeated
WARM, READY = 8, 48  # rows and columns on which a peer warms up, and we are compiled


def steps(plan: Plan) -> dict[str, str]:
    """What people call the steps of a study, by name."""
    every = {step(work, size): f"{work.name}, {size} x {size}" for work, size in plan.steps}
    return {BEGIN: "compiling", **every}


def step(work: Work, size: int) -> str:
    """The name of a step."""
    return f"{work.name} {size}"


def study(plan: Plan, watch: Watch) -> Outcome:
    """Measure all of `plan`; raises what our own solvers raise, but goes on when a peer fails."""
    names = [work.name for work in LISTED if any(work is one for one, _ in plan.steps)]
    versions = _alone(begin, names, hear=partial(watch, BEGIN))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="liwes-bench-") as folder:
        for work, size in plan.steps:
            peers = plan.opponents(work, size)
            rows += _compared(work, size, peers, versions, Path(folder), partial(watch, step(work, size)))
    return Outcome(tuple(rows), versions)


def _compared(
    work: Work, size: int, peers: Sequence[Peer], versions: Mapping[str, str], folder: Path, hear: Hear
) -> list[Row]:
    """A row for each peer, or one where there is none."""
    why = {peer.name: _reason(peer, work, size, versions[peer.name]) for peer in peers}
    solvers = [OURS, *(name for name, reason in why.items() if not reason)]
    efforts: dict[str, Effort] = {}
    for place, name in enumerate(solvers):
        part = _part(hear, place, len(solvers) + 1)
        try:
            efforts[name] = _alone(measure, work.name, size, name, _kept(folder, name), hear=part)
        except CircuitError as error:
            if name == OURS:
                raise
            why[name] = str(error)
    places = [_kept(folder, name) for name in efforts]
    errors = _alone(judge, work.name, size, places, hear=_part(hear, len(solvers), len(solvers) + 1))
    hear(1.0, "")
    sides = {name: Side(effort, error) for (name, effort), error in zip(efforts.items(), errors, strict=True)}
    compared = [
        Row(work, size, sides[OURS], peer.name, (sides[peer.name],) if peer.name in sides else (), why[peer.name])
        for peer in peers
    ]
    return compared or [Row(work, size, sides[OURS])]


def _reason(peer: Peer, work: Work, size: int, version: str) -> str:
    """Why a peer is not run; empty where it is."""
    if not version:
        return f"not installed: {peer.remedy}"
    most = peer.reach[work.name]
    return f"takes too long or too much memory above {most} x {most}" if size > most else ""


def _part(hear: Hear, place: int, total: int) -> Hear:
    return lambda share, words: hear((place + share) / total, words)


def _kept(folder: Path, name: str) -> str:
    return str(folder / f"{name}.npz")


def _alone(function: Callable[..., Any], *arguments: Any, hear: Hear) -> Any:  # noqa: ANN401 - its result
    """`function` in a new process."""
    hear(0.0, "")
    with Pool(1) as pool:
        task = pool.submit(function, *arguments)
        return pool.results({0: task}, lambda _, share, words: hear(share, words))[0]


def begin(names: Sequence[str], hear: Hear) -> dict[str, str]:
    """Versions of all peers, empty where one is not installed; and our part of the works `names` compiled and kept.

    Compiling takes memory, which must not count where a user's second run will not need it.
    """
    for place, name in enumerate(names):
        hear(place / len(names), name)
        WORKS[name].ours(WORKS[name].case(READY))()
    found = {name: peer.found() for name, peer in PEERS.items()}
    hear(1.0, "")
    return found


def measure(name: str, size: int, solver: str, place: str, hear: Hear) -> Effort:
    """Run a work until the median is worth something, and keep the last answer at `place`.

    Nothing of the first call counts: what is loaded then, a user pays for once. We warm up on the case itself, since
    what we load depends on it, a peer on a small one.
    """
    work = WORKS[name]
    case = work.case(size)
    if solver == OURS:
        run = work.ours(case)
        run()
    else:
        PEERS[solver].ready(work.case(WARM))()
        run = PEERS[solver].ready(case)
    effort, answer = repeated(run, lambda share: hear(share, solver))
    np.savez(place, **answer)  # type: ignore[arg-type]  # its stub takes any name for its own option
    return effort


def repeated(run: Run, hear: Callable[[float], None]) -> tuple[Effort, Answer]:
    """What `run` costs, several times over, and what it finds."""
    each: list[float] = []
    memory = 0.0
    while True:
        done = run()
        each.append(done.seconds)
        memory = max(memory, done.memory)
        hear(min(len(each) / REPEATS, 1.0))
        if done.seconds > LONG or len(each) >= (REPEATS if sum(each) >= SHORT else MANY):
            return Effort(tuple(each), memory), done.answer()


def judge(name: str, size: int, places: Sequence[str], hear: Hear) -> list[float]:
    """Errors of the answers kept at `places`."""
    hear(0.0, "reference")
    answers: list[Answer] = []
    for place in places:
        with np.load(place) as kept:
            answers.append(dict(kept))
    return WORKS[name].errors(WORKS[name].case(size), answers)
