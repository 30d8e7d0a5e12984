"""Two families of crossing metal lines, and what their ends are connected to."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.errors import InputError

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
OPEN = 1e100  # ohm; an open segment where infinity would not do: what it lets through is far below rounding


@dataclass(frozen=True, eq=False)
class Grid:
    """Word lines are rows, bit lines columns; segment k of a line lies before its crossing k, the last after all.

    crossing: conductance at each crossing [S], shape (rows, columns), 0 where open
    word: resistance of word-line segments [ohm], shape (rows, columns + 1), 0 where ideal, inf where open
    bit: resistance of bit-line segments [ohm], shape (rows + 1, columns)
    """

    crossing: Floats
    word: Floats
    bit: Floats

    @classmethod
    def of(cls, crossing: ArrayLike, word: ArrayLike = 0.0, bit: ArrayLike = 0.0) -> Self:
        """A grid from numbers or arrays; a lone number serves every segment. Raises InputError."""
        cells = _array("crossing", crossing, None)
        if cells.ndim != 2 or cells.size == 0 or not (np.isfinite(cells) & (cells >= 0)).all():
            allowed = "finite conductances of 0 S or more, shape (rows, columns)"
            raise InputError("crossing", _first_bad(cells), allowed, "one conductance a crossing")
        rows, columns = cells.shape
        return cls(
            np.ascontiguousarray(cells),
            _resistances("word", word, (rows, columns + 1)),
            _resistances("bit", bit, (rows + 1, columns)),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        rows, columns = self.crossing.shape
        return (rows, columns)

    def transposed(self) -> Self:
        """The same metal with word and bit lines exchanged."""
        return replace(self, crossing=np.ascontiguousarray(self.crossing.T), word=self.bit.T, bit=self.word.T)


@dataclass(frozen=True, eq=False)
class End:
    """What one end of every line of a family is connected to.

    potential: behind the resistance [V], a number or shape (lines,) or (vectors, lines)
    resistance: of driver or sense amplifier [ohm], a number or shape (lines,); 0 holds the end, inf lets it float
    """

    potential: ArrayLike = 0.0
    resistance: ArrayLike = 0.0


FLOATING = End(resistance=np.inf)


@dataclass(frozen=True, eq=False)
class Ends:
    """All four sides: word lines end left and right, bit lines top and bottom (at virtual ground unless told)."""

    left: End = FLOATING
    right: End = FLOATING
    top: End = FLOATING
    bottom: End = End()

    def contacts(self, grid: Grid) -> Contacts:
        """These ends as arrays that fit `grid`; raises InputError naming the end."""
        rows, columns = grid.shape
        sides = {"left": rows, "right": rows, "top": columns, "bottom": columns}
        ohms = {
            name: _resistances(f"{name}.resistance", getattr(self, name).resistance, (n,)) for name, n in sides.items()
        }
        volts = {name: _potentials(name, getattr(self, name).potential, n) for name, n in sides.items()}
        counts = {len(v) for v in volts.values()} - {1}
        if len(counts) > 1:
            given = {name: len(v) for name, v in volts.items()}
            raise InputError(
                "potential", given, "the same number of vectors at every end", "one shape (vectors, lines)"
            )
        count = counts.pop() if counts else 1
        volts = {
            name: np.where(np.isinf(ohms[name]), 0.0, np.broadcast_to(v, (count, v.shape[1])))
            for name, v in volts.items()
        }
        for name, v in volts.items():
            if not np.isfinite(v).all():
                raise InputError(f"{name}.potential", _first_bad(v), "finite voltages on ends that do not float", "0.0")
        return Contacts(Sides(**ohms), Sides(**volts))


@dataclass(frozen=True, eq=False)
class Sides:
    """One array for each side; the last axis runs over its lines."""

    left: Floats
    right: Floats
    top: Floats
    bottom: Floats

    def transposed(self) -> Self:
        """The sides after word and bit lines have been exchanged."""
        return replace(self, left=self.top, right=self.bottom, top=self.left, bottom=self.right)


@dataclass(frozen=True, eq=False)
class Contacts:
    """Ends as arrays: resistance [ohm] of shape (lines,), potential [V] of shape (vectors, lines), 0 where floating."""

    resistance: Sides
    potential: Sides

    @property
    def vectors(self) -> int:
        """How many sets of potentials."""
        return len(self.potential.left)

    def transposed(self) -> Self:
        """The contacts after word and bit lines have been exchanged."""
        return replace(self, resistance=self.resistance.transposed(), potential=self.potential.transposed())

    def levels(self) -> Floats:
        """The potential all ends of a vector share [V], shape (vectors,), 0 where they differ."""
        sides = [(getattr(self.resistance, f.name), getattr(self.potential, f.name)) for f in fields(Sides)]
        driven = np.concatenate([volts[:, np.isfinite(ohms)] for ohms, volts in sides], axis=1)
        return np.where(driven.max(axis=1) == driven.min(axis=1), driven.max(axis=1), 0.0)

    def lowered(self, levels: Floats) -> Self:
        """The contacts with all potentials lowered, vector by vector [V]."""
        sides = {f.name: getattr(self.potential, f.name) - levels[:, None] for f in fields(Sides)}
        return replace(self, potential=Sides(**sides))


def _array(name: str, values: ArrayLike, shape: tuple[int, ...] | None) -> Floats:
    try:
        array = np.asarray(values, float)
        return array if shape is None else np.broadcast_to(array, shape)
    except (TypeError, ValueError) as error:
        wanted = "numbers" if shape is None else f"a number or numbers of shape {shape}"
        raise InputError(name, np.shape(values) or values, wanted, "1.0") from error


def _resistances(name: str, values: ArrayLike, shape: tuple[int, ...]) -> Floats:
    array = _array(name, values, shape)
    # Where one number serves all, it is looked at once.
    seen = array[tuple(slice(None) if step else slice(1) for step in array.strides)]
    if not (seen >= 0).all():
        raise InputError(name, _first_bad(seen), "resistances of 0 ohm or more, inf where open", "1.0")
    return array


def _potentials(name: str, values: ArrayLike, lines: int) -> Floats:
    array = np.atleast_2d(_array(f"{name}.potential", values, None))
    if array.ndim != 2 or array.shape[1] not in (1, lines) or len(array) == 0:
        allowed = f"a number or voltages of shape ({lines},) or (vectors, {lines})"
        raise InputError(f"{name}.potential", np.shape(values), allowed, "0.0")
    return np.broadcast_to(array, (len(array), lines))


def _first_bad(values: Floats) -> object:
    wrong = values[~(np.isfinite(values) & (values >= 0))]
    return float(wrong[0]) if wrong.size else values.shape
