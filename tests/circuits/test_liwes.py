"""The LiWES equations against independent numbers, and their calibrations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.constants import Boltzmann, elementary_charge

from circuits.errors import InputError
from circuits.liwes import (
    BRANCHES,
    CALIBRATIONS,
    LFP_POTENTIAL,
    LIWES,
    PARAMETERS,
    REST_LITHIUM,
    calibration,
    rest_conductance,
    rest_lithium,
)
from circuits.writers.kernel import array_kernel

KERNEL = array_kernel(LIWES)
NODES = [node.name for node in LIWES.nodes]
STATES = [state.variable.name for state in LIWES.states]


def point(**values):
    """A vector of variables, at rest but for those named."""
    names = [v.name for v in LIWES.variables]
    z = np.zeros(len(names))
    for name, value in values.items():
        z[names.index(name)] = value
    return z


def test_every_branch_is_an_ampere_and_every_flow_its_states_rate():
    LIWES.check_dimensions()


@pytest.mark.parametrize("name", CALIBRATIONS)
def test_rest_is_the_zero_vector(name):
    values = LIWES.values(calibration(name).changes)
    # Rounding of U(x) - U(x0), of the order of 1e-16 V, is all there is.
    np.testing.assert_allclose(KERNEL.flows(point(), values), 0.0, atol=1e-20)
    assert KERNEL.loss(point(), values) == pytest.approx(0.0, abs=1e-30)


@pytest.mark.parametrize("name", CALIBRATIONS)
def test_a_calibration_names_its_figure_and_stays_in_range(name):
    chosen = calibration(name)
    assert chosen.name == name
    assert chosen.source
    assert set(LIWES.values(chosen.changes)) == {p.name for p in PARAMETERS}


def test_an_unknown_calibration_is_answered_with_the_list():
    with pytest.raises(InputError) as caught:
        calibration("fig9")
    assert caught.value.field == "calibration"
    assert caught.value.allowed == ", ".join(CALIBRATIONS)


def test_every_parameter_carries_its_mark_and_lies_in_its_own_range():
    for parameter in PARAMETERS:
        assert parameter.source.split()[0].rstrip(",") in {"P", "L", "T", "A"}, parameter.name
        assert parameter.check(parameter.value) == parameter.value


def test_derived_quantities_are_those_of_the_description():
    # docs/device.md: 14.30 uC for a unit of lithium; C_k = c_E A w_k; U(x0) = 2.2998 V; conductance 1 mS at rest.
    values = LIWES.values({})
    capacities = KERNEL.capacities(values)
    assert capacities[STATES.index("gate_lithium")] == pytest.approx(14.304e-6, rel=1e-4)
    expected = [0.20 * 8e-8 * w for w in (9.8e-4, 7.9e-3, 7.75e-2, 0.5526)]
    np.testing.assert_allclose(capacities[:BRANCHES], expected, rtol=1e-14)
    assert KERNEL.constant("rest_ocv", values) == pytest.approx(2.2998, abs=5e-5)
    assert KERNEL.constant("rest_ocv", values) - LFP_POTENTIAL == pytest.approx(-1.1, abs=1e-3)
    assert KERNEL.outputs(point(), values)["conductance"] == pytest.approx(1.0002e-3, rel=1e-4)
    assert KERNEL.constant("thermal_voltage", values) == pytest.approx(
        Boltzmann * 298.15 / elementary_charge, rel=1e-15
    )


def test_conductance_spans_the_four_decades_of_figure_2c_and_rises_with_lithium():
    values = LIWES.values({})
    lithium = np.linspace(0.0, 0.7, 141)
    curve = rest_conductance(lithium, values)
    assert np.log10(curve[-1] / curve[0]) == pytest.approx(4.0, abs=0.05)
    assert (np.diff(curve) > 0).all()
    assert rest_conductance(0.9, values) == curve[-1]


def test_lithium_of_a_conductance_is_the_curve_backwards():
    """To rounding, which the curve's flat top turns into sqrt(rounding) of x; beyond its ends, the ends."""
    values = LIWES.values({})
    lithium = np.linspace(0.0, values["lithium_max"], 141)
    curve = rest_conductance(lithium, values)
    back = rest_lithium(curve, values)
    assert np.allclose(back, lithium, rtol=0, atol=1e-7)
    assert np.allclose(rest_conductance(back, values), curve, rtol=1e-14, atol=0)
    assert rest_lithium([curve[0] / 2, 2 * curve[-1]], values).tolist() == [0.0, values["lithium_max"]]


def test_the_plain_formula_is_the_devices_own():
    values = LIWES.values({})
    for deviation in (-0.4, -0.1, 0.2):
        seen = KERNEL.outputs(point(channel_lithium=deviation), values)["long_term"]
        assert seen == pytest.approx(rest_conductance(REST_LITHIUM + deviation, values), rel=1e-13)


def test_the_potential_of_the_film_falls_with_lithium_through_its_three_phases():
    # Figure 2b, against LFP: 0.45 V at the start and 1.1 V at x = 0.4; the fall is monotonic.
    values = LIWES.values({})
    deviations = np.linspace(-0.4, 0.3, 701)
    z = np.zeros((len(deviations), len(LIWES.variables)))
    z[:, len(NODES) + STATES.index("gate_lithium")] = deviations
    swing = -KERNEL.potentials(z, values)[:, STATES.index("gate_lithium")]
    potential = swing + KERNEL.constant("rest_ocv", values)
    assert (np.diff(potential) < 0).all()
    assert LFP_POTENTIAL - potential[400] == pytest.approx(1.1, abs=1e-3)


def test_a_pulse_on_the_gate_drives_lithium_from_the_gate_into_the_channel():
    flows = KERNEL.flows(point(gate=0.5, gate_contact=0.5, gate_film=0.45, channel_film=-0.05), LIWES.values({}))
    assert flows[len(NODES) + STATES.index("gate_lithium")] < 0
    assert flows[len(NODES) + STATES.index("channel_lithium")] > 0


def test_gate_and_channel_interfaces_are_mirror_images():
    values = LIWES.values({})
    rng = np.random.default_rng(5)
    z = point()
    z[NODES.index("electrolyte")] = 0.1
    gate = rng.uniform(-0.1, 0.1, BRANCHES + 1)
    z[len(NODES) :] = np.tile(gate, 2)
    z[[NODES.index(n) for n in ("gate", "gate_contact", "source", "drain")]] = 0.3
    z[[NODES.index(n) for n in ("gate_film", "channel_film")]] = 0.25
    flows = KERNEL.flows(z, values)[len(NODES) :]
    np.testing.assert_allclose(flows[: BRANCHES + 1], flows[BRANCHES + 1 :], rtol=1e-14)
