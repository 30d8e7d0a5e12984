"""What only an array of these devices does, as functions: each solves real circuits and returns a small result."""

from crossbar.studies.crosstalk import Crosstalk, crosstalk
from crossbar.studies.half_select import HalfSelect, half_select
from crossbar.studies.largest import Largest, largest_read, largest_write
from crossbar.studies.precharge import PrechargeScaling, precharge_scaling
from crossbar.studies.refresh import Recharge, Refresh, recharge, refresh
from crossbar.studies.retention import Retention, retention

__all__ = [
    "Crosstalk",
    "HalfSelect",
    "Largest",
    "PrechargeScaling",
    "Recharge",
    "Refresh",
    "Retention",
    "crosstalk",
    "half_select",
    "largest_read",
    "largest_write",
    "precharge_scaling",
    "recharge",
    "refresh",
    "retention",
]
