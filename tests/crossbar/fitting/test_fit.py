"""A fit finds what a recording was made from, and its intervals hold as often as they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import crossbar as xb
from crossbar.fitting.response import Protocol
from crossbar.fitting.uncertainty import CONFIDENCE

SEEDS = 20


def distances(fit, truth):
    """How far each estimate is from the truth, in its own deviations, from the interval's width."""
    quantile = stats.norm.ppf(0.5 + CONFIDENCE / 2)
    half = {name: np.log(high / low) / 2 / quantile for name, (low, high) in fit.interval.items()}
    return np.array([np.log(fit.values[name] / value) / half[name] for name, value in truth.items()])


def test_without_noise_the_truth_is_found(bench):
    # What is left is the accuracy of the steps, 5e-6 of the curve's height; exchange_current is least certain.
    fit = xb.fit(bench.clean, tuple(bench.truth))
    for name, value in bench.truth.items():
        assert fit.values[name] == pytest.approx(value, rel=2e-3)
    assert fit.noise < 1e-5 * np.ptp(bench.clean.conductance)
    assert not fit.at_bound


@pytest.mark.slow
@pytest.mark.parametrize("stated", [True, False], ids=["noise stated", "noise estimated"])
def test_intervals_hold_as_often_as_they_say(bench, stated):
    # Binomial: of 20 intervals at 95 %, 15 or fewer hold once in 400. Chi-square: the distances' deviation is between
    # 0.54 and 1.51 but once in a thousand, so that intervals are not too wide either.
    curves = [bench.noisy(seed) for seed in range(SEEDS)]
    fits = [
        xb.fit(curve if stated else replace(curve, noise=0.0), tuple(bench.truth), start=bench.device)
        for curve in curves
    ]
    least = stats.binom.ppf(0.0025, SEEDS, CONFIDENCE)
    for name, value in bench.truth.items():
        assert sum(fit.interval[name][0] <= value <= fit.interval[name][1] for fit in fits) >= least
    spread = (np.array([distances(fit, bench.truth) for fit in fits]) ** 2).sum(axis=0)
    low, high = stats.chi2.interval(0.999, SEEDS)
    assert (low < spread).all()
    assert (spread < high).all()
    assert np.mean([fit.noise for fit in fits]) == pytest.approx(bench.noise, rel=0.1)  # 20 x 41 degrees: 2.5 %


def test_an_estimated_noise_gives_nearly_the_stated_one_s_intervals(bench):
    curve = bench.noisy(0)
    stated, estimated = xb.fit(curve, "film_resistance"), xb.fit(replace(curve, noise=0.0), "film_resistance")
    assert estimated.values == pytest.approx(dict(stated.values), rel=1e-6)
    widths = [
        np.log(fit.interval["film_resistance"][1] / fit.interval["film_resistance"][0]) for fit in (stated, estimated)
    ]
    freedom = len(curve.time) - 1
    wider = stated.excess * stats.t.ppf(0.975, freedom) / stats.norm.ppf(0.975)
    assert widths[1] / widths[0] == pytest.approx(wider, rel=1e-4)
    assert np.isnan(estimated.excess)


def test_a_fit_says_what_is_left(bench):
    fit = xb.fit(bench.noisy(1), tuple(bench.truth))
    assert fit.residual == pytest.approx(fit.curve.measured - fit.fitted)
    assert fit.excess == pytest.approx(fit.noise / bench.noise)
    assert 0.7 < fit.excess < 1.3  # 41 degrees of freedom: 1 +- 0.11
    np.testing.assert_allclose(np.diag(fit.correlation), 1.0)
    np.testing.assert_allclose(fit.correlation, fit.correlation.T)
    assert fit.correlation[0, 1] > 0.9  # slower kinetics and a more resistive film do nearly the same


def test_the_device_found_serves_an_array(bench):
    fit = xb.fit(bench.noisy(2), tuple(bench.truth), start="fig3e_500pct")
    array = xb.Array(rows=2, columns=3, device=fit.device)
    for name, value in fit.values.items():
        assert (array.parameters[name] == value).all()
    assert fit.device.values["gate_resistance"] == xb.liwes("fig3e_500pct").values["gate_resistance"]
    assert fit.device.calibration == "fig3e_500pct fitted to curve"
    assert fit.start.values == xb.liwes("fig3e_500pct").values


@pytest.mark.parametrize(
    "far",
    [
        {"exchange_current": 100.0},
        {"film_resistance": 100.0},
        {"exchange_current": 1e-3, "film_resistance": 10.0, "share_3": 2.0},
        # Guard: a search that ended at a relative change of 1e-8 rested here, where only the sum of both counts.
        {"exchange_current": 50.0, "film_resistance": 1.0},
    ],
    ids=", ".join,
)
def test_the_end_does_not_depend_on_the_start(bench, far):
    curve = bench.noisy(3)
    near = xb.fit(curve, tuple(bench.truth))
    distant = xb.fit(curve, tuple(bench.truth), start=xb.liwes("unified", **far))
    for name, value in near.values.items():
        assert distant.values[name] == pytest.approx(value, rel=1e-4)


