"""Wait: let states relax, or see how long they keep."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np

from circuits.errors import InputError
from circuits.waveforms import constant
from crossbar.array import Floats, Layout, State
from crossbar.operations.run import Run, Settings, execute
from crossbar.wiring import Stimulus, Switching, floating, quiet


def hold(
    layout: Layout,
    state: State,
    duration: float,
    *,
    gates: Literal["float", "ground"] = "float",
    channels: Literal["float", "ground"] = "float",
    samples: Floats | None = None,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Run:
    """Leave the array alone for `duration` [s].

    gates, channels: "float" lets go of the lines and opens the access switches, "ground" holds them at 0 V
    samples: when to look [s], up to `duration`; 40 times over the last four decades unless given
    Raises InputError for a duration that is not above 0 or an unknown policy.
    """
    if not math.isfinite(duration) or duration <= 0:
        raise InputError("duration", duration, "a finite time above 0 s", "1.0")
    for name, policy in (("gates", gates), ("channels", channels)):
        if policy not in ("float", "ground"):
            raise InputError(name, policy, '"float" or "ground"', '"float"')
    times = np.geomspace(duration * 1e-4, duration, 40) if samples is None else samples
    return execute("hold", layout, state, _stimulus(layout, gates, channels), duration, settings, samples=times)


def _stimulus(layout: Layout, gates: str, channels: str) -> Stimulus:
    driven, loose = quiet(layout), floating(layout)
    channel = loose if channels == "float" else driven
    result = replace(driven, word=channel.word, bit=channel.bit, channels=channel.channels)
    if gates == "float":
        return replace(result, gate=loose.gate)
    closed = constant(1 / layout.access.gate[0].on if layout.access.gate else 1.0)
    return replace(result, gates=Switching((closed,), driven.gates.which))
