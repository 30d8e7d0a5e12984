"""What a command says: results on standard output, bars and errors on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import numpy as np
import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Debug: TypeAlias = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@dataclass(frozen=True)
class Voice:
    """How a command speaks: to people, or with `as_json` to machines."""

    as_json: bool = False

    @property
    def aside(self) -> Console:
        """Standard error."""
        return Console(stderr=True, highlight=False)

    def progress(self) -> Progress:
        """Bars on standard error, one a step; a context manager."""
        return Progress(
            SpinnerColumn(finished_text="[green]✓", table_column=Column(min_width=1)),
            TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=12)),
            BarColumn(bar_width=16, table_column=Column(min_width=16)),
            TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
            TextColumn("[dim]{task.fields[note]}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
            console=self.aside,
        )

    def result(self, values: Mapping[str, Any] | Sequence[Any], *human: RenderableType) -> None:
        """The one thing on standard output: `values` as JSON, or what is said to people."""
        if self.as_json:
            sys.stdout.write(as_text(values) + "\n")
            sys.stdout.flush()
            return
        console = Console(highlight=False)
        for part in human:
            console.print(part, soft_wrap=isinstance(part, Text) and bool(part.no_wrap))

    def error(self, message: str) -> None:
        """One line on standard error."""
        sys.stderr.write(f"liwes: {' '.join(message.split())}\n")

    def traceback(self) -> None:
        """Where the error at hand came from."""
        self.aside.print_exception()


def whole(words: str, style: str = "") -> Text:
    """A line that is not broken at the terminal's edge: a path in it could not be copied."""
    return Text(words, style=style, no_wrap=True)


class Board:
    """A bar for each step, shown when it begins; `names` are what people read."""

    def __init__(self, progress: Progress, names: Mapping[str, str]) -> None:
        self.progress, self.names = progress, names
        self.tasks: dict[str, TaskID] = {}

    def watch(self, step: str, share: float, words: str) -> None:
        """A step is so far."""
        if step not in self.tasks:
            self.tasks[step] = self.progress.add_task(self.names[step], total=1.0, note="")
        self.progress.update(self.tasks[step], completed=share, note=words)


def as_text(values: Mapping[str, Any] | Sequence[Any]) -> str:
    """JSON on one line; numpy numbers and arrays as plain ones, what is not finite as null."""
    return json.dumps(_plain(values), allow_nan=False, ensure_ascii=False)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a result holds
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
