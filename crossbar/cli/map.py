"""`liwes map`: a network on tiles of devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from circuits.liwes import DEVICE_TO_DEVICE
from crossbar import __version__
from crossbar.cli import network as told
from crossbar.cli.voice import AsJson, Debug, Voice, whole
from crossbar.config.describe import engineering
from crossbar.evaluation.files import publish_mapping
from crossbar.evaluation.hardware import Hardware
from crossbar.folder import check_folder
from crossbar.mapping.chip import mount
from crossbar.mapping.programming import Programmed, program_network
from crossbar.networks.network import Network


def map_(  # noqa: PLR0913 - arguments are the command's options
    file: told.NetworkFile,
    *,
    dt: told.Dt = "",
    reset: told.ResetOption = "",
    order: told.OrderOption = "",
    decay: told.DecayOption = "",
    tile: told.Tile = "64x128",
    wire: told.Wire = "0.7 ohm",
    scheme: told.SchemeOption = told.Kind.DIFFERENTIAL,
    scale_per: told.ScaleOption = told.ScalePer.COLUMN,
    states: told.States = 1024,
    clip: told.Clip = 100.0,
    bias: told.BiasOption = told.Bias.ROW,
    method: told.WritingOption = told.Writing.WRITE_VERIFY,
    tolerance: told.Tolerance = 0.01,
    spread: told.Spread = DEVICE_TO_DEVICE,
    model: told.OnOption = told.On.FAST,
    compensate: told.Compensate = False,
    ir_drop: told.IrDrop = True,
    seed: told.Seed = 0,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where report, table and network go.")] = Path("out/map"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Put a network on tiles of devices: which device holds which weight, and what writing takes.

    Leaves the programming table, the network as the devices hold it, and a report. The same file with the same seed
    gives the same bytes.
    """
    del debug
    voice = Voice(as_json=as_json)
    hardware = replace(
        told.hardware_of(told.tile_of(tile, wire), scheme, scale_per, states, clip, bias, raised=compensate),
        method=told.method_of(method, tolerance, spread),
        model=model.value,
        ir_drop=ir_drop,
    )
    folder = check_folder(out)
    source, network = told.opened(file, dt, reset, order, decay)
    written = _with_bar(voice, network, hardware, seed)
    chip = mount(written.mapping, written.conductances, ir_drop=ir_drop)
    values = publish_mapping(source, network, written, chip, hardware, seed, folder)
    values |= {"version": __version__, "report": str(folder / "report.html")}
    voice.result(values, *told.said(values), _table(values), whole(f"report: {folder / 'report.html'}", "bold"))


def _with_bar(voice: Voice, network: Network, hardware: Hardware, seed: int) -> Programmed:
    with voice.progress() as progress:
        task = progress.add_task("map to tiles", total=1.0, note="")
        mapping = hardware.mapping(network)
        aimed = hardware.aimed(mapping)
        progress.update(task, completed=1.0, note=f"{mapping.tiles} tiles")
        task = progress.add_task("write devices", total=mapping.tiles, note="")

        def hear(tiles: int) -> None:
            progress.update(task, completed=tiles, note=f"tile {tiles} of {mapping.tiles}")

        return program_network(aimed, hardware.method, seed=seed, model=hardware.model, on_tile=hear)


def _table(values: Mapping[str, Any]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column(style="dim")
    rows, columns = values["tile_shape"]
    timing, scheme, programming = values["timing"], values["scheme"], values["programming"]
    table.add_row("network", values["network"], f"dt {engineering(timing['dt'], 's')}, reset {timing['reset']}")
    used = f"{values['devices']} devices, {values['utilisation']:.0%} of all"
    table.add_row("tiles", f"{values['tiles']}", f"of {rows} x {columns}; {used}")
    for name, layer in values["by_layer"].items():
        shape = f"{layer['inputs']} x {layer['outputs']}"
        table.add_row(f"  {name}", shape, f"{layer['devices']} devices in {layer['blocks']} blocks")
    states = f"{scheme['states']:g} states, a scale per {scheme['scale_per']}, bias {scheme['bias']}"
    table.add_row("scheme", scheme["kind"], states)
    table.add_section()
    table.add_row("written by", programming["method"], f"{programming['model']} model")
    table.add_row("pulses", f"{programming['pulses']}", f"{programming['rounds']} rounds at most")
    table.add_row("energy", engineering(programming["energy_J"], "J"), "of the gate drivers")
    table.add_row("time", engineering(programming["time_s"], "s"), "tiles one after another")
    if programming["unfinished"]:
        table.add_row("not passed", f"{programming['unfinished']}", "devices, in their last verify")
    return table
