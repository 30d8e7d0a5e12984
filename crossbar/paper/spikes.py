"""Spikes on the circuit-level device: its conductance from the engine, its membrane exactly from that.

The gate is grounded between spikes. Spikes closer than a pulse is long run into one pulse, as a gate line cannot be
raised twice; Eq 1-3 begin anew instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy.interpolate import PchipInterpolator

from circuits.native.engine import Accuracy, simulate
from circuits.solution import Solution
from crossbar.array import Layout, liwes
from crossbar.operations.run import Settings, solve
from crossbar.paper.bench import DEVICES, netlist
from crossbar.paper.benchmark import IDEAL, chance, synapses
from crossbar.paper.experiments import CircuitBenchmark, Example
from crossbar.paper.found import Floats, Found, Hear
from crossbar.paper.protocol import START, Contact, Plateau, Protocol
from crossbar.results import Quantity
from crossbar.spiking import membrane, separability
from crossbar.synapse import Synapse, wan2021_kernel
from crossbar.workloads.separation import separations, trains

RISE = 1e-9
PARTS = 8


def circuit_benchmark(experiment: CircuitBenchmark, seed: int, hear: Hear) -> Found:
    """Separability with the device's own equations, beside closed forms on the same trains; native engine."""
    task, pauses = experiment.task, np.array(experiment.pauses)
    layout = Layout(1, 1, liwes(experiment.calibration))
    shape = (len(experiment.taus), experiment.runs)
    circuit = np.empty((*shape, len(pauses)))
    noisy, ideal, summed = (np.empty(shape) for _ in range(3))
    at = int(np.argmin(np.abs(pauses - task.pause)))
    for run in range(experiment.runs):
        spikes = trains(chance(seed, "trains", run), task)
        solved = [_solved(experiment, layout, row, task.end + pauses.max()) for row in spikes]
        for place, tau in enumerate(experiment.taus):
            rng = chance(seed, "circuit", run)
            reads = np.array([_membrane(*each, tau, task.end + pauses) for each in solved])
            circuit[place, run] = [separability(reads[:, None, k]) for k in range(len(pauses))]
            noisy[place, run] = _noisy(reads[:, at], experiment, tau, rng)
            once = replace(task, presentations=1)
            ideal[place, run] = separations(IDEAL, spikes, [task.pause], tau, rng, once)[0]
            alone = [superposed(row[np.isfinite(row)], task.end + task.pause, tau) for row in spikes]
            summed[place, run] = separability(np.array(alone)[:, None])
        hear((run + 1) / experiment.runs, "")
    return _found(experiment, circuit, {"noisy": noisy, "ideal": ideal, "superposed": summed}, at)


def superposed(spikes: Floats, read: float, tau: float) -> float:
    """Membrane [S] at `read` [s] when every spike adds the IDEAL synapse's answer to a spike alone, G_off left out."""
    count, rng = len(spikes), np.random.default_rng(0)
    start, all_of_them = np.zeros(count), np.ones(count, dtype=bool)
    state, value = IDEAL.fire(IDEAL.rest(count), start, spikes, all_of_them, tau, rng)
    return float(IDEAL.leak(state, value, spikes, np.full(count, read), tau, rng).sum())


def _solved(experiment: CircuitBenchmark, layout: Layout, train: Floats, end: float) -> tuple[Floats, Floats]:
    """Time [s] and change of conductance [S], close enough together to go straight from one to the next."""
    pulses = plateaus(train[np.isfinite(train)], experiment.amplitude, experiment.width)
    found = _simulate(layout, pulses, end, experiment.accuracy)
    conductance = found.output(DEVICES, "conductance")[:, 0]
    corners = np.array([t for begin, stop, _ in pulses for t in (begin, begin + RISE, stop, stop + RISE)])
    return refined(found.time, conductance - conductance[0], corners)


def refined(time: Floats, values: Floats, corners: Floats) -> tuple[Floats, Floats]:
    """Times with PARTS to each step of `time`, and `values` there: a smooth curve through them from corner to corner.

    The solver's steps are of fourth order, so that a straight line from one to the next would be the largest error.
    """
    cuts = np.unique(np.searchsorted(time, corners))
    pieces = []
    for begin, stop in pairwise(np.unique([0, *cuts[cuts < len(time)].tolist(), len(time) - 1]).tolist()):
        known = time[begin : stop + 1]
        inside = (known[:-1, None] + np.diff(known)[:, None] * np.arange(PARTS) / PARTS).ravel()
        pieces.append((inside, PchipInterpolator(known, values[begin : stop + 1])(inside)))
    times, found = (np.concatenate(each) for each in zip(*pieces, strict=True))
    return np.append(times, time[-1]), np.append(found, values[-1])


def _simulate(layout: Layout, pulses: tuple[Plateau, ...], end: float, accuracy: Accuracy) -> Solution:
    protocol = Protocol((end,), Contact(pulses=pulses), rise=RISE)
    return simulate(netlist(protocol, layout, layout.rest().devices[0]), end, accuracy=accuracy)


def plateaus(spikes: Floats, amplitude: float, width: float) -> tuple[Plateau, ...]:
    """A pulse for each spike, begun within START of 0 s; those that would touch become one."""
    merged: list[list[float]] = []
    for spike in np.maximum(spikes, START).tolist():
        if merged and spike < merged[-1][1] + 2 * RISE:
            merged[-1][1] = spike + width
        else:
            merged.append([spike, spike + width])
    return tuple((a, b, amplitude) for a, b in merged)


