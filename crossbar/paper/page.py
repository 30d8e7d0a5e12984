"""The report on the paper: every claim with its verdict, figure by figure, and where the claims pull apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from crossbar import __version__
from crossbar.paper.benchmark import SYNAPSES
from crossbar.paper.claims import Judged, Verdict
from crossbar.paper.claims_network import PUBLISHED, between, runs
from crossbar.paper.plots import PLOTS, Plot
from crossbar.paper.runner import solved_by
from crossbar.paper.study import Outcome
from crossbar.paper.tensions import TENSIONS
from crossbar.report import Card, Cards, Cell, Page, Picture, Points, Section, Table, Text

ROUNDING = 1e-12  # below every number shown
MARKS = {Verdict.HOLDS: "ok", Verdict.FAILS: "off", Verdict.OPEN: "source"}
GROUPS = {
    "Potential, conductance, pre-charge (sections 2.2, 2.3)": ("2bc", "precharge"),
    "Writing (section 2.3)": ("3a", "3b", "3c", "3d", "3e", "3f", "S2", "S3"),
    "What fades, and what stays (section 2.4)": ("4c", "4d", "4e", "4f", "5ab", "5cd", "table1", "refit", "S5"),
    "Spike trains (section 2.5)": ("6b", "6f", "6g", "t_read-6f", "t_read-6g", "6-circuit"),
}


CIRCUITS = (
    ("6-circuit", "circuit", "circuit, unified"),
    ("6-circuit", "noisy", "circuit, unified, with η"),
    ("6-circuit-200us", "circuit", "circuit, table1_200us"),
    ("6-circuit", "superposed", "IDEAL, summed over spikes"),
)


def page(outcome: Outcome, pictures: Mapping[str, bytes]) -> Page:
    """The whole report."""
    engine = "ngspice" if outcome.plan.engine == "ngspice" else "the native engine"
    return Page(
        "The LiWES paper, reproduced",
        "Every quantitative claim of Wan et al., Adv. Intell. Syst. 2021, DOI 10.1002/aisy.202100021, beside what this "
        "simulator computes.",
        f"liwes {__version__} · device figures solved by {engine} · seed {outcome.plan.seed}",
        [
            Section("", [_cards(outcome), *_partial(outcome)]),
            Section("How to read this", [Text(words) for words in READING]),
            Section("Claims", [_claims(outcome.claims)]),
            *(
                _group(heading, names, outcome, pictures)
                for heading, names in GROUPS.items()
                if _shown(names, pictures)
            ),
            *_benchmark(outcome),
            *_tensions(outcome, pictures),
            Section("What was chosen where the text is silent", [Points(CHOICES)]),
            Section("Notes on the claims", [_notes(outcome.claims)]),
            Section("In this folder", [Points(FILES)]),
        ],
        f"Made again by: liwes paper --engine {outcome.plan.engine}",
    )


READING = (
    (
        "The device is a model: its parameters are fits and assumptions, each marked in `circuits/liwes.py`, and the "
        "paper gives no curve as numbers. A claim that holds says that this one set of equations can do what the paper "
        "states; it does not measure the device again."
    ),
    (
        "One parameter set, `unified`, serves all figures unless a claim names another. Orange in a plot is a value "
        "the paper states. Not decidable means that the text leaves out what would be needed to tell; the value is "
        "given all the same. How each claim is read, and why its band is what it is, stands in the notes below."
    ),
)
CHOICES = (
    (
        "Figure 3: pulses every 20 ms, the gate floats between them and the channel is read at the end of that; "
        "Figures 3b and 3c at the pulse's end and 2 s later, gate grounded."
    ),
    "Figure 4: the self-gate is grounded after its pulse, LFP is let go; LFP amplitudes are absolute.",
    "Figure 4f: one pulse every 10 µs. Figure 5c, d: 1/f is the time from one pulse to the next.",
    "Figure S5: gate and channel have the same area; the resistance between them stays.",
    (
        "Figure 6: trains end in a spike at 505 ms and are read 50 ms later; all synapses hear the same trains; η "
        "enters G_off once a spike and each sample of 0.1 ms."
    ),
    (
        "Variation from device to device is lognormal on exchange current and film conductance together; from pulse to "
        "pulse on the width."
    ),
)
FILES = (
    (
        "`results.nc`: every curve with axes and units, and the claims; "
        '`xarray.open_dataset("results.nc", engine="h5netcdf")` reads it.'
    ),
    "`claims.json`: the claims for machines, as `liwes paper --json` prints them.",
    "One PNG for each plot above.",
    "`figures`: each finished experiment, so that a run that was stopped goes on where it was.",
)


def _cards(outcome: Outcome) -> Cards:
    total = len(outcome.claims)
    return Cards(
        [
            Card("hold", f"{outcome.count(Verdict.HOLDS)}", f"of {total} claims"),
            Card("do not hold", f"{outcome.count(Verdict.FAILS)}", "see the tensions"),
            Card("not decidable", f"{outcome.count(Verdict.OPEN)}", "from the text alone"),
        ]
    )


def _partial(outcome: Outcome) -> list[Text]:
    if outcome.complete:
        return []
    names = ", ".join(outcome.experiments)
    return [Text(f"This is a part of the paper only: {names}.", warning=True)]


def number(value: float) -> str:
    """A number as people read it, "-" where there is none."""
    if math.isnan(value):
        return "-"
    return f"{value:.4g}" if abs(value) > ROUNDING else "0"


def band(judged: Judged) -> str:
    """The band, in the claim's unit."""
    low, high = (number(value) for value in (judged.low, judged.high))
    if low == high:
        return low
    if low == "-":
        return f"up to {high}"
    return f"from {low}" if high == "-" else f"{low} to {high}"


