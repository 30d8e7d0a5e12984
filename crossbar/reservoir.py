"""The one LFP reservoir: a flat potential and a finite budget of lithium."""

from __future__ import annotations

from dataclasses import dataclass

from circuits.errors import InputError

LOW, HIGH = 0.02, 0.9  # Li_yFePO4 keeps 3.4 V between these (Wan et al. 2021, section 2.2)
RESISTANCE = 1e5  # ohm through the electrolyte, assumed
CONTACT = 1e4  # ohm of charge transfer at LFP, assumed


@dataclass(frozen=True)
class Reservoir:
    """Lithium store shared by the whole array.

    capacity: charge for a whole lithium per formula unit [C]; lithium: y in Li_yFePO4 when made
    resistance: electrolyte between LFP and the array [ohm]; contact: charge transfer at LFP [ohm]
    """

    capacity: float = 0.5
    lithium: float = 0.6
    resistance: float = RESISTANCE
    contact: float = CONTACT

    def __post_init__(self) -> None:
        for name in ("capacity", "resistance", "contact"):
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                raise InputError(f"reservoir.{name}", value, "a finite number above 0", str(getattr(Reservoir, name)))
        if not LOW <= self.lithium <= HIGH:
            raise InputError("reservoir.lithium", self.lithium, f"from {LOW} to {HIGH}", "0.6")

    def after(self, lithium: float, charge: float) -> float:
        """Lithium left after giving `charge` [C] (negative: taking); raises InputError when that overdraws it."""
        left = lithium - charge / self.capacity
        if not LOW <= left <= HIGH:
            spare = (lithium - LOW) if charge > 0 else (lithium - HIGH)
            raise InputError(
                "reservoir charge",
                charge,
                f"what it can give or take: {spare * self.capacity:.4g} C at y = {lithium:.4g}",
                "a smaller array or lithium target, or Reservoir(capacity=...) with more LFP",
            )
        return left
