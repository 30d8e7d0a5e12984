"""`fit`: parameters of a device from a measured curve, with intervals that mean what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from scipy.optimize import least_squares

from circuits.errors import InputError, OutcomeError
from crossbar.array import Floats, Model, liwes
from crossbar.fitting.curve import Curve, Idle
from crossbar.fitting.identify import check_apart
from crossbar.fitting.response import Protocol
from crossbar.fitting.search import OFFSET, Progress, Search
from crossbar.fitting.uncertainty import uncertainty
from crossbar.fitting.unknowns import Bounds, unknowns

TRIALS = 200
ENOUGH = 1e-10  # relative change of squares or coordinates; at 1e-8 a search from afar rests on plateaus


@dataclass(frozen=True, eq=False)
class Fit:
    """A device calibrated to a curve.

    values: of each fitted parameter, and of "offset" [S] where the base was free
    interval: 95 % confidence from the Jacobian, (low, high) each; (nan, nan) for one that ended at a bound
    correlation: of the estimates in the order of `values`, shape (unknowns, unknowns); nan for one at a bound
    at_bound: parameters that ended at a bound, where the data would go further
    fitted: conductance of the device at each reading [S], shape (readings,), offset included
    noise: deviation of one reading [S] that explains what the fit leaves
    excess: that over the deviation the curve states, 1 for a device that explains it; nan where it states none
    curve, device, start: what was fitted, what came out, what it began from
    tried: circuits solved
    """

    values: Mapping[str, float]
    interval: Mapping[str, tuple[float, float]]
    correlation: Floats
    at_bound: tuple[str, ...]
    fitted: Floats
    noise: float
    excess: float
    curve: Curve
    device: Model
    start: Model
    tried: int

    @property
    def residual(self) -> Floats:
        """What was measured less what the device shows [S], shape (readings,)."""
        return self.curve.measured - self.fitted


def fit(
    curve: Curve,
    parameters: Sequence[str] | str,
    *,
    start: Model | str = "unified",
    bounds: Bounds | None = None,
    idle: Idle = "recorded",
    base: Literal["device", "free"] = "device",
    lithium: float = 0.4,
    progress: Progress | None = None,
) -> Fit:
    """The device whose conductance is nearest to `curve` in the sense of least squares.

    parameters: names of those that may change; the rest stay as in start
    start: a device, or a calibration's name; bounds: (low, high) by name, else the parameter's whole range
    idle: the gate between pulses, see Curve.idling; lithium: content x of both films before the first row
    base: "free" adds a constant conductance, fitted with the rest, to what the device shows
    progress: called with the number of circuits solved and the root mean square of the last one's residual [S]

    Raises InputError for what cannot be used, too few readings, and parameters this curve cannot tell apart;
    OutcomeError when the search finds no end.
    """
    if base not in ("device", "free"):
        raise InputError("base", base, '"device" or "free"', '"device"')
    begin = liwes(start) if isinstance(start, str) else start
    wanted = unknowns(begin, parameters, bounds or {})
    recorded = curve.idling(idle)
    count = len(wanted) + (base == "free")
    if len(recorded.measured) <= count:
        allowed = f"more than {count}, the number of unknowns"
        raise InputError(
            f"{curve.name} readings", len(recorded.measured), allowed, "a longer curve, or fewer parameters"
        )
    search = Search(Protocol(recorded, lithium), begin, wanted, base == "free", progress)
    return _outcome(search, _solve(search))


def _solve(search: Search) -> Floats:
    """Coordinates of the least squares; raises InputError for a singular problem, OutcomeError without an end."""
    found = least_squares(
        search.residuals,
        search.begin(),
        jac=search.jacobian,
        bounds=search.bounds,
        ftol=ENOUGH,
        xtol=ENOUGH,
        max_nfev=TRIALS,
    )
    check_apart(search, found.x)
    if found.status <= 0:
        raise OutcomeError(
            f"{TRIALS} circuits did not lead to an end of the search.",
            "parameters that nearly do the same, or a curve far from any that the device can show.",
            "fewer parameters, narrower bounds, or another start.",
        )
    return np.asarray(found.x)


def _outcome(search: Search, found: Floats) -> Fit:
    """The fit at the coordinates the search ended at."""
    sure, values = uncertainty(search, found), search.values(found)
    changes = {name: value for name, value in values.items() if name != OFFSET}
    begin, curve = search.device, search.protocol.curve
    return Fit(
        values=MappingProxyType(values),
        interval=MappingProxyType(dict(sure.interval)),
        correlation=sure.correlation,
        at_bound=sure.at_bound,
        fitted=search.at(found).conductance,
        noise=sure.noise,
        excess=sure.excess,
        curve=curve,
        device=Model(begin.device, f"{begin.calibration} fitted to {curve.name}", {**begin.values, **changes}),
        start=begin,
        tried=search.tried,
    )
