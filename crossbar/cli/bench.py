"""`liwes bench`: the same work by us and by others."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.box import MARKDOWN, SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from crossbar import __version__
from crossbar.bench.study import LONG, Outcome, Plan, Row, step, study
from crossbar.cli.voice import AsJson, Board, Debug, Voice

NEEDED = ("numpy", "scipy", "numba")


def bench(
    *,
    peer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="badcrossbar, ngspice or crosssim; all without it.")
    ] = None,
    work: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help='Only this one, such as "read hard"; all without it.')
    ] = None,
    size: Annotated[int, typer.Option(metavar="N", help="Rows and columns; 0 is each work's own.")] = 0,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table for a document.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Measure reads, port matrices and a pulse against other solvers: time, memory, error."""
    del debug
    voice = Voice(as_json=as_json)
    plan = Plan(tuple(peer or ()), tuple(work or ()), size)
    names = {step(each, n): f"{each.name}, {n} x {n}" for each, n in plan.steps}
    with voice.progress() as progress:
        outcome = study(plan, Board(progress, {"peers": "peers", **names}).watch)
    voice.result([row.values() for row in outcome.rows], _table(outcome, markdown=markdown), *_notes(plan, outcome))


def _table(outcome: Outcome, *, markdown: bool) -> Table:
    table = Table(box=MARKDOWN if markdown else SIMPLE_HEAD, pad_edge=markdown, padding=(0, 1, 0, 0))
    table.add_column("work", no_wrap=True)
    for name in ("size", "CPU s", "MB", "error"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("peer", no_wrap=True)
    for name in ("CPU s", "MB", "error", "ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in outcome.rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: Row) -> Iterator[str]:
    yield row.work.name
    yield str(row.size)
    yield from (f"{row.ours.seconds:.3g}", f"{row.ours.memory / 1e6:.0f}", f"{row.error:.1e}")
    yield row.peer
    if not row.theirs:
        yield from ("not run" if row.peer else "", "", "", "")
        return
    theirs = row.theirs[0]
    yield from (f"{theirs.seconds:.3g}", f"{theirs.memory / 1e6:.0f}", f"{row.peer_error:.1e}", f"{row.ratio:.3g}")


def _notes(plan: Plan, outcome: Outcome) -> Iterator[Text]:
    """What the table cannot say: what was not run and why, what was not repeated, and on what it ran."""
    known = ", ".join(f"{name} {version}" for name, version in outcome.versions.items() if name != "afresh" and version)
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in NEEDED)
    yield Text(f"{time.strftime('%Y-%m-%d')}; {_processor()}; Python {platform.python_version()}, {libraries}")
    yield Text(f"liwes {__version__}; {known or 'no peer is installed'}")
    yield Text("One thread; medians of 5 runs or more, after one that does not count; a process for each solver.")
    for words in dict.fromkeys(f"{row.peer}, {row.work.name}: not run, {row.why}" for row in outcome.rows if row.why):
        yield Text(words)
    for row in outcome.rows:
        for name, effort in ((row.peer, effort) for effort in row.theirs if len(effort.each) < 5):
            runs = len(effort.each)
            yield Text(
                f"{name}, {row.work.name} {row.size}: {runs} run{'s' * (runs > 1)}, as one takes over {LONG:g} s"
            )
    for left in plan.left_out:
        yield Text(f"{left.name}: not run above {left.most} x {left.most}")


def _processor() -> str:
    """The processor's name."""
    known = Path("/proc/cpuinfo")
    if known.exists():
        for line in known.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
