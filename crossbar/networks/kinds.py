"""The kinds of nodes that NIR has, and the fields of each.

Source: NIR, Pedersen et al., Nat. Commun. 2024, DOI 10.1038/s41467-024-52259-9, and the package nir 1.0.6 to 1.0.8.
"""

from __future__ import annotations

from collections.abc import Mapping

_CONV = ("weight", "stride", "padding", "dilation", "groups", "bias")
_POOL = ("kernel_size", "stride", "padding")
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "Input": ("shape",),
    "Output": (),
    "Linear": ("weight",),
    "Affine": ("weight", "bias"),
    "Conv2d": _CONV,
    "SumPool2d": _POOL,
    "AvgPool2d": _POOL,
    "Scale": ("scale",),
    "Threshold": ("threshold",),
    "Flatten": (),
    "I": ("r",),
    "IF": ("r", "v_threshold"),
    "LI": ("tau", "r", "v_leak"),
    "LIF": ("tau", "r", "v_leak", "v_threshold"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold"),
}
"""The fields that a node of each kind must have."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "Output": ("shape",),
    "Conv2d": ("input_shape",),
    "Flatten": ("start_dim", "end_dim", "input_type"),
    "IF": ("v_reset",),
    "LIF": ("v_reset",),
    "CubaLI": ("w_in",),
    "CubaLIF": ("v_reset", "w_in"),
}

UNSUPPORTED: Mapping[str, str] = {
    "Conv1d": "write it as a Conv2d of height 1, or as a Linear with its unrolled weights",
    "Delay": "remove it, and train the network without delays: a step's spikes arrive in the same step",
}
"""Kinds of NIR that are refused, and what to do instead."""

NEURONS = ("I", "IF", "LI", "LIF", "CubaLI", "CubaLIF")
SPIKING = ("IF", "LIF", "CubaLIF")
