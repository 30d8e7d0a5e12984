"""`liwes paper`: every claim of the paper beside what the simulator computes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from crossbar.cli.run import Engine
from crossbar.cli.voice import AsJson, Board, Debug, Voice, whole
from crossbar.folder import check_folder
from crossbar.paper.catalogue import EXPERIMENTS, of_figure
from crossbar.paper.claims import Judged, Verdict
from crossbar.paper.files import publish
from crossbar.paper.page import band, number, unit
from crossbar.paper.runner import Plan
from crossbar.paper.study import STEPS, Outcome, study

STYLES = {Verdict.HOLDS: "green", Verdict.FAILS: "red", Verdict.OPEN: "dim"}


def paper(
    *,
    figure: Annotated[str, typer.Option(metavar="FIGURE", help='Only this one, such as "3a"; all without it.')] = "",
    engine: Annotated[Engine, typer.Option(help="What solves the device figures.")] = Engine.NATIVE,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where report, plots and results go.")] = Path("out/paper"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Reproduce the LiWES paper: a verdict for every claim, and a report."""
    del debug
    voice = Voice(as_json=as_json)
    experiments = of_figure(figure) if figure else EXPERIMENTS
    plan = Plan(engine.value)
    folder = check_folder(out)
    with voice.progress() as progress:
        board = Board(progress, STEPS)
        outcome = study(experiments, plan, folder, board.watch)
        claims = publish(outcome, folder, board.watch)
    place = folder / "report.html"
    voice.result(claims, _table(outcome), _summary(outcome), whole(f"report: {place}", "bold"))


def _table(outcome: Outcome) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("figure", no_wrap=True)
    table.add_column("§", style="dim", no_wrap=True)
    table.add_column("claim", min_width=14, ratio=1)
    for name in ("paper", "simulated"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("band", style="dim", min_width=8)
    table.add_column("verdict", min_width=9)
    for judged in outcome.claims:
        table.add_row(*_row(judged))
    return table


def _row(judged: Judged) -> tuple[str | Text, ...]:
    claim = judged.claim
    verdict = Text(str(judged.verdict), style=STYLES[judged.verdict])
    return (
        Text(claim.figure), claim.section, Text(claim.words), number(claim.paper), number(judged.simulated),
        unit(judged), band(judged), verdict,
    )  # fmt: skip


def _summary(outcome: Outcome) -> Text:
    held, failed, silent = (outcome.count(verdict) for verdict in Verdict)
    counts = f"{held} hold, {failed} do not, {silent} cannot be decided from the text"
    return Text(f"{len(outcome.claims)} claims: {counts}; {outcome.wall:.0f} s")
