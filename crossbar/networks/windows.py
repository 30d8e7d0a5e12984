"""Convolution and pooling in two dimensions, unrolled: a sparse matrix (inputs, outputs) for each.

The window of output (channel, row, column) begins at row * stride - padding; what lies outside the image is 0, and
AvgPool2d divides by the whole window all the same, as torch does unless told otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from crossbar.networks.reading import Parameter, Reading

Pair: TypeAlias = tuple[int, int]

UNROLLED = 4
"""Weights that an unrolled convolution may have, in multiples of Limits.entries."""


@dataclass(frozen=True)
class Window:
    """How a window moves over an image; pairs are (rows, columns).

    takes, gives: (channels, height, width) of image and result
    size, stride, dilation: of the window
    before, after: zeros around the image, at its beginning and at its end
    groups: groups of channels that do not see each other
    """

    takes: tuple[int, int, int]
    gives: tuple[int, int, int]
    size: Pair
    stride: Pair
    dilation: Pair
    before: Pair
    after: Pair
    groups: int

    def fields(self) -> dict[str, Parameter]:
        """NIR's fields but for weights: arrays of two, and "same" for a padding that is not symmetric."""
        padding = as_pair(self.before) if self.before == self.after else "same"
        return {"stride": as_pair(self.stride), "padding": padding}


def as_pair(pair: Pair) -> NDArray[np.int64]:
    """A pair as NIR writes it."""
    return np.array(pair, dtype=np.int64)


