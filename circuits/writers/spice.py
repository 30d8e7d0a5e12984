"""A netlist for ngspice: as cards, and as a file that `ngspice -b` runs as it is."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from circuits.elements import Capacitors, Currents, Drives, Instances, Resistors, Switches
from circuits.errors import InputError, OutcomeError, shorten
from circuits.files import drafted
from circuits.names import comment, identifiers, number
from circuits.netlist import Netlist
from circuits.waveforms import Waveform
from circuits.writers.spice_device import PREFIX, START, Card, Subcircuit, subcircuit

Floats = NDArray[np.float64]

TOLERANCE = 3e-7
NEWTON = 1e-6
ROUNDING = 1e-16  # A: what is left of volts across an ohm of line; below it Newton's iterates never settle
HOLD = "1e9"  # S: what keeps a capacitor at its initial voltage in the operating point
LONGEST_STEP = (1.0, 1e6)  # s, and in shortest ramps: ngspice's shortest step is 1e-11 of its longest
CLOCK = "clock"


@dataclass(frozen=True, eq=False)
class Deck:
    """A netlist in ngspice's words.

    nodes: the name of every node in `netlist.nodes` order; constants: `.param`, options: `.options` by name
    instances, drives: names of the elements of each group of devices and of drives
    """

    title: str
    nodes: tuple[str, ...]
    constants: Mapping[str, str]
    subcircuits: tuple[Subcircuit, ...]
    cards: tuple[Card, ...]
    instances: Mapping[str, tuple[str, ...]]
    drives: Mapping[str, tuple[str, ...]]
    options: Mapping[str, str] = field(default_factory=dict)

    def with_cards(self, cards: Sequence[Card]) -> Deck:
        """This, and more elements."""
        return replace(self, cards=(*self.cards, *cards))

    def with_options(self, more: Mapping[str, str]) -> Deck:
        """This, and more options."""
        return replace(self, options={**self.options, **more})

    def lines(self, analysis: str, saved: Sequence[str]) -> Iterator[str]:
        """Its text with one analysis, keeping the `saved` vectors."""
        yield self.title
        yield from (f".param {name}={value}" for name, value in self.constants.items())
        for subckt in self.subcircuits:
            yield from subckt.lines()
        yield from map(str, self.cards)
        yield ".options " + " ".join(f"{name}={value}" for name, value in self.options.items())
        yield from (f".save {vector}" for vector in saved)
        yield analysis
        yield ".end"


def options(tolerance: float = TOLERANCE) -> dict[str, str]:
    """What makes ngspice accurate on circuits whose rest state is the zero vector.

    tolerance: error of one step relative to the charge it moves; raises InputError outside 1e-12 .. 1e-3.
    The steps follow from it alone: with trtol below 1 and charges near zero at rest, ngspice's estimate of the error
    is sharp. 3e-7 leaves 1e-5 of a pulse's energy and change of conductance; the error falls with its power 2/3.
    """
    if not 1e-12 <= tolerance <= 1e-3:
        raise InputError("tolerance", tolerance, "1e-12 to 1e-3", f"{TOLERANCE:g} (the default)")
    values = {"reltol": NEWTON, "trtol": tolerance / NEWTON, "abstol": ROUNDING, "vntol": 1e-12, "chgtol": 1e-13}
    return (
        {"method": "trap"}
        | {name: number(value) for name, value in values.items()}
        | {"gmin": "1e-20", "pivrel": "0.01", "pivtol": "1e-25"}
    )


def deck(netlist: Netlist, *, frozen: bool = False, tolerance: float = TOLERANCE) -> Deck:
    """`netlist` in ngspice's words; frozen: the states of devices are held by sources.

    Raises InputError for a tolerance that cannot be used.
    """
    return _Writer(netlist, frozen=frozen).deck(options(tolerance))


class _Writer:
    """Turns groups into cards."""

    def __init__(self, netlist: Netlist, *, frozen: bool) -> None:
        self.netlist, self.frozen = netlist, frozen
        self.nodes = ("0", *identifiers("n_", netlist.nodes[1:]))
        self.subcircuits: list[Subcircuit] = []
        self.constants: dict[str, str] = {}
        self.instances: dict[str, tuple[str, ...]] = {}
        self.drives: dict[str, tuple[str, ...]] = {}

    def deck(self, settings: Mapping[str, str]) -> Deck:
        """All of it."""
        groups = self.netlist.groups
        names = identifiers("g_", [group.name for group in groups])
        cards = [card for group, name in zip(groups, names, strict=True) for card in self._cards(group, name[2:])]
        title = comment(self.netlist.title)
        return Deck(
            title=title,
            nodes=self.nodes,
            constants=self.constants,
            subcircuits=tuple(self.subcircuits),
            cards=tuple(cards),
            instances=self.instances,
            drives=self.drives,
            options=settings,
        )

    def _cards(self, group: object, name: str) -> Iterator[Card]:
        match group:
            case Resistors():
                for k, value in enumerate(group.resistance):
                    yield Card(f"r_{name}_{k}", self._pair(group, k), number(value))
            case Capacitors():
                yield from self._capacitors(group, name)
            case Switches():
                yield from self._switches(group, name)
            case Drives():
                self.drives[group.name] = tuple(f"v_{name}_{k}" for k in range(len(group.node)))
                texts = [self._source(w) for w in group.waveforms]
                for k, (node, which) in enumerate(zip(group.node, group.which, strict=True)):
                    yield Card(f"v_{name}_{k}", (self.nodes[node], "0"), texts[which])
            case Currents():
                texts = [self._source(w) for w in group.waveforms]
                for k, which in enumerate(group.which):
                    yield Card(f"i_{name}_{k}", self._pair(group, k), texts[which])
            case Instances():
                yield from self._devices(group, name)
            case _:
                raise TypeError(f"no SPICE for {group!r}")

    def _pair(self, group: Resistors | Capacitors | Switches | Currents, k: int) -> tuple[str, str]:
        return self.nodes[group.start[k]], self.nodes[group.end[k]]

    def _capacitors(self, group: Capacitors, name: str) -> Iterator[Card]:
        """A capacitor's `ic` counts only with `uic`, which skips the operating point: a conductance holds it there."""
        fixed = {0} | {int(node) for g in self.netlist.groups if isinstance(g, Drives) for node in g.node}
        values = {value: f"z_{name}_{k}" for k, value in enumerate(np.unique(group.initial))}
        for k, (capacitance, initial) in enumerate(zip(group.capacitance, group.initial, strict=True)):
            pair = self._pair(group, k)
            yield Card(f"c_{name}_{k}", pair, f"{number(capacitance)} ic={number(initial)}")
            if not self.frozen and not {int(group.start[k]), int(group.end[k])} <= fixed:
                across = f"v({pair[0]})-v({pair[1]})" if pair[1] != "0" else f"v({pair[0]})"
                self.constants[values[initial]] = number(initial)
                held = f"({across}-{{{values[initial]}}})*{HOLD}"
                yield Card(f"b_{name}_{k}", pair, f"i=time>0?0:({held})")

    def _switches(self, group: Switches, name: str) -> Iterator[Card]:
        """A resistor of the least conductance, so that no matrix is singular, and a controlled current of the rest."""
        least = [min(waveform.values) for waveform in group.waveforms]
        for k, waveform in enumerate(group.waveforms):
            rest = Waveform(waveform.times, tuple(value - least[k] for value in waveform.values))
            yield Card(f"v_{name}_{k}", (f"w_{name}_{k}", "0"), self._source(rest))
        for k, which in enumerate(group.which):
            start, end = self._pair(group, k)
            yield Card(f"r_{name}_{k}", (start, end), number(1 / least[which]))
            across = "-".join(f"v({node})" for node in (start, end) if node != "0")
            sign = "-" if start == "0" else ""
            yield Card(f"b_{name}_{k}", (start, end), f"i=({sign}{across})*v(w_{name}_{which})")

    def _devices(self, group: Instances, name: str) -> Iterator[Card]:
        """Values that all instances share are the subcircuit's, the others stand on each line."""
        common = {key: float(values[0]) for key, values in group.parameters.items()} if group.count else {}
        own = {f"p_{key}": values for key, values in group.parameters.items() if (values != values[:1]).any()}
        own |= {
            f"{START}{s.variable.name}": values
            for s, values in zip(group.device.states, group.states.T, strict=True)
            if values.any()
        }
        called = f"u_{name}"
        self.subcircuits.append(subcircuit(group.device, called, common, frozen=self.frozen))
        self.instances[group.name] = tuple(f"x_{name}_{k}" for k in range(group.count))
        for k, instance in enumerate(self.instances[group.name]):
            changed = [f"{key}={number(values[k])}" for key, values in own.items()]
            nodes = tuple(self.nodes[node] for node in group.terminals[k])
            yield Card(instance, nodes, " ".join((called, *changed)))

    def _source(self, waveform: Waveform) -> str:
        return f"dc {number(waveform(0.0))}" if waveform.is_constant or self.frozen else f"pwl({_points(waveform)})"


