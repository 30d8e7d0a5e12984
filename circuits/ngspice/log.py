"""What ngspice says, sorted into what is normal and what is a failure.

It returns success on input it did not understand, so every warning that is not known to be harmless is a failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Stepping towards an operating point may fail on the way: if it fails in the end, ngspice says other things as well.
_STEPPING = (
    r"Further gmin increment|Last gmin step failed|(Dynamic|True) gmin stepping failed|[Ss]ource stepping failed|"
    r"[Gg]min step failed"
)
HARMLESS = (
    r"",
    r"Circuit: .*",
    r"Note: .*",
    r"Reference value : .*",
    r"Using (SPARSE 1\.3|KLU) as Direct Linear Solver",
    rf"Warning: ({_STEPPING})",
    rf"(Trying gmin =|Supplies reduced to)\s+[-+.\dE]+\s*%?\s*(Note: .*|Warning: ({_STEPPING}))?",
    r"(Dynamic gmin|True gmin|Source) stepping completed",
    r"One successful (gmin|source) step",
)
_HARMLESS = re.compile("|".join(f"(?:{pattern})" for pattern in HARMLESS))
_WORRYING = re.compile(
    r"\b(warning|error|fatal|failed|failure|aborted|abort|singular|unknown|unrecognized|unable|undefined|ignored|"
    r"illegal|invalid|incomplete|cannot|can't|couldn't|not found|no such|too small|too many|doesn't|nan|inf)\b",
    re.IGNORECASE,
)


def problems(said: Iterable[str]) -> list[str]:
    """The lines that mean the result cannot be trusted; each line of `said` follows "stdout " or "stderr "."""
    found = []
    for line in said:
        stream, _, text = line.partition(" ")
        text = text.strip()
        if _HARMLESS.fullmatch(text) is None and (stream == "stderr" or _WORRYING.search(text)):
            found.append(text)
    return found
