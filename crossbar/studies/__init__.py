"""What only an array of these devices does, as functions: each solves circuits, or hears spikes; small results."""

from crossbar.studies.crosstalk import Crosstalk, crosstalk
from crossbar.studies.half_select import HalfSelect, half_select
from crossbar.studies.largest import Largest, largest_read, largest_write
from crossbar.studies.precharge import PrechargeScaling, precharge_scaling
from crossbar.studies.pulse import pulse_energy
from crossbar.studies.refresh import Recharge, Refresh, recharge, refresh
from crossbar.studies.retention import Retention, retention
from crossbar.studies.short_term import Difference, Point, difference, short_term

__all__ = [
    "Crosstalk",
    "Difference",
    "HalfSelect",
    "Largest",
    "Point",
    "PrechargeScaling",
    "Recharge",
    "Refresh",
    "Retention",
    "crosstalk",
    "difference",
    "half_select",
    "largest_read",
    "largest_write",
    "precharge_scaling",
    "pulse_energy",
    "recharge",
    "refresh",
    "retention",
    "short_term",
]
