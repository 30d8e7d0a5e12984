"""`liwes demo`: the main job, end to end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from crossbar.cli.voice import AsJson, Board, Debug, Voice, whole
from crossbar.config.describe import joule
from crossbar.demo.files import publish
from crossbar.demo.plan import Plan
from crossbar.demo.study import STEPS, study
from crossbar.demo.words import micro
from crossbar.folder import check_folder


def demo(
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where report, plots and results go.")] = Path("out/demo"),
    seeds: Annotated[int, typer.Option(metavar="N", help="How often the test samples are shown.")] = 5,
    seed: Annotated[int, typer.Option(metavar="N", help="Of all chance.")] = 0,
    ngspice: Annotated[bool, typer.Option(help="Cross-check a sub-array on ngspice.")] = True,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Charge, write and read an array that classifies tactile spikes; writes a report."""
    del debug
    voice = Voice(as_json=as_json)
    started = time.perf_counter()
    plan = Plan(seed=seed, seeds=seeds, cross_check=ngspice)
    folder = check_folder(out)
    with voice.progress() as progress:
        board = Board(progress, STEPS)
        outcome = study(plan, folder, board.watch)
        found = publish(outcome, folder, started, board.watch)
    place = folder / "report.html"
    voice.result(found | {"report": str(place)}, _table(found), whole(f"report: {place}", "bold"))


def _table(found: Mapping[str, Any]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column(style="dim")
    low, high = found["accuracy_interval"]
    seen = f"{low:.1%} to {high:.1%}, {found['samples']} {found['data']} samples"
    table.add_row("accuracy on the array", f"{found['accuracy']:.1%}", seen)
    table.add_row("  in floating point", f"{found['accuracy_float']:.1%}", "the same read-out without an array")
    table.add_row("  with static synapses", f"{found['accuracy_static']:.1%}", _apart(found))
    drop = found["ir_drop"]
    lost = f"of the current; accuracy {-drop['accuracy_lost'] * 100:+z.1f} points"
    table.add_row("IR drop takes", f"{drop['current_relative']:.2%}", lost)
    table.add_row("farthest from target", micro(found["write"]["error_S"]), _writing(found))
    table.add_section()
    energy, latency = found["energy_J"], found["latency_s"]
    devices = f"{found['devices']} devices on {found['tiles']} tiles"
    table.add_row("pre-charge", joule(energy["precharge"]), f"{latency['precharge'] / 3600:.1f} h, {devices}")
    table.add_row("write-verify", joule(energy["program"]), f"{latency['program']:.0f} s, {devices}")
    table.add_row("one sample's spikes", joule(energy["spikes"]), "front-end pulses, not their channels")
    table.add_row("one sample's reads", joule(energy["read"]), f"answer after {latency['inference']:.2f} s of spikes")
    table.add_row("one 1 V, 1 us pulse", joule(found["pulse_energy_J_1V_1us"]), "one device")
    table.add_section()
    table.add_row(*_check(found["ngspice"]))
    table.add_row("worst energy balance", f"{found['balance_relative']:.1e}", "of every operation on a tile")
    table.add_row("time taken", f"{found['wall_s']:.0f} s", _resumed(found))
    return table


def _apart(found: Mapping[str, Any]) -> str:
    (low, high), (other_low, other_high) = found["accuracy_float_interval"], found["accuracy_static_interval"]
    overlap = low <= other_high and other_low <= high
    return "intervals overlap: no gain is claimed" if overlap else "intervals do not overlap"


def _writing(found: Mapping[str, Any]) -> str:
    write = found["write"]
    return f"after {write['pulses']} pulses; tolerance {micro(write['tolerance_S'])}"


def _check(check: Mapping[str, Any]) -> tuple[str, str, str]:
    if check["version"] is None:
        return "ngspice cross-check", "not run", str(check["not_run"])
    rest = f"in energy, {check['conductance_relative']:.1e} in conductance"
    return f"differs from ngspice {check['version']}", f"{check['energy_relative']:.1e}", rest


def _resumed(found: Mapping[str, Any]) -> str:
    return f"{found['resumed_tiles']} of {found['tiles']} tiles from an earlier run" if found["resumed_tiles"] else ""
