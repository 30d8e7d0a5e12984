"""The compiled loops of training: a network of one hidden layer forward in time, and its exact gradient backward.

    x = in fc + bias + s_before back        I = a I_before + g_syn x
    u = b v_before + g_mem I                s = 1 where u > threshold, else 0       v = u (1 - s)
    m = k m_before + g_out (s out + out_bias)        score = sum of m over the steps

Forward is `networks.runner` to the last bit: the same products in the same order. Backward is the chain rule through
all of it, the reset with it, but for the step function, whose slope is taken as 1 / (1 + slope |u - threshold|)^2: the
SuperSpike surrogate of Zenke and Ganguli, Neural Comput. 2018, DOI 10.1162/neco_a_01086. `smooth` puts the function
that has this slope, 1/2 + z / (1 + slope |z|), in place of the step: then the gradient is exact, and can be proved so.

Arrays of a call are all float32, or all float64; sums that decide something are float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from circuits.jit import jit

Array = NDArray[Any]
Weights = tuple[Array, Array, Array, Array, Array]
"""fc (inputs, hidden), bias (hidden,), back (hidden, hidden) or (0, 0), out (hidden, classes), out_bias (classes,)."""
Factors = tuple[Array, Array]
"""(a, g_syn, b, g_mem, threshold) of the hidden neurons, shape (5, hidden); (k, g_out), shape (2, classes)."""


@jit()
def _add(values: Array, matrix: Array, sums: Array) -> None:
    """Add values (inputs,) times matrix (inputs, outputs) to sums, input by input."""
    for line in range(values.shape[0]):
        value = values[line]
        if value != 0:
            for output in range(matrix.shape[1]):
                sums[output] += value * matrix[line, output]


@jit()
def _add_outer(values: Array, slopes: Array, gradient: Array) -> None:
    """Add the outer product of values and slopes to gradient (values, slopes)."""
    for line in range(values.shape[0]):
        value = values[line]
        if value != 0:
            for output in range(slopes.shape[0]):
                gradient[line, output] += value * slopes[output]


@jit()
def _fire(level: Array, threshold: Array, steep: Array, smooth: bool, spikes: Array) -> None:  # noqa: FBT001
    """Spikes of the membranes `level`; steep holds 1/2, 1 and the slope in the type of the call."""
    for neuron in range(level.shape[0]):
        above = level[neuron] - threshold[neuron]
        if smooth:
            spikes[neuron] = steep[0] + above / (steep[1] + steep[2] * abs(above))
        else:
            spikes[neuron] = steep[1] if level[neuron] > threshold[neuron] else 0 * steep[1]


@jit()
def forward(
    inputs: Array,
    weights: Weights,
    factors: Factors,
    steep: Array,
    smooth: bool,  # noqa: FBT001
    levels: Array,
    spikes: Array,
    scores: Array,
) -> None:
    """One sample (steps, inputs) forward: membranes before a reset and spikes (steps, hidden), scores (classes,)."""
    fc, bias, back, out, out_bias = weights
    hidden, read = factors
    size, classes = fc.shape[1], out.shape[1]
    kind = fc.dtype
    current, membrane, total = np.zeros(classes, kind), np.zeros(classes, kind), np.zeros(classes, kind)
    flow, kept, feed, echo = np.zeros(size, kind), np.zeros(size, kind), np.zeros(size, kind), np.zeros(size, kind)
    scores[:] = 0
    for step in range(inputs.shape[0]):
        feed[:] = 0
        echo[:] = 0
        _add(inputs[step], fc, feed)
        if step > 0 and back.size > 0:
            _add(spikes[step - 1], back, echo)
        for neuron in range(size):
            drive = echo[neuron] + (feed[neuron] + bias[neuron])
            flow[neuron] = hidden[0, neuron] * flow[neuron] + hidden[1, neuron] * drive
            levels[step, neuron] = hidden[2, neuron] * kept[neuron] + hidden[3, neuron] * flow[neuron]
        _fire(levels[step], hidden[4], steep, smooth, spikes[step])
        for neuron in range(size):
            kept[neuron] = levels[step, neuron] * (steep[1] - spikes[step, neuron])
        current[:] = 0
        _add(spikes[step], out, current)
        for output in range(classes):
            total[output] = current[output] + out_bias[output]
            membrane[output] = read[0, output] * membrane[output] + read[1, output] * total[output]
            scores[output] += membrane[output]


@jit()
def backward(
    inputs: Array,
    weights: Weights,
    factors: Factors,
    steep: Array,
    levels: Array,
    spikes: Array,
    slopes: Array,
    gradient: Weights,
) -> None:
    """Add a sample's gradient, from the slopes of its loss by its scores (classes,) and what `forward` left behind."""
    fc, _, back, out, _ = weights
    hidden, read = factors
    size, classes = fc.shape[1], out.shape[1]
    kind = fc.dtype
    out_turned, back_turned = out.T.copy(), back.T.copy()
    of_membrane, of_total = np.zeros(classes, kind), np.zeros(classes, kind)
    of_level, of_flow, of_drive, of_spike = (
        np.zeros(size, kind),
        np.zeros(size, kind),
        np.zeros(size, kind),
        np.zeros(size, kind),
    )
    for step in range(inputs.shape[0] - 1, -1, -1):
        for output in range(classes):
            of_membrane[output] = slopes[output] + read[0, output] * of_membrane[output]
            of_total[output] = read[1, output] * of_membrane[output]
            gradient[4][output] += of_total[output]
        _add_outer(spikes[step], of_total, gradient[3])
        of_spike[:] = 0
        _add(of_total, out_turned, of_spike)
        if back.size > 0:
            _add(of_drive, back_turned, of_spike)
        for neuron in range(size):
            level, spike = levels[step, neuron], spikes[step, neuron]
            of_kept = hidden[2, neuron] * of_level[neuron]
            reach = steep[1] + steep[2] * abs(level - hidden[4, neuron])
            of_level[neuron] = of_kept * (steep[1] - spike) + (of_spike[neuron] - of_kept * level) / (reach * reach)
            of_flow[neuron] = hidden[3, neuron] * of_level[neuron] + hidden[0, neuron] * of_flow[neuron]
            of_drive[neuron] = hidden[1, neuron] * of_flow[neuron]
            gradient[1][neuron] += of_drive[neuron]
        _add_outer(inputs[step], of_drive, gradient[0])
        if step > 0 and back.size > 0:
            _add_outer(spikes[step - 1], of_drive, gradient[2])


