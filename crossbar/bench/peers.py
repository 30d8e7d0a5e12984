"""Who we are compared with. Each is run as its authors would have it, with what it need not do left out."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from circuits.errors import OutcomeError
from circuits.netlist import Builder, Netlist
from circuits.ngspice.engine import available, simulate
from circuits.ngspice.log import problems
from circuits.ngspice.process import Limits, Worker
from circuits.planes.grid import Floats
from circuits.waveforms import constant
from circuits.writers.spice import deck
from crossbar.bench.effort import Done, Run, timed
from crossbar.bench.matrices import Change, matrix, sampled
from crossbar.bench.networks import Network, Networks, read_all
from crossbar.bench.pulse import END, waveforms

LIBRARY = "NGSPICE_LIBRARY_PATH"
TOLERANCE = 1e-4  # of ngspice in the transient: leaves a peak error of some 1e-3
LIMITS = Limits(timeout=3600.0, processor=3600.0, memory=16 << 30)
VERGES = 1e-10  # of the voltages, where CrossSim's iteration ends
DAMPING = tuple(round(0.7**k, 4) for k in range(18))  # its own search ends at 0.01
ITERATIONS = 20000  # where it diverges, it overflows long before
NEXT = 2  # dampings that are tried after the first that converges, and with it


class Peer(Protocol):
    """Another solver; `reach` says which works it can do, and the largest size worth the wait."""

    @property
    def name(self) -> str:
        """As in --peer."""

    @property
    def remedy(self) -> str:
        """What to install where it is missing."""

    @property
    def reach(self) -> Mapping[str, int]:
        """The largest size of each work by name."""

    def found(self) -> str:
        """Its version, empty where it is not installed."""

    def ready(self, case: Any) -> Run:  # noqa: ANN401 - each work has its own kind of case
        """Its run of a case, to be repeated; what needs no measuring is done."""


@dataclass(frozen=True)
class Badcrossbar:
    """badcrossbar: sparse LU of all nodes. Of its results only the output currents are asked for."""

    name: str = "badcrossbar"
    remedy: str = "make peers"
    reach: Mapping[str, int] = field(
        default_factory=lambda: {"read": 1024, "read hard": 1024, "read vectors": 512, "read patterns": 256}
    )

    def found(self) -> str:
        """Its version."""
        return _version("badcrossbar", "badcrossbar")

    def ready(self, case: Networks) -> Run:
        """One call for each network."""
        solver = importlib.import_module("badcrossbar")
        logging.getLogger("badcrossbar").setLevel(logging.WARNING)  # it tells of every step

        def currents(one: Network) -> Floats:
            with np.errstate(divide="ignore"):
                ohms = 1 / one.crossing
            found = solver.compute(one.volts.T, ohms, r_i=one.segment, node_voltages=False, all_currents=False)
            return np.asarray(found.currents.output)

        return lambda: read_all(case, currents)


@dataclass(frozen=True)
class Crosssim:
    """CrossSim: successive under-relaxation of voltage drops, with the quickest damping factor."""

    name: str = "crosssim"
    remedy: str = "pip install a checkout of sandialabs/cross-sim (no package index has it)"
    reach: Mapping[str, int] = field(default_factory=lambda: {"read": 1024, "read hard": 256})

    def found(self) -> str:
        """Its version."""
        return _version("simulator.circuits.array", "CrossSim")

    def ready(self, case: Networks) -> Run:
        """Find the quickest damping for the network, which a user has to find as well and we do not count."""
        _, damping = min(islice(self._works(case[0]), NEXT), default=(0.0, 0.0))
        if not damping:
            raise OutcomeError(
                f"CrossSim did not converge in {ITERATIONS} steps, damped by {DAMPING[0]:g} to {DAMPING[-1]:g}.",
                "lines that are long or resistive for their devices.",
                "a smaller size.",
            )
        return partial(read_all, case, partial(self._currents, damping=damping))

    def _works(self, one: Network) -> Iterator[tuple[float, float]]:
        """Processor time with each damping that converges [s], and the damping: the least damped first."""
        for damping in DAMPING:
            with contextlib.suppress(RuntimeError, FloatingPointError):
                yield timed(partial(self._currents, one, damping), lambda _: {}).seconds, damping

    @staticmethod
    def _currents(one: Network, damping: float) -> Floats:
        """Raises RuntimeError where it does not converge."""
        importlib.import_module("simulator.backend").ComputeBackend(use_gpu=False)
        settings = importlib.import_module("simulator").CrossSimParameters()
        largest = float(one.crossing.max())
        settings.xbar.device.Rmin = 1 / largest
        settings.xbar.array.parasitics.enable = True
        settings.xbar.array.parasitics.Rp_row = settings.xbar.array.parasitics.Rp_col = one.segment
        settings.simulation.relaxation_gamma = damping
        settings.simulation.Niters_max_parasitics = ITERATIONS
        settings.simulation.Verr_th_mvm = VERGES
        array = importlib.import_module("simulator.circuits.array").NoninterleavedInputSourceArray(settings)
        with np.errstate(over="raise", invalid="raise"):
            found = [array.solve_mvm(v, np.ascontiguousarray(one.crossing.T) / largest) for v in one.volts]
        return np.array(found) * largest


@dataclass(frozen=True)
class Ngspice:
    """ngspice, with KLU where it has it: its own process alone is counted, not the writing of its netlist."""

    name: str = "ngspice"
    remedy: str = "make peers"
    reach: Mapping[str, int] = field(default_factory=lambda: {"read": 512, "read hard": 512, "pulse": 64})

    def found(self) -> str:
        """Its version, and whether it has KLU."""
        with _worker() as worker:
            there = available(worker)
        return "" if there is None else f"{there.version} {'with' if there.klu else 'without'} KLU"

    def ready(self, case: Networks | Netlist) -> Run:
        """A transient of the netlist as it is, or an operating point of a netlist of resistors."""
        worker = _worker()
        worker.start()
        if isinstance(case, Netlist):
            return lambda: _transient(case, worker)
        return lambda: _currents(case[0], worker)


@dataclass(frozen=True)
class Afresh:
    """Ourselves without the change of rank one: the whole matrix once more."""

    name: str = "afresh"
    remedy: str = ""
    reach: Mapping[str, int] = field(default_factory=lambda: {"ports changed": 1024})

    def found(self) -> str:
        """Always here."""
        return "liwes"

    def ready(self, case: Change) -> Run:
        """The matrix of the network with the changed device."""
        return lambda: timed(lambda: matrix(case.after), lambda found: sampled(found, case.after))


OTHERS: tuple[Peer, ...] = (Badcrossbar(), Ngspice(), Crosssim())
PEERS: Mapping[str, Peer] = {peer.name: peer for peer in (*OTHERS, Afresh())}


def _version(module: str, package: str) -> str:
    try:
        if importlib.util.find_spec(module) is None:
            return ""
    except ImportError:
        return ""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"


def _worker() -> Worker:
    """The ngspice that `make peers` put beside the system's, if it did and the user named no other."""
    beside = sorted(Path(sys.prefix).glob("peers/ngspice/usr/lib/*/libngspice.so.0"))
    if beside:
        os.environ.setdefault(LIBRARY, str(beside[0]))
    return Worker(LIMITS)


