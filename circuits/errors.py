"""Every failure a user can meet, as one sentence that says what to write instead."""

from __future__ import annotations

from pathlib import Path


class CircuitError(Exception):
    """Base of every error this project raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class InputError(CircuitError, ValueError):
    """A value the user gave cannot be used.

    field: which argument or key, as the user wrote it
    value: what was given
    allowed: the values that would do
    instead: what to write
    """

    exit_code = 2

    def __init__(self, field: str, value: object, allowed: str, instead: str) -> None:
        self.field, self.value, self.allowed, self.instead = field, value, allowed, instead
        super().__init__(f"{field} = {shorten(value)}: allowed is {allowed}; write {instead}")


class OutcomeError(CircuitError, RuntimeError):
    """Work that began did not end as asked: what happened, the usual cause, what to try."""

    def __init__(self, happened: str, cause: str, attempt: str) -> None:
        self.happened, self.cause, self.attempt = happened, cause, attempt
        super().__init__(f"{happened} The usual cause: {cause} Try: {attempt}")


class MissingEngineError(OutcomeError):
    """An engine (ngspice) is not on this machine."""


class DataError(CircuitError):
    """A data file is missing, damaged or not what it says it is."""

    def __init__(self, path: Path | str, found: str, allowed: str, instead: str) -> None:
        self.path, self.found, self.allowed, self.instead = path, found, allowed, instead
        super().__init__(f"{path}: {found}; allowed is {allowed}; {instead}")


def shorten(value: object, limit: int = 80) -> str:
    """repr of `value`, cut in the middle when long: an error is one readable line."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit // 2]}...{text[-limit // 4 :]}"
