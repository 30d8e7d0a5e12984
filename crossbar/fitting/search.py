"""Residuals of a curve and how they change with the unknowns, for a least-squares search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from circuits.errors import OutcomeError
from crossbar.array import Floats, Model
from crossbar.fitting.response import Protocol
from crossbar.fitting.unknowns import Unknown

STEP = 1e-3  # of a coordinate, either way: half or twice that changes a derivative by 1e-5
OFFSET = "offset"

Progress = Callable[[int, float], None]


@dataclass(frozen=True, eq=False)
class Point:
    """A set of unknowns tried.

    coordinates: shape (unknowns,), the offset last where there is one
    conductance: what the device would show [S], shape (readings,), inf where the engine could not follow
    slopes: its derivative by the coordinates [S], shape (readings, unknowns)
    """

    coordinates: Floats
    conductance: Floats
    slopes: Floats


@dataclass(eq=False)
class Search:
    """Evaluates points, one circuit each, and remembers the last one: a solver asks twice for the same.

    free: whether a constant conductance is added to what the device shows
    """

    protocol: Protocol
    device: Model
    unknowns: tuple[Unknown, ...]
    free: bool
    progress: Progress | None = None
    tried: int = 0
    last: Point | None = field(default=None, init=False)

    @property
    def weights(self) -> Floats:
        """One over each reading's deviation, or over the curve's height [1/S], shape (readings,)."""
        curve = self.protocol.curve
        noise = curve.deviations[curve.readings]
        return 1 / noise if noise.any() else np.full(noise.shape, 1 / self.height)

    @property
    def height(self) -> float:
        """What the conductance is measured against [S]: its range, or itself where it does not move."""
        measured = self.protocol.curve.measured
        return float(np.ptp(measured) or np.abs(measured).max() or 1.0)

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest coordinates, shape (unknowns,) each."""
        free = [np.inf] * self.free
        low = [u.coordinate(u.low) for u in self.unknowns] + [-x for x in free]
        return np.array(low), np.array([u.coordinate(u.high) for u in self.unknowns] + free)

    def values(self, coordinates: Floats) -> dict[str, float]:
        """Parameters, and the offset, at a point."""
        found = {u.name: float(u.value(x)) for u, x in zip(self.unknowns, coordinates, strict=False)}
        return found | ({OFFSET: float(coordinates[-1] * self.height)} if self.free else {})

    def begin(self) -> Floats:
        """Coordinates of the start, shape (unknowns,); an offset begins where it fits best."""
        start = np.zeros(len(self.unknowns) + self.free)
        if self.free:
            gap = self.protocol.curve.measured - self.at(start).conductance
            start[-1] = np.average(gap, weights=self.weights**2) / self.height
        return start

    def residuals(self, coordinates: Floats) -> Floats:
        """Weighted, shape (readings,); inf where the engine cannot follow, from which a search turns back."""
        return (self.at(coordinates).conductance - self.protocol.curve.measured) * self.weights

    def jacobian(self, coordinates: Floats) -> Floats:
        """Of the weighted residuals, shape (readings, unknowns)."""
        return self.at(coordinates).slopes * self.weights[:, None]

    def at(self, coordinates: Floats) -> Point:
        """The point at these coordinates; raises OutcomeError where the very first cannot be followed."""
        if self.last is None or not np.array_equal(self.last.coordinates, coordinates):
            self.last = self._solve(np.array(coordinates))
            self.tried += 1
            if self.progress is not None:
                gap = self.last.conductance - self.protocol.curve.measured
                self.progress(self.tried, float(np.sqrt(np.mean(gap**2))))
        return self.last

    def _solve(self, coordinates: Floats) -> Point:
        low, high = self.bounds
        count = len(self.unknowns)
        here = coordinates[:count]
        below, above = np.maximum(here - STEP, low[:count]), np.minimum(here + STEP, high[:count])
        places = np.tile(here, (2 * count + 1, 1))
        places[1 + np.arange(count), np.arange(count)] = below
        places[1 + count + np.arange(count), np.arange(count)] = above
        changes = {u.name: u.value(places[:, k]) for k, u in enumerate(self.unknowns)}
        try:
            seen = self.protocol.conductance(self.device, changes)
        except OutcomeError as error:
            if self.tried == 0:
                raise OutcomeError(
                    f"The device that the fit starts from could not be simulated. {error.happened}",
                    "a parameter far from those of any real device.",
                    "another start.",
                ) from error
            lost = np.full(len(self.protocol.curve.measured), np.inf)
            return Point(coordinates, lost, np.zeros((len(lost), len(coordinates))))
        slopes = (seen[:, 1 + count :] - seen[:, 1 : 1 + count]) / (above - below)
        if not self.free:
            return Point(coordinates, seen[:, 0], slopes)
        constant = np.full((len(seen), 1), self.height)
        return Point(coordinates, seen[:, 0] + coordinates[-1] * self.height, np.hstack([slopes, constant]))
