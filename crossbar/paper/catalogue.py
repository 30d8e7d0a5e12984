"""Every experiment of the paper. What its text leaves open is a choice here, and docs/paper.md says which."""

from __future__ import annotations

from itertools import product

import numpy as np

from circuits.errors import InputError
from circuits.liwes import CYCLE_TO_CYCLE, DEVICE_TO_DEVICE, LIWES
from circuits.native.engine import Accuracy
from crossbar.paper.experiments import (
    COARSE,
    Benchmark,
    Case,
    CircuitBenchmark,
    Crosstalk,
    Endurance,
    Example,
    Experiment,
    Refit,
    Setting,
    Trial,
)
from crossbar.paper.protocol import FREE, START, Contact, Protocol, burst, single, train

HOUR = 3600.0
FAST = Accuracy(tolerance=1e-5, energy=1e-4)  # for changes of less than the double layer's
LITHIUM_CURRENT = 0.1e-9  # A
VALUES = LIWES.values({})
FILM = VALUES["formula_units"] * VALUES["charge"] * VALUES["film_thickness"] * VALUES["channel_area"]  # C per x
AREAS = (200e-6 * 1000e-6, 200e-6 * 400e-6, 50e-6 * 200e-6)  # m2, section 4: largest, usual, smallest
PRICED = ((1.0, 1e-6), (1.0, 500e-9), (0.2, 500e-9), (0.5, 10e-3), (1.0, 200e-6))  # V, s
WIDTHS = (500e-9, 1e-6, 2e-6, 5e-6, 10e-6, 50e-6, 100e-6, 200e-6, 1e-3)
PAUSES = tuple((np.arange(0, 201, 10) * 1e-3).tolist())

SHORT = tuple(np.geomspace(1e-6, 5.0, 61).tolist())
SOON = tuple(np.geomspace(1e-6, 0.2, 41).tolist())
DECAY = tuple((np.arange(1, 401) * 0.25e-3).tolist())
LONG = tuple(np.geomspace(0.11, 5.0, 40).tolist())


def _volts(amplitudes: tuple[float, ...], width: float, after: tuple[float, ...], **more: object) -> tuple[Case, ...]:
    rise = 1e-9 if width >= 10e-3 else 1e-10
    return tuple(Case(single(v, width, after, rise=rise, **more), {"amplitude": v}) for v in amplitudes)  # type: ignore[arg-type]


def _widths(amplitude: float, widths: tuple[float, ...], after: tuple[float, ...]) -> tuple[Case, ...]:
    return tuple(Case(single(amplitude, w, after, rise=1e-9 if w >= 10e-3 else 1e-10), {"width": w}) for w in widths)


def _discharge() -> Protocol:
    lithium = np.concatenate([np.arange(1, 40) * 1e-3, np.arange(20, 353) * 2e-3])
    reads = tuple((lithium * FILM / LITHIUM_CURRENT).tolist())
    return Protocol(reads, FREE, current=LITHIUM_CURRENT)


def _precharge() -> Protocol:
    times = np.union1d(np.geomspace(0.1, 3e5, 140), np.arange(60.0, 141.0, 2.0))
    return Protocol(tuple(times.tolist()), lfp=(Contact(1.1),))


def _storage() -> Protocol:
    return Protocol(tuple(np.geomspace(1.0, 11 * HOUR, 30).tolist()), FREE, drain=0.1)


def _after(amplitude: float, held: bool) -> Protocol:  # noqa: FBT001
    """One pulse on LFP, which is then held at 0 V or let go."""
    rise, width = 1e-10, 200e-6
    pulse = (START, START + width, amplitude)
    zero = (START + width + 2 * rise, 10.0, 0.0)
    contact = Contact(1.1, (pulse, zero)) if held else Contact(pulses=(pulse,), held=False)
    reads = (START + width - rise / 2, *(START + width + t for t in SOON))
    return Protocol(reads, FREE, (contact,), rise=rise)


def _idle(held: bool) -> Protocol:  # noqa: FBT001
    """Ten pulses, and a long wait."""
    pulses = train(0.5, 10e-3, 20e-3, (10,), held=held)
    reads = (*pulses.reads, *(0.2 + np.geomspace(0.01, 100.0, 60)).tolist())
    return Protocol(reads, pulses.gate)


