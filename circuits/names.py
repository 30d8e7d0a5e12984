"""The only gate from a user's words to netlist text.

A netlist is a program: ngspice runs a line break followed by `.control`, and folds case, so that two words may be one.
Nothing a user writes gets there but through here.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import SupportsFloat

from circuits.errors import InputError

LONGEST = 48
# What ngspice replaces by a value or reads as a function or word of its own, wherever it stands.
RESERVED = frozenset(
    [
        "abs",
        "acos",
        "acosh",
        "agauss",
        "and",
        "aunif",
        "asin",
        "asinh",
        "atan",
        "atanh",
        "boltz",
        "c",
        "ceil",
        "cos",
        "cosh",
        "ddt",
        "dec",
        "dn",
        "e",
        "echarge",
        "end",
        "ends",
        "exp",
        "false",
        "floor",
        "func",
        "gauss",
        "global",
        "gnd",
        "hertz",
        "i",
        "idt",
        "if",
        "ic",
        "include",
        "int",
        "inf",
        "kelvin",
        "lib",
        "limit",
        "lin",
        "ln",
        "log",
        "log10",
        "max",
        "min",
        "mod",
        "model",
        "nan",
        "nint",
        "no",
        "not",
        "null",
        "oct",
        "or",
        "param",
        "params",
        "pi",
        "planck",
        "poly",
        "pow",
        "pwl",
        "pwr",
        "save",
        "sgn",
        "sin",
        "sinh",
        "sqr",
        "sqrt",
        "stp",
        "subckt",
        "table",
        "tan",
        "tanh",
        "temp",
        "temper",
        "ternary_fcn",
        "time",
        "title",
        "tran",
        "true",
        "u",
        "u2",
        "unif",
        "uramp",
        "v",
        "vt",
        "yes",
    ]
)
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")
_OUTSIDE_WORD = re.compile(r"[^a-z0-9_]+")
_OUTSIDE_COMMENT = re.compile(r"[^A-Za-z0-9 .,:_+-]+")


def plain(word: str) -> str:
    """`word` in [a-z0-9_]: accents dropped, case folded, anything else one underscore."""
    letters = unicodedata.normalize("NFKD", word[: 4 * LONGEST].casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _OUTSIDE_WORD.sub("_", bare)[:LONGEST].strip("_")


def identifiers(prefix: str, words: Iterable[str]) -> tuple[str, ...]:
    """A name for each word, all different, each `prefix` and then what can be kept of the word.

    prefix: letters and an underscore that say the kind ("n_" for nodes); names of two kinds can then never meet
    """
    seen: dict[str, int] = {}
    taken: set[str] = set()
    result = []
    for word in words:
        stem = name = f"{prefix}{plain(word)}"
        while name in taken or name in RESERVED or IDENTIFIER.fullmatch(name) is None:
            seen[stem] = seen.get(stem, 1) + 1
            name = f"{stem}_{seen[stem]}"
        taken.add(name)
        result.append(name)
    return tuple(result)


def number(value: SupportsFloat) -> str:
    """`value` so that reading it back gives the same double; raises InputError unless finite."""
    result = float(value)
    if not math.isfinite(result):
        raise InputError("value in a netlist", result, "finite numbers", "a number without nan or inf")
    return repr(result)


def comment(text: str) -> str:
    """`text` as one comment line of a netlist: letters, digits and a few marks, nothing that could end the line."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return f"* {_OUTSIDE_COMMENT.sub(' ', letters)[:120].strip()}".rstrip()


def unique(words: Sequence[str]) -> bool:
    """Whether every word is a safe name and no two are one once case is folded."""
    return all(IDENTIFIER.fullmatch(word) for word in words) and len(set(words)) == len(words)
