"""A measured curve: what the gate was held at, and the conductance read, row by row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.errors import InputError, OutcomeError
from crossbar.fitting.table import read

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Gate: TypeAlias = Literal["steps", "lines"]
Idle: TypeAlias = Literal["recorded", "float", "ground"]

FEWEST = 2
HIGHEST = 10.0  # V
DEFAULTS = {"noise": 0.0, "read": True}


@dataclass(frozen=True, eq=False)
class Curve:
    """Conductance of one device over time under a gate voltage, all of shape (rows,).

    time: strictly increasing [s]; only differences count, the first row is the device at rest
    voltage: of the gate against the channel, 0 at rest [V]; nan where the gate floats
    conductance: read at that instant [S]
    noise: deviation of a reading [S], one for all or one a row; 0 where nobody knows
    read: False where the conductance was not read, whatever stands there
    gate: "steps", each row's voltage holds until the next row; "lines", straight lines between rows
    name: what to call it in messages

    Raises InputError for what is no number, out of order, out of range, or of another shape.
    """

    time: Floats
    voltage: Floats
    conductance: Floats
    noise: ArrayLike = 0.0
    read: ArrayLike = True
    gate: Gate = "steps"
    name: str = "curve"

    def __post_init__(self) -> None:
        self._shape()
        self._instants()
        _finite(f"{self.name} voltage", self.voltage[~np.isnan(self.voltage)], "0.5, or nan where the gate floats")
        if (beyond := np.abs(self.voltage) > HIGHEST).any():
            allowed = f"from -{HIGHEST:g} to {HIGHEST:g} V"
            raise InputError(
                f"{self.name} voltage", float(self.voltage[beyond][0]), allowed, "voltage_mV as the header"
            )
        if not self.readings.any():
            raise InputError(f"{self.name} read", "no row", "at least one row with a conductance", "the readings")
        _finite(f"{self.name} conductance", self.measured, "read=~numpy.isnan(conductance), or no such row")
        noise = self.deviations
        if not np.isfinite(noise).all() or (noise < 0).any() or (noise.any() and not noise.all()):
            instead = "0.11e-6, or 0 where nobody knows"
            raise InputError(f"{self.name} noise", self.noise, "deviations above 0 S in every row, or 0", instead)
        if self.gate not in ("steps", "lines"):
            raise InputError("gate", self.gate, '"steps" or "lines"', '"steps"')

    def _shape(self) -> None:
        rows = np.shape(self.time)
        for name in ("time", "voltage", "conductance", "noise", "read"):
            try:
                kind = bool if name == "read" else float
                values = np.array(getattr(self, name), kind)
            except (TypeError, ValueError):
                raise InputError(f"{self.name} {name}", getattr(self, name), "numbers", "numbers in SI units") from None
            if len(rows) != 1 or (values.shape != rows and not (name in DEFAULTS and values.shape == ())):
                allowed = "one list of numbers" if len(rows) != 1 else f"{rows[0]} rows, as time has"
                raise InputError(f"{self.name} {name}", f"shape {values.shape}", allowed, "a value for each row")
            object.__setattr__(self, name, values)

    def _instants(self) -> None:
        if len(self.time) < FEWEST:
            raise InputError(f"{self.name} time", len(self.time), f"at least {FEWEST} rows", "more of the recording")
        _finite(f"{self.name} time", self.time, "the instant of the row in seconds")
        if (wrong := np.diff(self.time) <= 0).any():
            first = int(np.argmax(wrong))
            found = (float(self.time[first]), float(self.time[first + 1]))
            raise InputError(f"{self.name} time", found, "strictly increasing times", "the rows in order, each once")

    @classmethod
    def load(cls, path: Path | str, *, noise: float | None = None, gate: Gate = "steps") -> Self:
        """The curve in a CSV file, whose columns docs/fitting.md describes; raises InputError with the line's number.

        noise: deviation of a reading [S] instead of the file's own column
        """
        table = read(Path(path))
        deviation = table.noise if noise is None else np.asarray(noise, float)
        return cls(table.time, table.voltage, table.conductance, deviation, table.read, gate, Path(path).name)

    def save(self, path: Path | str) -> Path:
        """Write the curve as a CSV file that `load` reads back exactly; raises OutcomeError."""
        place, known = Path(path), bool(self.deviations.any())
        columns = [_texts(self.time), _texts(self.voltage, ~np.isnan(self.voltage), "")]
        columns += [_texts(self.conductance, self.readings, "unread")] + [_texts(self.deviations)] * known
        header = ["time [s]", "voltage [V]", "conductance [S]"] + ["noise [S]"] * known
        text = "\n".join(",".join(row) for row in [header, *zip(*columns, strict=True)]) + "\n"
        try:
            place.write_text(text, encoding="utf-8")
        except OSError as error:
            cause = "no such folder, or a full disk."
            raise OutcomeError(f"{place} could not be written ({error.strerror}).", cause, "another place.") from error
        return place

    @property
    def readings(self) -> Mask:
        """Which rows count, shape (rows,)."""
        return np.broadcast_to(np.asarray(self.read, bool), self.time.shape)

    @property
    def deviations(self) -> Floats:
        """Deviation of each row's reading [S], shape (rows,); all 0 where nobody knows."""
        return np.broadcast_to(np.asarray(self.noise, float), self.time.shape)

    @property
    def instants(self) -> Floats:
        """When the conductance was read, from the first row on [s], shape (readings,)."""
        return np.asarray((self.time - self.time[0])[self.readings])

    @property
    def measured(self) -> Floats:
        """The conductance read [S], shape (readings,)."""
        return np.asarray(self.conductance[self.readings])

    def idling(self, idle: Idle) -> Self:
        """This curve with its gate between pulses as it was; raises InputError.

        idle: "recorded", as the voltage says; "float", it floats where 0 V is written; "ground", it is at 0 V where
            nothing is written
        """
        if idle not in ("recorded", "float", "ground"):
            raise InputError("idle", idle, '"recorded", "float" or "ground"', '"recorded"')
        if idle == "recorded":
            return self
        old, new = (0.0, np.nan) if idle == "float" else (np.nan, 0.0)
        idles = np.isnan(self.voltage) if idle == "ground" else self.voltage == old
        return replace(self, voltage=np.where(idles, new, self.voltage))


def _finite(field: str, values: Floats, instead: str) -> None:
    if not np.isfinite(values).all():
        raise InputError(field, float(values[~np.isfinite(values)][0]), "finite numbers", instead)


def _texts(values: Floats, there: ArrayLike = True, otherwise: str = "") -> list[str]:  # noqa: FBT002
    shown = np.broadcast_to(np.asarray(there, bool), values.shape)
    return [repr(value) if seen else otherwise for value, seen in zip(values.tolist(), shown, strict=True)]
