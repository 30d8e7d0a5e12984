"""Spikes out of a file of NIR data, which `nir.write_data` makes: what nodes of a graph did, on a grid or as events.

Such a file may come from anywhere: a child process with limits opens it, as for graphs. An observable is named by its
nodes and its own name, "lif1/spikes", or "inner/lif1/spikes" in a graph within the graph.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.errors import DataError, InputError
from crossbar.networks.reader import Reader, Tree, Values, Words
from crossbar.networks.reading import few
from crossbar.workloads.events import Events, Grid, raster, steps_in

GRIDDED, EVENTS, VALUED = "TimeGriddedData", "EventData", "ValuedEventData"
ALLOWED = "NIR data: a NIRGraphData of TimeGriddedData or EventData"
INSTEAD = "write it with nir.write_data"


@dataclass(frozen=True, eq=False)
class Recorded:
    """Spikes of one observable.

    name: nodes and observable, with slashes between
    spikes: shape (samples, steps, channels)
    step: [s]
    """

    name: str
    spikes: NDArray[np.bool_]
    step: float


def read_recorded(
    path: Path, node: str | None = None, step: float | None = None, reader: Reader | None = None
) -> Recorded:
    """Spikes of a file of NIR data.

    node: which node, or which observable, where there are several: "lif1" or "lif1/spikes"
    step: time step for events, which name none [s]
    reader: a child to use again, for many files; one is started and ended without
    Raises DataError for a file that is missing, damaged, hostile or holds no spikes, OutcomeError for one that takes
    too long, InputError for a node that is not there or does not say which observable is meant, and for a step that
    events need.
    """
    if reader is None:
        with Reader() as own:
            return read_recorded(path, node, step, own)
    tree = reader.read_data(path)
    if _word(tree, "@__type__") != "NIRGraphData":
        graph = "a graph" if "node" in tree else "no NIR data"
        raise DataError(path, f"it is {graph}", ALLOWED, INSTEAD)
    there = _observables(tree, "", path)
    name = _chosen(there, node, path)
    place = f"{path}:{name}"
    kind = _word(there[name], "@__type__")
    if kind == GRIDDED:
        return Recorded(name, *_gridded(there[name], step, place))
    if kind in {EVENTS, VALUED}:
        return Recorded(name, *_events(there[name], kind, step, place))
    raise DataError(place, f"it is of the type {kind[:60]!r}", f"{GRIDDED}, {EVENTS} or {VALUED}", INSTEAD)


def _word(group: Tree, name: str) -> str:
    found = group.get(name)
    return found.entries[0] if isinstance(found, Words) and len(found.entries) == 1 else ""


def _observables(group: Tree, prefix: str, path: Path) -> dict[str, Tree]:
    """The observables below a NIRGraphData, by full name; the child has bounded how deep they lie."""
    found: dict[str, Tree] = {}
    for name, node in _groups(group, "nodes", prefix, path).items():
        full = f"{prefix}{name}"
        if _word(node, "@__type__") == "NIRGraphData":
            found |= _observables(node, f"{full}/", path)
        else:
            inside = _groups(node, "observables", f"{full}/", path)
            found |= {f"{full}/{own}": observable for own, observable in inside.items()}
    return found


def _groups(group: Tree, name: str, prefix: str, path: Path) -> dict[str, Tree]:
    members = group.get(name)
    if not isinstance(members, dict):
        raise DataError(f"{path}:{prefix}", f"it has no group '{name}'", ALLOWED, INSTEAD)
    groups = {own: member for own, member in members.items() if not own.startswith("@")}
    for own, member in groups.items():
        if not isinstance(member, dict):
            raise DataError(f"{path}:{prefix}{own}", "it is no group", ALLOWED, INSTEAD)
    return {own: member for own, member in groups.items() if isinstance(member, dict)}


def _chosen(there: Mapping[str, Tree], node: str | None, path: Path) -> str:
    """The full name of the observable that is meant; of several of a node, the one called spikes."""
    if not there:
        raise DataError(path, "it holds no observables", ALLOWED, INSTEAD)
    meant = [name for name in there if node is None or name == node or name.startswith(f"{node}/")]
    spikes = [name for name in meant if name.rpartition("/")[2] == "spikes"]
    for several in (meant, spikes):
        if len(several) == 1:
            return several[0]
    offered = spikes or meant or [name for name in there if name.endswith("/spikes")] or list(there)
    raise InputError("node", node, f"one of {few(offered)} of {path}", f'"{min(offered)}"')


def _number(group: Tree, name: str, place: str) -> float:
    """A number above 0 that an observable says of itself."""
    found = group.get(f"@{name}")
    value = float(found.array.ravel()[0]) if isinstance(found, Values) else math.nan
    if not (math.isfinite(value) and value > 0):
        raise DataError(place, f"its {name} is {'missing' if found is None else value}", "a number above 0", INSTEAD)
    return value


def _array(group: Tree, name: str, kinds: str, rank: int, place: str) -> NDArray[Any]:
    found = group.get(name)
    if not isinstance(found, Values):
        raise DataError(place, f"it has no numbers '{name}'", ALLOWED, INSTEAD)
    array = found.array
    if array.ndim != rank or 0 in array.shape[: rank - 1] or array.dtype.kind not in kinds:
        shapes = {2: "(samples, events)", 3: "(samples, steps, channels)"}
        found_shape = f"'{name}' has shape {array.shape} of {array.dtype}"
        raise DataError(place, found_shape, f"shape {shapes[rank]}", INSTEAD)
    return array


def _gridded(group: Tree, step: float | None, place: str) -> tuple[NDArray[np.bool_], float]:
    data, own = _array(group, "data", "uif", 3, place), _number(group, "dt", place)
    if step is not None and step != own:
        raise InputError("step", step, f"{own:g} s, which {place} says, or none", "no step")
    if data.size == 0 or not np.all((data == 0) | (data == 1)):
        instead = "name another observable; of a membrane, record the spikes"
        raise DataError(place, "its values are not 0 and 1 alone", "spikes", instead)
    return data != 0, own


def _events(group: Tree, kind: str, step: float | None, place: str) -> tuple[NDArray[np.bool_], float]:
    """Events of every sample, padded to equal length with the channel -1."""
    if step is None:
        instead = "the step that the network runs in, 1e-3 for instance"
        raise InputError("step", step, f"a time step [s]: {place} holds events, which name none", instead)
    channel, time = _array(group, "idx", "iu", 2, place), _array(group, "time", "fiu", 2, place)
    if channel.shape != time.shape:
        found = f"'idx' has shape {channel.shape} and 'time' {time.shape}"
        raise DataError(place, found, "equal shapes (samples, events)", INSTEAD)
    real = channel != -1
    if kind == VALUED:
        value = _array(group, "value", "fiu", 2, place)
        if value.shape != channel.shape or not np.all((value[real] == 0) | (value[real] == 1)):
            raise DataError(place, "its events have values other than 0 and 1", "spikes", "name another observable")
        real &= value == 1
    size = _number(group, "n_neurons", place)
    if size != int(size):
        raise DataError(place, f"its n_neurons is {size}", "a whole number", INSTEAD)
    grid = Grid(len(channel), steps_in(_number(group, "t_max", place), step), int(size), step)
    moments = time[real] if time.dtype.kind == "f" else time[real].astype(float)
    sample = np.nonzero(real)[0].astype(np.int64)
    return raster(Events(moments, channel[real].astype(np.int64), sample), grid, place), step
