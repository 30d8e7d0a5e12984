"""A read as the native engine takes it, crossing lines with contacts, and as ngspice does, a netlist of the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circuits.netlist import Builder, Netlist
from circuits.ngspice.engine import operating_point
from circuits.planes.flows import Account, Crossed, Flow, accounted, flow, join, kept, lost
from circuits.planes.grid import FLOATING, Contacts, End, Ends, Grid
from circuits.waveforms import constant
from crossbar.array import Floats, Layout
from crossbar.sensing import Place, Sensing
from crossbar.wiring import CELLS

Names = NDArray[np.object_]


def wired(layout: Layout, conductance: Floats, sensing: Sensing) -> Grid:
    """The array's lines with its channels [S], access switches closed, faults and all; raises InputError."""
    faults = sensing.faults
    faults.check(layout.rows, layout.columns)
    ohms = _broken(1 / conductance, faults.cells) + series(layout)
    word = np.broadcast_to(layout.lines.word, (layout.rows, layout.columns + 1))
    bit = np.broadcast_to(layout.lines.bit, (layout.rows + 1, layout.columns))
    return Grid.of(1 / ohms, _broken(word, faults.word), _broken(bit, faults.bit))


def series(layout: Layout) -> float:
    """Both access switches of a channel, closed [ohm]; raises InputError for selectors."""
    return layout.access.channel_resistance


def _broken(ohms: Floats, faults: Mapping[Place, float]) -> Floats:
    if not faults:
        return ohms
    changed = np.array(ohms, float)
    for place, value in faults.items():
        changed[place] = value
    return changed


def line_ends(word: Floats, bit: Floats, sensing: Sensing) -> Ends:
    """What the lines end at, for potentials of shape (vectors, lines) [V]; nan in the first where a line floats."""
    driver, amplifier = (
        End(np.nan_to_num(volts), np.where(np.isnan(volts[0]), np.inf, ohms))
        for volts, ohms in ((word, sensing.driver), (bit, sensing.amplifier))
    )
    return Ends(
        left=driver if sensing.drive in ("left", "both") else FLOATING,
        right=driver if sensing.drive in ("right", "both") else FLOATING,
        top=amplifier if sensing.sense in ("top", "both") else FLOATING,
        bottom=amplifier if sensing.sense in ("bottom", "both") else FLOATING,
    )


class _Bench(NamedTuple):
    """A netlist, and the names of nodes in it, shape (rows, columns): of the lines and of the channels' ends."""

    netlist: Netlist
    word: Names
    bit: Names
    drain: Names
    source: Names


def by_ngspice(layout: Layout, conductance: Floats, sensing: Sensing, grid: Grid, contacts: Contacts) -> Flow:
    """The flow ngspice finds in the same lines, every cell and switch an element of its own."""
    flows = []
    for vector in range(contacts.vectors):
        bench = _bench(layout, conductance, sensing, grid, contacts, vector)
        potentials = operating_point(bench.netlist).potentials[-1]
        word, bit, drain, source = (
            potentials[[[bench.netlist.number[name] for name in row] for row in names]] for names in bench[1:]
        )
        through = (source - drain) / _broken(1 / conductance, sensing.faults.cells)
        seen = Crossed(through, -through.sum(axis=0), -through.sum(axis=1), word, bit)
        found = flow(grid, contacts, vector, seen)
        account = Account(lost=lost(grid, contacts, found, seen))
        found = accounted(found, grid, contacts, vector, account)
        flows.append(kept(found, seen) if sensing.keep else found)
    return join(flows)


def _bench(
    layout: Layout, conductance: Floats, sensing: Sensing, grid: Grid, contacts: Contacts, vector: int
) -> _Bench:
    builder, ohms, volts = Builder("read"), contacts.resistance, contacts.potential
    word = _line(builder, "word", grid.word)
    bit = _line(builder, "bit", grid.bit.T).T
    held: set[str] = set()
    _contact(builder, "left", word[:, 0], grid.word[:, 0] + ohms.left, volts.left[vector], held)
    _contact(builder, "right", word[:, -1], grid.word[:, -1] + ohms.right, volts.right[vector], held)
    _contact(builder, "top", bit[0], grid.bit[0] + ohms.top, volts.top[vector], held)
    _contact(builder, "bottom", bit[-1], grid.bit[-1] + ohms.bottom, volts.bottom[vector], held)
    channels = _broken(1 / conductance, sensing.faults.cells)
    there = np.isfinite(channels)
    drain, source = word, bit
    for switch in layout.access.channel:
        drain, source = (
            np.where(there, _names(kind, layout.shape), line) for kind, line in (("drain", word), ("source", bit))
        )
        for kind, line, inner in (("drain", word, drain), ("source", bit, source)):
            builder.switches(f"{kind}_access", _list(line[there]), _list(inner[there]), [constant(1 / switch.on)])
    builder.resistors(CELLS, _list(drain[there]), _list(source[there]), channels[there])
    return _Bench(builder.build(), word, bit, drain, source)


def _line(builder: Builder, kind: str, segments: Floats) -> Names:
    """Parallel lines, one a row of `segments` [ohm]; the node of every crossing, shared where a segment is ideal."""
    inner = segments[:, 1:-1]
    apart = np.concatenate([np.ones((len(inner), 1), bool), inner > 0], axis=1)
    first = np.maximum.accumulate(np.where(apart, np.arange(apart.shape[1]), 0), axis=1)
    nodes = np.take_along_axis(_names(kind, apart.shape), first, axis=1)
    there = np.isfinite(inner) & (inner > 0)
    if there.any():
        builder.resistors(f"{kind}_line", _list(nodes[:, :-1][there]), _list(nodes[:, 1:][there]), inner[there])
    return nodes


def _contact(builder: Builder, kind: str, nodes: Names, ohms: Floats, volts: Floats, held: set[str]) -> None:
    """Hold line ends, each behind its resistance [ohm], unless it floats or is a node in `held` already."""
    heads = np.where(ohms > 0, np.array([f"{kind}_{k}" for k in range(len(nodes))], dtype=object), nodes)
    there = np.array([k for k, head in enumerate(heads) if np.isfinite(ohms[k]) and head not in held], np.int64)
    if not len(there):
        return
    held.update(heads[there])
    behind = there[ohms[there] > 0]
    if len(behind):
        builder.resistors(f"{kind}_end", _list(heads[behind]), _list(nodes[behind]), ohms[behind])
    builder.drives(kind, _list(heads[there]), [constant(float(v)) for v in volts[there]], np.arange(len(there)))


def _names(kind: str, shape: tuple[int, ...]) -> Names:
    return np.array([[f"{kind}_{r}_{c}" for c in range(shape[1])] for r in range(shape[0])], dtype=object)


def _list(names: Names) -> list[str]:
    return [str(name) for name in names.ravel()]
