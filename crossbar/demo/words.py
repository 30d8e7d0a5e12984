"""What may be concluded from the outcome, and what must be known before it is quoted; every number computed."""

from __future__ import annotations

from crossbar.config.describe import joule
from crossbar.demo.study import Outcome
from crossbar.workloads.statistics import Accuracy


def verdict(outcome: Outcome) -> list[str]:
    """Three paragraphs: the array against floating point, short-term plasticity against none, line resistance."""
    answers, plan = outcome.answers, outcome.plan
    exact, static, mapped = (answers.accuracy(name) for name in ("exact", "static", "mapped"))
    array = (
        f"Read through its own lines, with the noise of Table 1 in every spike and {micro(plan.noise)} in every read, "
        f"the array classifies {mapped.mean:.1%} ({mapped.interval}) of the test samples right; the same read-out in "
        f"floating point {exact.mean:.1%} ({exact.interval})."
    )
    plasticity = (
        f"The same task with static synapses, each spike as high on the membrane, gives {static.mean:.1%} "
        f"({static.interval}) in floating point. {_claim(exact, static)}"
    )
    lines = (
        f"Line resistance of {plan.segment:g} Ω a segment takes {answers.lost:.2%} of the current "
        f"({answers.worst:.2%} on the worst bit line) and moves accuracy by "
        f"{float(answers.mapped.mean() - answers.straight.mean()) * 100:+z.1f} points, under the same noise."
    )
    return [array, plasticity, lines]


def _claim(with_it: Accuracy, without: Accuracy) -> str:
    if with_it.low <= without.high and without.low <= with_it.high:
        return "The intervals overlap: no benefit of short-term plasticity is claimed."
    return f"Short-term plasticity {'helps' if with_it.mean > without.mean else 'hurts'} in this setting."


def assumptions(outcome: Outcome) -> list[str]:
    """What is taken for granted, or left out."""
    plan, array = outcome.plan, outcome.tiles[0]
    fading = float(abs(outcome.conductance(outcome.written, "short_term")).max())
    verify = float(outcome.answers.energy.mean())
    device = (
        f"The device is the LiWES model in its `{array.device.calibration}` calibration. The paper gives no curves as "
        "numbers: parameters are fits and assumptions, each with its source in `circuits/liwes.py`."
    )
    front = (
        "The front-end synapses are event-driven (Eq 1-4 and Table 1 of the paper), not circuit solves; only their "
        "pulses' energy is. The current they feed their membranes with is not counted (see the table), nor are "
        "membranes, converters, and what controls the lines."
    )
    reads = (
        f"During a read the states stand still and the lines have settled. Verify reads see {micro(plan.noise)} of "
        f"noise; their energy is not in the writing's (a read of all tiles takes some {joule(verify)})."
    )
    isolation = (
        f"Neighbouring cells have {array.electrolyte.least(array.shape):.0e} Ω of electrolyte between them, every "
        "gate has an access switch, and the way to the reservoir closes after pre-charge: without these, writing one "
        "cell disturbs the others."
    )
    return [
        device,
        front,
        reads,
        isolation,
        f"After the last settling up to {micro(fading)} of a device's conductance is short-term and still fades.",
        "Partial sums of the tiles, the bias and the choice of the largest score are digital.",
    ]


def always_on(outcome: Outcome) -> float:
    """What the front-end channels would take in one sample if held at the read voltage throughout [J]."""
    array, network = outcome.tiles[0], outcome.plan.network
    rest = float(array.nominal_conductance(array.device.values["rest_lithium"]))
    return outcome.patterns.channels * rest * network.voltage**2 * outcome.patterns.duration


def micro(conductance: float) -> str:
    """A conductance in microsiemens."""
    return f"{conductance * 1e6:.2g} µS"
