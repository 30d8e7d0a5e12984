"""A whole configuration file: text to a checked experiment, or every error in it at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from circuits.errors import InputError
from crossbar.array import State
from crossbar.config.fields import Lithium, Table, Text
from crossbar.config.layout import ArrayTable
from crossbar.config.problems import ConfigurationError, Nothing, problems
from crossbar.config.steps import AnyOperation, Precharge
from crossbar.facade import Array

LONGEST = 16 << 20  # bytes
DEPOSITED = 0.0  # lithium of a film as it is made


class Experiment(Table):
    """One array and the operations on it, in order."""

    title: Text = "LiWES array"
    """Shown with the results."""
    engine: Literal["native", "ngspice"] = "native"
    """What solves the circuits."""
    lithium: Lithium | None = None
    """Content x of every film at the start. As deposited, 0, when the first operation is a precharge."""
    array: ArrayTable
    operation: list[AnyOperation] = Field(min_length=1)
    """Done one after the other."""

    def build(self) -> tuple[Array, State]:
        """The array and the state it starts in; raises InputError."""
        array = self.array.build()
        if self.lithium is None and not isinstance(self.operation[0], Precharge):
            allowed = "from 0 to 0.7, where the first operation is no precharge"
            raise InputError("lithium", Nothing(), allowed, "lithium = 0.4 at the top, or a precharge first")
        return array, array.rest(DEPOSITED if self.lithium is None else self.lithium)


def parse(text: str, source: str = "configuration") -> Experiment:
    """The experiment a TOML text describes; raises ConfigurationError with everything that is wrong with it.

    source: what to call the text in messages
    """
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        said = "tables nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InputError(source, said, "TOML", "what `liwes init` writes, as a start") from None
    return validate(values, source)


def validate(values: Mapping[str, Any], source: str = "configuration") -> Experiment:
    """The experiment plain values describe; raises ConfigurationError."""
    try:
        return Experiment.model_validate(values, context=_context(values))
    except ValidationError as error:
        raise ConfigurationError(source, problems(error, Experiment)) from None


def load(path: Path) -> Experiment:
    """The experiment a file describes; raises InputError when there is no such file, ConfigurationError."""
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST + 1)
        text = raw.decode("utf-8")
    except OSError as error:
        allowed = "a file that can be read"
        raise InputError(
            "FILE", f"{path}: {error.strerror}", allowed, "the name of a file; `liwes init` writes one"
        ) from None
    except UnicodeDecodeError:
        raise InputError(
            "FILE", str(path), "TOML, which is UTF-8 text", "what `liwes init` writes, as a start"
        ) from None
    if len(raw) > LONGEST:
        raise InputError("FILE", str(path), f"at most {LONGEST >> 20} MiB", "a smaller file")
    return parse(text, path.name)


def _context(values: Mapping[str, Any]) -> dict[str, Any]:
    """What other tables need to know of the array, where it says."""
    array = values.get("array")
    sizes = [array.get(name) for name in ("rows", "columns")] if isinstance(array, Mapping) else []
    return {"shape": tuple(sizes)} if sizes and all(type(n) is int and n > 0 for n in sizes) else {}
