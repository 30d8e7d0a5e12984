"""From what pydantic collects to errors that answer: field, value, allowed, what to write instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from circuits.errors import InputError

BARE = re.compile(r"[A-Za-z0-9_-]{1,60}")
KINDS = {
    "int": "a whole number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "model": "a table",
    "dict": "a table",
}
BOUNDS = {"greater_than_equal": ("ge", "from"), "less_than_equal": ("le", "up to"), "less_than": ("lt", "below")}


class Nothing:
    """What stands where a value was needed and none was given."""

    def __repr__(self) -> str:
        return "nothing"


class ConfigurationError(InputError):
    """Everything that is wrong with a configuration file; `errors` has each one, the fields of this are the first's."""

    def __init__(self, source: str, errors: Sequence[InputError]) -> None:
        self.source, self.errors = source, tuple(errors)
        first = self.errors[0]
        super().__init__(first.field, first.value, first.allowed, first.instead)

    def __str__(self) -> str:
        """A line an error."""
        return "\n".join(f"{self.source}: {error}" for error in self.errors)


def problems(error: ValidationError, model: type[BaseModel]) -> list[InputError]:
    """One InputError for each thing pydantic found, in the order of the file's tables."""
    return [_problem(details, model) for details in error.errors(include_url=False)]


def _problem(details: ErrorDetails, model: type[BaseModel]) -> InputError:
    kind, where, context = details["type"], details["loc"], details.get("ctx", {})
    value, path = details["input"], path_text(where)
    if isinstance(found := context.get("error"), InputError):
        return InputError(_within(path, found.field), found.value, found.allowed, found.instead)
    if kind == "extra_forbidden":
        return _unknown(path, str(where[-1]), value, _table(model, where[:-1]))
    if kind.startswith("union_tag"):
        tags = context.get("expected_tags", "'precharge', 'program', 'write_verify', 'hold', 'read'")
        return InputError(
            f"{path}.do", value.get("do", Nothing()) if isinstance(value, dict) else value, tags, 'do = "read"'
        )
    field = _table(model, where[:-1]).model_fields.get(str(where[-1])) if where else None
    instead = context.get("instead") or _example(field)
    if kind == "missing":
        about = (field.description if field else None) or "a table"
        return InputError(path, Nothing(), f"a value that says it ({about.rstrip('.')})", f"{where[-1]} = {instead}")
    return InputError(path, value, _allowed(kind, context, field), instead)


def path_text(where: Sequence[str | int]) -> str:
    """Place of a field, such as operation[1].pulses[0].width; a key that is no bare word is quoted."""
    text = ""
    for word in _untagged(where):
        if isinstance(word, int):
            text += f"[{word}]"
        else:
            text += f".{word}" if BARE.fullmatch(word) else f".{json.dumps(word[:60])}"
    return text.removeprefix(".") or "file"


def _untagged(where: Sequence[str | int]) -> Iterator[str | int]:
    """Without the kind of operation that pydantic puts after its number."""
    for k, word in enumerate(where):
        if not (k > 0 and isinstance(where[k - 1], int) and where[k - 2] == "operation"):
            yield word


def _within(path: str, field: str) -> str:
    """The field an object named, as a place in the file: its table's name counts once."""
    last = field.removeprefix("parameter ").rpartition(".")[2]
    return last if path == "file" else f"{path}.{last}"


def _unknown(path: str, name: str, value: object, table: type[BaseModel]) -> InputError:
    known = sorted(table.model_fields)
    close = get_close_matches(name.lower(), known, 1)
    instead = f"{close[0]} (is that what was meant?)" if close else "one of these, or nothing"
    return InputError(path, value, ", ".join(known) or "nothing here", instead)


def _allowed(kind: str, context: dict[str, Any], field: FieldInfo | None) -> str:
    if "allowed" in context or "expected" in context:
        return str(context.get("allowed", context.get("expected")))
    for end, words in KINDS.items():
        if kind.startswith(end):
            return words + _range(field)
    if kind in BOUNDS:
        return "a whole number" + _range(field)
    if kind == "too_short":
        return f"at least {context.get('min_length', 1)}"
    return kind.replace("_", " ")


def _range(field: FieldInfo | None) -> str:
    """The bounds of a field, in words."""
    words = []
    for bound in field.metadata if field else ():
        words += [f"{word} {getattr(bound, name):.12g}" for name, word in BOUNDS.values() if hasattr(bound, name)]
    return "".join(f" {word}" for word in words)


def _example(field: FieldInfo | None) -> str:
    """What to write for a field: its example, its default, or a kind of it."""
    if field is None:
        return "a value of this kind"
    if field.examples:
        return _toml(field.examples[0])
    hints = [hint for item in field.metadata if (hint := getattr(item, "instead", ""))]
    if hints:
        return str(hints[0])
    default = field.get_default(call_default_factory=False)
    return _toml(default) if isinstance(default, (str, int, float)) else "what `liwes init` writes"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def _table(model: type[BaseModel], where: Sequence[str | int]) -> type[BaseModel]:
    """The table at a place, starting from `model`."""
    here = model
    for word in where:
        if not isinstance(word, str):
            continue
        if word in here.model_fields:
            inner = list(_tables(here.model_fields[word].annotation))
            here = inner[0] if len(inner) == 1 else here
            choices = inner if len(inner) > 1 else []
        else:
            here = next((t for t in choices if word in get_args(t.model_fields["do"].annotation)), here)
    return here


def _tables(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _tables(part)
