"""`liwes evaluate`: what is left of a network's accuracy on tiles of devices, and what an inference costs."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from circuits.errors import InputError
from circuits.liwes import DEVICE_TO_DEVICE
from circuits.units import quantity
from crossbar.cli import network as told
from crossbar.cli.voice import AsJson, Board, Debug, Voice, whole
from crossbar.config.describe import engineering
from crossbar.evaluation.files import publish_evaluation
from crossbar.evaluation.study import CAUSES, STEPS, Evaluation, Trials
from crossbar.evaluation.study import evaluate as evaluated
from crossbar.evaluation.sweeps import AXES, Point, sweep
from crossbar.folder import check_folder
from crossbar.networks.network import Network
from crossbar.networks.stp import MODES, Mode
from crossbar.workloads.cache import cache_folder
from crossbar.workloads.patterns import Samples
from crossbar.workloads.spikes import Beside, load_spikes

BARS = {**STEPS, "sweep": "vary the hardware"}


def evaluate(  # noqa: PLR0913 - arguments are the command's options
    file: told.NetworkFile,
    *,
    data: Annotated[str, typer.Option(metavar="NAME", help="braille, patterns, FILE.npz, or NIR data.")],
    part: Annotated[str, typer.Option(metavar="PART", help="test, validation, train, validation+test, all.")] = "test",
    labels: Annotated[Path | None, typer.Option(metavar="FILE", help="Of NIR data: .npy or .npz.")] = None,
    node: Annotated[str | None, typer.Option(metavar="NAME", help="Of NIR data: whose spikes are the input.")] = None,
    data_step: Annotated[str, typer.Option(metavar="TIME", help="Of events that name no time step.")] = "",
    samples: Annotated[int, typer.Option(metavar="N", help="Only the first ones; 0 for all.")] = 0,
    dt: told.Dt = "",
    reset: told.ResetOption = "",
    order: told.OrderOption = "",
    decay: told.DecayOption = "",
    tile: told.Tile = "64x128",
    wire: told.Wire = "0.7 ohm",
    scheme: told.SchemeOption = told.Kind.DIFFERENTIAL,
    scale_per: told.ScaleOption = told.ScalePer.COLUMN,
    states: told.States = 1024,
    clip: told.Clip = 100.0,
    bias: told.BiasOption = told.Bias.ROW,
    method: told.WritingOption = told.Writing.WRITE_VERIFY,
    tolerance: told.Tolerance = 0.01,
    spread: told.Spread = DEVICE_TO_DEVICE,
    model: told.OnOption = told.On.FAST,
    compensate: told.Compensate = False,
    stp: Annotated[
        list[str] | None,
        typer.Option(metavar="[LAYER=]MODE", help=f"{', '.join(MODES)}; of every input layer, or of LAYER."),
    ] = None,
    noise: Annotated[str, typer.Option(metavar="SIEMENS", help="Of a device in one read.")] = "0.11 uS",
    ir_drop: told.IrDrop = True,
    cost: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help=f"Of an inference: {', '.join(told.COSTS)}. May be given again."),
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", help="Chips that are written and run.")] = 5,
    sweeps: Annotated[bool, typer.Option(help="Accuracy over states, spread, noise and tile size.")] = True,
    seed: told.Seed = 0,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where report and results go.")] = Path("out/evaluate"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Run spikes through a network on tiles of devices: accuracy by cause, energy and latency.

    Interrupted, the same command goes on from the last finished point.
    """
    del debug
    voice = Voice(as_json=as_json)
    hardware = replace(
        told.hardware_of(told.tile_of(tile, wire), scheme, scale_per, states, clip, bias, raised=compensate),
        method=told.method_of(method, tolerance, spread),
        model=model.value,
        ir_drop=ir_drop,
        noise=quantity("--noise", noise, "S"),
        costs=told.costs_of(cost or []),
    )
    folder = check_folder(out)
    source, network = told.opened(file, dt, reset, order, decay)
    asked = Trials(hardware, modes_of(stp or [], network), trials, seed)
    beside = Beside(labels, node, quantity("--data-step", data_step, "s") if data_step else None)
    spikes = load_spikes(data, cache_folder(), part, np.random.default_rng(seed), beside)
    shown = _first(spikes.samples, samples)
    names = [axis.name for axis in AXES] if sweeps else []
    found, points = _with_bars(voice, network, shown, spikes.step, asked, names, folder)
    words = f"{spikes.name}, {spikes.source}"
    values = publish_evaluation(source, words, shown, found, points, folder)
    values |= {"report": str(folder / "report.html")}
    voice.result(values, *_said(values), _table(values), whole(f"report: {folder / 'report.html'}", "bold"))


