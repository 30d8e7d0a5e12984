"""Energy of an operation: supplied = dissipated + stored, by source and by element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from circuits.solution import Solution


@dataclass(frozen=True)
class Energy:
    """All in joule, over one operation.

    supplied: by each kind of driver; dissipated, stored: by each kind of element (empty where the engine, ngspice,
    does not report them); balance: |supplied - dissipated - stored| / what went through
    """

    supplied: Mapping[str, float]
    dissipated: Mapping[str, float]
    stored: Mapping[str, float]
    balance: float

    @property
    def total(self) -> float:
        """What all drivers supplied [J]."""
        return sum(self.supplied.values())

    def __add__(self, other: Energy) -> Energy:
        """Energy of two operations, one after the other; the balance is weighed by what they turned over."""
        mine, theirs = (sum(map(abs, e.supplied.values())) for e in (self, other))
        weight = max(mine + theirs, 1e-300)
        return Energy(
            _sum(self.supplied, other.supplied),
            _sum(self.dissipated, other.dissipated),
            _sum(self.stored, other.stored),
            (self.balance * mine + other.balance * theirs) / weight,
        )


def _sum(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: one.get(name, 0.0) + other.get(name, 0.0) for name in {**one, **other}}


def account(solution: Solution, offset: float) -> Energy:
    """Energy of everything that happened in `solution`.

    offset: potential of LFP above the rest film [V]. A solution counts potentials from rest, where that much drives
    nothing: the source that moves a charge through it supplies, and LFP stores, offset * charge more.
    """
    supplied = {name: float(energy[-1].sum()) for name, energy in solution.energy.items()}
    lifted = offset * float(solution.charge["reservoir"][-1].sum())
    supplied["reservoir"] += lifted
    if not solution.dissipated:
        return Energy(supplied, {}, {}, float("nan"))
    dissipated = {name: float(values.sum()) for name, values in solution.dissipated.items()}
    stored = {name: float(values.sum()) for name, values in solution.stored().items()}
    stored["reservoir"] = lifted
    through = sum(float(abs(energy[-1]).sum()) for energy in solution.energy.values()) + abs(lifted)
    scale = max(through, sum(dissipated.values()), 1e-300)
    gap = sum(supplied.values()) - sum(dissipated.values()) - sum(stored.values())
    return Energy(supplied, dissipated, stored, abs(gap) / scale)
