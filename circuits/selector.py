"""A threshold selector: an access device with two ends that nothing controls but the voltage across it.

A conductor of `off_resistance` beside two exponential junctions back to back, with `on_resistance` in series: closed
around 0 V, rising e-fold every `threshold_width`, ohmic beyond the threshold. No memory.
"""

from __future__ import annotations

from circuits.device import Branch, Device, Parameter
from circuits.expr import EXP_LIMIT, Named, Symbol, exp, sinh

PARAMETERS = (
    Parameter("threshold", 0.6, "V", 0.0, 10.0, "A, between half a pulse and a whole one of 1 V"),
    Parameter("threshold_width", 0.02, "V", 1e-3, 1.0, "A, 46 mV a decade of current"),
    Parameter("on_resistance", 1e5, "ohm", 1e-3, 1e18, "A, little beside a LiWES gate's megaohms"),
    Parameter("off_resistance", 1e12, "ohm", 1e-3, 1e18, "A, as an access switch"),
)
STEEPEST = EXP_LIMIT - 5  # thresholds in widths: beyond, sinh would no longer be one where it matters

_P = {parameter.name: parameter.symbol for parameter in PARAMETERS}
_A, _B, _INSIDE = (Symbol(name, "V", "potential") for name in ("a", "b", "inside"))


def _selector() -> Device:
    # At the threshold the junction carries width / on_resistance: there its slope and the resistor's are alike.
    saturation = Named("saturation", 2 * _P["threshold_width"] / _P["on_resistance"])
    at_rest = Named("at_rest", saturation * exp(-_P["threshold"] / _P["threshold_width"]))
    junction = Named("junction", at_rest * sinh((_A - _INSIDE) / _P["threshold_width"]))
    series = Named("series", (_INSIDE - _B) / _P["on_resistance"])
    leak = Named("leak", (_A - _B) / _P["off_resistance"])
    branches = (Branch(_A, _INSIDE, junction), Branch(_INSIDE, _B, series), Branch(_A, _B, leak))
    return Device("selector", (_A, _B, _INSIDE), 2, PARAMETERS, branches, (), {"current": series + leak})


SELECTOR = _selector()
