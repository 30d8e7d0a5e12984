"""A fit as plain values, and as lines for a configuration file."""

from __future__ import annotations

from typing import Any

import numpy as np

from crossbar.fitting.fit import Fit
from crossbar.fitting.search import OFFSET
from crossbar.fitting.uncertainty import CONFIDENCE


def summary(fit: Fit) -> dict[str, Any]:
    """Everything a fit found, in SI units with the unit in each key."""
    return {
        "curve": fit.curve.name,
        "start": fit.start.calibration,
        "confidence": CONFIDENCE,
        "parameters": [_parameter(fit, name) for name in fit.values],
        "correlation": fit.correlation,
        "readings": len(fit.curve.measured),
        "noise_S": fit.noise,
        "excess": fit.excess,
        "largest_residual_S": float(np.abs(fit.residual).max()),
        "circuits": fit.tried,
    }


def _parameter(fit: Fit, name: str) -> dict[str, Any]:
    low, high = fit.interval[name]
    return {
        "name": name,
        "value": fit.values[name],
        "low": low,
        "high": high,
        "unit": unit(fit, name),
        "start": fit.start.values.get(name, 0.0),
        "at_bound": name in fit.at_bound,
    }


def unit(fit: Fit, name: str) -> str:
    """Of a fitted quantity."""
    return "S" if name == OFFSET else fit.device.device.parameter(name).unit


def configuration(fit: Fit) -> str:
    """The device as tables of an experiment's file, to put in place of its own."""
    changed = {p.name: fit.device.values[p.name] for p in fit.device.device.parameters}
    lines = [
        f"{name} = {value!r}" for name, value in changed.items() if value != fit.device.device.parameter(name).value
    ]
    return "\n".join(
        [
            '# for the file that `liwes run` reads; there, calibration is "unified", or is not mentioned',
            "[array.parameters]",
            *lines,
            "",
        ]
    )


def rows(fit: Fit) -> str:
    """Readings and the fitted device as CSV."""
    table = np.column_stack([fit.curve.instants, fit.curve.measured, fit.fitted])
    lines = [",".join(map(repr, row)) for row in table.tolist()]
    return "\n".join(["time [s],measured [S],fitted [S]", *lines, ""])
