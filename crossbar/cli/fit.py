"""`liwes fit`: a device calibrated to measured pulses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from circuits.device import Parameter
from circuits.errors import InputError
from circuits.liwes import LIWES
from circuits.units import UNITS, quantity
from crossbar import plot
from crossbar.array import Model, liwes
from crossbar.cli.voice import AsJson, Debug, Voice, as_text, whole
from crossbar.config.describe import engineering, shown
from crossbar.config.output import check_folder, write_folder
from crossbar.fitting.curve import Curve, Gate, Idle
from crossbar.fitting.figure import picture
from crossbar.fitting.fit import Fit
from crossbar.fitting.fit import fit as fitted
from crossbar.fitting.summary import configuration, rows, summary, unit
from crossbar.fitting.uncertainty import CONFIDENCE


def fit(  # noqa: PLR0913 - arguments are the command's options
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns time, voltage, conductance.")],
    *,
    parameters: Annotated[str, typer.Option(metavar="A,B", help="Device parameters to fit.")],
    start: Annotated[str, typer.Option(metavar="CALIBRATION", help="What the others stay at.")] = "unified",
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="A=VALUE", help="Where a parameter starts or stays.")
    ] = None,
    bounds: Annotated[list[str] | None, typer.Option(metavar="A=LOW:HIGH", help="Where to look for it.")] = None,
    idle: Annotated[Idle, typer.Option(help="float: it floats at 0 V. ground: it is at 0 V where empty.")] = "recorded",
    gate: Annotated[Gate, typer.Option(help="What the voltage does between rows.")] = "steps",
    base: Annotated[Literal["device", "free"], typer.Option(help="free: a constant is fitted too.")] = "device",
    noise: Annotated[str, typer.Option(metavar="S", help="Of one reading, such as 0.11uS.")] = "",
    lithium: Annotated[float, typer.Option(metavar="X", help="Content before the first row.")] = 0.4,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="For fit.json, fit.png, fit.csv, device.toml.")
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Calibrate a device to measured pulses.

    Prints each parameter with its 95 % confidence interval.
    """
    del debug
    voice = Voice(as_json=as_json)
    names = [name.strip() for name in parameters.split(",") if name.strip()]
    device = _device(start, given or [])
    limits = dict(_bounds(text) for text in bounds or [])
    curve = Curve.load(file, noise=quantity("--noise", noise, "S") if noise else None, gate=gate)
    if out is not None:
        check_folder(out)
    with voice.progress() as progress:
        task = progress.add_task(curve.name, total=None, note="")

        def watch(tried: int, gap: float) -> None:
            progress.update(task, note=f"{tried} circuits, {engineering(gap, 'S')} off")

        found = fitted(curve, names, start=device, bounds=limits, idle=idle, base=base, lithium=lithium, progress=watch)
        progress.update(task, total=found.tried, completed=found.tried)
    values = summary(found)
    if out is not None:
        texts = {"fit.json": as_text(values) + "\n", "fit.csv": rows(found), "device.toml": configuration(found)}
        write_folder(out, {**texts, "fit.png": plot.png(picture(found))})
    voice.result(values, _table(found), Text(_said(found)), *([whole(f"written to {shown(out)}")] if out else []))


def _device(start: str, given: Sequence[str]) -> Model:
    """The device that --start and --set describe; raises InputError."""
    changes = {}
    for text in given:
        name, _, value = text.partition("=")
        changes[name.strip()] = _number("--set", LIWES.parameter(name.strip()), value)
    return liwes(start, **changes)


def _bounds(text: str) -> tuple[str, tuple[float, float]]:
    """Name, low and high in A=LOW:HIGH; raises InputError."""
    name, _, limits = text.partition("=")
    low, separator, high = limits.partition(":")
    if not separator:
        raise InputError("--bounds", text, "a parameter, = and two numbers with : between them", "tau_1=1ms:10ms")
    parameter = LIWES.parameter(name.strip())
    return parameter.name, (_number("--bounds", parameter, low), _number("--bounds", parameter, high))


def _number(option: str, parameter: Parameter, text: str) -> float:
    """A value in SI units; raises InputError. Units of several words are not read: SI it is."""
    field = f"{option} {parameter.name}"
    if parameter.unit in UNITS and parameter.unit != "1":
        return quantity(field, text, parameter.unit)
    try:
        return float(text)
    except ValueError:
        raise InputError(field, text, f"a number in {parameter.unit}", f"{parameter.value:g}") from None


def _table(found: Fit) -> Table:
    """A line a parameter."""
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("parameter", no_wrap=True)
    for name in ("value", f"{CONFIDENCE:.0%} from", "to", "start"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    for name, value in found.values.items():
        ends = ["at its", "bound"] if name in found.at_bound else [f"{end:.5g}" for end in found.interval[name]]
        begun = f"{found.start.values[name]:.5g}" if name in found.start.values else "-"
        table.add_row(name, f"{value:.5g}", *ends, begun, unit(found, name))
    return table


def _said(found: Fit) -> str:
    """One sentence on what is left."""
    left = f"{len(found.curve.measured)} readings, {engineering(found.noise, 'S')} left of each"
    stated = f", {found.excess:.3g} times the noise stated" if math.isfinite(found.excess) else ""
    return f"{left}{stated}; {found.tried} circuits"
