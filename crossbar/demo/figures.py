"""The demonstration's plots, by file name."""

from __future__ import annotations

from matplotlib.figure import Figure

from crossbar import plot
from crossbar.config.describe import joule
from crossbar.demo.check import CELL, Check
from crossbar.demo.study import Outcome

BAR = 0.88  # the accuracy this project promises on the tactile set


def pictures(outcome: Outcome) -> dict[str, bytes]:
    """Every plot as PNG."""
    figures = {
        "conductance.png": _conductance(outcome),
        "accuracy.png": _accuracy(outcome),
        "energy.png": _energy(outcome),
        "pulse.png": transient(outcome.check),
    }
    return {name: plot.png(figure) for name, figure in figures.items()}


def _conductance(outcome: Outcome) -> Figure:
    window, tolerance = outcome.plan.network.window, outcome.plan.tolerance
    before, after = outcome.conductance(outcome.charged), outcome.conductance(outcome.written)
    return plot.maps(
        [
            plot.Map("after pre-charge", before, window.low, window.high),
            plot.Map("after write-verify", after, window.low, window.high),
            plot.Map(
                "distance from target",
                after - outcome.targets,
                -tolerance,
                tolerance,
                "RdBu_r",
                "error [µS]",
            ),
        ]
    )


def _accuracy(outcome: Outcome) -> Figure:
    rows = {
        "mapped": ("on the array: all noise,\nspread and IR drop", plot.BLUE),
        "straight": ("on the array, ideal lines", plot.BLUE),
        "exact": ("floating point", plot.GREEN),
        "static": ("floating point,\nstatic synapses", plot.GREY),
    }
    shares = []
    for name, (label, colour) in rows.items():
        found = outcome.answers.accuracy(name)
        trials = getattr(outcome.answers, name).mean(axis=1)
        shares.append(plot.Share(label, found.mean, found.low, found.high, trials, colour))
    samples = len(outcome.patterns.test)
    return plot.shares(shares, BAR, f"share of {samples} test samples classified right, 95 % interval")


def _energy(outcome: Outcome) -> Figure:
    found, devices = outcome.energy(), outcome.trained.network.devices
    values = {
        f"pre-charge, {devices} devices": (found["precharge"], plot.ORANGE),
        f"write-verify, {devices} devices": (found["program"], plot.ORANGE),
        "front-end spikes, one sample": (found["spikes"], plot.BLUE),
        "reads, one sample": (found["read"], plot.BLUE),
        "one pulse of 1 V, 1 µs": (outcome.costs.reference, plot.GREY),
    }
    rows = [plot.Bar(label, value, joule(value), colour) for label, (value, colour) in values.items()]
    return plot.bars(rows, "J", "energy supplied (orange: once; blue: every sample)")


def transient(check: Check) -> Figure:
    """The selected cell under the two pulses, on one engine or both."""
    traces = check.traces
    native = traces["native"]
    curves = [plot.Curve("native engine", native.time, native.change, plot.BLUE)]
    if "ngspice" in traces:
        other = traces["ngspice"]
        curves.append(plot.Curve(check.version, other.time, other.change, plot.ORANGE, dots=True))
    drive = plot.Curve("gate [V]", native.time, native.gate, plot.INK)
    row, column = CELL
    return plot.transients(drive, curves, f"two pulses on cell ({row}, {column}) of the 4 x 4 sub-array")
