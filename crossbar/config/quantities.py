"""Fields of a configuration file: numbers in SI units, or text with a unit, in a range."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from circuits.errors import InputError
from circuits.units import quantity

NUMBER = re.compile(r"\s*[-+]?[\d.]+(?:[eE][-+]?\d+)?\s*")
UNIT = re.compile(r"[A-Za-z]+")
PREFIXED = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*[fpnuµmkMG]?"


def refused(allowed: str, instead: str) -> PydanticCustomError:
    """The error a validator raises: what is allowed, and what to write instead."""
    return PydanticCustomError("refused", "{allowed}", {"allowed": allowed, "instead": instead})


@dataclass(frozen=True)
class Quantity:
    """A finite number of `unit` from `low` to `high`, or text such as "200 us"; metadata of an annotated float.

    above: whether `low` itself is left out; instead: an example to write. A unit with more than one word, and "1",
    takes numbers only.
    """

    unit: str
    low: float
    high: float
    instead: str
    above: bool = False

    @property
    def allowed(self) -> str:
        """The range in words."""
        of = "" if self.unit == "1" else f" {self.unit}"
        low = f"above {self.low:g} and up" if self.above else f"from {self.low:g}"
        return f"a finite number {low} to {self.high:g}{of}{', or text with its unit' if self.worded else ''}"

    @property
    def worded(self) -> bool:
        """Whether text with a unit will do."""
        return UNIT.fullmatch(self.unit) is not None

    def read(self, value: object) -> float:
        """`value` in SI units; raises what pydantic collects."""
        number = self._number(value)
        inside = self.low < number if self.above else self.low <= number
        if not math.isfinite(number) or not inside or number > self.high:
            raise refused(self.allowed, self.instead)
        return number

    def _number(self, value: object) -> float:
        if isinstance(value, str) and self.worded and not NUMBER.fullmatch(value):
            try:
                return quantity("", value, self.unit)
            except InputError:
                raise refused(self.allowed, self.instead) from None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise refused(self.allowed, self.instead)
        return float(value) if abs(value) < 1e300 else math.inf

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        """How pydantic reads one."""
        del source, handler
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """How an editor checks one."""
        del schema, handler
        lowest = "exclusiveMinimum" if self.above else "minimum"
        number: dict[str, Any] = {"type": "number", lowest: self.low, "maximum": self.high}
        if not self.worded:
            return number
        return {"anyOf": [number, {"type": "string", "pattern": f"{PREFIXED}{self.unit}\\s*$"}]}
