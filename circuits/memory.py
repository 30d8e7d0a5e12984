"""How much memory there is, and a refusal before it runs out."""

from __future__ import annotations

import os
from pathlib import Path

from circuits.errors import OutcomeError

MEMORY = Path("/proc/meminfo")
LIMITS = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


def available() -> float:
    """Memory that can still be used [byte]: what the system has free, and what a container's limit leaves."""
    free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if MEMORY.is_file():
        lines = dict(line.split(":", 1) for line in MEMORY.read_text(encoding="ascii").splitlines())
        free = int(lines["MemAvailable"].split()[0]) * 1024
    if all(path.is_file() for path in LIMITS):
        limit, used = (path.read_text(encoding="ascii").strip() for path in LIMITS)
        free = min(free, int(limit) - int(used)) if limit != "max" else free
    return float(free)


def check_memory(needed: float, work: str, attempt: str) -> None:
    """Raise OutcomeError unless `needed` [byte] are there for `work`; `attempt` says what else to try."""
    there = available()
    if needed > there:
        raise OutcomeError(
            f"{work} needs {needed / 1e9:.3g} GB of memory and {there / 1e9:.3g} GB are free.",
            "an array too large for this machine.",
            attempt,
        )
