"""A claim of the paper, the band within which the simulator's value confirms it, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from crossbar.paper.found import Found

NAN = math.nan
SCALES = {"S": 1.0, "V": 1.0, "s": 1.0, "1": 1.0, "decades": 1.0, "uS": 1e-6, "nS": 1e-9, "pJ": 1e-12, "ms": 1e-3,
          "h": 3600.0, "%": 1e-2, "states": 1.0, "uS ms": 1e-9}  # fmt: skip
"""What one of each unit is in SI."""


class Verdict(StrEnum):
    """What may be said of a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "not decidable from the text"


@dataclass(frozen=True)
class Measured:
    """What an experiment says to a claim: a value [SI], where the runs decide it also the band, and words on it."""

    value: float
    low: float = NAN
    high: float = NAN
    note: str = ""


Measure: TypeAlias = Callable[[Mapping[str, Found]], Measured | float]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One quantitative claim.

    figure, section: of the paper; words: what it says; paper: the number it gives, nan for none, in `unit`
    low, high: the band in `unit`, nan where `measure` gives it or where that side is open; reason: for the band, empty
    where docs/paper.md's table of acceptance bands has it
    needs: names of the experiments `measure` takes its value from
    decided: whether the text says enough to tell; note: what a reader should know
    """

    figure: str
    section: str
    words: str
    unit: str
    needs: tuple[str, ...]
    measure: Measure
    paper: float = NAN
    low: float = NAN
    high: float = NAN
    reason: str = ""
    decided: bool = True
    note: str = ""


@dataclass(frozen=True)
class Judged:
    """A claim with what was simulated, both in the claim's unit."""

    claim: Claim
    simulated: float
    low: float
    high: float
    verdict: Verdict
    note: str

    @property
    def holds(self) -> bool | None:
        """None where the text does not decide."""
        return None if self.verdict is Verdict.OPEN else self.verdict is Verdict.HOLDS

    def values(self) -> dict[str, Any]:
        """For machines: nan where there is no number."""
        claim = self.claim
        return {
            "claim": claim.words,
            "figure": claim.figure,
            "section": claim.section,
            "paper": claim.paper,
            "simulated": self.simulated,
            "unit": claim.unit,
            "low": self.low,
            "high": self.high,
            "holds": self.holds,
            "verdict": str(self.verdict),
            "note": self.note,
        }


def judge(claim: Claim, found: Mapping[str, Found]) -> Judged:
    """The claim against what its experiments found."""
    seen = claim.measure(found)
    measured = seen if isinstance(seen, Measured) else Measured(seen)
    scale = SCALES[claim.unit]
    low = measured.low / scale if math.isnan(claim.low) else claim.low
    high = measured.high / scale if math.isnan(claim.high) else claim.high
    simulated = measured.value / scale
    # Where single runs scatter, the band is theirs and the paper's one run has to lie in it.
    judged = simulated if math.isnan(measured.low) else claim.paper
    verdict = Verdict.HOLDS if _inside(judged, low, high) else Verdict.FAILS
    if not claim.decided:
        verdict = Verdict.OPEN
    note = " ".join(part for part in (claim.reason, claim.note, measured.note) if part)
    return Judged(claim, simulated, low, high, verdict, note)


def _inside(value: float, low: float, high: float) -> bool:
    above = math.isnan(low) or value >= low
    return above and (math.isnan(high) or value <= high) and not math.isnan(value)
