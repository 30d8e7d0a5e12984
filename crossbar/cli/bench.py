"""`liwes bench`: the same work by us and by others."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from crossbar import __version__
from crossbar.bench.peers import OTHERS
from crossbar.bench.plan import Outcome, Plan, Row, Side
from crossbar.bench.study import LONG, REPEATS, steps, study
from crossbar.cli.voice import AsJson, Board, Debug, Voice

LIBRARIES = ("numpy", "scipy", "numba")


def bench(
    *,
    peer: Annotated[
        list[str], typer.Option(metavar="NAME", help="badcrossbar, ngspice or crosssim; all without it.")
    ] = [],  # noqa: B006 - typer copies it
    work: Annotated[
        list[str], typer.Option(metavar="NAME", help='Only this one, such as "read hard"; all without it.')
    ] = [],  # noqa: B006
    size: Annotated[int, typer.Option(metavar="N", help="Rows and columns; 0 leaves each work its own.")] = 0,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Compare reads, port matrices and a pulse with other solvers: time, memory, error."""
    del debug
    voice = Voice(as_json=as_json)
    plan = Plan(tuple(peer), tuple(work), size)
    with voice.progress() as progress:
        outcome = study(plan, Board(progress, steps(plan)).watch)
    notes = [Text(line) for line in _notes(plan, outcome)]
    if as_json:
        voice.aside.print(*notes, sep="\n")
    voice.result([row.values for row in outcome.rows], _table(outcome), *notes)


def _table(outcome: Outcome) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=0)
    table.add_column("work", no_wrap=True)
    for name in ("size", "CPU s", "MB", "error"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("peer", no_wrap=True)
    for name in ("CPU s", "MB", "error", "ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in outcome.rows:
        table.add_row(row.work.name, str(row.size), *_cells(row.ours), row.peer, *_theirs(row))
    return table


def _cells(side: Side) -> tuple[str, str, str]:
    return f"{side.effort.seconds:.2g}", f"{side.effort.memory / 1e6:.0f}", f"{side.error:.0e}"


def _theirs(row: Row) -> tuple[str, ...]:
    for side in row.theirs:
        return (*_cells(side), f"{row.values['ratio']:.3g}")
    return ("not run",) if row.peer else ()


def _notes(plan: Plan, outcome: Outcome) -> Iterator[str]:
    """What the table cannot say: on what it was measured, what was not repeated, what was not run and why."""
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    yield f"{time.strftime('%Y-%m-%d')}, {_processor()}, Python {platform.python_version()}, {libraries}"
    known = ", ".join(f"{p.name} {outcome.versions[p.name]}" for p in OTHERS if outcome.versions[p.name])
    yield f"liwes {__version__}; {known or 'no peer is installed'}"
    yield f"One thread, a process for each solver; medians of {REPEATS} runs or more after one that does not count."
    for row in outcome.rows:
        if any(len(side.effort.each) < REPEATS for side in row.theirs):
            runs = len(row.theirs[0].effort.each)
            yield f"{row.work.name} {row.size}, {row.peer}: {runs} run{'s' * (runs > 1)}, as it takes over {LONG:g} s"
        if row.why:
            yield f"{row.work.name} {row.size}, {row.peer}: not run, {row.why}"
    for left in plan.left_out:
        yield f"{left.name}: not run above {left.most} x {left.most}"


def _processor() -> str:
    """The processor's name."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text(encoding="utf-8").splitlines() if known.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
