"""`Array`: a layout with its operations as verbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from circuits.native.engine import Accuracy
from circuits.netlist import Netlist
from circuits.planes.flows import NOT_KEPT
from crossbar import wiring
from crossbar.array import Layout, State
from crossbar.operations.hold import hold
from crossbar.operations.precharge import precharge
from crossbar.operations.program import Policy, program
from crossbar.operations.read import Ports, Reading, ports, read
from crossbar.operations.run import Run, Settings
from crossbar.operations.select import Bias, select
from crossbar.operations.write_verify import Recipe, Written, write_verify
from crossbar.pulses import Cell, Pulse
from crossbar.sensing import Sensing


@dataclass(frozen=True, eq=False)
class Array(Layout):
    """A self-gated LiWES array. `engine` is "native" or "ngspice" wherever it is asked."""

    def precharge(
        self,
        lithium: float = 0.4,
        *,
        state: State | None = None,
        tolerance: float = 0.002,
        engine: str = "native",
        accuracy: Accuracy | None = None,
    ) -> Run:
        """Charge every film to `lithium` through LFP, from as deposited (x = 0) unless a state is given."""
        start = self.rest(0.0) if state is None else state
        return precharge(self, start, lithium=lithium, tolerance=tolerance, settings=_settings(engine, accuracy))

    def program(
        self,
        state: State,
        pulses: Mapping[Cell, Pulse],
        *,
        unselected: Policy = "float",
        idle: Literal["float", "ground"] = "float",
        engine: str = "native",
        accuracy: Accuracy | None = None,
    ) -> Run:
        """Pulse selected cells; see crossbar.operations.program.program."""
        settings = _settings(engine, accuracy)
        return program(self, state, pulses, unselected=unselected, idle=idle, settings=settings)

    def write_verify(
        self,
        state: State,
        targets: ArrayLike,
        *,
        tolerance: float,
        rng: np.random.Generator,
        recipe: Recipe | None = None,
        engine: str = "native",
        accuracy: Accuracy | None = None,
    ) -> Written:
        """Bring cells to target conductances; see crossbar.operations.write_verify.write_verify."""
        chosen, settings = recipe or Recipe(), _settings(engine, accuracy)
        return write_verify(self, state, targets, tolerance=tolerance, rng=rng, recipe=chosen, settings=settings)

    def read(
        self,
        state: State,
        word_line: ArrayLike = 0.1,
        *,
        bit_line: ArrayLike = 0.0,
        duration: float = 1e-6,
        sensing: Sensing | None = None,
        start: Reading | None = None,
        engine: str = "native",
    ) -> Reading:
        """Bit-line currents with IR drop; see crossbar.operations.read.read.

        start: an earlier reading of a similar array that kept its potentials
        """
        return read(
            self,
            state,
            word_line,
            bit_line=bit_line,
            duration=duration,
            sensing=sensing or Sensing(),
            start=NOT_KEPT if start is None else start.potentials,
            settings=_settings(engine, None),
        )

    def select(self, cell: Cell, amplitude: float = 0.1, *, unselected: Policy = "V/2") -> Bias:
        """Line potentials that put `amplitude` [V] across one cell; see crossbar.operations.select.select."""
        return select(self, cell, amplitude, unselected)

    def ports(self, state: State, *, changes: bool = False) -> Ports:
        """The array as its line ends see it, for many reads; changes: of single devices in between."""
        return ports(self, self.conductance(self.check_state(state)), changes=changes)

    def hold(
        self,
        state: State,
        duration: float,
        *,
        gates: Literal["float", "ground"] = "float",
        channels: Literal["float", "ground"] = "float",
        engine: str = "native",
        accuracy: Accuracy | None = None,
    ) -> Run:
        """Wait; see crossbar.operations.hold.hold."""
        settings = _settings(engine, accuracy)
        return hold(self, state, duration, gates=gates, channels=channels, settings=settings)

    def netlist(self, state: State, stimulus: wiring.Stimulus | None = None, title: str = "LiWES array") -> Netlist:
        """The array as a netlist, lines at 0 V unless a stimulus is given."""
        return wiring.netlist(self, state, wiring.quiet(self) if stimulus is None else stimulus, title)


def _settings(engine: str, accuracy: Accuracy | None) -> Settings:
    extra: dict[str, Any] = {} if accuracy is None else {"accuracy": accuracy}
    return Settings(engine=engine, **extra)