def _points(waveform: Waveform) -> str:
    """Times and values from time 0 on."""
    later = [(t, v) for t, v in zip(waveform.times, waveform.values, strict=True) if t > 0]
    return " ".join(f"{number(t)} {number(v)}" for t, v in [(0.0, float(waveform(0.0))), *later])


def instants(netlist: Netlist, end: float) -> Floats:
    """The corners of all waveforms strictly between 0 and `end` [s], each once."""
    times = {t for waveform in netlist.waveforms if not waveform.is_constant for t in waveform.times}
    return np.array(sorted(t for t in times if 0 < t < end))


def sample_times(end: float, samples: Sequence[float] | Floats) -> Floats:
    """`samples` as an array; raises InputError unless they rise strictly within 0 .. end."""
    if not (np.isfinite(end) and end > 0):
        raise InputError("end", end, "a finite time above 0 s", "1e-3 (s)")
    times = np.asarray(samples, float)
    if times.ndim != 1 or not len(times) or not np.isfinite(times).all():
        raise InputError("samples", samples, "a list of finite times", f"[0.0, {end!r}]")
    if (np.diff(times) <= 0).any() or times[0] < 0 or times[-1] > end:
        raise InputError("samples", samples, f"strictly increasing times from 0 to {end:g} s", f"[0.0, {end!r}]")
    return times


