"""What is to be measured, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from circuits.errors import InputError
from crossbar.bench.effort import Effort
from crossbar.bench.peers import OTHERS, PEERS, Peer
from crossbar.bench.works import LISTED, WORKS, Work

SMALLEST, LARGEST = 2, max(work.most for work in LISTED)


@dataclass(frozen=True)
class Plan:
    """What to measure: `peers` and `works` by name, none for all; `size` of all works, 0 for each its own.

    Raises InputError for a name that is not known, or where nothing would be measured.
    """

    peers: tuple[str, ...] = ()
    works: tuple[str, ...] = ()
    size: int = 0

    def __post_init__(self) -> None:
        _check("--peer", self.peers, [peer.name for peer in OTHERS])
        _check("--work", self.works, list(WORKS))
        if self.size and not SMALLEST <= self.size <= LARGEST:
            raise InputError("--size", self.size, f"a whole number from {SMALLEST} to {LARGEST}", "--size 128")
        if not self._works:
            able = [name for name in WORKS if any(name in PEERS[peer].reach for peer in self.peers)]
            raise InputError("--work", self.works, f"what this peer does: {', '.join(able)}", f"--work {able[0]!r}")
        if not self.steps:
            most = max(work.most for work in self._works)
            raise InputError("--size", self.size, f"at most {most} for this work", f"--size {most}")

    @property
    def _works(self) -> tuple[Work, ...]:
        chosen = [work for work in LISTED if work.name in (self.works or WORKS)]
        return tuple(work for work in chosen if not self.peers or any(work.name in PEERS[p].reach for p in self.peers))

    @property
    def steps(self) -> tuple[tuple[Work, int], ...]:
        """Works and their sizes, in the order they are measured; alone only where nobody in particular is asked for."""
        if self.size:
            return tuple((work, self.size) for work in self._works if self.size <= work.most)
        return tuple((w, size) for w in self._works for size in (w.size, *(() if self.peers else w.alone)))

    @property
    def left_out(self) -> tuple[Work, ...]:
        """Works that cannot be measured at this size."""
        measured = [work.name for work, _ in self.steps]
        return tuple(work for work in self._works if work.name not in measured)

    def opponents(self, work: Work, size: int) -> tuple[Peer, ...]:
        """Who does a work at a size."""
        if not self.size and size != work.size:
            return ()
        return tuple(p for p in PEERS.values() if p.name in (self.peers or PEERS) and work.name in p.reach)


@dataclass(frozen=True)
class Side:
    """One solver at one work: what it took, and its largest relative error."""

    effort: Effort
    error: float


@dataclass(frozen=True)
class Row:
    """One work by us and by one peer; `peer` is empty where there is none.

    theirs: empty where the peer was not run, and `why` says so
    """

    work: Work
    size: int
    ours: Side
    peer: str = ""
    theirs: tuple[Side, ...] = ()
    why: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """For machines: None where there is nothing to tell."""
        result: dict[str, Any] = {
            "work": self.work.name,
            "rows": self.size,
            "columns": self.size,
            "ours_s": self.ours.effort.seconds,
            "ours_mb": self.ours.effort.memory / 1e6,
            "error": self.ours.error,
            "peer": self.peer or None,
            "peer_s": None,
            "peer_mb": None,
            "peer_error": None,
            "ratio": None,
        }
        for side in self.theirs:
            result["peer_s"], result["peer_mb"] = side.effort.seconds, side.effort.memory / 1e6
            result["peer_error"], result["ratio"] = side.error, side.effort.seconds / self.ours.effort.seconds
        return result


@dataclass(frozen=True)
class Outcome:
    """rows: what was measured; versions: of all peers by name, empty where one is not installed."""

    rows: tuple[Row, ...]
    versions: Mapping[str, str]


def _check(field: str, given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise InputError(field, name, ", ".join(known), f"{field} {known[0]}")
