"""`liwes export`: an operation's netlist, which ngspice runs as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from circuits.errors import InputError
from circuits.writers.spice import save
from crossbar.cli.voice import AsJson, Debug, Voice, whole
from crossbar.config.describe import shown
from crossbar.config.experiment import Experiment, load
from crossbar.config.perform import circuit, perform

KINDS = ("program", "read")


def export(
    file: Annotated[Path, typer.Argument(help="TOML; `liwes init` writes one to start from.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.cir", help="The netlist to write.")],
    *,
    operation: Annotated[int | None, typer.Option(help="Which one, from 0; the last program, or else read.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write an operation as a netlist for ngspice.

    The circuit is in the state that the operations before it left.
    """
    del debug
    experiment = load(file)
    place = _place(experiment, operation)
    if out.exists() and out.samefile(file):
        raise InputError("OUT.cir", str(out), "another file than FILE", f"{file.stem}.cir")
    outcome = perform(experiment, engine="native", until=place + 1)
    netlist, end, samples = circuit(outcome, outcome.steps[-1])
    written = save(netlist, out, end, samples)
    counts = {"nodes": len(netlist.nodes), "devices": sum(group.count for group in netlist.devices)}
    kind = experiment.operation[place].do
    values = {"file": str(written), "operation": place, "kind": kind, "end_s": end, **counts}
    said = f"{shown(written)}: operation[{place}] ({kind}), {counts['devices']} devices, {counts['nodes']} nodes"
    order = f"ngspice -b {shown(written)} -r {shown(written.with_suffix('.raw'))}"
    Voice(as_json=as_json).result(values, whole(said), whole(order))


def _place(experiment: Experiment, asked: int | None) -> int:
    """Which operation; raises InputError where there is none."""
    kinds = [operation.do for operation in experiment.operation]
    if asked is not None:
        if not 0 <= asked < len(kinds):
            raise InputError("--operation", asked, f"from 0 to {len(kinds) - 1}", "0")
        return asked
    for kind in KINDS:
        if kind in kinds:
            return len(kinds) - 1 - kinds[::-1].index(kind)
    raise InputError("operation", kinds, "a program or read operation", "--operation 0")
