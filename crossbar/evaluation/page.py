"""The reports of `liwes map` and `liwes evaluate`: every figure with its unit and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crossbar import __version__
from crossbar.config.describe import engineering, joule
from crossbar.evaluation.findings import accuracy_section, assumptions, costs_section, metrics_section
from crossbar.evaluation.hardware import Hardware
from crossbar.evaluation.sections import how, read_section, tiles_section, timing, writing_section
from crossbar.evaluation.study import Evaluation
from crossbar.evaluation.summary import Source
from crossbar.evaluation.sweeps import Point
from crossbar.mapping.programming import Programmed
from crossbar.mapping.report import mapping_report
from crossbar.networks.network import Network
from crossbar.report import Card, Cards, Page, Points, Section, Text


def mapping_page(
    source: Source, network: Network, written: Programmed, hardware: Hardware, seed: int, pictures: Mapping[str, bytes]
) -> Page:
    """The report of a mapping."""
    mapping = written.mapping
    report = mapping_report(mapping)
    totals = written.totals
    cards = Cards(
        [
            Card("tiles", f"{report.tiles}", f"of {report.shape[0]} x {report.shape[1]} devices"),
            Card("devices used", f"{report.devices}", f"{report.utilisation:.0%} of all"),
            Card("programming pulses", f"{totals['pulses']}", f"in {engineering(totals['time'], 's')}, {how(written)}"),
            Card("programming energy", joule(totals["energy"]), "supplied by the gate drivers"),
        ]
    )
    return Page(
        f"{source.name} on LiWES tiles",
        f"{len(mapping.layers)} weighted layers as conductances: which device holds which weight, and what that takes.",
        f"liwes {__version__} · seed {seed} · {timing(network)}",
        [
            Section("", [cards]),
            *read_section(source),
            tiles_section(mapping, pictures),
            writing_section(written, hardware, pictures),
            Section("In this folder", [Points(MAPPED_FILES)]),
        ],
    )


MAPPED_FILES = (
    "`devices.csv`: the programming table; tile, row, column, layer, input, output, part, target [S], pulses taken.",
    "`mapped.nir`: the network with the weights and biases that reads of the written tiles see.",
    "`map.json`: all figures for machines. `tiles.png`, `weights.png`: the plots above.",
)
EVALUATED_FILES = (
    (
        "`results.nc`: answers by trial and sample, energies, conductances and targets, with axes, units and "
        'configuration; `xarray.open_dataset("results.nc", engine="h5netcdf")` reads it.'
    ),
    "`evaluate.json`: all figures for machines. `accuracy.png` and the others: the plots above.",
    "`points`: each finished point of the sweeps, so that a run that was stopped goes on where it was.",
)


def evaluation_page(
    source: Source, data: str, found: Evaluation, points: Sequence[Point], pictures: Mapping[str, bytes]
) -> Page:
    """The report of an evaluation."""
    trials, best, floating = found.trials, found.accuracy(), found.accuracy("float")
    energy, latency = found.energy, found.latency
    cards = Cards(
        [
            Card("accuracy on the tiles", f"{best.mean:.1%}", f"95 % interval {best.interval}"),
            Card("in floating point", f"{floating.mean:.1%}", f"95 % interval {floating.interval}"),
            Card(
                "energy of an inference",
                joule(found.inference_energy),
                f"of it {joule(energy['read'])} in array reads",
            ),
            Card("computing time", engineering(latency["compute"], "s"), f"for a sample of {found.steps} steps"),
        ]
    )
    return Page(
        f"{source.name} evaluated on LiWES tiles",
        f"{best.mean:.1%} of {found.right['float'].shape[1]} samples right on {found.mapping.tiles} tiles, "
        f"{floating.mean:.1%} in floating point.",
        f"liwes {__version__} · seed {trials.seed}, {trials.count} chips · {timing(found.network)} · data: {data}",
        [
            Section("", [cards, *(Text(words, warning=True) for words in found.cautions)]),
            *read_section(source),
            accuracy_section(found, points, pictures),
            costs_section(found, pictures),
            tiles_section(found.written.mapping, pictures),
            writing_section(found.written, trials.hardware, pictures),
            metrics_section(found),
            Section("What is assumed", [Points(assumptions(found))]),
            Section("In this folder", [Points(EVALUATED_FILES)]),
        ],
    )
