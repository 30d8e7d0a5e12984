"""A hundred thousand pulses, not each solved: a driven circuit that is back where it was repeats itself.

One cycle of pulses is a map P of the device's states: lithium of two films, charge of the double layers. Solved cycle
by cycle, the states run into the fixed point s = P(s), what is left shrinking by the same factor each cycle (its
slowest mode; the others are gone after a few). So after `first` cycles the fixed point is extrapolated from the last
two steps, again and again until a cycle that begins there ends there: cycle number `cycles` differs from it by less
than the rounding of a float, as factor^cycles says. What is read in it is solved, not extrapolated.
"""

from __future__ import annotations

import numpy as np

from circuits.errors import OutcomeError
from crossbar.array import Layout, liwes
from crossbar.operations.run import Settings
from crossbar.paper.bench import Record, measure
from crossbar.paper.experiments import Endurance
from crossbar.paper.found import Floats, Found, Hear
from crossbar.results import Quantity

TRIES = 8


def endurance(experiment: Endurance, engine: str, hear: Hear) -> Found:
    """The first cycles, the fixed point, and the cycle there; raises OutcomeError when none is found."""
    layout, settings = Layout(1, 1, liwes(experiment.calibration)), Settings(engine, experiment.accuracy)
    expected = experiment.first + 6

    def cycle(states: Floats, number: int) -> Record:
        return measure(
            experiment.cycle, layout, states, settings, lambda share: hear(min((number + share) / expected, 1.0), "")
        )

    records, ends = [], [layout.rest().devices[0]]
    for number in range(experiment.first):
        records.append(cycle(ends[-1], number))
        ends.append(records[-1].states[-1])
    factor = _factor(layout, ends)
    guess = _limit(ends[-2], ends[-1], factor)
    for solved in range(experiment.first, experiment.first + 3 * TRIES, 3):
        # The faster modes, which the extrapolation has stretched, are gone after two cycles.
        begin = cycle(cycle(guess, solved).states[-1], solved + 1).states[-1]
        last = cycle(begin, solved + 2)
        off = abs(_lithium(layout, last.states[-1] - begin)) / (1 - factor)
        if off <= experiment.settled:
            return _found(experiment, records, last, factor, off, solved + 3)
        guess = _limit(begin, last.states[-1], factor)
    raise OutcomeError(
        f"No cycle that repeats itself was found; the last was {off:.2g} in x from it.",
        "pulses that empty or fill a film, so that no cycle can repeat.",
        "smaller or fewer pulses a cycle.",
    )


def _lithium(layout: Layout, states: Floats) -> float:
    names = [state.variable.name for state in layout.device.device.states]
    return float(states[0, names.index("channel_lithium")])


def _factor(layout: Layout, ends: list[Floats]) -> float:
    """What a cycle leaves of the distance to the fixed point."""
    before, after = (_lithium(layout, ends[k] - ends[k - 1]) for k in (-2, -1))
    factor = after / before
    if not 0 <= factor < 1:
        raise OutcomeError(
            f"The states do not run into a cycle: each step is {factor:.3g} times the one before.",
            "too few first cycles, or pulses that never balance.",
            "more first cycles.",
        )
    return factor


def _limit(before: Floats, after: Floats, factor: float) -> Floats:
    return np.asarray(after + (after - before) * factor / (1 - factor))


def _found(experiment: Endurance, records: list[Record], last: Record, factor: float, off: float, solved: int) -> Found:
    numbers = np.array([*range(1, experiment.first + 1), experiment.cycles])
    conductance = np.stack([record.outputs["conductance"][:, 0] for record in [*records, last]])
    pulses = len(experiment.cycle.pulses)
    return Found(
        {
            "conductance": Quantity(conductance, ("cycle", "read"), "S", "between drain and source"),
            "factor": Quantity(factor, (), "1", "what a cycle leaves of the distance to the cycle that repeats itself"),
            "off": Quantity(off, (), "1", "how far in x the last cycle is from repeating itself for ever"),
            "solved": Quantity(solved * pulses, (), "1", "pulses solved"),
            "pulses": Quantity(experiment.cycles * pulses, (), "1", "pulses the last cycle stands for"),
        },
        {"cycle": Quantity(numbers, ("cycle",), "1", "its number")},
    )