DEVICE = (
    Trial(
        name="2bc", figures=("2b", "2c"), section="2.2", title="Filling a film with lithium at 0.1 nA",
        cases=(Case(_discharge(), lithium=0.0),), reads=("channel_lithium", "reservoir", "conductance", "long_term"),
    ),
    Trial(
        name="precharge", figures=("pre-charge",), section="2.3", title="Pre-charge at -1.1 V against LFP",
        cases=(Case(_precharge(), lithium=1e-3),), reads=("channel_lithium", "gate_lithium", "conductance"),
    ),
    *(
        Trial(
            name=f"3a-{count}", figures=("3a",), section="2.3", cost=5.0,
            title=f"{count} pulses up and {count} down, 0.5 V, 10 ms",
            cases=(Case(train(0.5, 10e-3, 20e-3, (count,) * (2048 // count))),), accuracy=COARSE,
        )
        for count in (512, 1024)
    ),
    Trial(
        name="3b", figures=("3b",), section="2.3", title="Amplitude of one 10 ms pulse",
        cases=_volts((0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0), 10e-3, (2.0,)),
    ),
    Trial(
        name="3c", figures=("3c",), section="2.3", title="Width of one 0.5 V pulse",
        cases=_widths(0.5, (10e-3, 20e-3, 50e-3, 0.1, 0.2, 0.3, 0.4, 0.5), (2.0,)),
    ),
    *(
        Trial(
            name=f"3d{name}", figures=("3d",), section="2.3", cost=3.0, calibration=calibration,
            title=f"Number of pulses, 0.5 V, 10 ms ({calibration})",
            cases=(Case(train(0.5, 10e-3, 20e-3, (2400,))),), accuracy=COARSE,
        )
        for name, calibration in (("", "unified"), ("-500", "fig3e_500pct"))
    ),
    *(
        Trial(
            name=f"3e{name}", figures=("3e",), section="2.3", cost=3.5, calibration=calibration,
            title=f"20 cycles of 50 pulses up and 50 down, 0.5 V, 10 ms ({calibration})",
            cases=(Case(train(0.5, 10e-3, 20e-3, (50,) * 40)),), accuracy=COARSE,
        )
        for name, calibration in (("", "unified"), ("-500", "fig3e_500pct"))
    ),
    Trial(
        name="3f", figures=("3f",), section="2.3", title="11 hours at 80 °C, read at 0.1 V",
        cases=tuple(Case(_storage(), {"lithium": x}, x, {"temperature": 353.15}) for x in (0.0, 0.4)),
    ),
    Endurance(
        name="S2", figures=("S2",), section="2.3", cost=5.0, title="Endurance: 100 000 pulses, 0.5 V, 10 ms",
        cycle=train(0.5, 10e-3, 20e-3, (50, 50)), cycles=1000, first=20,
    ),
    Trial(
        name="S3-devices", figures=("S3", "S3b"), section="2.3", cost=5.0,
        title="From device to device: 50 pulses on each of 200",
        cases=(Case(train(0.5, 10e-3, 20e-3, (50,))),), reads=("conductance", "long_term"),
        devices=200, spread=DEVICE_TO_DEVICE, accuracy=COARSE,
    ),
    Trial(
        name="S3-cycles", figures=("S3", "S3a"), section="2.3", cost=3.0,
        title="From pulse to pulse: 10 cycles of 50 up and 50 down",
        cases=(Case(train(0.5, 10e-3, 20e-3, (50,) * 20)),), reads=("conductance", "long_term"),
        jitter=CYCLE_TO_CYCLE, accuracy=COARSE,
    ),
    Trial(
        name="4c", figures=("4c",), section="2.4", title="One 200 µs pulse on the self-gate, then grounded",
        cases=_volts((0.2, 0.5, 1.0), 200e-6, SHORT), reads=("conductance", "long_term"),
    ),
    Trial(
        name="4d", figures=("4d",), section="2.4", title="One 200 µs pulse on LFP, then let go",
        cases=_volts((2.1, 2.6, 3.1), 200e-6, SHORT, lfp=True, held=False), reads=("conductance", "long_term"),
    ),
    Trial(
        name="4d-idle", figures=("4d",), section="2.4", title="One 200 µs pulse on LFP, then let go or held at 0 V",
        cases=tuple(
            Case(_after(v, held), {"amplitude": v, "held": float(held)})
            for held, v in product((False, True), (0.6, 1.0, 1.6, 2.1))
        ),
    ),
    *(
        Trial(
            name=f"4e{name}", figures=("4e",), section="2.4", calibration=calibration,
            title=f"Width of one 1 V pulse ({calibration})", cases=_widths(1.0, WIDTHS, (1e-3,)),
        )
        for name, calibration in (("", "unified"), ("-literal", "literal_peo"))
    ),
    Trial(
        name="4f", figures=("4f",), section="2.4", cost=1.5, title="20 cycles of 50 pulses up and 50 down, 1 V, 1 µs",
        cases=(Case(train(1.0, 1e-6, 10e-6, (50,) * 40, held=True, rise=1e-10)),), accuracy=FAST,
    ),
    Trial(
        name="5ab", figures=("5a", "5b", "5a/b"), section="2.4", title="Two pulses of 0.5 V, 10 ms",
        cases=tuple(
            Case(burst(0.5, 10e-3, t, 2), {"interval": t})
            for t in (5e-3, 10e-3, 15e-3, 20e-3, 30e-3, 40e-3, 50e-3, 70e-3, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0,
                      1.5, 2.0)
        ),
    ),
    Trial(
        name="5cd", figures=("5c", "5d", "5c/d"), section="2.4", title="Ten pulses of 0.5 V, 10 ms",
        cases=tuple(
            Case(burst(0.5, 10e-3, 1 / f - 10e-3, 10), {"rate": f})
            for f in (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0)
        ),
        reads=("conductance", "short_term"),
    ),
    *(
        Trial(
            name=f"table1{name}", figures=("table 1",), section="2.5", calibration=calibration,
            title=f"Decay after one pulse of 1 V, 200 µs ({calibration})", cases=_volts((1.0,), 200e-6, DECAY + LONG),
        )
        for name, calibration in (("", "unified"), ("-200us", "table1_200us"))
    ),
    Refit(
        name="refit", figures=("table 1",), section="2.5", title="Table 1 fitted again", calibration="table1_200us",
    ),
    Trial(
        name="S5", figures=("S5",), section="2.4", title="Energy of one pulse against area",
        cases=tuple(
            Case(
                single(v, w, (2.0,), rise=1e-9 if w >= 10e-3 else 1e-10),
                {"area": a, "amplitude": v, "width": w}, changes={"gate_area": a, "channel_area": a},
            )
            for a, (v, w) in product(AREAS, PRICED)
        ),
    ),
    Trial(
        name="idle", figures=("idle gate",), section="2.3", title="Ten pulses, then the gate let go or grounded",
        cases=tuple(Case(_idle(held), {"held": float(held)}) for held in (False, True)),
    ),
    Crosstalk(
        name="crosstalk", figures=("crosstalk",), section="4", title="What a neighbour gets of a pulse", cost=2.0,
        settings=(
            Setting("unified", 1e4, 0.5, 10e-3), Setting("unified", 1e6, 0.5, 10e-3),
            Setting("unified", 1e8, 0.5, 10e-3), Setting("literal_peo", 2e9, 0.5, 1.0),
        ),
    ),
)  # fmt: skip

NETWORK = (
    Example(
        name="6b", figures=("6b",), section="2.5", title="One train, its synapse and its membrane",
        tau=10e-3, end=0.6,
    ),
    Benchmark(
        name="6f", figures=("6f", "6 circuit"), section="2.5", cost=7.0, title="Separability, τ = 10 ms",
        tau=10e-3, pauses=PAUSES,
    ),
    Benchmark(
        name="6g", figures=("6g", "6 circuit"), section="2.5", cost=7.0, title="Separability, τ = 100 ms",
        tau=100e-3, pauses=PAUSES,
    ),
    *(
        CircuitBenchmark(
            name=f"6-circuit{name}", figures=("6 circuit",), section="2.5", cost=35.0, taus=(10e-3, 100e-3), runs=60,
            pauses=PAUSES, calibration=calibration, title=f"Separability with circuit solves ({calibration})",
        )
        for name, calibration in (("", "unified"), ("-200us", "table1_200us"))
    ),
)  # fmt: skip

EXPERIMENTS: tuple[Experiment, ...] = (*DEVICE, *NETWORK)


def named(name: str) -> Experiment:
    """The experiment of this name."""
    return next(experiment for experiment in EXPERIMENTS if experiment.name == name)


def figures() -> tuple[str, ...]:
    """Every figure there is an experiment for, in the paper's order."""
    return tuple(dict.fromkeys(figure for experiment in EXPERIMENTS for figure in experiment.figures))


def of_figure(figure: str) -> tuple[Experiment, ...]:
    """The experiments of one figure, however it is written ("3a", "Fig. 3A", "pre-charge"); raises InputError."""
    wanted = _plain(figure)
    found = tuple(e for e in EXPERIMENTS if wanted in {_plain(name) for name in e.figures})
    if not found:
        raise InputError("--figure", figure, ", ".join(figures()), "--figure 3a")
    return found


def _plain(figure: str) -> str:
    text = "".join(letter for letter in figure.lower() if letter.isalnum())
    return text.removeprefix("figure").removeprefix("fig")
