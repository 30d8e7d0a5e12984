"""What an engine found: the same object from both engines, so that they can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from circuits.elements import Capacitors, Drives, Instances
from circuits.errors import InputError
from circuits.netlist import Netlist
from circuits.writers.kernel import array_kernel

Floats = NDArray[np.float64]
_PANELS = 64  # for each unit a state moves: a film's potential bends within 0.006 of lithium
_BLOCK = 1 << 22  # numbers held at a time
_ROOTS, _WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True, eq=False)
class Solution:
    """A netlist's behaviour at sampled times.

    engine: "native" or "ngspice" with its version
    time: [s], shape (time,)
    potentials: of every node in `netlist.nodes` order [V], shape (time, nodes)
    variables: for each device group its node potentials then states, shape (time, count, variables); nan where the
        engine did not record one (internal nodes in ngspice)
    charge, energy: for each drive group what it has supplied since time 0 [C, J], shape (time, count)
    dissipated: for each group, heat over the whole run [J], shape (count,), for current
        sources less what they supplied; empty where the engine does not say
    work: counts of what was done (steps, newton iterations, ...); from ngspice also processor "seconds" and the most
        "memory" of its process [s, bytes]
    """

    engine: str
    netlist: Netlist
    time: Floats
    potentials: Floats
    variables: Mapping[str, Floats]
    charge: Mapping[str, Floats]
    energy: Mapping[str, Floats]
    dissipated: Mapping[str, Floats] = field(default_factory=dict)
    work: Mapping[str, float] = field(default_factory=dict)

    def states(self, group: str) -> Floats:
        """States of a device group, shape (time, count, states)."""
        first = len(self._instances(group).device.nodes)
        return self.variables[group][..., first:]

    def output(self, group: str, name: str) -> Floats:
        """An observable of a device group, such as "conductance", shape (time, count); raises InputError."""
        instances = self._instances(group)
        if name not in instances.device.outputs:
            raise InputError("output", name, ", ".join(instances.device.outputs), "one of these names")
        return array_kernel(instances.device).outputs(self.variables[group], instances.parameters)[name]

    def potential(self, node: str) -> Floats:
        """Potential of a node by name [V], shape (time,); raises InputError for an unknown node."""
        if node not in self.netlist.number:
            raise InputError("node", node, f"one of {len(self.netlist.nodes)} nodes", f'"{self.netlist.nodes[-1]}"')
        return self.potentials[:, self.netlist.number[node]]

    @property
    def supplied(self) -> float:
        """Energy all drives supplied over the run [J]."""
        return float(sum(energy[-1].sum() for energy in self.energy.values()))

    def stored(self) -> dict[str, Floats]:
        """Energy each element holds at the end beyond what it held at the start [J], by group, shape (count,)."""
        result: dict[str, Floats] = {}
        for group in self.netlist.groups:
            if isinstance(group, Instances):
                states = self.states(group.name)
                result[group.name] = stored_between(group, states[0], states[-1])
            elif isinstance(group, Capacitors):
                v = self.potentials[:, group.start] - self.potentials[:, group.end]
                result[group.name] = 0.5 * group.capacitance * (v[-1] ** 2 - v[0] ** 2)
        return result

    def balance(self) -> float:
        """|supplied - dissipated - stored| over what went through: the first law, 0 for a perfect run."""
        stored, heat = self.stored(), self.dissipated
        if not heat:
            raise InputError("engine", self.engine, "an engine that reports heat", '"native"')
        turned = sum(float(values.sum()) for values in heat.values())
        held = sum(float(values.sum()) for values in stored.values())
        through = sum(float(np.abs(energy[-1]).sum()) for energy in self.energy.values())
        # Current sources give heat a negative part: what went through is the sum of sizes.
        heated = sum(float(np.abs(values).sum()) for values in heat.values())
        scale = max(through, heated, float(np.finfo(float).tiny))
        return abs(self.supplied - turned - held) / scale

    def difference(self, other: Solution) -> dict[str, float]:
        """Largest differences from `other` at the end of the run.

        energy_relative: of the energy supplied; conductance_relative: of the largest change of conductance;
        lithium_absolute: of any state called ...lithium
        """
        result = {"energy_relative": abs(self.supplied - other.supplied) / max(abs(other.supplied), 1e-300)}
        for group in self.netlist.devices:
            ours, theirs = self.states(group.name), other.states(group.name)
            lithium = [k for k, s in enumerate(group.device.states) if s.variable.name.endswith("lithium")]
            gap = np.abs(ours[-1] - theirs[-1])[:, lithium].max(initial=0.0)
            result["lithium_absolute"] = max(result.get("lithium_absolute", 0.0), float(gap))
            if "conductance" in group.device.outputs:
                one, two = self.output(group.name, "conductance"), other.output(group.name, "conductance")
                change = np.abs(two - two[0]).max()
                relative = float(np.abs(one[-1] - two[-1]).max() / max(change, 1e-300))
                result["conductance_relative"] = max(result.get("conductance_relative", 0.0), relative)
        return result

    def _instances(self, group: str) -> Instances:
        found = self.netlist.group(group)
        if not isinstance(found, Instances):
            raise InputError("group", group, ", ".join(g.name for g in self.netlist.devices), "a group of devices")
        return found


def stored_between(group: Instances, start: Floats, end: Floats) -> Floats:
    """Energy that moving the states from `start` to `end` stores [J], shape (count,).

    A function of the end points alone (each potential depends only on its own state): composite Gauss-Legendre.
    """
    farthest = np.abs(end - start).max(axis=1, initial=0.0)
    panels = 2 ** np.ceil(np.log2(np.clip(_PANELS * farthest, 1, _PANELS))).astype(int)
    result = np.zeros(group.count)
    for count in np.unique(panels).tolist():
        alike = np.flatnonzero(panels == count)
        block = max(1, _BLOCK // (count * len(_ROOTS) * len(group.device.variables)))
        for first in range(0, len(alike), block):
            part = alike[first : first + block]
            result[part] = _work(group, part, start[part], end[part], count)
    return result


def _work(group: Instances, part: NDArray[np.intp], start: Floats, end: Floats, panels: int) -> Floats:
    """What some devices of a group store, with this many panels."""
    kernel, nodes = array_kernel(group.device), len(group.device.nodes)
    fractions = ((np.arange(panels)[:, None] + (_ROOTS + 1) / 2) / panels).ravel()
    parameters = {name: values[part] for name, values in group.parameters.items()}
    variables = np.zeros((len(fractions), len(part), len(group.device.variables)))
    variables[..., nodes:] = start + fractions[:, None, None] * (end - start)
    work = kernel.potentials(variables, parameters) * kernel.capacities(parameters) * (end - start)
    total: Floats = np.tensordot(np.tile(_WEIGHTS / 2 / panels, panels), work, axes=1).sum(axis=-1)
    return total


def drive_groups(netlist: Netlist) -> tuple[Drives, ...]:
    """The groups that supply energy by holding nodes."""
    return tuple(group for group in netlist.groups if isinstance(group, Drives))
