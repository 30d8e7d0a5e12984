"""The outcome as plain values: what --json prints and result.json holds."""

from __future__ import annotations

from typing import Any

from crossbar import __version__
from crossbar.demo.check import NAMES, Check
from crossbar.demo.study import Outcome

PER = {
    "precharge": "all devices, once",
    "program": "all devices, once",
    "spikes": "one sample, mean",
    "read": "one sample, mean",
}
"""What each energy is for."""


def summary(outcome: Outcome) -> dict[str, Any]:
    """Every figure, in SI units; the keys of energies, latencies and differences end in their unit."""
    answers, plan = outcome.answers, outcome.plan
    mapped, exact, static = (answers.accuracy(name) for name in ("mapped", "exact", "static"))
    return {
        "data": outcome.patterns.name,
        "data_source": outcome.patterns.source,
        "samples": len(outcome.patterns.test),
        "seeds": plan.seeds,
        "seed": plan.seed,
        "accuracy": mapped.mean,
        "accuracy_interval": [mapped.low, mapped.high],
        "accuracy_float": exact.mean,
        "accuracy_float_interval": [exact.low, exact.high],
        "accuracy_static": static.mean,
        "accuracy_static_interval": [static.low, static.high],
        "devices": outcome.trained.network.devices,
        "tiles": len(outcome.tiles),
        "ir_drop": {
            "accuracy_lost": float(answers.straight.mean() - mapped.mean),
            "current_relative": answers.lost,
            "current_relative_worst": answers.worst,
        },
        "write": {
            "tolerance_S": plan.tolerance,
            "error_S": max(done.error for done in outcome.written),
            "rounds": [done.rounds for done in outcome.written],
            "pulses": int(sum(done.pulses.sum() for done in outcome.written)),
        },
        "energy_J": outcome.energy(),
        "energy_per": PER,
        "latency_s": outcome.latency(),
        "pulse_energy_J_1V_1us": outcome.costs.reference,
        "ngspice": ngspice(outcome.check),
        "balance_relative": outcome.balance,
        "reservoir_lithium": outcome.reservoir,
        "resumed_tiles": sum(done.resumed for done in outcome.written),
        "version": __version__,
        "wall_s": outcome.wall,
    }


def ngspice(check: Check) -> dict[str, Any]:
    """Version and differences, or why there are none."""
    if not check.version:
        return {"version": None, **dict.fromkeys(NAMES), "not_run": check.reason}
    version = check.version.removeprefix("ngspice ")
    return {"version": version, **check.differences, "by_operation": check.by_operation}
