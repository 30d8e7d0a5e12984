"""The folder of a reproduction: report, plots, labelled results, claims."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from crossbar import plot, report, results
from crossbar.folder import filled
from crossbar.paper.page import page
from crossbar.paper.plots import PLOTS
from crossbar.paper.study import Outcome, Watch
from crossbar.results import Quantity, Results

HELD = {True: 1, False: 0, None: -1}


def publish(outcome: Outcome, folder: Path, watch: Watch) -> list[dict[str, Any]]:
    """Write everything into `folder`, none of it before all is made; the claims as they were written.

    Raises OutcomeError when the disk is full or read-only.
    """
    watch("report", 0.0, "")
    claims = [_finite(judged.values()) for judged in outcome.claims]
    with filled(folder) as draft:
        pictures = _pictures(outcome, watch)
        for name, content in pictures.items():
            (draft / f"{name}.png").write_bytes(content)
        (draft / "report.html").write_text(report.html(page(outcome, pictures)), encoding="utf-8")
        results.save(labelled(outcome), draft / "results.nc")
        (draft / "claims.json").write_text(json.dumps(claims, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    watch("report", 1.0, str(folder / "report.html"))
    return claims


def _pictures(outcome: Outcome, watch: Watch) -> dict[str, bytes]:
    """Every plot whose experiments were done, as PNG."""
    chosen = [each for each in PLOTS if set(each.needs) <= set(outcome.found)]
    pictures = {}
    for place, each in enumerate(chosen):
        pictures[each.name] = plot.png(each.draw(outcome.found))
        watch("report", 0.9 * (place + 1) / len(chosen), each.name)
    return pictures


def labelled(outcome: Outcome) -> Results:
    """Every experiment's quantities under its name, and the claims."""
    quantities, coordinates = _claims(outcome)
    for name, found in outcome.found.items():
        prefix = f"fig{name}".replace("-", "_")
        quantities |= {f"{prefix}_{key}": _renamed(each, prefix) for key, each in found.quantities.items()}
        coordinates |= {f"{prefix}_{key}": _renamed(each, prefix) for key, each in found.coordinates.items()}
    configuration = {"engine": outcome.plan.engine, "experiments": list(outcome.experiments)}
    return Results("The LiWES paper, reproduced", quantities, configuration, outcome.plan.seed, coordinates)


def _renamed(quantity: Quantity, prefix: str) -> Quantity:
    axes = tuple(f"{prefix}_{axis}" for axis in quantity.axes)
    return Quantity(quantity.values, axes, quantity.unit, quantity.meaning)


def _claims(outcome: Outcome) -> tuple[dict[str, Quantity], dict[str, Quantity]]:
    axis = ("claim",)
    numbers = {
        "paper": [judged.claim.paper for judged in outcome.claims],
        "simulated": [judged.simulated for judged in outcome.claims],
        "low": [judged.low for judged in outcome.claims],
        "high": [judged.high for judged in outcome.claims],
    }
    meaning = "of each claim, in its own unit"
    quantities = {name: Quantity(np.array(values), axis, "1", f"{name}, {meaning}") for name, values in numbers.items()}
    held = np.array([HELD[judged.holds] for judged in outcome.claims], np.int8)
    quantities["holds"] = Quantity(held, axis, "1", "1 it holds, 0 it does not, -1 not decidable from the text")
    texts = {
        "claim": [f"{judged.claim.figure}: {judged.claim.words}" for judged in outcome.claims],
        "unit": [judged.claim.unit for judged in outcome.claims],
    }
    coordinates = {name: Quantity(np.array(values), axis, "1", meaning) for name, values in texts.items()}
    return quantities, coordinates


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    """None for what is no number: JSON has no nan."""
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}
