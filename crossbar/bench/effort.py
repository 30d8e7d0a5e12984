"""What a run costs: processor seconds of one thread, and the most memory its process ever had."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias, TypeVar

from numpy.typing import NDArray

Answer: TypeAlias = Mapping[str, NDArray[Any]]
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Done:
    """One run: processor seconds [s], peak memory [bytes], and what was found, worked out when asked for."""

    seconds: float
    memory: float
    answer: Callable[[], Answer]


Run: TypeAlias = Callable[[], Done]


@dataclass(frozen=True)
class Effort:
    """What repeated runs cost: processor seconds of each [s], peak memory [bytes]."""

    each: tuple[float, ...]
    memory: float

    @property
    def seconds(self) -> float:
        """The median [s]."""
        return float(median(self.each))


def timed(work: Callable[[], Result], answer: Callable[[Result], Answer]) -> Done:
    """Do `work` in this process."""
    begun = time.process_time()
    found = work()
    return Done(time.process_time() - begun, peak(), lambda: answer(found))


def peak() -> float:
    """The most memory this process ever had [bytes]."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: what getrusage says there may be the parent's
        lines = status.read_text(encoding="ascii").splitlines()
        return 1024.0 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0)
