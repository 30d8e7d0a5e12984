"""NIR files in, `read_nir`; and networks out of arrays that are here already, `assemble`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from circuits.errors import InputError
from crossbar.networks.graph import Graph, graph
from crossbar.networks.kinds import NEURONS
from crossbar.networks.named import Named, named, timing
from crossbar.networks.network import Decay, Integrator, Network, Order, Reset, Timing
from crossbar.networks.order import arrange, loop
from crossbar.networks.reader import Limits, Reader, Tree, Values, Words
from crossbar.networks.reading import Edge, Reading, few
from crossbar.networks.shapes import Node, settle

V_RESET_SINCE = (1, 0, 5)
"""The version of nir that gave spiking neurons a v_reset; before, NIR's neurons subtracted the threshold."""

ROUNDING = 1e-6
"""By how much dt may exceed a time constant that was meant to equal it: float32."""


@dataclass(frozen=True, eq=False)
class Imported:
    """A network out of a file.

    repairs: what the file said that could not be meant, and how it was taken
    remarks: what a reader should know: choices that the file left open, what was not used
    version: of nir, as the file has it; empty without
    named: the timing that the file names; the network's own may be another
    """

    network: Network
    repairs: tuple[str, ...]
    remarks: tuple[str, ...]
    version: str
    named: Named


def read_nir(
    path: Path | str,
    *,
    dt: float | None = None,
    reset: Reset | None = None,
    order: Order | None = None,
    decay: Decay | None = None,
    integrator: Integrator | None = None,
    limits: Limits | None = None,
    reader: Reader | None = None,
) -> Imported:
    """The network of a NIR file, read in a child process under `limits`.

    dt: time step [s]; reset, order, decay, integrator: see `Timing`. What is not said is taken from the file where it
        names it, and else, of the last three, the usual one; what is said wins, with a remark where the file disagrees
    reader: a child to use again, for many files, under its own limits; one is started and ended without
    Raises DataError for a file that is missing, damaged, hostile or beyond what is supported, OutcomeError for one that
    takes too long, InputError for a wrong argument, and for a time step or a reset that nobody says.
    """
    asked = Named(dt, reset, order, decay, integrator)
    if reader is not None:
        return interpret(reader.read(path), asked, path, limits or reader.limits)
    with Reader(limits or Limits()) as own:
        return interpret(own.read(path), asked, path, own.limits)


def interpret(tree: Tree, asked: Named, path: Path | str, limits: Limits) -> Imported:
    """The network of what a file holds; `path` is for errors."""
    reading = Reading(path, limits)
    flat = graph(tree, reading)
    says = named(tree, reading)
    network = _network(flat, timing(asked, says, path, reading), reading)
    version = tree.get("version")
    written = version.entries[0] if isinstance(version, Words) and len(version.entries) == 1 else ""
    _remark(flat, network, written, reading)
    return Imported(network, tuple(reading.repairs), tuple(reading.remarks), written, says)


def assemble(nodes: Mapping[str, tuple[str, Mapping[str, Any]]], edges: Iterable[Edge], timing: Timing) -> Network:
    """A network out of nodes, each a kind of NIR with its fields, and edges: as if they had come from a file.

    Raises DataError for what a file could not hold either.
    """
    reading = Reading("this network")
    raw: Tree = {}
    for name, (kind, fields) in nodes.items():
        arrays: Tree = {key: _leaf(value) for key, value in fields.items()}
        raw[name] = {"type": Words((), (kind,)), **arrays}
    listed = tuple(edges)
    ends = Words((len(listed), 2), tuple(end for edge in listed for end in edge))
    root: Tree = {"type": Words((), ("NIRGraph",)), "nodes": raw, "edges": ends}
    return _network(graph({"node": root}, reading), timing, reading)


def _leaf(value: ArrayLike) -> Values | Words:
    return Words((), (value,)) if isinstance(value, str) else Values(np.asarray(value))


def _network(flat: Graph, timing: Timing, reading: Reading) -> Network:
    """The network of a flat graph: loops cut, shapes settled."""
    _check_loops(flat, reading)
    first = [name for name, node in flat.nodes.items() if node.kind == "Input"]
    order, back = arrange(flat.nodes, first, flat.edges)
    nodes = settle(flat, order, back, reading)
    _check_step(nodes, timing)
    for source, target in sorted(back):
        reading.remarks.append(f"'{source}' -> '{target}' closes a loop: it brings the values of the step before")
    forward = tuple(edge for edge in flat.edges if edge not in back)
    return Network(nodes, forward, tuple(sorted(back)), timing)


def _check_loops(flat: Graph, reading: Reading) -> None:
    """Refuse a loop in which no neuron keeps the time."""
    plain = {name for name, node in flat.nodes.items() if node.kind not in NEURONS}
    found = loop(plain, flat.edges)
    if found:
        names = ", ".join(f"'{name}'" for name in found[:6])
        raise reading.refuse(f"a loop through {names} passes no neuron", "a neuron in every loop", "a neuron in it")


def _check_step(nodes: dict[str, Node], timing: Timing) -> None:
    """Refuse a time step that turns a decay into an oscillation."""
    for name, node in nodes.items():
        for key, value in node.parameters.items():
            shortest = float(np.min(np.asarray(value))) if key.startswith("tau") else np.inf
            if timing.decay == "euler" and timing.dt > shortest * (1 + ROUNDING):
                allowed = f'at most {key} = {shortest:.4g} s of {node.kind} "{name}", or decay = "exponential"'
                raise InputError("dt", timing.dt, allowed, f"dt = {shortest / 10:.2g}")


def _remark(flat: Graph, network: Network, version: str, reading: Reading) -> None:
    """What the file's version says about resets, beside what was asked for."""
    spiking, reset = [name for name, node in network.nodes.items() if node.spiking], network.timing.reset
    without = [name for name in spiking if "v_reset" not in flat.nodes[name].fields]
    if reset == "v_reset" and without:
        reading.repairs.append(f"no v_reset in the file for {few(without)}: taken as 0")
    old = bool(version) and _numbers(version) < V_RESET_SINCE
    if spiking and old and reset in {"zero", "v_reset"}:
        reading.remarks.append(f"nir {version} wrote the file, whose neurons subtract the threshold; reset is {reset}")
    if not version:
        reading.remarks.append("the file does not say which version of nir wrote it")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
