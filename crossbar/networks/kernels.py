"""The compiled loops of the runner. Every sum is taken in one order, whatever the number of samples.

Samples and neurons are (samples, neurons); all arrays of a call are float32, or all float64, so nothing is widened.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from circuits.jit import jit

Array = NDArray[Any]

ZERO, SUBTRACT, PLAIN_SUBTRACT, V_RESET, DELAYED_SUBTRACT, DELAYED_ZERO = range(6)
"""What a spike does to a membrane; from DELAYED_SUBTRACT on, in the step after it."""


@jit()
def add_products(inputs: Array, matrix: Array, sums: Array) -> None:
    """Add inputs (samples, inputs) times matrix (inputs, outputs) to sums (samples, outputs), input by input."""
    for sample in range(inputs.shape[0]):
        for line in range(inputs.shape[1]):
            value = inputs[sample, line]
            if value != 0:
                for output in range(matrix.shape[1]):
                    sums[sample, output] += value * matrix[line, output]


@jit()
def add_sparse(inputs: Array, data: Array, indices: Array, starts: Array, sums: Array) -> None:
    """The same with a matrix in compressed rows: weights, their outputs, and where each input's begin."""
    for sample in range(inputs.shape[0]):
        for line in range(inputs.shape[1]):
            value = inputs[sample, line]
            if value != 0:
                for entry in range(starts[line], starts[line + 1]):
                    sums[sample, indices[entry]] += value * data[entry]


@jit()
def add_currents(inputs: Array, kept: Array, gain: Array, current: Array) -> None:
    """Synaptic currents (samples, neurons) one step on: kept * I + gain * input."""
    for sample in range(inputs.shape[0]):
        for neuron in range(inputs.shape[1]):
            current[sample, neuron] = kept[neuron] * current[sample, neuron] + gain[neuron] * inputs[sample, neuron]


@jit()
def move_membranes(drive: Array, kept: Array, gain: Array, leak: Array, membrane: Array) -> None:
    """Membranes (samples, neurons) without a threshold one step on: kept * v + gain * drive + leak."""
    for sample in range(drive.shape[0]):
        for neuron in range(drive.shape[1]):
            before = kept[neuron] * membrane[sample, neuron]
            membrane[sample, neuron] = before + gain[neuron] * drive[sample, neuron] + leak[neuron]


@jit()
def after_spike(level: float, high: float, reset: float, mode: int, above: bool) -> float:  # noqa: FBT001
    """The membrane after a spike; `above`: the threshold has been taken off already."""
    if mode >= DELAYED_SUBTRACT:
        return level
    if mode == ZERO:
        return level * 0
    if mode == V_RESET:
        return reset
    return level if above else level - high


@jit()
def fire(
    drive: Array, rules: tuple[Array, Array, Array, Array, Array], mode: int, membrane: Array, spikes: Array
) -> None:
    """Membranes one step on, spikes (0 or 1) where they are above the threshold, and what a spike does to them.

    rules: kept, gain, leak, threshold and reset, each of shape (neurons,)
    """
    kept, gain, leak, threshold, reset = rules
    for sample in range(drive.shape[0]):
        for neuron in range(drive.shape[1]):
            before = membrane[sample, neuron]
            level = kept[neuron] * before + gain[neuron] * drive[sample, neuron] + leak[neuron]
            high = threshold[neuron]
            above = before > high and (mode == SUBTRACT or mode >= DELAYED_SUBTRACT)
            if above:
                level = level * 0 if mode == DELAYED_ZERO else level - high
            fired = level > high
            if fired:
                level = after_spike(level, high, reset[neuron], mode, above)
            elif above and mode == SUBTRACT:
                level += high
            membrane[sample, neuron] = level
            spikes[sample, neuron] = fired
