"""`liwes run`: an array and its operations, from a file."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from crossbar import __version__
from crossbar.array import Floats
from crossbar.cli.voice import AsJson, Debug, Voice, as_text, whole
from crossbar.config.describe import engineering, outcome_values, shown
from crossbar.config.experiment import Experiment, load
from crossbar.config.output import check_folder, write_folder
from crossbar.config.perform import Outcome, Step, perform
from crossbar.config.steps import AnyOperation


class Engine(StrEnum):
    """What solves the circuits."""

    NATIVE = "native"
    NGSPICE = "ngspice"


def run(
    file: Annotated[Path, typer.Argument(help="TOML; `liwes init` writes one to start from.")],
    *,
    engine: Annotated[Engine | None, typer.Option(help="Instead of the file's.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write run.json and conductance.csv there.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Simulate an array and operations from a TOML file.

    Prints the energy by source, the latency, the disturb and the energy balance of each operation.
    """
    del debug
    voice = Voice(as_json=as_json)
    experiment = load(file)
    if out is not None:
        check_folder(out)
    started = time.perf_counter()
    outcome = _with_bar(voice, experiment, engine)
    values = outcome_values(outcome) | {"version": __version__, "wall_s": time.perf_counter() - started}
    if out is not None:
        write_folder(out, {"run.json": as_text(values) + "\n", "conductance.csv": _matrix(outcome.conductance)})
    voice.result(values, Text(experiment.title), _table(outcome), *([whole(f"written to {shown(out)}")] if out else []))


def _with_bar(voice: Voice, experiment: Experiment, engine: Engine | None) -> Outcome:
    with voice.progress() as progress:
        names = [asked.do for asked in experiment.operation]
        task = progress.add_task(experiment.array.calibration, total=len(names), note=names[0])

        def advance(step: Step) -> None:
            progress.advance(task)
            progress.update(task, note=step.asked.do)

        return perform(experiment, engine=engine and engine.value, on_step=advance)


def _table(outcome: Outcome) -> Table:
    """A line an operation, and the sum."""
    title = f"{outcome.array.rows} x {outcome.array.columns}, {outcome.engine}"
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0), pad_edge=False, title=title, title_justify="left")
    named = any(asked.name for asked in outcome.experiment.operation)
    table.add_column("operation", no_wrap=True)
    if named:
        table.add_column("name", overflow="fold")
    for name in ("reservoir", "gates", "lines", "latency", "disturb", "balance"):
        table.add_column(name, justify="right", no_wrap=True)
    for step in outcome.steps:
        disturb, balance = engineering(step.disturb, "S"), _share(step.energy.balance)
        table.add_row(
            *_label(step.asked, named),
            *_energies(step.energy.supplied),
            engineering(step.result.latency, "s"),
            disturb,
            balance,
        )
    table.add_section()
    latency = sum(step.result.latency for step in outcome.steps)
    last = (engineering(latency, "s"), "", _share(outcome.energy.balance))
    table.add_row("together", *[""] * named, *_energies(outcome.energy.supplied), *last)
    return table


def _label(asked: AnyOperation, named: bool) -> list[Text]:  # noqa: FBT001
    return [Text(word) for word in (asked.do, asked.name)[: 1 + named]]


def _energies(supplied: Mapping[str, float]) -> list[str]:
    lines = supplied.get("word", 0.0) + supplied.get("bit", 0.0)
    return [engineering(e, "J") for e in (supplied.get("reservoir", 0.0), supplied.get("gate", 0.0), lines)]


def _share(balance: float) -> str:
    return f"{balance:.1e}" if math.isfinite(balance) else "-"  # ngspice does not report heat


def _matrix(conductance: Floats) -> str:
    rows = "\n".join(",".join(f"{value!r}" for value in row) for row in conductance.tolist())
    return f"# conductance [S], a line a row\n{rows}\n"
