"""Devices on a bench: each for itself behind ideal lines, all under one protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from circuits.liwes import LFP_POTENTIAL
from circuits.netlist import Builder, Netlist
from circuits.solution import Floats, Solution
from circuits.waveforms import constant
from crossbar.array import Layout
from crossbar.operations.run import Settings, solve
from crossbar.paper.protocol import OPEN, Protocol

DEVICES = "cells"
LFP = "lfp"
MOST = 100
"""Pulses solved in one go; the next begin from the states these end in."""
BESIDE = {"native": 100, "ngspice": 10}
"""Devices solved in one netlist: with hundreds ngspice finds no step small enough at the edges."""


@dataclass(frozen=True, eq=False)
class Record:
    """What was read, first at 0 s.

    time: [s], shape (reads,); states: shape (reads, devices, states); outputs: conductance, long_term, short_term [S]
    by name, shape (reads, devices) each; reservoir: potential of LFP against the channel [V], shape (reads,), nan
    without one; energy: supplied by all contacts to all devices [J]
    """

    time: Floats
    states: Floats
    outputs: Mapping[str, Floats]
    reservoir: Floats
    energy: float

    def then(self, other: Record) -> Record:
        """This and what followed; the instant they share is counted once."""
        return Record(
            np.concatenate([self.time, other.time[1:] + self.time[-1]]),
            np.concatenate([self.states, other.states[1:]]),
            {name: np.concatenate([values, other.outputs[name][1:]]) for name, values in self.outputs.items()},
            np.concatenate([self.reservoir, other.reservoir[1:]]),
            self.energy + other.energy,
        )


def netlist(protocol: Protocol, layout: Layout, states: Floats) -> Netlist:
    """The devices of a layout of one row, side by side, starting from `states` (devices, states)."""
    count = layout.columns
    gates, electrolytes = ([f"{name}_{k}" for k in range(count)] for name in ("gate", "electrolyte"))
    builder = Builder("bench")
    builder.drives("channel", ["source", "drain"], [constant(0.0), constant(protocol.drain)], [0, 1])
    builder.drives("gate", ["gate_drive"], [protocol.gate.potential(protocol.rise)])
    builder.switches("driver", ["gate_drive"] * count, gates, [protocol.gate.connected(protocol.rise)])
    builder.resistors("isolation", electrolytes, ["ground"] * count, 1 / OPEN)
    if protocol.lfp or protocol.current:
        _reservoir(builder, protocol, layout, electrolytes)
    terminals = [gates, ["source"] * count, ["drain"] * count, electrolytes]
    parameters = {name: values.ravel() for name, values in layout.parameters.items()}
    builder.devices(DEVICES, layout.device.device, terminals, parameters, states)
    return builder.build()


def _reservoir(builder: Builder, protocol: Protocol, layout: Layout, electrolytes: list[str]) -> None:
    rest = LFP_POTENTIAL - layout.rest_potential()
    for contact in protocol.lfp:
        builder.drives("reservoir", ["lfp_drive"], [contact.potential(protocol.rise, rest)])
        builder.switches("reservoir_driver", ["lfp_drive"], [LFP], [contact.connected(protocol.rise)])
    if protocol.current:
        builder.currents("current", ["ground"], [LFP], [constant(protocol.current)])
    path = layout.reservoir.resistance + layout.reservoir.contact
    builder.resistors("path", [LFP] * len(electrolytes), electrolytes, path)


def measure(
    protocol: Protocol, layout: Layout, states: Floats, settings: Settings, hear: Callable[[float], None]
) -> Record:
    """Do it, part after part, from `states` (devices, states); `hear` is told which share is done."""
    most = BESIDE[settings.engine]
    firsts = range(0, layout.columns, most)
    records = [
        _measure(
            protocol,
            _some(layout, slice(first, first + most)),
            states[first : first + most],
            settings,
            lambda share, done=place: hear((done + share) / len(firsts)),  # type: ignore[misc]
        )
        for place, first in enumerate(firsts)
    ]
    return _together(records)


def _some(layout: Layout, columns: slice) -> Layout:
    spread = {name: values[:, columns] for name, values in layout.spread.items()}
    return replace(layout, columns=len(range(layout.columns)[columns]), spread=spread)


def _together(records: list[Record]) -> Record:
    """One record of devices that were solved apart."""
    first = records[0]
    return Record(
        first.time,
        np.concatenate([record.states for record in records], axis=1),
        {name: np.concatenate([record.outputs[name] for record in records], axis=1) for name in first.outputs},
        first.reservoir,
        sum(record.energy for record in records),
    )


def _measure(
    protocol: Protocol, layout: Layout, states: Floats, settings: Settings, hear: Callable[[float], None]
) -> Record:
    parts = protocol.parts(max(5, MOST // layout.columns))
    record = None
    for number, part in enumerate(parts):
        done = number / len(parts)
        told = replace(settings, progress=lambda share, done=done: hear(done + share / len(parts)))  # type: ignore[misc]
        found = solve(netlist(part, layout, states), part.reads[-1], np.array([0.0, *part.reads]), told)
        mine = _read(found, layout)
        states = mine.states[-1]
        record = mine if record is None else record.then(mine)
        hear(done + 1 / len(parts))
    assert record is not None  # noqa: S101 - a protocol has a part at least
    return record


def _read(found: Solution, layout: Layout) -> Record:
    rest = LFP_POTENTIAL - layout.rest_potential()
    has = LFP in found.netlist.number
    reservoir = found.potential(LFP) + rest if has else np.full(len(found.time), np.nan)
    outputs = {name: found.output(DEVICES, name) for name in layout.device.device.outputs}
    return Record(found.time, found.states(DEVICES), outputs, reservoir, found.supplied)
