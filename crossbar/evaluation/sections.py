"""Sections that the reports of a mapping and of an evaluation share."""

from __future__ import annotations

from collections.abc import Mapping

from crossbar.config.describe import engineering, joule
from crossbar.evaluation.figures import MOST_TILES
from crossbar.evaluation.hardware import Hardware
from crossbar.evaluation.summary import Source
from crossbar.mapping.methods import WriteVerify
from crossbar.mapping.network import MappedNetwork
from crossbar.mapping.programming import Programmed
from crossbar.mapping.report import mapping_report
from crossbar.networks.network import Network
from crossbar.report import Block, Cell, Figures, Picture, Points, Row, Section, Table, Text


def read_section(source: Source) -> list[Section]:
    """What was mended and what is to be known; nothing where there is neither."""
    blocks: list[Block] = []
    if source.repairs:
        blocks += [Text("Mended on the way in:"), Points(source.repairs)]
    if source.remarks:
        blocks += [Text("To be known:"), Points(source.remarks)]
    return [Section("How the file was read", blocks)] if blocks else []


def timing(network: Network) -> str:
    """Time step and reset, for a stamp."""
    return f"dt = {engineering(network.timing.dt, 's')}, reset {network.timing.reset}"


def tiles_section(mapping: MappedNetwork, pictures: Mapping[str, bytes]) -> Section:
    """Which layer is where."""
    scheme, report = mapping.scheme, mapping_report(mapping)
    heads = ("layer", "inputs", "outputs", "blocks", "devices", "largest weight / deviation")
    rows = [
        (
            Cell(name),
            *(Cell(str(number), "value") for number in (*layer.shape, layer.blocks, layer.devices)),
            Cell(f"{layer.stretch.max():.3g}", "value"),
        )
        for name, layer in report.layers.items()
    ]
    text = (
        f"Scheme {scheme.kind.replace('_', '-')}, a scale per {scheme.scale_per}, {scheme.states:g} states between "
        f"{scheme.window.low * 1e6:g} and {scheme.window.high * 1e6:g} µS, bias "
        f"{'as a row of devices' if scheme.bias == 'row' else 'added digitally'}. A column whose largest weight is "
        "many deviations long spends its states on that one."
    )
    caption = "Devices by layer, paler where the target conductance is lower; word lines run to the right."
    if len(mapping.targets) > MOST_TILES:
        caption += f" The first {MOST_TILES} of {mapping.tiles} tiles."
    return Section(
        "Tiles", [Text(text), Picture(pictures["tiles.png"], caption, "tiles", wide=True), Table(heads, rows)]
    )


def writing_section(written: Programmed, hardware: Hardware, pictures: Mapping[str, bytes]) -> Section:
    """What the devices hold, and what writing them took."""
    totals = written.totals
    model = {
        "fast": "calibrated model of one device, from circuit solves",
        "native": "circuit of every tile, native engine",
        "ngspice": "circuit of every tile, ngspice",
    }[written.model]
    rows = [
        Row(
            "method", how(written), f"devices deviate by {written.method.device_to_device:.1%} in what a pulse changes"
        ),
        Row("computed on", written.model, model),
        Row(
            "pulses", f"{totals['pulses']}", f"{written.rounds} rounds at most; {written.unfinished} devices not passed"
        ),
        Row("energy", joule(totals["energy"]), "supplied by the gate drivers, verify reads not counted"),
        Row("time", engineering(totals["time"], "s"), "gate lines of a tile side by side, tiles one after another"),
    ]
    if hardware.raised > 1 and hardware.ir_drop:
        highest = float(written.mapping.targets.max())
        rows.append(Row("highest target", f"{highest * 1e6:.4g} µS", "raised to make up for line resistance"))
    caption = (
        "Left: the devices of each weight, as written. Right: what reads see, with the lines, less what was meant."
    )
    return Section(
        "Weights to conductances", [Picture(pictures["weights.png"], caption, "weights", wide=True), Figures(rows)]
    )


def how(written: Programmed) -> str:
    """The method of writing, in words."""
    method = written.method
    if isinstance(method, WriteVerify):
        return f"write-verify to {method.tolerance:.3g} of the way"
    return "pulses counted, not verified"
