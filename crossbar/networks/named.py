"""The timing that a file names in the metadata of its graph, and what becomes of it beside what was asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from circuits.errors import InputError
from crossbar.networks.network import CHOICES, Decay, Integrator, Order, Reset, Timing
from crossbar.networks.reader import Tree, Values, Words
from crossbar.networks.reading import Reading, few

Said: TypeAlias = float | str | None

USUAL: Mapping[str, str] = {each.name: each.default for each in fields(Timing) if each.default is not MISSING}
"""What is taken where neither the file nor the caller says anything."""


@dataclass(frozen=True)
class Named:
    """Timing as far as it is said; None for what is not.

    dt: time step [s]; reset, order, decay, integrator: see `Timing`
    """

    dt: float | None = None
    reset: Reset | None = None
    order: Order | None = None
    decay: Decay | None = None
    integrator: Integrator | None = None


def named(tree: Tree, reading: Reading) -> Named:
    """The timing that a file names. What else its metadata has, and what no timing can be, are remarks."""
    root = tree.get("node")
    metadata = root.get("metadata") if isinstance(root, dict) else None
    if not isinstance(metadata, dict):
        return Named()
    found: dict[str, Any] = {}
    for name in ("dt", *CHOICES):
        if name in metadata:
            value = _value(metadata[name])
            good = value in CHOICES[name] if name in CHOICES else _is_time(value)
            if good:
                found[name] = value
            else:
                shown = ascii(value)[:40] if value is not None else "something else"
                allowed = "one of " + ", ".join(CHOICES[name]) if name in CHOICES else "a number of seconds above 0"
                reading.remarks.append(f"metadata '{name}' is {shown}, not {allowed}: left out")
    other = set(metadata) - {"dt", *CHOICES}
    if other:
        reading.remarks.append(f"metadata {few(name[:40] for name in other)} of the graph: not used")
    return Named(**found)


def _value(member: object) -> Said:
    """A number or a word that stands alone."""
    if isinstance(member, Values) and member.array.size == 1 and member.array.dtype.kind in "if":
        return float(np.ravel(member.array)[0])
    if isinstance(member, Words) and len(member.entries) == 1:
        return member.entries[0]
    return None


def _is_time(value: Said) -> bool:
    return isinstance(value, float) and math.isfinite(value) and value > 0


def timing(asked: Named, file: Named, path: Path | str, reading: Reading) -> Timing:
    """What was asked for, else what the file names, else what is usual.

    Raises InputError for a time step or a reset that neither says.
    """
    taken: dict[str, Any] = {}
    for name, usual in {"dt": None, "reset": None, **USUAL}.items():
        wanted, there = getattr(asked, name), getattr(file, name)
        if wanted is not None and there is not None and wanted != there:
            reading.remarks.append(f"{name} = {wanted} was asked for and is taken; the file says {there}")
        taken[name] = next((value for value in (wanted, there, usual) if value is not None), None)
    if taken["dt"] is None:
        raise InputError("dt", None, f"a time step [s], for {path} names none", "dt = 1e-4, as in the NIR paper")
    if taken["reset"] is None:
        allowed = f"one of {', '.join(CHOICES['reset'])}, for {path} names none"
        raise InputError("reset", None, allowed, 'reset = "zero", or what its platform does: see docs/networks.md')
    return Timing(**taken)