def test_a_constant_is_told_from_the_device(bench):
    curve = bench.noisy(4)
    shifted = replace(curve, conductance=curve.conductance + 5e-6)
    one, other = (xb.fit(c, tuple(bench.truth), base="free") for c in (curve, shifted))
    for name in bench.truth:
        assert other.values[name] == pytest.approx(one.values[name], rel=1e-4)
    assert other.values["offset"] - one.values["offset"] == pytest.approx(5e-6, rel=1e-3)
    assert one.interval["offset"][0] < 0 < one.interval["offset"][1]
    assert "offset" not in other.device.values
    assert xb.fit(shifted, "film_resistance").excess > 5


def test_a_base_that_is_not_the_devices_is_suspected_when_a_search_runs_away(bench):
    # Guard: 5 uS too much drove exchange_current to where it does nothing; the error spoke of parameters alone.
    shifted = replace(bench.noisy(4), conductance=bench.noisy(4).conductance + 5e-6)
    with pytest.raises(xb.InputError, match="base='free'") as caught:
        xb.fit(shifted, tuple(bench.truth))
    assert "exchange_current at " in str(caught.value.value)


def test_the_gate_between_pulses_decides(bench):
    # Recorded floating, written down as 0 V: only a fit that knows explains the noise.
    floats = np.where(bench.voltage == 0, np.nan, bench.voltage)
    floating = xb.record(bench.device, bench.time, floats, noise=0.02e-6, rng=np.random.default_rng(5))
    written = replace(floating, voltage=np.nan_to_num(floats))
    assert xb.fit(written, tuple(bench.truth), idle="float").excess < 1.5
    assert xb.fit(written, tuple(bench.truth)).excess > 3
    assert xb.fit(floating, tuple(bench.truth), idle="ground").excess > 3


def test_rows_count_by_their_noise_and_not_at_all_where_nothing_was_read(bench):
    curve, spoilt = bench.noisy(6), np.arange(len(bench.time)) % 2 == 1
    wrong = np.where(spoilt, 2.0, 1.0) * curve.conductance
    weighted = replace(curve, conductance=wrong, noise=np.where(spoilt, 1e3, bench.noise))
    unread = replace(curve, conductance=np.where(spoilt, np.nan, wrong), read=~spoilt)
    one, other = (xb.fit(c, tuple(bench.truth)) for c in (weighted, unread))
    for name in bench.truth:
        assert one.values[name] == pytest.approx(other.values[name], rel=1e-4)
        assert one.interval[name] == pytest.approx(other.interval[name], rel=1e-4)
    assert len(other.residual) == len(bench.time) // 2


def test_a_parameter_that_ends_at_its_bound_has_no_interval_and_is_named(bench):
    bounds = {"film_resistance": (0.05, 0.07)}
    fit = xb.fit(bench.noisy(7), tuple(bench.truth), bounds=bounds)
    assert fit.at_bound == ("film_resistance",)
    assert fit.values["film_resistance"] == pytest.approx(0.07, rel=1e-5)
    assert np.isnan(fit.interval["film_resistance"]).all()
    assert np.isfinite(fit.interval["share_3"]).all()
    assert np.isnan(fit.correlation[1]).all()
    alone = xb.fit(bench.noisy(7), "film_resistance", bounds=bounds)
    assert alone.at_bound == ("film_resistance",)


def test_an_interval_stays_within_the_bounds(bench):
    curve = replace(bench.noisy(8), noise=3e-6)  # so much that the exchange current could be nearly anything
    fit = xb.fit(curve, "exchange_current", start=bench.device, bounds={"exchange_current": (0.3, 4.0)})
    assert fit.interval["exchange_current"] == pytest.approx((0.3, 4.0))
    assert not fit.at_bound


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("film_thickness", "formula_units"), {"film_thickness", "formula_units"}),
        (("share_3", "formula_units", "film_thickness"), {"film_thickness", "formula_units"}),
        (
            ("edl_capacitance", "share_1", "share_2", "share_3", "share_4"),
            {"edl_capacitance", "share_1", "share_2", "share_3", "share_4"},
        ),
    ],
)
def test_parameters_that_do_the_same_are_named(bench, names, told):
    with pytest.raises(xb.InputError, match="cannot tell these apart") as caught:
        xb.fit(bench.noisy(9), names)
    assert {word.split(" at ")[0] for word in str(caught.value.value).split(", ")} == told


