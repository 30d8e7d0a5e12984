"""When an array must be written again, and when a device must be recharged through the reservoir, at what cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from circuits.errors import InputError
from crossbar.array import Layout, State
from crossbar.operations.hold import hold
from crossbar.operations.precharge import precharge
from crossbar.operations.run import Run, Settings
from crossbar.pulses import Cell, Pulse
from crossbar.studies.common import MOST, check_count, part, pulse_until, silent, told
from crossbar.studies.retention import LATEST, Retention, retention

OCV = 0.1  # V between gate and channel, beyond which a device is recharged (Wan et al. 2021, section 2.3)


@dataclass(frozen=True, eq=False)
class Refresh:
    """How often an array loses what may be lost, and what levelling it through LFP takes then.

    period: until the loss [s], inf where it was not seen; drift: lithium a channel has moved by then, the most [1]
    energy: supplied by the recharge, negative where films give some back [J]; time: it takes [s]; net: lithium LFP
    gives for it, by device [1]; all 0 where no recharge is due. A recharge levels: the contents are written again
    afterwards, which is not counted here
    retention: the curve behind the period
    """

    period: float
    drift: float
    energy: float
    time: float
    net: float
    retention: Retention


@dataclass(frozen=True, eq=False)
class Recharge:
    """How much may be written into a device in one direction before it is recharged, and what the recharge takes.

    pulses: until |ocv| is beyond the limit [1], inf where `most` were not enough; moved: lithium of the channel by
    then [1]; ocv: by then [V]; energy, time, net: of the recharge, as in Refresh, 0 where none is due
    """

    pulses: float
    moved: float
    ocv: float
    energy: float
    time: float
    net: float


def refresh(
    layout: Layout,
    state: State,
    *,
    loss: float = 0.01,
    gates: Literal["float", "ground"] = "float",
    channels: Literal["float", "ground"] = "ground",
    lithium: float = 0.4,
    latest: float = LATEST,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Refresh:
    """Hold `state` until `loss` of its largest difference is gone, then recharge every film to `lithium`.

    gates, channels, latest: as in `retention`. Raises the errors of `retention` and of `precharge`.
    """
    first, second, third = (part(settings, k / 3, 1 / 3) for k in range(3))
    found = retention(layout, state, gates=gates, channels=channels, latest=latest, settings=first)
    period = found.until(loss)
    if math.isinf(period):
        told(settings, 1.0)
        return Refresh(period, 0.0, 0.0, 0.0, 0.0, found)
    faded = hold(layout, state, period, gates=gates, channels=channels, settings=second)
    drift = float(np.abs(layout.lithium(faded.state) - layout.lithium(state)).max())
    run = precharge(layout, faded.state, lithium=lithium, settings=third)
    return Refresh(period, drift, run.energy.total, run.latency, _net(layout, run), found)


def recharge(
    layout: Layout,
    state: State,
    cell: Cell,
    pulse: Pulse,
    *,
    limit: float = OCV,
    lithium: float = 0.4,
    most: int = MOST,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Recharge:
    """Pulse one cell until its gate and channel rest more than `limit` [V] apart, then recharge to `lithium`.

    Raises InputError for a limit that is not above 0, a count below 0, and as `program` and `precharge` do.
    """
    if not 0 < limit < math.inf:
        raise InputError("limit", limit, "a finite voltage above 0 V", f"{OCV:g}")
    check_count("most", most, 0, MOST)
    layout.check_cell(cell)

    def due(now: State) -> bool:
        return abs(float(layout.ocv(now)[cell])) > limit

    start = layout.check_state(state)
    pulses, now = pulse_until(layout, start, cell, pulse, due, most, silent(settings))
    told(settings, 0.5)
    moved = float((layout.lithium(now) - layout.lithium(state))[cell])
    ocv = float(layout.ocv(now)[cell])
    if math.isinf(pulses):
        told(settings, 1.0)
        return Recharge(pulses, moved, ocv, 0.0, 0.0, 0.0)
    run = precharge(layout, now, lithium=lithium, settings=part(settings, 0.5, 0.5))
    return Recharge(pulses, moved, ocv, run.energy.total, run.latency, _net(layout, run))


def _net(layout: Layout, run: Run) -> float:
    """Lithium from LFP, shared among all devices [1]."""
    return run.reservoir_charge / float(layout.film_capacities()["channel"].sum())
