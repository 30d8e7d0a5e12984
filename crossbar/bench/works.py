"""The works of the benchmark, each described once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from crossbar.bench.effort import Answer, Run
from crossbar.bench.matrices import Changed, Matrix
from crossbar.bench.networks import Network, Read, drives, patterns, rough
from crossbar.bench.pulse import Pulse


class Work(Protocol):
    """Something to be measured at a size; `case` makes what is to be solved, of a kind of its own."""

    @property
    def name(self) -> str:
        """For machines."""

    @property
    def words(self) -> str:
        """For people."""

    @property
    def size(self) -> int:
        """Rows and columns unless asked otherwise."""

    @property
    def alone(self) -> tuple[int, ...]:
        """Sizes that are measured besides, without anybody to compare with."""

    @property
    def most(self) -> int:
        """The largest size."""

    def case(self, size: int) -> Any:  # noqa: ANN401 - each work has its own kind of case
        """What is to be solved, the same for all."""

    def ours(self, case: Any) -> Run:  # noqa: ANN401
        """Our run of it, to be repeated."""

    def errors(self, case: Any, answers: Sequence[Answer]) -> list[float]:  # noqa: ANN401
        """Largest relative error of each answer."""


LISTED: tuple[Work, ...] = (
    Read(
        "read",
        "10 kohm .. 10 Mohm on 1 ohm segments",
        lambda n: (Network(rough(n, 1e4, 1e7), 1.0, drives(1, n)),),
        alone=(1024,),
    ),
    Read(
        "read hard",
        "100 ohm .. 1 Mohm on 10 ohm segments",
        lambda n: (Network(rough(n, 1e2, 1e6), 10.0, drives(1, n)),),
        alone=(1024,),
    ),
    Read(
        "read vectors",
        "64 vectors, 10 kohm .. 10 Mohm on 1 ohm segments",
        lambda n: (Network(rough(n, 1e4, 1e7), 1.0, drives(64, n)),),
        size=256,
        most=1024,
    ),
    Read("read patterns", "twelve hard patterns, each once", patterns, most=256),
    Matrix(),
    Changed(),
    Pulse(),
)
WORKS: Mapping[str, Work] = {work.name: work for work in LISTED}