def _transient(case: Netlist, worker: Worker) -> Done:
    found = simulate(case, END, tolerance=TOLERANCE, limits=LIMITS, worker=worker)
    return Done(found.work["seconds"], found.work["memory"], lambda: waveforms(found))


def _currents(one: Network, worker: Worker) -> Done:
    """Of the bit lines, by the drop along their last segments: to keep every node would take longer than to solve."""
    netlist = _resistors(one)
    words = deck(netlist)
    last = [words.nodes[netlist.number[f"b{len(one.crossing) - 1}_{j}"]] for j in range(one.crossing.shape[1])]
    fast = {"klu": "1"} if worker.start().found.klu else {}
    reply = worker.run([*words.with_options({"noinit": "1", **fast}).lines(".op", last)], last, LIMITS)
    wrong = [*problems(reply.said), *reply.missing]
    if wrong:
        raise OutcomeError(f"ngspice did not solve it ({wrong[0]}).", "values decades apart.", "a smaller size.")
    found = reply.table[:, 0] / one.segment
    return Done(reply.taken["seconds"], reply.taken["memory"], lambda: {"currents": found[None, None]})


def _resistors(one: Network) -> Netlist:
    """The network, every segment and device a resistor."""
    rows, columns = one.crossing.shape
    word = np.array([[f"w{i}_{j}" for j in range(columns)] for i in range(rows)], dtype=object)
    bit = np.array([[f"b{i}_{j}" for j in range(columns)] for i in range(rows)], dtype=object)
    left = np.array([[f"v{i}"] for i in range(rows)], dtype=object)
    ground = np.full((1, columns), "ground", dtype=object)
    builder = Builder("read")
    builder.drives("left", list(left[:, 0]), [constant(float(v)) for v in one.volts[0]], np.arange(rows))
    for name, before, after, ohms in (
        ("word", np.hstack([left, word[:, :-1]]), word, np.broadcast_to(one.segment, word.shape)),
        ("bit", bit, np.vstack([bit[1:], ground]), np.broadcast_to(one.segment, bit.shape)),
        ("cells", word, bit, 1 / one.crossing),
    ):
        builder.resistors(name, list(before.ravel()), list(after.ravel()), ohms.ravel())
    return builder.build()
