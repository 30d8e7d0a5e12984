"""From an exception to one line, one JSON object and an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from circuits.errors import CircuitError, shorten
from crossbar.cli.voice import Voice

FAILURE, INTERRUPTED = 1, 130
USAGE = typer.BadParameter.__mro__[1]  # typer's own base of all usage errors, which it does not export
ANSWERS = ("field", "value", "allowed", "instead", "happened", "cause", "attempt", "path", "found")


def failed(error: BaseException, voice: Voice) -> int:
    """Say what went wrong, and return the exit code."""
    kind, message, code = _described(error)
    several: tuple[CircuitError, ...] = getattr(error, "errors", ())
    for line in message.splitlines() if several else [message]:
        voice.error(line)
    if voice.as_json:
        answers = {name: _text(getattr(error, name)) for name in ANSWERS if hasattr(error, name)}
        voice.result({"error": {"kind": kind, "message": message, **answers, **_each(several), "exit_code": code}})
    return code


def _described(error: BaseException) -> tuple[str, str, int]:
    if isinstance(error, CircuitError):
        return type(error).__name__, str(error), error.exit_code
    if isinstance(error, USAGE):
        return "UsageError", _usage(error), int(getattr(error, "exit_code", 2))
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        done = "interrupted; what was finished is kept, and the same command goes on from there"
        return "Interrupted", done, INTERRUPTED
    text = f"unexpected {type(error).__name__}: {error}; add --debug for the traceback, and please report it"
    return type(error).__name__, text, FAILURE


def _usage(error: BaseException) -> str:
    said = str(getattr(error, "format_message", lambda: error)())
    command = getattr(getattr(error, "ctx", None), "command_path", "liwes")
    return f"{said.rstrip('.')}; see `{command} --help`"


def _each(errors: Sequence[CircuitError]) -> dict[str, Any]:
    """The answers of every error where there are several, a configuration file's for one."""
    each = [{name: _text(getattr(error, name)) for name in ANSWERS if hasattr(error, name)} for error in errors]
    return {"errors": each} if each else {}


def _text(value: object) -> Any:  # noqa: ANN401 - JSON
    return value if isinstance(value, (str, int, float, bool)) else shorten(value)
