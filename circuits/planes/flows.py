"""What a solution is: currents of lines and contacts, and the power they supply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, Self

import numpy as np

from circuits.planes.grid import OPEN, Contacts, Floats, Grid, Integers, Sides

TINY = 1e-300
NOTHING = 1e-12  # of what the best crossing would carry: where no line carries more, nothing flows


@dataclass(frozen=True, eq=False)
class Potentials:
    """Of the lines at every crossing [V], shape (vectors, rows, columns) each; (0, 0, 0) where they were not kept."""

    word: Floats
    bit: Floats

    def transposed(self) -> Self:
        """The same after word and bit lines have been exchanged."""
        return replace(self, word=self.bit.transpose(0, 2, 1), bit=self.word.transpose(0, 2, 1))

    def raised(self, levels: Floats) -> Self:
        """The same with a level added to each vector [V]."""
        if not len(self.bit) or not levels.any():
            return self
        return replace(self, word=self.word + levels[:, None, None], bit=self.bit + levels[:, None, None])


NOT_KEPT = Potentials(np.zeros((0, 0, 0)), np.zeros((0, 0, 0)))


@dataclass(frozen=True, eq=False)
class Flow:
    """What flows in a grid, for each vector of potentials.

    bit: current all crossings send into each bit line [A], shape (vectors, columns)
    word: current each word line sends into all its crossings [A], shape (vectors, rows)
    into: current into the grid at every contact [A], shape (vectors, lines)
    power: supplied by all contacts together [W], shape (vectors,)
    steps: of iteration, 0 where there was none, shape (vectors,)
    error: relative error of the currents as estimated, shape (vectors,); see `solve`
    residual: currents at crossings that go nowhere, root of their squares' sum, relative to the largest of a line,
        shape (vectors,)
    balance: |supplied - dissipated| / supplied, shape (vectors,)
    potentials: of the lines, where they were kept
    """

    bit: Floats
    word: Floats
    into: Sides
    power: Floats
    steps: Integers
    error: Floats
    residual: Floats
    balance: Floats
    potentials: Potentials

    def transposed(self) -> Self:
        """The same flow after word and bit lines have been exchanged."""
        return replace(
            self,
            bit=-self.word,
            word=-self.bit,
            into=self.into.transposed(),
            potentials=self.potentials.transposed(),
        )

    def taken(self, order: Integers) -> Self:
        """The vectors at positions `order`."""
        into = Sides(**{f.name: getattr(self.into, f.name)[order] for f in fields(Sides)})
        kept_ones = order[: len(self.potentials.bit)]
        potentials = Potentials(self.potentials.word[kept_ones], self.potentials.bit[kept_ones])
        names = [f.name for f in fields(self) if f.name not in ("into", "potentials")]
        return replace(self, into=into, potentials=potentials, **{name: getattr(self, name)[order] for name in names})


class Crossed(NamedTuple):
    """Current from bit to word line through every crossing [A], its sums by line, and the lines' potentials there [V].

    through, word_potential, bit_potential: shape (rows, columns); bit, word: as in Flow
    """

    through: Any
    bit: Any
    word: Any
    word_potential: Any
    bit_potential: Any


class Account(NamedTuple):
    """How a solution was come by, and what it leaves: see Flow; rest [A], lost [W] are not yet relative."""

    steps: int = 0
    error: float = 0.0
    rest: float = 0.0
    lost: float = 0.0


def crossed(grid: Grid, word: Any, bit: Any) -> Crossed:  # noqa: ANN401 - any precision
    """What crosses between word-line and bit-line potentials [V], shape (rows, columns)."""
    through = grid.crossing * (bit - word)
    return Crossed(through, -through.sum(axis=0), -through.sum(axis=1), word, bit)


def flow(grid: Grid, contacts: Contacts, vector: int, seen: Crossed) -> Flow:
    """The flow of one vector, its account still blank."""
    ohms, volts = contacts.resistance, contacts.potential
    sides = {
        **_ends(seen.through, -1.0, seen.word, grid.word, ("left", "right"), ohms, volts, vector),
        **_ends(seen.through.T, 1.0, -seen.bit, grid.bit.T, ("top", "bottom"), ohms, volts, vector),
    }
    return Flow(
        np.asarray([seen.bit], float),
        np.asarray([seen.word], float),
        Sides(**{name: np.asarray([current], float) for name, current in sides.items()}),
        np.asarray([sum(current @ getattr(volts, name)[vector] for name, current in sides.items())], float),
        np.zeros(1, np.int64),
        np.zeros(1),
        np.zeros(1),
        np.zeros(1),
        NOT_KEPT,
    )


def accounted(one: Flow, grid: Grid, contacts: Contacts, vector: int, account: Account) -> Flow:
    """The flow of one vector with its account."""
    names = [side.name for side in fields(Sides)]
    highest = max(float(np.abs(getattr(contacts.potential, name)[vector]).max()) for name in names)
    lines = (one.bit, one.word, *(getattr(one.into, name) for name in names))
    nothing = NOTHING * highest * float(grid.crossing.max())
    largest = max(nothing, *(float(np.abs(line).max()) for line in lines), TINY)
    supplied = max(nothing * highest, float(np.abs(one.power[0])), TINY)
    return replace(
        one,
        steps=np.array([account.steps]),
        error=np.array([account.error]),
        residual=np.array([account.rest / largest]),
        balance=np.array([abs(account.lost) / supplied]),
    )


def kept(one: Flow, seen: Crossed) -> Flow:
    """The flow of one vector with its potentials."""
    word, bit = (np.array([v], float) for v in (seen.word_potential, seen.bit_potential))
    return replace(one, potentials=Potentials(word, bit))


def lost(grid: Grid, contacts: Contacts, one: Flow, seen: Crossed) -> float:
    """Power that contacts supply and no resistance turns to heat [W]; ideal metal makes none."""
    word, bit = seen.word_potential, seen.bit_potential
    heat = (seen.through * (bit - word)).sum()
    for potential, segments in ((word, grid.word[:, 1:-1]), (bit.T, grid.bit.T[:, 1:-1])):
        with np.errstate(divide="ignore", invalid="ignore"):
            heat += np.where(segments > 0, np.diff(potential, axis=1) ** 2 / segments, 0.0).sum()
    ends = {"left": grid.word[:, 0], "right": grid.word[:, -1], "top": grid.bit[0], "bottom": grid.bit[-1]}
    for name, segment in ends.items():
        ohms, into = getattr(contacts.resistance, name) + segment, getattr(one.into, name)[0]
        heat += (np.where(np.isfinite(ohms), ohms, 0.0) * into**2).sum()
    return float(one.power[0] - heat)


def join(flows: Sequence[Flow]) -> Flow:
    """Flows of one grid as one, vector after vector."""
    if len(flows) == 1:
        return flows[0]
    into = Sides(*(np.concatenate([getattr(f.into, s.name) for f in flows]) for s in fields(Sides)))
    potentials = Potentials(
        *(np.concatenate([getattr(f.potentials, s.name) for f in flows]) for s in fields(Potentials))
    )
    names = [f.name for f in fields(Flow) if f.name not in ("into", "potentials")]
    rest = {name: np.concatenate([getattr(one, name) for one in flows]) for name in names}
    return Flow(into=into, potentials=potentials, **rest)


def _ends(
    out: Any,  # noqa: ANN401 - any precision
    sign: float,
    total: Any,  # noqa: ANN401
    segments: Floats,
    names: tuple[str, str],
    ohms: Sides,
    volts: Sides,
    vector: int,
) -> dict[str, Any]:
    """Current into parallel lines at both ends, of which sign * out leaves at each crossing, `total` in all [A].

    Each crossing's current is divided between the ends, rather than read off the small voltage on a segment.
    """
    (first, last), (v_first, v_last) = ([getattr(side, name) for name in names] for side in (ohms, volts))
    at_first, at_last = np.isfinite(first), np.isfinite(last)
    into_first, into_last = np.where(at_first, total, 0.0), np.where(at_last & ~at_first, total, 0.0)
    both = np.flatnonzero(at_first & at_last)
    if len(both):
        path = np.array(segments[both])
        path[:, 0] += first[both]
        path[:, -1] += last[both]
        path = np.cumsum(np.minimum(path, OPEN), axis=1)
        # Ideal from end to end, it shares evenly.
        ideal = path[:, -1:] == 0
        share = (path[:, :-1] + ideal) / (path[:, -1:] + 2 * ideal)
        loop = (v_last[vector][both] - v_first[vector][both]) / (path[:, -1] + ideal[:, 0])
        into_last[both] = sign * (out[both] * share).sum(axis=1) + loop
        into_first[both] = total[both] - into_last[both]
    return {names[0]: into_first, names[1]: into_last}