def clock(times: Floats) -> tuple[Card, Card]:
    """A source that changes at every one of `times`, so that the solver stops there."""
    corners = [f"{number(t)} {k % 2}" for k, t in enumerate(times[times > 0])]
    return Card(f"v_{CLOCK}", (CLOCK, "0"), f"pwl(0 1 {' '.join(corners)})"), Card(f"r_{CLOCK}", (CLOCK, "0"), "1")


def transient(netlist: Netlist, end: float, tolerance: float = TOLERANCE) -> str:
    """The `.tran` line.

    ngspice's first step is a hundredth of the first number and the only one it does not check; its shortest is 1e-11 of
    the last. A capacitor whose initial voltage does not fit the sources jumps in the first step, and the second must
    be some thousandth of the first.
    """
    corners = np.concatenate([[0.0], instants(netlist, end), [end]])
    gaps = np.diff(corners)
    # Corners that differ by rounding alone are one corner.
    shortest = float(gaps[gaps > 64 * np.spacing(corners[1:])].min())
    first = 1e-2 if any(isinstance(group, Capacitors) for group in netlist.groups) else 1e-4
    longest = min(LONGEST_STEP[0] * math.sqrt(tolerance / TOLERANCE), LONGEST_STEP[1] * shortest)
    return f".tran {number(first * shortest)} {number(end)} 0 {number(min(end, longest))}"


def state_nodes(group: Instances, words: Deck) -> list[str]:
    """The nodes of a group's states, device after device."""
    states = [f"{PREFIX['state']}{state.variable.name}" for state in group.device.states]
    return [f"{instance}.{state}" for instance in words.instances[group.name] for state in states]


def vectors(netlist: Netlist, words: Deck) -> list[str]:
    """What is worth keeping, in ngspice's names: potentials of nodes, drive currents, states of devices."""
    currents = [f"{name}#branch" for names in words.drives.values() for name in names]
    states = [node for group in netlist.devices for node in state_nodes(group, words)]
    return [*words.nodes[1:], *currents, *states]


def export(
    netlist: Netlist, end: float, samples: Sequence[float] | Floats = (), *, tolerance: float = TOLERANCE
) -> str:
    """A complete file for `ngspice -b file.cir -r file.raw` from 0 to `end` [s]; the solver stops at `samples`.

    Raises InputError for times or a tolerance that cannot be used.
    """
    times = sample_times(end, [*samples] or [end])
    words = deck(netlist, tolerance=tolerance).with_cards(clock(times))
    return "\n".join([*words.lines(transient(netlist, end, tolerance), vectors(netlist, words)), ""])


def save(netlist: Netlist, path: str | os.PathLike[str], end: float, samples: Sequence[float] | Floats = ()) -> Path:
    """Write `export` to `path`, all of it or nothing; raises OutcomeError when the folder cannot be written."""
    target = Path(path)
    text = export(netlist, end, samples)
    try:
        with drafted(target) as draft:
            draft.write_text(text, encoding="ascii")
    except OSError as error:
        raise OutcomeError(
            f"{shorten(str(target))} could not be written ({error.strerror}).",
            "the folder is missing, read-only or full.",
            "another folder.",
        ) from error
    return target
