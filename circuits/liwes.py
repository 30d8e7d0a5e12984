"""LiWES, the self-gated Li_xWO3 electrochemical synapse, and its calibrations.

Wan et al., Adv. Intell. Syst. 2021, DOI 10.1002/aisy.202100021. Potentials and lithium are deviations from the
rest state (x = 0.4 in gate and channel): rest is the zero vector. Numbers in [] are the equations of docs/device.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.device import Branch, Device, Parameter, State
from circuits.errors import InputError
from circuits.expr import Expr, Named, Symbol, exp, log, minimum, sinh, total

ELEMENTARY_CHARGE = 1.602176634e-19
BOLTZMANN_PER_CHARGE = 1.380649e-23 / ELEMENTARY_CHARGE
LFP_POTENTIAL = 3.4  # V vs Li/Li+, flat from Li0.02 to Li0.9 (section 2.2)
REST_LITHIUM = 0.4
READ_NOISE = 0.11e-6  # S, Table 1 (unit read as uS)
DEVICE_TO_DEVICE = 0.065  # Figure S3b
CYCLE_TO_CYCLE = 0.03  # assumed; Figure S3a shows it is small

BRANCHES = 4
_TAU = (5e-6, 2.34e-3, 1.994e-2, 4.299e-1)
_SHARE = (9.8e-4, 7.9e-3, 7.75e-2, 0.5526)

PARAMETERS = (
    Parameter("charge", ELEMENTARY_CHARGE, "C", ELEMENTARY_CHARGE, ELEMENTARY_CHARGE, "T SI 2019"),
    Parameter("thermal_slope", BOLTZMANN_PER_CHARGE, "V/K", BOLTZMANN_PER_CHARGE, BOLTZMANN_PER_CHARGE, "T SI 2019"),
    Parameter("rest_lithium", REST_LITHIUM, "1", 0.05, 0.7, "P section 2.3"),
    Parameter("film_thickness", 60e-9, "m", 1e-9, 1e-6, "P section 2.1"),
    Parameter("channel_area", 8e-8, "m2", 1e-14, 1e-4, "P 400 x 200 um2"),
    Parameter("gate_area", 8e-8, "m2", 1e-14, 1e-4, "A equal to the channel"),
    Parameter("formula_units", 1.86e28, "1/m3", 1e27, 1e29, "T WO3 density"),
    Parameter("temperature", 298.15, "K", 200, 500, "P room temperature"),
    Parameter("ocv_base", 2.85, "V", 0, 5, "A fit to Fig 2b"),
    Parameter("ocv_dilute", 0.25, "V", 0, 2, "A fit to Fig 2b, phase M"),
    Parameter("ocv_dilute_width", 0.006, "1", 1e-4, 1, "A fit to Fig 2b"),
    Parameter("ocv_step", 0.44, "V", 0, 2, "A fit to Fig 2b, M to T"),
    Parameter("ocv_step_at", 0.085, "1", 0, 1, "A fit to Fig 2b"),
    Parameter("ocv_step_width", 0.012, "1", 1e-4, 1, "A fit to Fig 2b"),
    Parameter("ocv_slope", 0.10, "V", 0, 2, "A fit to Fig 2b"),
    Parameter("ocv_fall", 2.17, "V", 0, 5, "A fit to Fig 2b, phase C"),
    Parameter("ocv_fall_length", 2.0, "1", 1e-2, 100, "A fit to Fig 2b"),
    Parameter("ocv_fall_at", 0.335, "1", 0, 1, "A fit to Fig 2b"),
    Parameter("ocv_fall_width", 0.02, "1", 1e-4, 1, "A fit to Fig 2b"),
    Parameter("exchange_current", 0.5, "A/m2", 1e-6, 1e4, "A"),
    Parameter("film_resistance", 0.06, "ohm m2", 1e-6, 1e3, "A fit to Fig 3a"),
    Parameter("edl_capacitance", 0.20, "F/m2", 1e-6, 10, "A upper end of L"),
    *(Parameter(f"tau_{k + 1}", _TAU[k], "s", 1e-9, 1e4, "A fit to Table 1 and Fig 5b") for k in range(BRANCHES)),
    *(Parameter(f"share_{k + 1}", _SHARE[k], "1", 1e-12, 10, "A fit to Table 1, Fig 5b") for k in range(BRANCHES)),
    Parameter("gating", 8e4, "S/C", 0, 1e8, "A short-term conductance per EDL charge"),
    Parameter("conductance_max", 5.43e-3, "S", 1e-12, 1e3, "A, G = 1 mS at x = 0.4"),
    Parameter("decades", 4.0, "1", 0, 12, "P Fig 2c"),
    Parameter("lithium_max", 0.7, "1", 0.01, 1, "P Fig 2c"),
    Parameter("gate_resistance", 2e4, "ohm", 1e-3, 1e12, "A electrolyte between gate and channel"),
)
P: dict[str, Symbol] = {parameter.name: parameter.symbol for parameter in PARAMETERS}


def _node(name: str) -> Symbol:
    return Symbol(name, "V", "potential")


def ocv(lithium: Expr) -> Expr:
    """Potential of Li_xWO3 against Li/Li+ [V] [1]."""
    dilute = P["ocv_dilute"] * exp(-lithium / P["ocv_dilute_width"])
    step = P["ocv_step"] / (1 + exp((P["ocv_step_at"] - lithium) / P["ocv_step_width"]))
    cubic = log(1 + exp((lithium - P["ocv_fall_at"]) / P["ocv_fall_width"]))
    fall = P["ocv_fall"] * (1 - exp(-P["ocv_fall_width"] * cubic / P["ocv_fall_length"]))
    return P["ocv_base"] + dilute - step - P["ocv_slope"] * lithium - fall


REST_OCV = Named("rest_ocv", ocv(P["rest_lithium"]))
THERMAL = Named("thermal_voltage", P["thermal_slope"] * P["temperature"])

GATE, SOURCE, DRAIN, ELECTROLYTE = (_node(n) for n in ("gate", "source", "drain", "electrolyte"))
GATE_CONTACT, GATE_FILM, CHANNEL_FILM = (_node(n) for n in ("gate_contact", "gate_film", "channel_film"))


@dataclass(frozen=True)
class _Interface:
    """One Li_xWO3 film against the electrolyte."""

    branches: tuple[Branch, ...]
    states: tuple[State, ...]
    edl_charge: Expr
    lithium: Expr


def _interface(name: str, contacts: tuple[Symbol, ...], film: Symbol, area: Expr) -> _Interface:
    """EDL branches and intercalation of one film; current enters it evenly through `contacts`."""
    share = 1 / len(contacts)
    u = Named(f"{name}_u", share * total(list(contacts)) - ELECTROLYTE)
    branches, states, charges = [], [], []

    deviation = Symbol(f"{name}_lithium", "1", "state")
    lithium = Named(f"{name}_x", P["rest_lithium"] + deviation)
    swing = Named(f"{name}_swing", ocv(lithium) - REST_OCV)

    for k in range(1, BRANCHES + 1):
        v = Symbol(f"{name}_edl_{k}", "V", "state")
        c = Named(f"{name}_c{k}", P["edl_capacitance"] * area * P[f"share_{k}"])
        g = Named(f"{name}_g{k}", c / P[f"tau_{k}"])
        i = Named(f"{name}_i{k}", g * (u - v))
        branches += [Branch(contact, ELECTROLYTE, share * i) for contact in contacts]
        states.append(State(v, c, i, v))
        charges.append(c * (v - swing))

    film_conductance = Named(f"{name}_film_conductance", area / P["film_resistance"])
    into_film = Named(f"{name}_film_current", film_conductance * (share * total(list(contacts)) - film))
    eta = film - ELECTROLYTE - swing
    exchange = Named(f"{name}_exchange", 2 * P["exchange_current"] * area)
    faradaic = Named(f"{name}_faradaic", exchange * sinh(eta / (2 * THERMAL)))
    capacity = Named(f"{name}_capacity", P["formula_units"] * P["charge"] * P["film_thickness"] * area)
    branches += [Branch(contact, film, share * into_film) for contact in contacts]
    branches.append(Branch(film, ELECTROLYTE, faradaic))
    states.append(State(deviation, capacity, -faradaic, -swing))
    return _Interface(tuple(branches), tuple(states), total(charges), lithium)


def conductance(lithium: Expr) -> Expr:
    """Long-term conductance of the channel [S] [2]."""
    depth = Named("depth", 1 - minimum(lithium, P["lithium_max"]) / P["lithium_max"])
    return P["conductance_max"] * exp(-math.log(10) * P["decades"] * depth * depth)


def _liwes() -> Device:
    gate = _interface("gate", (GATE_CONTACT,), GATE_FILM, P["gate_area"])
    channel = _interface("channel", (SOURCE, DRAIN), CHANNEL_FILM, P["channel_area"])
    long_term = Named("long_term", conductance(channel.lithium))
    short_term = Named("short_term", -P["gating"] * channel.edl_charge)
    g = Named("channel_conductance", long_term + short_term)
    contact = Branch(GATE, GATE_CONTACT, (GATE - GATE_CONTACT) / P["gate_resistance"])
    return Device(
        name="liwes",
        nodes=(GATE, SOURCE, DRAIN, ELECTROLYTE, GATE_CONTACT, GATE_FILM, CHANNEL_FILM),
        terminals=4,
        parameters=PARAMETERS,
        branches=(contact, *gate.branches, *channel.branches, Branch(DRAIN, SOURCE, g * (DRAIN - SOURCE))),
        states=gate.states + channel.states,
        outputs={"conductance": g, "long_term": long_term, "short_term": short_term},
    )


LIWES = _liwes()


@dataclass(frozen=True)
class Calibration:
    """A named parameter set and the figure it was fitted to."""

    name: str
    source: str
    changes: Mapping[str, float]


def _edl(tau: tuple[float, float], share: tuple[float, float]) -> dict[str, float]:
    """Two EDL branches; the other two keep their time constant and carry no charge to speak of."""
    values = {f"tau_{k + 1}": tau[k] for k in range(2)} | {f"share_{k + 1}": share[k] for k in range(2)}
    return values | {f"share_{k}": 1e-12 for k in (3, 4)}


CALIBRATIONS: Mapping[str, Calibration] = MappingProxyType(
    {
        calibration.name: calibration
        for calibration in (
            Calibration("unified", "Figures 2 to 5 and Table 1 with one set", {}),
            Calibration(
                "table1_200us",
                "Table 1, 1 V 200 us",
                _edl((5e-3, 92e-3), (0.02271390617083633, 0.35976576653079306)),
            ),
            Calibration("fig5_10ms", "Figure 5b, 0.5 V 10 ms pairs", _edl((19e-3, 433e-3), (0.0775, 0.5526))),
            Calibration(
                "fig3e_500pct",
                "Figure 3e, 500 % in 50 pulses",
                {"exchange_current": 10.5, "film_resistance": 0.06 / 21, "gate_resistance": 2e3},
            ),
            Calibration("literal_peo", "1 um of PEO at 1e-5 S/cm taken literally", {"gate_resistance": 2.5e8}),
        )
    }
)


def calibration(name: str) -> Calibration:
    """The named parameter set; raises InputError listing those there are."""
    if name not in CALIBRATIONS:
        raise InputError("calibration", name, ", ".join(CALIBRATIONS), '"unified"')
    return CALIBRATIONS[name]


def rest_conductance(lithium: ArrayLike, values: Mapping[str, float]) -> NDArray[np.float64]:
    """Long-term conductance [S] at lithium content x, any shape: equation [2] as plain numbers."""
    depth = 1 - np.minimum(lithium, values["lithium_max"]) / values["lithium_max"]
    return np.asarray(values["conductance_max"] * 10.0 ** (-values["decades"] * depth**2))


def rest_lithium(conductance: ArrayLike, values: Mapping[str, float]) -> NDArray[np.float64]:
    """Lithium content x of a long-term conductance [S], any shape: equation [2] solved for x.

    What the device cannot have is taken for the nearest it can.
    """
    decades = np.log10(values["conductance_max"] / np.asarray(conductance, float))
    depth = np.sqrt(np.clip(decades / values["decades"], 0.0, 1.0))
    return np.asarray(values["lithium_max"] * (1 - depth))
