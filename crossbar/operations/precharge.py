"""Bring every film to one lithium content through the shared LFP reservoir."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from circuits.errors import InputError, OutcomeError
from circuits.waveforms import constant
from crossbar.array import Layout, State, check_lithium
from crossbar.operations.run import Run, Settings, execute
from crossbar.wiring import Line, Stimulus, Switching, quiet

LONGEST = 1e8  # s; three years: an electrolyte this resistive will not do
GROWTH = 1.6


def precharge(
    layout: Layout,
    state: State,
    *,
    lithium: float = 0.4,
    tolerance: float = 0.002,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Run:
    """Hold all gates and channels at 0 V and LFP at the bias of `lithium` until every film is there.

    A gate behind a selector gets no closer than its threshold lets it, except through what leaks.

    tolerance: largest |x - lithium| of any film at the end
    The latency is when that is reached. Raises InputError for a lithium outside 0..0.7 or an overdrawn reservoir,
    OutcomeError when the films do not get there; InputError also where an island has no way to LFP.
    """
    target = check_lithium("lithium", lithium)
    if not 0 < tolerance < 0.5:
        raise InputError("tolerance", tolerance, "a lithium content from 0 to 0.5", "0.002")
    _connected(layout)
    _afford(layout, layout.check_state(state), target)
    stimulus = _stimulus(layout, target)
    end = _search(layout, state, stimulus, target, tolerance)
    times = np.geomspace(end * 1e-5, end, 80)
    run = execute("precharge", layout, state, stimulus, end, settings, samples=times)
    return replace(run, disturb=0.0)


def _connected(layout: Layout) -> None:
    """Raise InputError when trenches leave a cell without an ionic way to LFP."""
    cut = np.argwhere(~layout.electrolyte.reached(layout.shape))
    if len(cut):
        row, column = cut[0]
        allowed = f"a way from every cell to LFP ({len(cut)} have none, the first is ({row}, {column}))"
        raise InputError("electrolyte.neighbour", "trenches", allowed, 'reservoir_at="plate"')


def _afford(layout: Layout, state: State, target: float) -> None:
    capacities = layout.film_capacities()
    missing = sum(float((capacities[f] * (target - layout.lithium(state, f))).sum()) for f in ("gate", "channel"))
    layout.reservoir.after(state.reservoir, missing)


def _stimulus(layout: Layout, target: float) -> Stimulus:
    still = quiet(layout)
    closed = constant(1 / layout.access.gate[0].on if layout.access.gate else 1.0)
    # LFP is biased at 3.4 V - U(target) above the films; as a deviation, 3.4 V - U(rest) less.
    return replace(
        still,
        charging=True,
        reservoir=Line(constant(-layout.swing(target))),
        gates=Switching((closed,), still.gates.which),
    )


def _search(layout: Layout, state: State, stimulus: Stimulus, target: float, tolerance: float) -> float:
    """When every film is first within tolerance, from a coarse march in growing chunks (native engine)."""
    coarse = Settings(accuracy=replace(Settings().accuracy, tolerance=1e-4, energy=1e-3))
    clock, chunk, here = 0.0, 1.0, state
    while clock < LONGEST:
        times = np.linspace(0, chunk, 17)[1:]
        run = execute("precharge", layout, here, stimulus, chunk, coarse, samples=times)
        away = layout.farthest(run.solution, target)
        reached = np.flatnonzero(away <= tolerance)
        if len(reached):
            k = int(reached[0])
            if k == 0:
                return clock + float(run.solution.time[0]) + chunk * 1e-6
            share = (away[k - 1] - tolerance) / max(away[k - 1] - away[k], 1e-300)
            step = run.solution.time[k] - run.solution.time[k - 1]
            # A hair late, so that the fine solution is inside too.
            return (clock + float(run.solution.time[k - 1] + share * step)) * (1 + 1e-3)
        clock, chunk, here = clock + chunk, chunk * GROWTH, run.state
    raise OutcomeError(
        f"After {clock:.3g} s a film is still {away[-1]:.3g} in x away from {target:g}.",
        "an electrolyte or reservoir too resistive for this many devices.",
        "a smaller electrolyte.neighbour or reservoir.resistance, or a larger tolerance.",
    )
