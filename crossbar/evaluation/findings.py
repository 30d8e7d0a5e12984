"""Sections of the report of an evaluation: accuracy by cause, costs of an inference, NeuroBench's metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crossbar.config.describe import engineering, joule
from crossbar.evaluation.hardware import SOURCES
from crossbar.evaluation.metrics import neurobench
from crossbar.evaluation.sections import how
from crossbar.evaluation.study import CAUSES, Cause, Evaluation
from crossbar.evaluation.sweeps import Point
from crossbar.report import Block, Figures, Picture, Row, Section, Text


def accuracy_section(found: Evaluation, points: Sequence[Point], pictures: Mapping[str, bytes]) -> Section:
    """Cause by cause, and over the hardware's properties where they were swept."""
    rows = [
        Row(words, f"{seen.mean:.1%} ({seen.interval})", _source(found, cause))
        for cause, words in CAUSES.items()
        if cause in found.right
        for seen in [found.accuracy(cause)]
    ]
    caption = (
        "Mean and 95 % interval over samples and chips; faint dots are single chips, the dashed line is floating "
        "point. Each row adds a cause to the one above it."
    )
    ideal = (
        f"Ideal devices without states give the network's own spikes: {found.differing} differ on the samples compared."
    )
    blocks: list[Block] = [Text(ideal), Picture(pictures["accuracy.png"], caption, "accuracy"), Figures(rows)]
    hint = _hint(found)
    if hint:
        blocks.append(Text(hint, warning=True))
    if points:
        swept = (
            "One property of the hardware at a time, everything else as above; bars are 95 % intervals over samples "
            "and chips, the dashed line is floating point."
        )
        blocks.append(Picture(pictures["sweeps.png"], swept, "accuracy over states, spread, noise, size", wide=True))
    return Section("Accuracy", blocks)


def _source(found: Evaluation, cause: Cause) -> str:
    hardware = found.trials.hardware
    return {
        "float": "the digital reference" + (", ideal short-term devices in front of it" if found.trials.stp else ""),
        "states": f"{hardware.scheme.states:g} states, nothing else",
        "lines": "targets"
        + (" raised to make up for them" if hardware.raised > 1 else "")
        + ", through the port matrix",
        "written": f"{how(found.written)}, {found.trials.count} chips",
        "noise": f"{hardware.noise * 1e6:.2g} µS of every device in every read"
        + (", and the deviations of short-term devices" if found.trials.stp else ""),
    }[cause]


def _hint(found: Evaluation) -> str:
    """What would help most, where it is known."""
    if "lines" not in found.right or found.trials.hardware.raised > 1:
        return ""
    lost = found.accuracy("states").mean - found.accuracy("lines").mean
    if lost < LOST:
        return ""
    return f"Line resistance alone takes {lost * 100:.1f} points: try `--compensate`, or smaller tiles."


LOST = 0.02


def costs_section(found: Evaluation, pictures: Mapping[str, bytes]) -> Section:
    """What an inference takes, with every constant and its source."""
    energy, latency, costs = found.energy, found.latency, found.trials.hardware.costs
    rows = [
        Row("writing, once", joule(energy["program"]), "mean of the chips; pre-charge is not in it"),
        Row("gate pulses", joule(energy["spike"]), _pulses(found)),
        Row("array reads", joule(energy["read"]), f"word-line drivers, {costs.voltage:g} V for "
            f"{engineering(costs.read, 's')} a read: {SOURCES['read']}"),
        Row("converters", joule(energy["convert"]), f"{engineering(costs.conversion, 'J')} a bit line and read: "
            f"{SOURCES['conversion']}"),
        Row("neurons", joule(energy["neuron"]), f"{engineering(costs.update, 'J')} a neuron and step: "
            f"{SOURCES['update']}"),
        Row("a step's computing", engineering(latency["step"], "s"), "the longest way from input to output: reads of "
            f"{engineering(costs.read, 's')}, neurons of a layer one after another at {engineering(costs.pace, 's')}"),
        Row("a sample's computing", engineering(latency["compute"], "s"), f"{found.steps} steps"),
        Row("answer after", engineering(latency["inference"], "s"),
            f"when a sample arrives in its own time, {engineering(found.step, 's')} a step"),
        *(Row(f"events in {name}", f"{count:.1f}", "inputs that were not 0, of an inference, mean")
          for name, count in found.events.items()),
    ]  # fmt: skip
    caption = "Energy on a logarithmic axis."
    return Section(
        "Energy and latency of an inference", [Picture(pictures["energy.png"], caption, "energy"), Figures(rows)]
    )


def _pulses(found: Evaluation) -> str:
    if not found.trials.stp:
        return "no layer has short-term plasticity: spikes reach word lines alone"
    spike = found.trials.hardware.costs.spike
    each = f"{joule(found.pulse)} a device for {spike.amplitude:g} V, {engineering(spike.width, 's')}, a circuit solve"
    return f"{', '.join(f'{name}: {mode}' for name, mode in found.trials.stp.items())}; {each}"


def metrics_section(found: Evaluation) -> Section:
    """By NeuroBench's names."""
    metrics = neurobench(found)
    operations = metrics.pop("SynapticOperations")
    rows = [
        Row(name, f"{value:.4g}" if isinstance(value, float) else f"{value}", MEANINGS[name])
        for name, value in metrics.items()
    ]
    rows += [Row(f"SynapticOperations: {name}", f"{value:.4g}", MEANINGS[name]) for name, value in operations.items()]
    return Section("NeuroBench", [Figures(rows)])


MEANINGS = {
    "ClassificationAccuracy": "on the tiles",
    "Footprint": "bytes of all parameters, as the file has them",
    "ParameterCount": "weights and biases",
    "ConnectionSparsity": "share of weights that are 0",
    "ActivationSparsity": "share of neurons and steps without a spike",
    "Effective_MACs": "an inference: inputs that are numbers, with weights that are not 0",
    "Effective_ACs": "an inference: inputs that are spikes, with weights that are not 0",
    "Dense": "an inference: every input with every weight",
}


def assumptions(found: Evaluation) -> list[str]:
    """What is taken for granted, or left out."""
    device = (
        f"The device is the LiWES model in its `{found.trials.hardware.tile.device.calibration}` calibration; its "
        "parameters are fits and assumptions, each with its source in `circuits/liwes.py`."
    )
    still = (
        "Devices keep what was written: retention is another question. While a layer is read, states stand still, "
        "lines have settled, and word lines of other layers are at 0 V."
    )
    digital = (
        "Neurons, poolings, partial sums and biases that are not a row of devices are digital. Their costs, and those "
        "of converters, are figures of other chips and can be changed (`Costs`); what moves spikes between tiles is "
        "not counted."
    )
    return [
        device,
        still,
        digital,
        "A convolution's kernel is held once and read for each place of its result, one after another.",
        "Read noise is drawn for lines without resistance. Intervals count samples and chips, not other trainings.",
    ]
