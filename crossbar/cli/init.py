"""`liwes init` and `liwes schema`: a file to start from, and everything it may say."""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from circuits.errors import InputError, OutcomeError
from crossbar.cli.voice import AsJson, Debug, Voice, whole
from crossbar.config.describe import shown
from crossbar.config.experiment import Experiment


def init(
    file: Annotated[Path, typer.Argument(help="The file to write.")] = Path("experiment.toml"),
    *,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write a commented example for `run`."""
    del debug
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(example())
    except FileExistsError:
        raise InputError("FILE", str(file), "a file that is not there yet", "another name") from None
    except OSError as error:
        raise OutcomeError(
            f"{file} could not be written ({error.strerror}).", "no such folder, or a full disk.", "another folder."
        ) from error
    Voice(as_json=as_json).result(
        {"file": str(file)}, whole(f"{shown(file)}: edit it, then run: liwes run {shown(file)}")
    )


def schema(*, as_json: AsJson = False, debug: Debug = False) -> None:
    """Print the JSON schema of files for `run`."""
    del as_json, debug
    sys.stdout.write(json.dumps(Experiment.model_json_schema(), indent=2, allow_nan=False) + "\n")


def example() -> str:
    """The text of a commented experiment."""
    return files("crossbar.config").joinpath("example.toml").read_text(encoding="utf-8")
