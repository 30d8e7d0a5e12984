"""The `liwes` command.

A command is a function in a module of its own here. To plug one in, write it after this pattern and add it to COMMANDS:

    def name(
        file: Annotated[Path, typer.Argument(help="...")],
        *,
        as_json: AsJson = False,
        debug: Debug = False,
    ) -> None:
        "One sentence: the help."
        voice = Voice(as_json=as_json)
        with voice.progress() as progress: ...   # bars, on standard error
        voice.result(values, "text or a rich table for people")

It raises the errors of circuits/errors.py and catches none: `main` prints each as one line on standard error and
returns its exit code (2 usage, 1 failure, 130 interrupted). With --json, standard output holds exactly one JSON value
either way: the result, or {"error": {"kind", "message", ...}}. --debug adds the traceback.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer
from typer.main import get_command

from crossbar import __version__
from crossbar.cli.bench import bench
from crossbar.cli.demo import demo
from crossbar.cli.evaluate import evaluate
from crossbar.cli.export import export
from crossbar.cli.failure import INTERRUPTED, failed
from crossbar.cli.fit import fit
from crossbar.cli.init import init, schema
from crossbar.cli.map import map_
from crossbar.cli.paper import paper
from crossbar.cli.run import run
from crossbar.cli.train import train
from crossbar.cli.voice import Voice

COMMANDS: tuple[Callable[..., None], ...] = (
    demo,
    run,
    paper,
    fit,
    train,
    map_,
    evaluate,
    bench,
    export,
    init,
    schema,
)

app = typer.Typer(
    name="liwes",
    help="Self-gated LiWES arrays: every figure from a circuit solve that ngspice confirms.",
    add_completion=False,
    rich_markup_mode=None,
)
for command in COMMANDS:
    app.command(command.__name__.rstrip("_"))(command)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"liwes {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    del version


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(_run(words or ["--help"]))


def _run(words: list[str]) -> int:
    # Looked up before anything is parsed: an error in parsing answers in the same way.
    as_json, debug = "--json" in words, "--debug" in words
    with _listening() as heard:
        try:
            code = get_command(app).main(words, prog_name="liwes", standalone_mode=False)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - nobody else would catch it
            if debug:
                Voice(as_json=as_json).traceback()
            return failed(KeyboardInterrupt() if heard else error, Voice(as_json=as_json))
    if code == INTERRUPTED:  # typer may turn Ctrl-C into this number
        return failed(KeyboardInterrupt(), Voice(as_json=as_json))
    return code if isinstance(code, int) else 0


@contextmanager
def _listening() -> Iterator[list[int]]:
    """Signals of Ctrl-C so far: a compiler that is hit by one raises something else."""
    heard: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield heard
        return
    before = signal.signal(signal.SIGINT, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)