@jit()
def _loss(scores: Array, steps: int, label: int, slopes: Array) -> float:
    """Cross-entropy of the softmax of the mean membranes; its slopes by the scores."""
    highest, total = scores.max() / steps, 0.0
    for output in range(scores.shape[0]):
        total += np.exp(scores[output] / steps - highest)
    for output in range(scores.shape[0]):
        share = np.exp(scores[output] / steps - highest) / total
        slopes[output] = (share - (1.0 if output == label else 0.0)) / steps
    return float(np.log(total) - (scores[label] / steps - highest))


@jit()
def learn(
    inputs: Array,
    labels: Array,
    weights: Weights,
    factors: Factors,
    steep: Array,
    smooth: bool,  # noqa: FBT001
    gradient: Weights,
) -> float:
    """Sum of the losses of samples (samples, steps, inputs); their gradients are added to `gradient`."""
    steps, size, classes = inputs.shape[1], weights[0].shape[1], weights[3].shape[1]
    levels, spikes = np.empty((steps, size), inputs.dtype), np.empty((steps, size), inputs.dtype)
    scores, slopes = np.empty(classes), np.empty(classes, inputs.dtype)
    loss = 0.0
    for sample in range(inputs.shape[0]):
        forward(inputs[sample], weights, factors, steep, smooth, levels, spikes, scores)
        loss += _loss(scores, steps, labels[sample], slopes)
        backward(inputs[sample], weights, factors, steep, levels, spikes, slopes, gradient)
    return loss


@jit()
def answer(
    inputs: Array,
    labels: Array,
    weights: Weights,
    factors: Factors,
    steep: Array,
    scores: Array,
) -> tuple[float, int]:
    """Sum of the losses of samples (samples, steps, inputs), and their spikes; scores (samples, classes) are filled."""
    steps, size, classes = inputs.shape[1], weights[0].shape[1], weights[3].shape[1]
    levels, spikes = np.empty((steps, size), inputs.dtype), np.empty((steps, size), inputs.dtype)
    slopes = np.empty(classes, inputs.dtype)
    loss, fired = 0.0, 0
    for sample in range(inputs.shape[0]):
        forward(inputs[sample], weights, factors, steep, False, levels, spikes, scores[sample])  # noqa: FBT003
        loss += _loss(scores[sample], steps, labels[sample], slopes)
        for step in range(steps):
            for neuron in range(size):
                fired += int(spikes[step, neuron])
    return loss, fired
