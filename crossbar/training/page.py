"""The report of `liwes train`: the course of the learning, and what came of it."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from crossbar import __version__, plot
from crossbar.report import Card, Cards, Figures, Page, Picture, Points, Row, Section, Text
from crossbar.training.trainer import Trained
from crossbar.workloads.patterns import Patterns
from crossbar.workloads.statistics import Accuracy


def course(found: Trained) -> Figure:
    """Losses and validation accuracy over epochs; the dashed line is the epoch whose weights were kept."""
    numbers = [epoch.number for epoch in found.epochs]
    with mpl.rc_context(plot.STYLE):
        figure = Figure(figsize=(9.6, 3.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot(numbers, [epoch.loss for epoch in found.epochs], color=plot.BLUE, label="training part")
        left.plot(
            numbers, [epoch.validation_loss for epoch in found.epochs], color=plot.ORANGE, label="validation part"
        )
        left.set_ylabel("cross-entropy [nat]")
        left.legend(loc="upper right", fontsize=8)
        right.plot(numbers, [epoch.validation_accuracy for epoch in found.epochs], color=plot.ORANGE)
        right.yaxis.set_major_formatter(PercentFormatter(1.0, 0))
        right.set_ylabel("validation part, right")
        for axis in (left, right):
            axis.set_xlabel("epoch")
            axis.axvline(found.best.number, color=plot.SOFT, lw=1, ls=(0, (4, 3)))
        return figure


def page(patterns: Patterns, found: Trained, test: Accuracy, picture: bytes) -> Page:
    """The whole report; picture: the PNG of `course`."""
    plan, layers = found.plan, found.network.layers
    kind = "recurrent" if plan.recurrent else "feed-forward"
    cards = Cards(
        [
            Card("accuracy on the test part", f"{test.mean:.1%}", f"95 % interval {test.low:.1%} to {test.high:.1%}"),
            Card("on the validation part", f"{found.best.validation_accuracy:.1%}", f"epoch {found.best.number}"),
            Card("weights", f"{sum(layer.matrix.size for layer in layers.values())}", f"{plan.hidden} hidden neurons"),
            Card("spikes of a hidden neuron", f"{found.best.spikes:.1f}", "in a sample"),
        ]
    )
    rows = [
        Row("network", kind, f"{patterns.channels} inputs, {plan.hidden} hidden neurons, {patterns.classes} outputs"),
        Row("time step", f"{found.step:g} s", f"in the file, with reset = {found.network.timing.reset}"),
        Row("epochs", f"{len(found.epochs)}", f"the weights of number {found.best.number} were kept"),
        Row("front end", plan.front_end, "short-term devices that the inputs pass"),
        Row("weight noise", f"{plan.weight_noise:g}", "of a layer's largest weight, while learning"),
    ]
    caption = "Cross-entropy and accuracy epoch by epoch; the dashed line marks the weights that were kept."
    generated = [] if patterns.name != "poisson" else [Text(f"The spikes are {patterns.source}.", warning=True)]
    return Page(
        "A spiking network, trained",
        f"{test.mean:.1%} of {len(patterns.test)} test samples right after {len(found.epochs)} epochs.",
        f"liwes {__version__} · seed {plan.seed} · data: {patterns.source}",
        [
            Section("", [cards, *generated]),
            Section("Learning", [Picture(picture, caption, "losses and accuracy", wide=True), Figures(rows)]),
            Section("In this folder", [Points(FILES)]),
        ],
    )


FILES = (
    "`net.nir`: the network; `liwes map net.nir` puts it on tiles.",
    "`test.npz`: the samples it has not seen; `liwes evaluate net.nir --data test.npz` runs them on tiles.",
    "`train.json`: all figures for machines. `course.npz`: from where an interrupted run goes on.",
)
