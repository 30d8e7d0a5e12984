"""`liwes train`: a spiking network for an array, trained here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from crossbar import __version__
from crossbar.cli.voice import AsJson, Debug, Voice, as_text, whole
from crossbar.folder import check_folder, filled
from crossbar.networks.save import write_nir
from crossbar.plot import png
from crossbar.report import html
from crossbar.training.checkpoint import Epoch
from crossbar.training.page import course, page
from crossbar.training.plan import Plan
from crossbar.training.trainer import Trained
from crossbar.training.trainer import train as trained
from crossbar.workloads.cache import cache_folder
from crossbar.workloads.patterns import Patterns
from crossbar.workloads.rasters import load_named, write_rasters
from crossbar.workloads.statistics import Accuracy, accuracy

NETWORK, TEST, SUMMARY, COURSE = "net.nir", "test.npz", "train.json", "course.npz"
DRAWS = 5
"""How many times front-end devices are drawn for the test part."""


def train(  # noqa: PLR0913 - arguments are the command's options
    *,
    data: Annotated[str, typer.Option(metavar="NAME", help="braille, patterns, or FILE.npz: spikes and labels.")],
    hidden: Annotated[int, typer.Option(metavar="N", help="Hidden neurons.")] = 38,
    recurrent: Annotated[bool, typer.Option("--recurrent", help="They hear each other.")] = False,
    epochs: Annotated[int, typer.Option(metavar="N", help="At most.")] = 60,
    front_end: Annotated[
        bool, typer.Option("--front-end", help="Inputs pass LiWES devices with Table 1's noise.")
    ] = False,
    weight_noise: Annotated[
        float, typer.Option(metavar="SHARE", help="Of the largest weight, added while learning.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Of all chance.")] = 0,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where network and results go.")] = Path("out/train"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Train a spiking network of one hidden layer and write it as a NIR file.

    Interrupted, the same command goes on from the last finished epoch.
    """
    del debug
    voice = Voice(as_json=as_json)
    plan = Plan(
        hidden=hidden,
        recurrent=recurrent,
        epochs=epochs,
        front_end="noisy" if front_end else "none",
        weight_noise=weight_noise,
        seed=seed,
    )
    folder = check_folder(out)
    patterns = load_named(data, cache_folder(), np.random.default_rng(seed))
    found = _with_bar(voice, patterns, plan, folder / COURSE)
    test = accuracy(found.answers(patterns.test, 1 if plan.front_end == "none" else DRAWS))
    values = _summary(patterns, found, test) | {"network": str(folder / NETWORK), "samples": str(folder / TEST)}
    with filled(folder) as draft:
        picture = png(course(found))
        (draft / "course.png").write_bytes(picture)
        (draft / "report.html").write_text(html(page(patterns, found, test, picture)), encoding="utf-8")
        write_nir(found.network, draft / NETWORK)
        write_rasters(draft / TEST, patterns.test, patterns.step)
        (draft / SUMMARY).write_text(as_text(values) + "\n", encoding="utf-8")
    told = Text(f"{patterns.name}: {patterns.source}"), _table(values), whole(f"network: {folder / NETWORK}")
    voice.result(values, *told, whole(f"report: {folder / 'report.html'}", "bold"))


def _with_bar(voice: Voice, patterns: Patterns, plan: Plan, course: Path) -> Trained:
    with voice.progress() as progress:
        task = progress.add_task(f"train on {patterns.name}", total=plan.epochs, note="")

        def watch(epoch: Epoch) -> None:
            note = f"loss {epoch.loss:.3f}, validation {epoch.validation_accuracy:.1%}"
            progress.update(task, completed=epoch.number, note=note)

        found = trained(patterns, plan, watch, course)
        progress.update(task, completed=plan.epochs)
        return found


def _summary(patterns: Patterns, found: Trained, test: Accuracy) -> dict[str, Any]:
    plan, layers = found.plan, found.network.layers
    return {
        "data": patterns.name,
        "source": patterns.source,
        "accuracy": test.mean,
        "accuracy_interval": [test.low, test.high],
        "test_samples": len(patterns.test),
        "accuracy_validation": found.best.validation_accuracy,
        "spikes_per_neuron": found.best.spikes,
        "epochs": len(found.epochs),
        "best_epoch": found.best.number,
        "resumed_epochs": found.resumed,
        "loss": [epoch.loss for epoch in found.epochs],
        "loss_validation": [epoch.validation_loss for epoch in found.epochs],
        "hidden": plan.hidden,
        "recurrent": plan.recurrent,
        "front_end": plan.front_end != "none",
        "weight_noise": plan.weight_noise,
        "weights": sum(layer.matrix.shape[0] * layer.matrix.shape[1] for layer in layers.values()),
        "dt_s": found.step,
        "reset": found.network.timing.reset,
        "seed": plan.seed,
        "version": __version__,
    }


def _table(values: Mapping[str, Any]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column(style="dim")
    low, high = values["accuracy_interval"]
    seen = f"{low:.1%} to {high:.1%}, {values['test_samples']} samples"
    table.add_row("accuracy on the test part", f"{values['accuracy']:.1%}", seen)
    chosen = f"best of {values['epochs']} epochs, number {values['best_epoch']}"
    table.add_row("  on the validation part", f"{values['accuracy_validation']:.1%}", chosen)
    table.add_row("weights", str(values["weights"]), _kind(values))
    table.add_row("spikes of a hidden neuron", f"{values['spikes_per_neuron']:.1f}", "in a sample")
    table.add_row("time step", f"{values['dt_s']:g} s", f"in the file, with reset = {values['reset']}")
    return table


def _kind(values: Mapping[str, Any]) -> str:
    words = [f"{values['hidden']} hidden neurons", "recurrent" if values["recurrent"] else "feed-forward"]
    return ", ".join(words + ["behind a short-term front end"] * values["front_end"])
