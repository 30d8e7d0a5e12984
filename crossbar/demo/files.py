"""The demonstration's folder: report, plots, labelled results, and the netlist that ngspice runs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from crossbar import report, results
from crossbar.demo.figures import pictures
from crossbar.demo.page import page
from crossbar.demo.study import Outcome, Watch
from crossbar.demo.summary import PER, summary
from crossbar.folder import filled
from crossbar.results import Quantity, Results


def publish(outcome: Outcome, folder: Path, started: float, watch: Watch) -> dict[str, Any]:
    """Write everything into `folder`, each file whole and none before all are made; the summary as it was written.

    started: when the work began, on time.perf_counter. Raises OutcomeError when the disk is full or read-only.
    """
    watch("report", 0.0, "")
    with filled(folder) as draft:
        plots = pictures(outcome)
        for file, content in plots.items():
            (draft / file).write_bytes(content)
        watch("report", 0.6, "")
        (draft / "array.cir").write_text(outcome.check.netlist, encoding="ascii")
        results.save(labelled(outcome), draft / "results.nc")
        (draft / "report.html").write_text(report.html(page(outcome, plots)), encoding="utf-8")
        found = summary(outcome) | {"wall_s": time.perf_counter() - started}
        (draft / "result.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    watch("report", 1.0, str(folder / "report.html"))
    return found


def labelled(outcome: Outcome) -> Results:
    """Everything with axes, units and meaning."""
    cell, answer = ("tile", "row", "column"), ("seed", "sample")
    answers = outcome.answers
    quantities = {
        "target": Quantity(outcome.targets, cell, "S", "conductance wanted"),
        "precharged": Quantity(outcome.conductance(outcome.charged), cell, "S", "conductance after pre-charge"),
        "conductance": Quantity(outcome.conductance(outcome.written), cell, "S", "conductance after write-verify"),
        "short_term": Quantity(
            outcome.conductance(outcome.written, "short_term"), cell, "S", "the part of it that still fades"
        ),
        "lithium": Quantity(
            np.stack([a.lithium(d.state) for a, d in zip(outcome.tiles, outcome.written, strict=True)]),
            cell, "1", "x in LixWO3 of the channel",
        ),
        "pulses": Quantity(np.stack([done.pulses for done in outcome.written]), cell, "1", "pulses taken"),
        "right": Quantity(answers.mapped.astype(np.int8), answer, "1", "classified right on the array"),
        "right_ideal_lines": Quantity(answers.straight.astype(np.int8), answer, "1", "the same without IR drop"),
        "right_float": Quantity(answers.exact.astype(np.int8), answer, "1", "the same read-out in floating point"),
        "right_static": Quantity(answers.static.astype(np.int8), answer, "1", "static synapses, floating point"),
        "read_energy": Quantity(answers.energy, answer, "J", "energy of a sample's reads"),
        "energy": Quantity(
            list(outcome.energy().values()), ("operation",), "J", "; ".join(f"{k}: {v}" for k, v in PER.items())
        ),
    }  # fmt: skip
    coordinates = {
        "operation": Quantity(list(outcome.energy()), ("operation",), "1", "what the energy went into"),
        "label": Quantity(outcome.patterns.test.labels, ("sample",), "1", "class of the sample"),
    }
    for name, trace in outcome.check.traces.items():
        axis = (f"time_{name}",)
        coordinates[f"time_{name}"] = Quantity(trace.time, axis, "s", f"instants of the two pulses, {name}")
        quantities[f"gate_{name}"] = Quantity(trace.gate, axis, "V", f"gate line of the selected cell, {name}")
        quantities[f"change_{name}"] = Quantity(trace.change, axis, "S", f"its change of conductance, {name}")
    about = {"source": outcome.patterns.source, "summary": json.dumps(summary(outcome))}
    return Results(
        "LiWES array on tactile spikes", quantities, outcome.plan.described(), outcome.plan.seed, coordinates, about
    )
