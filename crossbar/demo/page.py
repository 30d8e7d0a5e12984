"""The demonstration's report: every figure with its unit and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crossbar import __version__
from crossbar.config.describe import joule
from crossbar.demo.check import NEARLY, PAIR, SIDE
from crossbar.demo.figures import BAR
from crossbar.demo.study import Outcome
from crossbar.demo.words import always_on, assumptions, micro, verdict
from crossbar.report import Card, Cards, Figures, Page, Picture, Points, Row, Section, Text

ENERGY_BAR, CONDUCTANCE_BAR, BALANCE_BAR = 1e-4, 1e-3, 1e-6
HOUR = 3600.0


def page(outcome: Outcome, pictures: Mapping[str, bytes]) -> Page:
    """The whole report."""
    plan, network = outcome.plan, outcome.trained.network
    return Page(
        "A self-gated LiWES array classifies tactile spikes",
        f"{network.devices} devices on {len(outcome.tiles)} tiles, charged through one lithium reservoir, written with "
        "pulses, read through resistive lines: conductances and energies from circuit solves.",
        f"liwes {__version__} · seed {plan.seed}, {plan.seeds} showings of {len(outcome.patterns.test)} test samples · "
        f"data: {outcome.patterns.source}",
        [
            Section("", [*_generated(outcome), _cards(outcome)]),
            Section("What it found", [Text(words) for words in verdict(outcome)]),
            _accuracy(outcome, pictures),
            _writing(outcome, pictures),
            _costs(outcome, pictures),
            _check(outcome, pictures),
            Section("What is assumed", [Points(assumptions(outcome))]),
            Section("In this folder", [Points(FILES)]),
        ],
        f"Made again by: liwes demo --seed {plan.seed} --seeds {plan.seeds}",
    )


FILES = (
    (
        "`results.nc`: conductances, targets, answers, energies and transients with axes, units and configuration; "
        '`xarray.open_dataset("results.nc", engine="h5netcdf")` reads it.'
    ),
    "`array.cir`: the sub-array under its two pulses; `ngspice -b array.cir -r array.raw` runs it as it is.",
    "`result.json`: the headline figures for machines.",
    "`conductance.png`, `accuracy.png`, `energy.png`, `pulse.png`: the plots above.",
    "`tiles`: each finished tile, so that a run that was stopped goes on where it was.",
)


def _generated(outcome: Outcome) -> list[Text]:
    if outcome.patterns.name == "braille":
        return []
    return [Text(f"This is not the measured data set. The spikes are {outcome.patterns.source}.", warning=True)]


def _cards(outcome: Outcome) -> Cards:
    found, check = outcome.energy(), outcome.check
    differ = [Card("ngspice against native", "not run", check.reason)]
    if check.version:
        note = f"relative, of the energy; {check.version}"
        differ = [Card("the engines differ by", f"{check.differences['energy_relative']:.1e}", note)]
    mapped = outcome.answers.accuracy("mapped")
    return Cards(
        [
            Card("accuracy on the array", f"{mapped.mean:.1%}", f"95 % interval {mapped.interval}"),
            Card(
                "energy of one sample",
                joule(found["spikes"] + found["read"]),
                "spike pulses and array reads, without the front end's channel current",
            ),
            Card("energy to write a device", joule(found["program"] / outcome.targets.size), "mean, verified"),
            *differ,
        ]
    )


def _accuracy(outcome: Outcome, pictures: Mapping[str, bytes]) -> Section:
    settings, sources = outcome.plan.network, {
        "mapped": "programmed conductances, exact node voltages of all lines, synaptic and read noise",
        "straight": "the same conductances and noise, lines without resistance",
        "exact": "the read-out's own weights, synaptic noise only",
        "static": "NO-STP synapses (Eq 4 of the paper) with the same peak and no noise, their own read-out, no array",
    }  # fmt: skip
    names = {"mapped": "on the array", "straight": "on the array, ideal lines", "exact": "floating point",
             "static": "floating point, static synapses"}  # fmt: skip
    rows = []
    for name, label in names.items():
        found = outcome.answers.accuracy(name)
        held = (found.mean >= BAR,) if name == "mapped" and outcome.patterns.name == "braille" else ()
        rows.append(Row(label, f"{found.mean:.1%} ({found.interval})", sources[name], held))
    caption = (
        f"Mean and 95 % interval over {len(outcome.patterns.test)} samples and {outcome.plan.seeds} showings; faint "
        f"dots are single showings, the dashed line is this project's bar of {BAR:.0%}. One written array serves all "
        "showings: the interval covers samples and noise, not the making of other chips."
    )
    text = (
        f"{outcome.patterns.channels} channels drive one synapse each, and these a leaky membrane "
        f"(τ = {settings.tau * 1e3:g} ms) that is read {settings.reads} times a sample. The "
        f"{settings.reads * outcome.patterns.channels} readings become word-line voltages up to "
        f"{settings.voltage * 1e3:g} mV; the difference of two bit lines is a class's score."
    )
    return Section("Accuracy", [Text(text), Picture(pictures["accuracy.png"], caption, "accuracies"), Figures(rows)])


def _writing(outcome: Outcome, pictures: Mapping[str, bytes]) -> Section:
    plan, written = outcome.plan, outcome.written
    pulses = int(sum(done.pulses.sum() for done in written))
    off = max(done.error for done in written)
    rounds = [done.rounds for done in written]
    rows = [
        Row("pulses", f"{pulses}", f"write-verify, {_range(rounds)} rounds a tile; each pulse's width "
            "from what is left and how the device answered its last one"),
        Row("largest distance from target", micro(off), f"without read noise; a device passes its verify read at "
            f"{micro(plan.tolerance)}, {plan.tolerance / plan.network.window.width:.1%} of the window"),
        Row("spread of the devices", f"{plan.spread:.1%}", "lognormal, of the change a pulse makes, one draw a device; "
            f"and {plan.cycle:.0%} from pulse to pulse"),
        Row("lithium left in the reservoir", f"{outcome.reservoir:.3f}",
            f"y of LiₓFePO₄, {outcome.tiles[0].reservoir.lithium:g} at first: all tiles drew on the one reservoir"),
    ]  # fmt: skip
    caption = (
        "Conductance of every device after pre-charge and after write-verify, and its distance from the target; the "
        "colours of the last panel end at the tolerance. A weight is the difference of two neighbouring bit lines, one "
        "of which stays at the window's low end."
    )
    picture = Picture(pictures["conductance.png"], caption, "maps of conductance, tile by tile", wide=True)
    return Section("From deposited films to weights", [picture, Figures(rows)])


def _costs(outcome: Outcome, pictures: Mapping[str, bytes]) -> Section:
    found, took, plan = outcome.energy(), outcome.latency(), outcome.plan
    tiles = len(outcome.tiles)
    rows = [
        Row("pre-charge", f"{joule(found['precharge'])} · {took['precharge'] / HOUR:.1f} h",
            f"native engine, all {outcome.targets.size} devices from x = 0 through the reservoir's "
            f"{(outcome.tiles[0].reservoir.resistance + outcome.tiles[0].reservoir.contact) / 1e3:g} kΩ, "
            f"{tiles} tiles one after the other"),
        Row("write-verify", f"{joule(found['program'])} · {took['program']:.0f} s",
            "native engine, pulses and the settling before each verify read, tiles one after the other"),
        Row("spikes of one sample", joule(found["spikes"]),
            f"{joule(outcome.costs.spike)} for one {plan.spike.amplitude:g} V, {plan.spike.width * 1e6:g} µs pulse "
            f"(native engine, one device), times {outcome.spikes:.0f} spikes, mean of the test samples"),
        Row("reads of one sample", joule(found["read"]),
            f"power of the word-line drivers in each of {plan.network.reads} reads, driven for "
            f"{plan.read * 1e6:g} µs, which is assumed: lines have settled, and the synapses hardly moved"),
        Row("not counted: front end", joule(always_on(outcome)),
            f"what the {outcome.patterns.channels} front-end channels would take in a sample if they fed their "
            f"membranes at {plan.network.voltage * 1e3:g} mV all the time"),
        Row("latency of one sample", f"{took['inference']:.6f} s", "the sample itself, and the read at its end"),
        Row("one pulse of 1 V, 1 µs", joule(outcome.costs.reference), "native engine, one device, gate back at 0 V"),
        Row("worst energy balance", f"{outcome.balance:.1e}",
            "|supplied - dissipated - stored| over what went through, of every operation on a tile",
            (outcome.balance <= BALANCE_BAR,)),
    ]  # fmt: skip
    caption = "Energy the drivers and the reservoir supply, on a logarithmic axis."
    return Section("Energy and latency", [Picture(pictures["energy.png"], caption, "energies"), Figures(rows)])


def _check(outcome: Outcome, pictures: Mapping[str, bytes]) -> Section:
    check = outcome.check
    picture = Picture(
        pictures["pulse.png"], "The sub-array's selected cell under the two pulses of `array.cir`.", "pulse"
    )
    if not check.version:
        return Section("Cross-check with ngspice", [Text(f"Not run: {check.reason}.", warning=True), picture])
    text = (
        f"A {SIDE} x {SIDE} array of the same kind, spread included, goes through pre-charge (x = {NEARLY:g} to 0.4), "
        f"{PAIR.count} pulses of {PAIR.amplitude:g} V, {PAIR.width * 1e3:g} ms, and a read, once on the native engine "
        f"and once on {check.version} through PySpice, each engine going on from its own states."
    )
    bars = {"energy_relative": ENERGY_BAR, "conductance_relative": CONDUCTANCE_BAR}
    names = {"energy_relative": "energy supplied, relative", "current_relative": "bit-line current, relative",
             "conductance_relative": "conductance, of its largest change",
             "lithium_absolute": "lithium, in x"}  # fmt: skip
    rows = []
    for operation, found in check.by_operation.items():
        for name, value in sorted(found.items()):
            bar = bars.get(name)
            source = f"bar {bar:.0e}" if bar else ""
            rows.append(Row(f"{operation}: {names[name]}", f"{value:.1e}", source, (value <= bar,) if bar else ()))
    table = Figures(rows, ("operation", "difference", "held against"))
    return Section("Cross-check with ngspice", [Text(text), picture, table])


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"