def modes_of(words: Sequence[str], network: Network) -> dict[str, Mode]:
    """Short-term plasticity by layer, from "front_end" (of the layers that inputs reach) or "fc1=front_end".

    Raises InputError for a mode or a layer that is not there.
    """
    fed = {target for source, target in network.edges if network.nodes[source].kind == "Input"}
    found: dict[str, Mode] = {}
    for word in words:
        name, _, mode = word.rpartition("=")
        if mode not in MODES:
            raise InputError("--stp", word, f"[LAYER=] and one of {', '.join(MODES)}", "--stp front_end")
        chosen = [network.layer(name).name] if name else [layer for layer in network.layers if layer in fed]
        found |= dict.fromkeys(chosen, mode)  # type: ignore[arg-type]
    return found


def _first(samples: Samples, count: int) -> Samples:
    if count < 0:
        raise InputError("--samples", count, "a whole number from 0", "--samples 100")
    few = slice(count or None)
    return Samples(samples.spikes[few], samples.labels[few])


def _with_bars(
    voice: Voice,
    network: Network,
    samples: Samples,
    step: float,
    trials: Trials,
    names: Sequence[str],
    folder: Path,
) -> tuple[Evaluation, tuple[Point, ...]]:
    with voice.progress() as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # cautions are part of what is said in the end
        board = Board(progress, BARS)
        found = evaluated(network, samples, step, trials, board.watch)
        points = sweep(network, samples, step, trials, names, folder / "points", board.watch) if names else ()
        return found, points


def _said(values: Mapping[str, Any]) -> list[Text]:
    """What was mended in the file, what is to be known, and what the user should be warned of."""
    return told.said(values) + [Text(f"caution: {words}", "yellow") for words in values["cautions"]]


def _table(values: Mapping[str, Any]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column(style="dim")
    low, high = values["accuracy_interval"]
    seen = f"{low:.1%} to {high:.1%}, {values['samples']} samples, {values['trials']} chips"
    table.add_row("accuracy on the tiles", f"{values['accuracy']:.1%}", seen)
    for cause, found in values["accuracy_by_cause"].items():
        table.add_row(f"  {CAUSES[cause]}", f"{found['mean']:.1%}", f"{found['low']:.1%} to {found['high']:.1%}")
    table.add_row("spikes that differ", f"{values['ideal_spikes_differing']}", "on ideal devices")
    table.add_section()
    energy, latency = values["energy_J"], values["latency_s"]
    rows, columns = values["tile_shape"]
    table.add_row("tiles", f"{values['tiles']}", f"of {rows} x {columns}; {values['devices']} devices used")
    table.add_row("writing, once", engineering(energy["program"], "J"), f"in {engineering(latency['program'], 's')}")
    table.add_row("an inference", engineering(values["inference_energy_J"], "J"), _split(energy))
    step = f"{engineering(latency['step'], 's')} a step; answer {engineering(latency['inference'], 's')} after a start"
    table.add_row("computing", engineering(latency["compute"], "s"), step)
    operations = values["neurobench"]["SynapticOperations"]
    effective = operations["Effective_ACs"] + operations["Effective_MACs"]
    table.add_row("synaptic operations", f"{effective:.0f}", f"of {operations['Dense']:.0f}, an inference")
    return table


def _split(energy: Mapping[str, float]) -> str:
    parts = ("spike", "read", "convert", "neuron")
    return ", ".join(f"{name} {engineering(energy[name], 'J')}" for name in parts if energy[name] > 0)
