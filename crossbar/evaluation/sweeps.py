"""Accuracy over one property of the hardware after another; finished points are files, so a sweep can be resumed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from circuits.errors import DataError, InputError, OutcomeError
from circuits.files import drafted
from crossbar.array import Layout
from crossbar.evaluation.case import Case
from crossbar.evaluation.hardware import Hardware
from crossbar.evaluation.inference import options_of
from crossbar.evaluation.study import Trials, Watch
from crossbar.folder import key
from crossbar.mapping.methods import OpenLoop, WriteVerify
from crossbar.networks.network import Network
from crossbar.workloads.patterns import Samples
from crossbar.workloads.statistics import Accuracy, accuracy

STATES = (16, 32, 64, 128, 256, 512, 1024, 4096)
SPREADS = (0.0, 0.02, 0.065, 0.1, 0.2)
NOISES = (0.0, 0.05e-6, 0.11e-6, 0.25e-6, 0.5e-6, 1e-6)
SIZES = (0.25, 0.5, 1.0, 2.0)
RAISED = 4.0
"""Ends of the window that compensated targets may reach, where the hardware does not."""


@dataclass(frozen=True)
class Axis:
    """What is varied: its name, what it is with its unit; factor: from SI to that; logarithmic: how it is drawn."""

    name: str
    words: str
    factor: float = 1.0
    logarithmic: bool = False


AXES = (
    Axis("states", "states of a device", logarithmic=True),
    Axis("spread", "spread of the devices [%]", 100.0),
    Axis("noise", "noise of a read [µS]", 1e6),
    Axis("size", "word lines of a tile", logarithmic=True),
)


@dataclass(frozen=True, eq=False)
class Point:
    """One setting: axis and value, which of an axis's curves it is on, and answers, shape (trials, samples)."""

    axis: str
    value: float
    curve: str
    right: NDArray[np.bool_]

    @property
    def accuracy(self) -> Accuracy:
        """Mean and 95 % interval."""
        return accuracy(self.right)


@dataclass(frozen=True)
class Setting:
    """A point that is to be found, on this hardware."""

    axis: str
    value: float
    curve: str
    hardware: Hardware


def settings(hardware: Hardware, names: Sequence[str]) -> Iterator[Setting]:
    """All points of the axes `names`; raises InputError for a name that is none."""
    known: Mapping[str, Iterator[Setting]] = {
        "states": _over_states(hardware),
        "spread": _over_spread(hardware),
        "noise": (Setting("noise", s, "reads with noise", replace(hardware, noise=s)) for s in NOISES),
        "size": _over_size(hardware),
    }
    for name in names:
        if name not in known:
            raise InputError("sweep", name, ", ".join(known), "states")
        yield from known[name]


def _over_states(hardware: Hardware) -> Iterator[Setting]:
    for states in STATES:
        scheme = replace(hardware.scheme, states=states)
        yield Setting(
            "states", states, f"{scheme.kind}, a scale per {scheme.scale_per}", replace(hardware, scheme=scheme)
        )


def _over_spread(hardware: Hardware) -> Iterator[Setting]:
    given = hardware.method
    verify, loop = (given, OpenLoop()) if isinstance(given, WriteVerify) else (WriteVerify(), given)
    for spread in SPREADS:
        for curve, method in ((f"write-verify to {verify.tolerance:.3g}", verify), ("open loop", loop)):
            yield Setting("spread", spread, curve, replace(hardware, method=replace(method, device_to_device=spread)))


def _over_size(hardware: Hardware) -> Iterator[Setting]:
    for factor in SIZES:
        tile = _resized(hardware.tile, factor)
        if tile.columns < 2:
            continue
        raisings = {"as mapped": 1.0, "compensated": max(hardware.raised, RAISED)}
        for curve, raised in raisings.items() if hardware.ir_drop else [("lines without resistance", 1.0)]:
            yield Setting("size", tile.rows, curve, replace(hardware, tile=tile, raised=raised))


def _resized(tile: Layout, factor: float) -> Layout:
    rows, columns = (max(1, round(factor * count)) for count in tile.shape)
    return Layout(rows, columns, tile.device, tile.lines, tile.electrolyte, tile.reservoir, tile.access)


def sweep(
    network: Network, samples: Samples, step: float, trials: Trials, names: Sequence[str], folder: Path, watch: Watch
) -> tuple[Point, ...]:
    """Every point of the axes `names`, from `folder` where an earlier run has left it there.

    Raises InputError for a name that is no axis. A point whose targets cannot be compensated is left out.
    """
    wanted, found = list(settings(trials.hardware, names)), []
    folder.mkdir(parents=True, exist_ok=True)
    for number, setting in enumerate(wanted):
        watch("sweep", number / len(wanted), f"{setting.axis} {setting.value:.3g}")
        parts = (setting.hardware.decisive, trials.stp, trials.count, trials.seed, step, samples.spikes, samples.labels)
        path = folder / f"{key(*parts, *_contents(network))}.npy"
        try:
            right = _kept(path) if path.exists() else _answers(network, samples, step, trials, setting.hardware)
        except OutcomeError:
            continue
        if not path.exists():
            with drafted(path) as draft, draft.open("wb") as file:
                np.save(file, right)
        found.append(Point(setting.axis, setting.value, setting.curve, right))
    watch("sweep", 1.0, f"{len(found)} points")
    return tuple(found)


def _kept(path: Path) -> NDArray[np.bool_]:
    try:
        return np.asarray(np.load(path, allow_pickle=False), bool)
    except (OSError, ValueError) as error:
        raise DataError(
            path, f"it cannot be read ({error})", "a point of a sweep", "delete it; it is made anew"
        ) from error


def _answers(network: Network, samples: Samples, step: float, trials: Trials, hardware: Hardware) -> NDArray[np.bool_]:
    mapping = hardware.mapping(network)
    case = Case(network, samples, options_of(trials.stp, mapping, network, step))
    aimed = hardware.aimed(mapping)
    return np.array([case.trial(aimed, hardware, trials.seed, k).whole.right for k in range(trials.count)])


def _contents(network: Network) -> Iterator[object]:
    """Everything a network is."""
    yield network.timing
    yield network.edges
    yield network.delayed
    for name, node in network.nodes.items():
        yield (name, node.kind, node.takes, node.gives)
        for field, value in sorted(node.parameters.items()):
            yield field
            yield value if isinstance(value, str) else np.asarray(value)


def curves(points: Sequence[Point], axis: str) -> dict[str, list[Point]]:
    """Points of an axis by their curve, in order."""
    found: dict[str, list[Point]] = {}
    for point in points:
        if point.axis == axis and math.isfinite(point.value):
            found.setdefault(point.curve, []).append(point)
    return found