def window_of(
    here: str, kind: str, fields: Mapping[str, Parameter], takes: tuple[int, ...], reading: Reading
) -> Window:
    """The window of a node's fields over an image of shape `takes`; raises DataError for one that cannot be."""
    channels, height, width = takes
    pooled = kind != "Conv2d"
    weight = np.zeros((channels, 1, 1, 1)) if pooled else np.asarray(fields["weight"])
    if weight.ndim != 4 or weight.size == 0:
        raise reading.refuse(f"{here} has weights of shape {weight.shape}", "(out, in, height, width)", "a Conv2d")
    size = _pair(here, "kernel_size", fields, 1, reading) if pooled else (weight.shape[2], weight.shape[3])
    stride = _pair(here, "stride", fields, 1, reading)
    dilation = (1, 1) if pooled else _pair(here, "dilation", fields, 1, reading)
    groups = channels if pooled else _pair(here, "groups", fields, 1, reading)[0]
    before, after = _padding(here, fields, size, dilation, reading)
    image = (height + before[0] + after[0], width + before[1] + after[1])
    rows, columns = ((image[axis] - dilation[axis] * (size[axis] - 1) - 1) // stride[axis] + 1 for axis in (0, 1))
    if min(rows, columns) < 1 or weight.shape[0] % groups or channels % groups:
        found = f"{here} has a window of {size} and {groups} groups of channels over shape {takes}"
        raise reading.refuse(found, "a window that fits, groups that divide the channels", "another window")
    gives = (weight.shape[0], rows, columns)
    many = math.prod(gives) * math.prod(size) * (channels // groups)
    if many > UNROLLED * reading.limits.entries:
        allowed = f"at most {UNROLLED * reading.limits.entries}"
        raise reading.refuse(f"{here} unrolls to {many} weights", allowed, "a smaller image, or higher limits")
    return Window((channels, height, width), gives, size, stride, dilation, before, after, groups)


def _pair(here: str, key: str, fields: Mapping[str, Parameter], least: int, reading: Reading) -> Pair:
    """One or two whole numbers as a pair."""
    value = np.ravel(np.asarray(fields[key]))
    if value.dtype.kind not in "iuf" or value.size not in {1, 2} or not np.all((value >= least) & (value < 1 << 20)):
        raise reading.refuse(
            f"{here} has {key} {str(fields[key])[:40]}", f"one or two whole numbers from {least} on", f"{key} = (2, 2)"
        )
    return int(value[0]), int(value[-1])


def _padding(
    here: str, fields: Mapping[str, Parameter], size: Pair, dilation: Pair, reading: Reading
) -> tuple[Pair, Pair]:
    """Zeros before and after the image."""
    padding = fields["padding"]
    if not isinstance(padding, str):
        pair = _pair(here, "padding", fields, 0, reading)
        return pair, pair
    if padding == "valid":
        return (0, 0), (0, 0)
    total = [dilation[axis] * (size[axis] - 1) for axis in (0, 1)]
    before = (total[0] // 2, total[1] // 2)
    return before, (total[0] - before[0], total[1] - before[1])


def unroll(window: Window, kernel: NDArray[Any]) -> csr_array[Any, tuple[int, int]]:
    """The matrix (inputs, outputs) that does what the window does.

    kernel: shape (output channels, channels of a group, rows, columns)
    """
    outputs, height, width = window.gives
    channel, near, row, column = np.indices((outputs, kernel.shape[1], *window.size))
    source = (channel // (outputs // window.groups)) * kernel.shape[1] + near
    blocks = [_entries(window, (source, channel, row, column), kernel, place) for place in np.ndindex(height, width)]
    values, inputs, targets = (np.concatenate(part) for part in zip(*blocks, strict=True))
    shape = (math.prod(window.takes), math.prod(window.gives))
    matrix = csr_array((values, (inputs, targets)), shape=shape)
    matrix.sort_indices()
    return matrix


def _entries(
    window: Window, index: tuple[NDArray[Any], ...], kernel: NDArray[Any], place: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Weights, inputs and outputs of the windows at one place of the result, all channels."""
    source, channel, row, column = index
    y = place[0] * window.stride[0] - window.before[0] + window.dilation[0] * row
    x = place[1] * window.stride[1] - window.before[1] + window.dilation[1] * column
    inside = (y >= 0) & (y < window.takes[1]) & (x >= 0) & (x < window.takes[2])
    inputs = (source * window.takes[1] + y) * window.takes[2] + x
    outputs = (channel * window.gives[1] + place[0]) * window.gives[2] + place[1]
    return kernel[inside], inputs[inside], outputs[inside]


def pool(window: Window, average: bool) -> csr_array[Any, tuple[int, int]]:  # noqa: FBT001
    """The matrix (inputs, outputs) of a pooling."""
    share = 1 / math.prod(window.size) if average else 1.0
    return unroll(window, np.full((window.takes[0], 1, *window.size), share))


def kernel_matrix(window: Window, kernel: NDArray[Any]) -> NDArray[Any]:
    """A kernel as one matrix (channels x rows x columns of a patch, output channels), for `patches` one by one.

    kernel: as `unroll` takes it; between groups stand zeros
    """
    outputs, near = kernel.shape[:2]
    whole = np.zeros((outputs, window.takes[0], *window.size), kernel.dtype)
    for output in range(outputs):
        first = output // (outputs // window.groups) * near
        whole[output, first : first + near] = kernel[output]
    return np.ascontiguousarray(whole.reshape(outputs, -1).T)


def patches(window: Window) -> NDArray[np.int64]:
    """Which inputs each place of the result sees, in the order of `kernel_matrix`'s rows, shape (places, rows).

    Inputs are counted through the flat image; what lies outside it is one past the last.
    """
    channels, height, width = window.takes
    y, x = (
        (np.arange(window.gives[1 + axis]) * window.stride[axis] - window.before[axis])[:, None]
        + np.arange(window.size[axis]) * window.dilation[axis]
        for axis in (0, 1)
    )
    # places (rows, columns), then of the patch: channel, row, column
    rows, columns = y[:, None, None, :, None], x[None, :, None, None, :]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    flat = (np.arange(channels)[:, None, None] * height + rows) * width + columns
    found = np.where(inside, flat, channels * height * width)
    return np.asarray(found.reshape(window.gives[1] * window.gives[2], -1), np.int64)