def unit(judged: Judged) -> str:
    """As people write it: empty for a plain number."""
    name = judged.claim.unit
    return "" if name == "1" else name.replace("u", "µ")


def _claims(claims: Sequence[Judged]) -> Table:
    rows = [
        (
            Cell(judged.claim.figure),
            Cell(judged.claim.words),
            Cell(f"§ {judged.claim.section}", "source"),
            Cell(number(judged.claim.paper), "value"),
            Cell(f"{number(judged.simulated)} {unit(judged)}", "value"),
            Cell(band(judged), "source"),
            Cell(str(judged.verdict), MARKS[judged.verdict]),  # type: ignore[arg-type]
        )
        for judged in claims
    ]
    return Table(("figure", "claim", "section", "paper", "simulated", "band", "verdict"), rows)


def _notes(claims: Sequence[Judged]) -> Table:
    rows = [(Cell(j.claim.figure), Cell(j.claim.words), Cell(j.note, "source")) for j in claims if j.note]
    return Table(("figure", "claim", "how it is read, and why the band is what it is"), rows)


def _shown(names: Sequence[str], pictures: Mapping[str, bytes]) -> bool:
    return any(name in pictures for name in names)


def _group(heading: str, names: Sequence[str], outcome: Outcome, pictures: Mapping[str, bytes]) -> Section:
    by_name = {plot.name: plot for plot in PLOTS}
    return Section(heading, [_picture(by_name[name], outcome, pictures) for name in names if name in pictures])


def _picture(plot: Plot, outcome: Outcome, pictures: Mapping[str, bytes]) -> Picture:
    engines = sorted({solved_by(outcome.experiments[name], outcome.plan) for name in plot.needs})
    title = f"{plot.title} ({plot.figure}). {plot.caption} Solved by: {', '.join(engines)}."
    return Picture(pictures[plot.name], title, plot.title, wide=True)


def _benchmark(outcome: Outcome) -> list[Section]:
    rows = [row for name in PUBLISHED if name in outcome.found for row in _separabilities(outcome, name)]
    if not rows:
        return []
    text = (
        "Separability in µS: median of single runs and their middle 95 %. k is the weight of a static synapse: the "
        "paper's, or matched so that one spike peaks as high as the IDEAL synapse's. Circuit: the device's own "
        "equations in place of Eq 1-3, on the same trains; `with η`: each presentation read with the noise of Table 1."
    )
    return [Section("The benchmark in numbers", [Text(text), Table(("τ", "synapse", "median", "95 %", "paper"), rows)])]


def _separabilities(outcome: Outcome, name: str) -> list[tuple[Cell, ...]]:
    told = PUBLISHED[name]
    each = [
        (synapse, runs(outcome.found[name], synapse), told.separabilities.get(synapse, math.nan))
        for synapse in SYNAPSES
    ]
    place = list(PUBLISHED).index(name)
    each += [
        (label, outcome.found[source][key][place], math.nan)
        for source, key, label in CIRCUITS
        if source in outcome.found
    ]
    return [_runs(f"{told.tau:g} ms", label, values, paper) for label, values, paper in each]


def _runs(tau: str, label: str, values: np.ndarray, paper: float) -> tuple[Cell, ...]:
    seen = between(values * 1e6)
    return (
        Cell(tau), Cell(f"{label} ({len(values)} runs)"), Cell(number(seen.value), "value"),
        Cell(f"{number(seen.low)} to {number(seen.high)}"), Cell(number(paper)),
    )  # fmt: skip


def _tensions(outcome: Outcome, pictures: Mapping[str, bytes]) -> list[Section]:
    by_name = {plot.name: plot for plot in PLOTS}
    sections = []
    for place, tension in enumerate(TENSIONS, 1):
        if not set(tension.needs) <= set(outcome.found):
            continue
        shown = [_picture(by_name[name], outcome, pictures) for name in tension.plots if name in pictures]
        heading = f"Tension {place}: {tension.title}"
        sections.append(Section(heading, [Text(tension.words(outcome.found)), *shown]))
    return sections
