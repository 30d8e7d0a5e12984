"""Devices on the bench, case after case."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crossbar.array import Layout, liwes
from crossbar.operations.run import Settings
from crossbar.paper.bench import Record, measure
from crossbar.paper.experiments import Case, Trial
from crossbar.paper.found import Floats, Found, Hear
from crossbar.paper.protocol import Protocol, jittered
from crossbar.results import Quantity
from crossbar.variation import cycle_to_cycle, device_to_device

LABELS = {
    "amplitude": ("V", "of the pulse"),
    "width": ("s", "of the pulse"),
    "interval": ("s", "between two pulses"),
    "rate": ("Hz", "of the pulses"),
    "area": ("m2", "of gate and channel, each"),
    "lithium": ("1", "x at first"),
    "held": ("1", "whether the contact is held at 0 V between pulses"),
}
READS = {
    "conductance": ("S", "between drain and source"),
    "long_term": ("S", "the part of it that stays"),
    "short_term": ("S", "the part of it that fades"),
    "channel_lithium": ("1", "x of the channel"),
    "gate_lithium": ("1", "x of the gate"),
    "reservoir": ("V", "LFP against the channel"),
}
EACH = ("case", "read", "device")


def trial(experiment: Trial, engine: str, rng: np.random.Generator, hear: Hear) -> Found:
    """Every case on `engine`; rng: for spread and jitter."""
    settings = Settings(engine, experiment.accuracy)
    records, layouts, count = [], [], len(experiment.cases)
    for number, case in enumerate(experiment.cases):
        layout = _layout(experiment, case, rng)
        protocol = _protocol(experiment, case, rng)
        start = layout.rest(case.lithium).devices[0]
        records.append(measure(protocol, layout, start, settings, _share(hear, number, count)))
        layouts.append(layout)
    return Found(_quantities(experiment, records, layouts), _coordinates(experiment, records))


def _share(hear: Hear, number: int, count: int) -> Callable[[float], None]:
    return lambda share: hear((number + share) / count, "")


def _layout(experiment: Trial, case: Case, rng: np.random.Generator) -> Layout:
    layout = Layout(1, experiment.devices, liwes(experiment.calibration, **case.changes))
    return layout.varied(device_to_device(layout, rng, experiment.spread)) if experiment.spread else layout


def _protocol(experiment: Trial, case: Case, rng: np.random.Generator) -> Protocol:
    if not experiment.jitter:
        return case.protocol
    factors = [cycle_to_cycle(rng, experiment.jitter) for _ in case.protocol.gate.pulses]
    return jittered(case.protocol, np.array(factors))


def _quantities(experiment: Trial, records: list[Record], layouts: list[Layout]) -> dict[str, Quantity]:
    found = {
        name: Quantity(np.stack([_output(name, *each) for each in zip(records, layouts, strict=True)]), EACH, *told)
        for name, told in READS.items()
        if name in experiment.reads
    }
    if any(case.protocol.current for case in experiment.cases):
        return found  # a forced current's energy is no contact's
    energy = np.array([record.energy for record in records])
    return found | {"energy": Quantity(energy, EACH[:1], "J", "supplied to all devices by the end")}


def _output(name: str, record: Record, layout: Layout) -> Floats:
    if name == "reservoir":
        return np.repeat(record.reservoir[:, None], layout.columns, axis=1)
    if not name.endswith("lithium"):
        return record.outputs[name]
    names = [state.variable.name for state in layout.device.device.states]
    return np.asarray(record.states[..., names.index(name)] + layout.device.values["rest_lithium"])


def _coordinates(experiment: Trial, records: list[Record]) -> dict[str, Quantity]:
    labels = {
        name: Quantity([case.labels[name] for case in experiment.cases], EACH[:1], *LABELS[name])
        for name in experiment.cases[0].labels
    }
    time = np.stack([record.time for record in records])
    return labels | {"time": Quantity(time, EACH[:2], "s", "of the read")}