@pytest.mark.parametrize("name", ["ocv_dilute", "tau_1"])
def test_a_parameter_the_curve_does_not_depend_on_is_named(bench, name):
    # The dilute phase is far from x = 0.4, and a branch of 5 us is over before the first reading of 3 ms.
    with pytest.raises(xb.InputError, match="change this curve") as caught:
        xb.fit(bench.noisy(10), (name, "share_3"))
    assert str(caught.value.value).startswith(f"{name} at ")


# what is wrong: (parameters, what else is asked, the field that the error names, a piece of what is allowed)
WRONG = {
    "nothing to fit": ((), {}, "parameters", "at least one"),
    "an unknown parameter": (("film_resistanc",), {}, "parameters", "film_resistance"),
    "a constant of nature": (("charge",), {}, "parameters", "film_resistance"),
    "a parameter twice": (("share_3", "share_3"), {}, "parameters", "once"),
    "bounds for another": (("share_3",), {"bounds": {"tau_1": (1e-6, 1e-3)}}, "bounds", "share_3"),
    "bounds the wrong way": (("share_3",), {"bounds": {"share_3": (1.0, 0.1)}}, "bounds share_3", "low < high"),
    "bounds beyond the range": (("share_3",), {"bounds": {"share_3": (0.0, 1.0)}}, "bounds share_3", "1e-12"),
    "one bound": (("share_3",), {"bounds": {"share_3": 1.0}}, "bounds share_3", "low < high"),
    "a nan bound": (("share_3",), {"bounds": {"share_3": (np.nan, 1.0)}}, "bounds share_3", "low < high"),
    "a start outside": (("share_3",), {"bounds": {"share_3": (0.1, 1.0)}}, "start share_3", "from 0.1 to 1"),
    "an unknown calibration": (("share_3",), {"start": "unifid"}, "calibration", "unified"),
    "an unknown base": (("share_3",), {"base": "mine"}, "base", "free"),
    "an unknown idle": (("share_3",), {"idle": "open"}, "idle", "float"),
    "too much lithium": (("share_3",), {"lithium": 0.9}, "lithium", "0 to 0.7"),
}


@pytest.mark.parametrize(("names", "how", "field", "allowed"), [pytest.param(*r, id=n) for n, r in WRONG.items()])
def test_what_cannot_be_asked_is_answered(bench, names, how, field, allowed):
    with pytest.raises(xb.InputError) as caught:
        xb.fit(bench.clean, names, **how)
    assert caught.value.field == field
    assert allowed in caught.value.allowed
    assert caught.value.instead


@pytest.mark.parametrize("base", ["device", "free"])
def test_there_must_be_more_readings_than_unknowns(bench, base):
    unknowns = len(bench.truth) + (base == "free")
    for readings in (1, unknowns):
        few = replace(bench.clean, read=np.arange(len(bench.time)) < readings)
        with pytest.raises(xb.InputError, match=f"more than {unknowns}") as caught:
            xb.fit(few, tuple(bench.truth), base=base)
        assert caught.value.value == readings


def test_a_search_turns_back_from_where_the_engine_cannot_follow(bench, monkeypatch):
    usual, calls = Protocol.conductance, []

    def now_and_then(self, device, changes):
        calls.append(changes)
        if len(calls) in {2, 3}:
            raise xb.OutcomeError("No step was small enough.", "a wild guess.", "another.")
        return usual(self, device, changes)

    monkeypatch.setattr(Protocol, "conductance", now_and_then)
    fit = xb.fit(bench.noisy(11), tuple(bench.truth))
    monkeypatch.undo()
    assert dict(fit.values) == pytest.approx(dict(xb.fit(bench.noisy(11), tuple(bench.truth)).values), rel=1e-4)


def test_a_start_that_cannot_be_simulated_is_one_error(bench, monkeypatch):
    def never(*_):
        raise xb.OutcomeError("No step was small enough.", "a wild guess.", "another.")

    monkeypatch.setattr(Protocol, "conductance", never)
    with pytest.raises(xb.OutcomeError, match=r"starts from could not be simulated\. No step was small enough\."):
        xb.fit(bench.clean, "share_3")


def test_a_search_without_an_end_says_so(bench, monkeypatch):
    monkeypatch.setattr("crossbar.fitting.fit.TRIALS", 2)
    with pytest.raises(xb.OutcomeError, match="did not lead to an end"):
        xb.fit(bench.noisy(12), tuple(bench.truth), start=xb.liwes(film_resistance=1.0))


def test_progress_is_told_at_every_circuit(bench):
    seen = []
    fit = xb.fit(bench.noisy(13), "share_3", progress=lambda tried, gap: seen.append((tried, gap)))
    assert [tried for tried, _ in seen] == list(range(1, fit.tried + 1))
    assert min(gap for _, gap in seen) == pytest.approx(np.sqrt(np.mean(fit.residual**2)))