def _membrane(time: Floats, conductance: Floats, tau: float, reads: Floats) -> Floats:
    """V at `reads` [s] of tau dV/dt = -V + G: exact where G goes straight from step to step."""
    times = np.union1d(time, reads)
    values = np.interp(times, time, conductance)
    slope = np.diff(values) / np.diff(times)
    lost = np.exp(-np.diff(times) / tau)
    gained = (values[1:] - slope * tau) - (values[:-1] - slope * tau) * lost
    seen = np.zeros_like(times)
    for k, (keep, more) in enumerate(zip(lost.tolist(), gained.tolist(), strict=True)):
        seen[k + 1] = seen[k] * keep + more
    return seen[np.searchsorted(times, reads)]


def _noisy(values: Floats, experiment: CircuitBenchmark, tau: float, rng: np.random.Generator) -> float:
    """Separability when each of the presentations is read with the noise eta of Table 1, and no other."""
    task = experiment.task
    deviation = wan2021_kernel.noise_deviation(np.array([task.end + task.pause]), tau)
    return separability(values[:, None] + deviation * rng.standard_normal((task.classes, task.presentations)))


def _found(experiment: CircuitBenchmark, circuit: Floats, others: Mapping[str, Floats], at: int) -> Found:
    axes = ("tau", "run")
    told = {
        "noisy": "the same with the noise eta of Table 1 on every sample",
        "ideal": "the IDEAL synapse's on the same trains",
        "superposed": "of the sum of the IDEAL synapse's answers to each spike alone",
    }
    found = {name: Quantity(values, axes, "S", told[name]) for name, values in others.items()}
    return Found(
        {
            "circuit": Quantity(circuit[..., at], axes, "S", "separability with circuit solves"),
            "swept": Quantity(circuit, (*axes, "pause"), "S", "separability with circuit solves, read at each pause"),
            **found,
        },
        {
            "tau": Quantity(np.array(experiment.taus), ("tau",), "s", "of the membrane"),
            "pause": Quantity(np.array(experiment.pauses), ("pause",), "s", "from the last spike to the read"),
        },
    )


def example(experiment: Example, engine: str, seed: int, hear: Hear) -> Found:
    """One train: conductance and membrane of the IDEAL synapse, of LiWES (Eq 1-3) and of the circuit."""
    rng = chance(seed, "example", 0)
    train = trains(rng, experiment.task)[0]
    spikes = train[np.isfinite(train)]
    times = np.linspace(0, experiment.end, experiment.points)
    found: dict[str, Quantity] = {}
    for name, synapse in (("ideal", IDEAL), ("liwes", wan2021_kernel)):
        _told(found, name, *_traced(synapse, spikes, times, experiment.tau, rng))
    hear(0.5, "")
    layout = Layout(1, 1, liwes(experiment.calibration))
    protocol = Protocol(
        (experiment.end,), Contact(pulses=plateaus(spikes, experiment.amplitude, experiment.width)), rise=RISE
    )
    corners = np.array([t for pulse in protocol.pulses for t in pulse[:2]])
    close = (corners[:, None] + np.geomspace(RISE, 1e-2, 30)).ravel()
    dense = np.union1d(times, close[close < experiment.end])
    solved = solve(
        netlist(protocol, layout, layout.rest().devices[0]),
        experiment.end,
        dense,
        Settings(engine, experiment.accuracy),
    )
    conductance = solved.output(DEVICES, "conductance")[:, 0]
    change = conductance - conductance[0]
    membrane_values = _membrane(solved.time, change, experiment.tau, times)
    _told(found, "circuit", np.interp(times, solved.time, change), membrane_values)
    static = synapses(experiment.tau)["NO-STP, k matched"]
    values = membrane(static, spikes[None], times, experiment.tau, rng)[0]
    found["static_membrane"] = Quantity(values, ("time",), "S", "membrane behind a static synapse of the same peak")
    hear(1.0, "")
    return Found(found, {
        "time": Quantity(times, ("time",), "s", "since the train began"),
        "spike": Quantity(spikes, ("spike",), "s", "of each spike"),
    })  # fmt: skip


def _told(found: dict[str, Quantity], name: str, conductance: Floats, value: Floats) -> None:
    found[f"{name}_conductance"] = Quantity(conductance, ("time",), "S", f"change of conductance, {name}")
    found[f"{name}_membrane"] = Quantity(value, ("time",), "S", f"membrane at unit voltage, {name}")


def _traced(
    synapse: Synapse, spikes: Floats, times: Floats, tau: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Conductance and membrane at `times`, spike after spike; `times` ascend from 0."""
    conductance, seen = np.empty_like(times), np.empty_like(times)
    state, value, fired = wan2021_kernel.rest(1), np.zeros(1), np.ones(1, dtype=bool)
    edges = [0.0, *spikes.tolist(), np.inf]
    now = np.zeros(1)
    for number, (begin, end) in enumerate(pairwise(edges)):
        if number:
            spike = np.array([begin])
            value = synapse.leak(state, value, now, spike, tau, rng)
            state, value = synapse.fire(state, value, spike, fired, tau, rng)
            now = spike
        for place in np.flatnonzero((times >= begin) & (times < end)):
            here = times[place : place + 1]
            value, now = synapse.leak(state, value, now, here, tau, rng), here
            conductance[place] = wan2021_kernel.conductance(state, here)[0]
            seen[place] = value[0]
    return conductance, seen
