"""What the device shows under a curve's gate voltage: one circuit with a copy of it for each set of parameters.

The copies share the engine's steps. Their differences are therefore smooth in the parameters, however coarse the steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from circuits.errors import InputError, OutcomeError
from circuits.native.engine import Accuracy, simulate
from circuits.netlist import Builder, Netlist
from circuits.waveforms import Waveform
from crossbar.array import Floats, Layout, Model, State, check_lithium
from crossbar.fitting.curve import Curve

OPEN, CLOSED = 1e-15, 1.0  # S, of the gate's driver
ISOLATION = 1e15  # ohm: the electrolyte's path to ground; a lone device has no reservoir
RISE = 1e-9  # s, of every edge, or a thousandth of the shortest row
SHORTEST = 64  # spacings of floating-point numbers that an edge must take
HIGHEST = 1e3  # S, the range of conductance_max
ACCURACY = Accuracy(tolerance=1e-5, energy=1e-4)  # 5e-6 of a curve's height, root mean square


@dataclass(frozen=True, eq=False)
class Protocol:
    """How the gate was held, from a curve, and where the device began.

    lithium: content x of both films before the first row, in equilibrium with the gate at 0 V
    """

    curve: Curve
    lithium: float = 0.4
    accuracy: Accuracy = ACCURACY

    def __post_init__(self) -> None:
        check_lithium("lithium", self.lithium)

    @cached_property
    def waveforms(self) -> tuple[Waveform, Waveform]:
        """The supply's voltage and the driver's conductance."""
        return _waveforms(self.curve)

    def conductance(self, device: Model, changes: Mapping[str, Floats]) -> Floats:
        """What is read off copies of `device` [S], shape (readings, copies).

        changes: values of some parameters, shape (copies,) each. Raises OutcomeError where the engine cannot follow.
        """
        layout = self._layout(device, changes)
        start = layout.rest(self.lithium)
        instants = self.curve.instants
        if instants[-1] == 0.0:  # one reading, before anything happened
            return layout.conductance(start)
        solution = simulate(self._netlist(layout, start), instants[-1], instants, accuracy=self.accuracy)
        return _sound(solution.output("cells", "conductance")[np.searchsorted(solution.time, instants)])

    @staticmethod
    def _layout(device: Model, changes: Mapping[str, Floats]) -> Layout:
        """The copies side by side, to ask for their rest."""
        copies = len(next(iter(changes.values()))) if changes else 1
        return Layout(rows=1, columns=copies, device=device, spread={k: v[None, :] for k, v in changes.items()})

    def _netlist(self, layout: Layout, start: State) -> Netlist:
        supply, driver = self.waveforms
        gates, electrolytes = ([f"{name}{k}" for k in range(layout.columns)] for name in ("gate", "electrolyte"))
        sources, drains, ground = (["source"], ["drain"], ["ground"])
        builder = Builder(f"copies of one device under {self.curve.name}")
        builder.drives("channel", ["source", "drain"], [Waveform((0.0,), (0.0,))])
        builder.drives("gate", "supply", [supply])
        builder.switches("driver", ["supply"] * layout.columns, gates, [driver])
        builder.resistors("isolation", electrolytes, ground * layout.columns, ISOLATION)
        terminals = [gates, sources * layout.columns, drains * layout.columns, electrolytes]
        parameters = {name: values[0] for name, values in layout.parameters.items()}
        builder.devices("cells", layout.device.device, terminals, parameters, start.devices[0])
        return builder.build()


def _sound(conductance: Floats) -> Floats:
    """What came out, if a device could show it; raises OutcomeError."""
    if not (np.abs(conductance) < HIGHEST).all():
        raise OutcomeError(
            "The simulated device left all bounds.", "kinetics far from those of any real device.", "milder parameters."
        )
    return conductance


def _waveforms(curve: Curve) -> tuple[Waveform, Waveform]:
    """Supply and driver; every edge begins at its row, so that a row's own reading is of before."""
    times = curve.time - curve.time[0]
    rise = _rise(curve.name, times)
    floats = np.isnan(curve.voltage)
    held = 0.0 if floats[0] else float(curve.voltage[0])
    supply = [(0.0, held)]
    driver = [(0.0, OPEN if floats[0] else CLOSED)]
    rows = zip(times[1:].tolist(), curve.voltage[1:].tolist(), floats[:-1], floats[1:], strict=True)
    for time, voltage, floated, floating in rows:
        if floating and not floated:
            supply.append((time, held))
            driver += [(time, CLOSED), (time + rise, OPEN)]
        elif floated and not floating:  # caught by a supply that already stands where it will hold the gate
            supply += [(time, held), (time + rise / 2, voltage)]
            driver += [(time + rise / 2, OPEN), (time + rise, CLOSED)]
        elif not floating:
            supply += [(time, voltage)] if curve.gate == "lines" else [(time, held), (time + rise, voltage)]
        held = held if floating else voltage
    return _waveform(supply), _waveform(driver)


def _waveform(points: Sequence[tuple[float, float]]) -> Waveform:
    """Through the points, without those in the middle of a constant stretch: the engine stops at every one."""
    values = np.array([value for _, value in points])
    same = values[1:] == values[:-1]
    kept = ~np.concatenate([[False], same[:-1] & same[1:], same[-1:]]) if len(points) > 1 else np.ones(1, bool)
    times, levels = zip(*(point for point, keep in zip(points, kept, strict=True) if keep), strict=True)
    return Waveform(times, levels)


def _rise(name: str, times: Floats) -> float:
    """How long an edge takes [s]; raises InputError where rows are too close together to tell apart."""
    shortest = float(np.diff(times).min())
    rise = max(min(RISE, shortest / 1000), float(SHORTEST * np.spacing(times[-1])))
    if rise > shortest / 4:
        allowed = f"rows at least {4 * rise:.3g} s apart in a curve of {times[-1]:g} s"
        raise InputError(f"{name} time", shortest, allowed, "fewer rows, or the curve in two")
    return rise
