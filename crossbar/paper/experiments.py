"""The kinds of experiment: each describes what is done, to which calibration, and what is read; none does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from circuits.liwes import REST_LITHIUM
from circuits.native.engine import Accuracy
from crossbar.paper.protocol import Protocol
from crossbar.workloads.separation import FIGURE_6
from crossbar.workloads.separation import Protocol as Task

FINE = Accuracy()
COARSE = Accuracy(tolerance=1e-4, energy=1e-3)
"""For long trains: good to 2e-5 of each change."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What every experiment says of itself.

    name: of its file; figures: of the paper it serves; title: one line for people; section: of the paper
    cost: of the work, in seconds of a usual machine: what takes longest begins first
    """

    name: str
    figures: tuple[str, ...]
    title: str
    section: str
    cost: float = 1.0


@dataclass(frozen=True)
class Case:
    """One device's part in a trial.

    labels: in what it differs from the other cases, by name; lithium: x it begins with; changes: of parameters
    """

    protocol: Protocol
    labels: Mapping[str, float] = field(default_factory=dict)
    lithium: float = REST_LITHIUM
    changes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Trial(Experiment):
    """Devices on a bench; every case is read equally often.

    reads: of "conductance", "long_term", "short_term", "channel_lithium", "gate_lithium", "reservoir"
    devices, spread: how many a case, and how much a pulse's lasting effect differs between them (relative)
    jitter: relative spread of a pulse's width from pulse to pulse
    """

    cases: tuple[Case, ...]
    reads: tuple[str, ...] = ("conductance",)
    calibration: str = "unified"
    devices: int = 1
    spread: float = 0.0
    jitter: float = 0.0
    accuracy: Accuracy = FINE


@dataclass(frozen=True, kw_only=True)
class Endurance(Experiment):
    """A cycle of pulses again and again, read after each pulse; see crossbar.paper.endurance.

    cycle: what is repeated; cycles: how often; first: solved one by one from rest; settled: how far, in x, a cycle may
    end from where it began to count as the one that repeats itself for ever
    """

    cycle: Protocol
    cycles: int
    first: int
    settled: float = 1e-9
    calibration: str = "unified"
    accuracy: Accuracy = COARSE


@dataclass(frozen=True, kw_only=True)
class Benchmark(Experiment):
    """Figure 6: four synapses on one membrane, in closed form.

    tau: of the membrane [s]; runs: with fresh trains; pauses: from the last spike to the read, for the plot of what the
    paper's ratio depends on [s]; sweep_runs: the runs it takes
    """

    tau: float
    runs: int = 200
    task: Task = FIGURE_6
    pauses: tuple[float, ...] = ()
    sweep_runs: int = 100


@dataclass(frozen=True, kw_only=True)
class CircuitBenchmark(Experiment):
    """Figure 6 with circuit solves of the device in place of Eq 1-3, on the trains the IDEAL synapse saw.

    taus: of the membranes [s]; runs: the first of the benchmark's; amplitude, width: of a spike's gate pulse [V, s]
    """

    taus: tuple[float, ...]
    runs: int = 100
    task: Task = FIGURE_6
    pauses: tuple[float, ...] = ()
    amplitude: float = 1.0
    width: float = 200e-6
    calibration: str = "unified"
    accuracy: Accuracy = COARSE


@dataclass(frozen=True, kw_only=True)
class Example(Experiment):
    """Figure 6b: one train and what it does to synapse and membrane, in closed form and on the circuit.

    tau: of the membrane [s]; end: of the record [s]; points: in it
    """

    tau: float
    end: float
    points: int = 2401
    task: Task = FIGURE_6
    amplitude: float = 1.0
    width: float = 200e-6
    calibration: str = "unified"
    accuracy: Accuracy = FINE


@dataclass(frozen=True, kw_only=True)
class Refit(Experiment):
    """Table 1 fitted again, starting from the calibration made for it.

    parameters: that may change; amplitude, width: of the pulse [V, s]; step, record: first and last read after it [s]
    """

    calibration: str
    parameters: tuple[str, ...] = ("tau_1", "tau_2", "share_1", "share_2")
    amplitude: float = 1.0
    width: float = 200e-6
    step: float = 0.25e-3
    record: float = 0.1
    reads: int = 400


@dataclass(frozen=True)
class Setting:
    """An array's electrolyte: calibration of its devices, resistance between neighbours [ohm], and its pulse [V, s]."""

    calibration: str
    neighbour: float
    amplitude: float
    width: float


@dataclass(frozen=True, kw_only=True)
class Crosstalk(Experiment):
    """The middle cell of a small array is pulsed; how much of a lone device's change it and its neighbours get."""

    settings: tuple[Setting, ...]
    side: int = 3
