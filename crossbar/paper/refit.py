"""Table 1 fitted again: the whole device to the curve of Eq 2 with the table's means, by `crossbar.fitting`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from circuits.liwes import rest_conductance
from crossbar.array import Model, liwes
from crossbar.fitting.curve import Curve
from crossbar.fitting.fit import Fit, fit
from crossbar.paper.experiments import Refit
from crossbar.paper.found import Floats, Found, Hear
from crossbar.paper.measures import table_1
from crossbar.results import Quantity

VARIANTS: tuple[tuple[str, Mapping[str, float], Literal["device", "free"]], ...] = (
    ("whole device, base free", {}, "free"),
    ("no lithium, no gate resistance", {"exchange_current": 1e-6, "gate_resistance": 1.0}, "free"),
    ("whole device, its own base", {}, "device"),
)
"""What is fitted: a name, changes of parameters, and whether a constant may be added to the conductance."""


def refit(experiment: Refit, hear: Hear) -> Found:
    """Parameters of every variant, the conductance each gives in S rather than as a share, and what is left."""
    device, width = liwes(experiment.calibration), experiment.width
    after = np.linspace(experiment.step, experiment.record, experiment.reads)
    time = np.concatenate([[0.0, width], width + after])
    conductance = np.concatenate([[0.0, 0.0], rest_conductance(0.4, device.values) + table_1(after)])
    curve = Curve(time, np.where(time < width, experiment.amplitude, 0.0), conductance, read=time > width)
    fits = []
    for number, (name, changes, base) in enumerate(VARIANTS):
        start = replace(device, values={**device.values, **changes})
        fits.append(fit(curve, experiment.parameters, start=start, base=base))
        hear((number + 1) / len(VARIANTS), name)
    return _found(experiment, device, after, fits)


def _found(experiment: Refit, device: Model, after: Floats, fits: list[Fit]) -> Found:
    axes = ("variant", "parameter")
    shipped = np.array([device.values[name] for name in experiment.parameters])
    fitted = np.array([[each.values[name] for name in experiment.parameters] for each in fits])
    offset = np.array([each.values.get("offset", 0.0) for each in fits])
    return Found(
        {
            "fitted": Quantity(fitted, axes, "1", "value of each parameter in its SI unit"),
            "shipped": Quantity(shipped, axes[1:], "1", "the calibration's own"),
            "amplitude": Quantity(
                np.array([_amplitudes(experiment, each) for each in fits]),
                ("variant", "branch"), "S", "of each branch after the pulse, if the films had seen half of it",
            ),
            "tau": Quantity(np.array([_taus(each) for each in fits]), ("variant", "branch"), "s", "of each branch"),
            "offset": Quantity(offset, axes[:1], "S", "constant added to the device's conductance"),
            "residual": Quantity(np.stack([each.residual for each in fits]), ("variant", "read"), "S", "what is left"),
        },
        {"after": Quantity(after, ("read",), "s", "since the pulse's end")},
    )  # fmt: skip


def _taus(each: Fit) -> list[float]:
    return [each.values[f"tau_{k}"] for k in (1, 2)]


def _amplitudes(experiment: Refit, each: Fit) -> list[float]:
    """Conductance that half the pulse's voltage puts on each branch [S]."""
    v = each.device.values
    layer = v["gating"] * v["edl_capacitance"] * v["channel_area"] * experiment.amplitude / 2
    return [layer * v[f"share_{k}"] * -np.expm1(-experiment.width / v[f"tau_{k}"]) for k in (1, 2)]
