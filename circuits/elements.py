"""Groups of like elements: what a netlist is made of. Node numbers are indices into `Netlist.nodes`, 0 is ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from circuits.device import Device
from circuits.waveforms import Waveform

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Resistors:
    """resistance: [ohm], shape (count,)."""

    name: str
    start: Integers
    end: Integers
    resistance: Floats


@dataclass(frozen=True, eq=False)
class Capacitors:
    """capacitance: [F]; initial: start minus end potential at time 0 [V]; both of shape (count,)."""

    name: str
    start: Integers
    end: Integers
    capacitance: Floats
    initial: Floats


@dataclass(frozen=True, eq=False)
class Switches:
    """Conductances that follow waveforms [S]; `which` picks one of `waveforms` for each element."""

    name: str
    start: Integers
    end: Integers
    waveforms: tuple[Waveform, ...]
    which: Integers


@dataclass(frozen=True, eq=False)
class Drives:
    """Nodes held at a waveform's potential against ground [V]: voltage sources."""

    name: str
    node: Integers
    waveforms: tuple[Waveform, ...]
    which: Integers


@dataclass(frozen=True, eq=False)
class Currents:
    """Current [A] that leaves `start` and enters `end` inside the source, as a waveform."""

    name: str
    start: Integers
    end: Integers
    waveforms: tuple[Waveform, ...]
    which: Integers


@dataclass(frozen=True, eq=False)
class Instances:
    """Devices of one kind.

    terminals: node numbers, shape (count, device.terminals)
    parameters: every parameter's value, shape (count,) each
    states: value of every state at time 0, shape (count, len(device.states))
    """

    name: str
    device: Device
    terminals: Integers
    parameters: Mapping[str, Floats]
    states: Floats

    @property
    def count(self) -> int:
        """How many."""
        return len(self.terminals)


Group: TypeAlias = Resistors | Capacitors | Switches | Drives | Currents | Instances
TwoNode: TypeAlias = Resistors | Capacitors | Switches | Currents
