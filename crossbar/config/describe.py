"""An experiment's outcome as plain values (JSON), and as text."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np

from crossbar.array import Floats
from crossbar.config.perform import Outcome, Step
from crossbar.config.steps import Program
from crossbar.energy import Energy
from crossbar.operations.read import Reading
from crossbar.operations.run import Run
from crossbar.operations.write_verify import Written

PREFIXES = "zafpnum kMG"
LEAST = PREFIXES.index(" ")


def outcome_values(outcome: Outcome) -> dict[str, Any]:
    """Everything worth keeping of an outcome, in SI units with the unit in each key."""
    return {
        "title": outcome.experiment.title,
        "engine": outcome.engine,
        "rows": outcome.array.rows,
        "columns": outcome.array.columns,
        "operations": [step_values(outcome, step) for step in outcome.steps],
        "energy_J": _energy(outcome.energy),
        "balance_relative": outcome.energy.balance,
        "latency_s": float(sum(step.result.latency for step in outcome.steps)),
        "reservoir_lithium": outcome.state.reservoir,
        "conductance_S": outcome.conductance,
    }


def step_values(outcome: Outcome, step: Step) -> dict[str, Any]:
    """What one operation did."""
    common = {
        "operation": step.asked.do,
        "name": step.asked.name,
        "energy_J": _energy(step.energy),
        "latency_s": step.result.latency,
        "disturb_S": step.disturb,
        "balance_relative": step.energy.balance,
        "conductance_S": _range(outcome.array.conductance(step.after)),
    }
    return common | _own(step)


def _own(step: Step) -> dict[str, Any]:
    """What only this kind of operation has."""
    match step.result:
        case Reading() as read:
            return {"currents_A": read.currents, "ideal_A": read.ideal, "ir_drop_relative": read.ir_drop}
        case Written() as written:
            return {"rounds": written.rounds, "pulses": int(written.pulses.sum()), "error_S": written.error}
        case Run() as run:
            cells = list(step.asked.build()) if isinstance(step.asked, Program) else []
            changes = [{"cell": cell, "change_S": float(run.change[cell])} for cell in cells]
            return {"reservoir_charge_C": run.reservoir_charge} | ({"selected": changes} if changes else {})


def _energy(energy: Energy) -> dict[str, Any]:
    parts = {"supplied": energy.supplied, "dissipated": energy.dissipated, "stored": energy.stored}
    return {"total": energy.total} | {name: dict(part) for name, part in parts.items()}


def _range(values: Floats) -> dict[str, float]:
    return {"lowest": float(values.min()), "mean": float(np.mean(values)), "highest": float(values.max())}


def shown(path: Path) -> str:
    """`path` as one would type it in a shell: quoted where it must be, nothing that a terminal obeys."""
    text = str(path)
    return shlex.quote(text) if text.isprintable() else ascii(text)


def engineering(value: float, unit: str) -> str:
    """`value` with a prefix: engineering(1.9e-12, "J") is "1.9 pJ"; "-" where there is none."""
    if not np.isfinite(value):
        return "-"
    if value == 0:
        return f"0 {unit}"
    power = int(np.clip(np.floor(np.log10(abs(value)) / 3 + 1e-9), -LEAST, len(PREFIXES) - LEAST - 1))
    return f"{value / 1000.0**power:.4g} {PREFIXES[power + LEAST].strip()}{unit}"


def joule(value: float) -> str:
    """An energy for people."""
    return engineering(value, "J").replace(" u", " µ") if value > 0 else "0 J"
