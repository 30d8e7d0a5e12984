"""Self-gated LiWES arrays: describe one, pre-charge it, program it, read it, and know what it cost.

Everything public is listed here and loaded when first used, so that importing the package stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circuits.errors import CircuitError, DataError, InputError, MissingEngineError, OutcomeError
    from circuits.liwes import CALIBRATIONS
    from circuits.native.engine import Accuracy
    from circuits.netlist import Builder
    from circuits.waveforms import Waveform
    from circuits.writers.spice import save
    from crossbar import studies
    from crossbar.array import State, liwes
    from crossbar.electrolyte import Edges, Electrolyte, Islands
    from crossbar.energy import Energy
    from crossbar.evaluation.hardware import Costs, Hardware
    from crossbar.evaluation.study import Evaluation, Trials, evaluate
    from crossbar.facade import Array
    from crossbar.fitting.curve import Curve
    from crossbar.fitting.fit import Fit, fit
    from crossbar.fitting.record import record
    from crossbar.lines import Access, Lines, Selector, Switch
    from crossbar.mapping.bridge import map_graph
    from crossbar.mapping.chip import Chip, Compensated, compensate, mount
    from crossbar.mapping.methods import OpenLoop, WriteVerify
    from crossbar.mapping.network import MappedNetwork, map_network
    from crossbar.mapping.programming import Programmed, planned_pulses, program_network
    from crossbar.mapping.report import MappingReport, mapping_report
    from crossbar.mapping.schemes import Scheme, Window
    from crossbar.mapping.table import read_table, write_table
    from crossbar.networks.load import read_nir
    from crossbar.operations.read import Ports, Reading
    from crossbar.operations.run import Run, Settings
    from crossbar.operations.select import Bias
    from crossbar.operations.write_verify import Recipe, Written, levels
    from crossbar.pulses import Pulse
    from crossbar.reservoir import Reservoir
    from crossbar.sensing import Faults, Sensing
    from crossbar.variation import cycle_to_cycle, device_to_device

__version__ = "0.1.0"

__all__ = [
    "CALIBRATIONS",
    "Access",
    "Accuracy",
    "Array",
    "Bias",
    "Builder",
    "Chip",
    "CircuitError",
    "Compensated",
    "Costs",
    "Curve",
    "DataError",
    "Edges",
    "Electrolyte",
    "Energy",
    "Evaluation",
    "Faults",
    "Fit",
    "Hardware",
    "InputError",
    "Islands",
    "Lines",
    "MappedNetwork",
    "MappingReport",
    "MissingEngineError",
    "OpenLoop",
    "OutcomeError",
    "Ports",
    "Programmed",
    "Pulse",
    "Reading",
    "Recipe",
    "Reservoir",
    "Run",
    "Scheme",
    "Selector",
    "Sensing",
    "Settings",
    "State",
    "Switch",
    "Trials",
    "Waveform",
    "Window",
    "WriteVerify",
    "Written",
    "compensate",
    "cycle_to_cycle",
    "device_to_device",
    "evaluate",
    "fit",
    "levels",
    "liwes",
    "map_graph",
    "map_network",
    "mapping_report",
    "mount",
    "planned_pulses",
    "program_network",
    "read_nir",
    "read_table",
    "record",
    "save",
    "studies",
    "write_table",
]

_HOME = {
    "circuits.errors": ("CircuitError", "DataError", "InputError", "MissingEngineError", "OutcomeError"),
    "circuits.liwes": ("CALIBRATIONS",),
    "circuits.native.engine": ("Accuracy",),
    "circuits.netlist": ("Builder",),
    "circuits.waveforms": ("Waveform",),
    "circuits.writers.spice": ("save",),
    "crossbar.array": ("State", "liwes"),
    "crossbar.electrolyte": ("Edges", "Electrolyte", "Islands"),
    "crossbar.energy": ("Energy",),
    "crossbar.evaluation.hardware": ("Costs", "Hardware"),
    "crossbar.evaluation.study": ("Evaluation", "Trials", "evaluate"),
    "crossbar.facade": ("Array",),
    "crossbar.fitting.curve": ("Curve",),
    "crossbar.fitting.fit": ("Fit", "fit"),
    "crossbar.fitting.record": ("record",),
    "crossbar.lines": ("Access", "Lines", "Selector", "Switch"),
    "crossbar.mapping.bridge": ("map_graph",),
    "crossbar.mapping.chip": ("Chip", "Compensated", "compensate", "mount"),
    "crossbar.mapping.network": ("MappedNetwork", "map_network"),
    "crossbar.mapping.methods": ("OpenLoop", "WriteVerify"),
    "crossbar.mapping.programming": ("Programmed", "planned_pulses", "program_network"),
    "crossbar.mapping.report": ("MappingReport", "mapping_report"),
    "crossbar.mapping.schemes": ("Scheme", "Window"),
    "crossbar.mapping.table": ("read_table", "write_table"),
    "crossbar.networks.load": ("read_nir",),
    "crossbar.operations.read": ("Ports", "Reading"),
    "crossbar.operations.run": ("Run", "Settings"),
    "crossbar.operations.select": ("Bias",),
    "crossbar.operations.write_verify": ("Recipe", "Written", "levels"),
    "crossbar.pulses": ("Pulse",),
    "crossbar.reservoir": ("Reservoir",),
    "crossbar.sensing": ("Faults", "Sensing"),
    "crossbar.variation": ("cycle_to_cycle", "device_to_device"),
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is exported
    if name == "studies":
        return import_module("crossbar.studies")
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
