"""Kernels: a device's straight-line program on numpy arrays of any shape; see writers.compiled for the fast one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circuits.device import Device
from circuits.writers.program import Program, text
from circuits.writers.total import ARRAYS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ArrayKernel:
    """A device on numpy arrays: variables and parameters broadcast against each other."""

    device: Device

    @cached_property
    def program(self) -> Program:
        """The device's straight-line code."""
        return program(self.device)

    @cached_property
    def _code(self) -> Mapping[str, Any]:
        p = self.program
        constants = [f"{n.name} = {text(n.definition)}" for n in p.constants]
        results = {
            "flows": [text(row) for row in p.rows],
            "slopes": p.slopes(),
            "loss": [text(p.loss)],
            "outputs": [text(e) for e in self.device.outputs.values()],
            "potentials": [text(s.potential) for s in self.device.states],
            "capacities": [text(s.capacity) for s in self.device.states],
        }
        return {
            what: compile(
                "\n".join([*constants, *p.values(), *(p.partials() if what == "slopes" else []), _result(expressions)]),
                f"<{what} of {self.device.name}>",
                "exec",
            )
            for what, expressions in results.items()
        }

    def _run(self, what: str, variables: ArrayLike, parameters: Mapping[str, ArrayLike]) -> Floats:
        names = [v.name for v in self.device.variables]
        columns = np.moveaxis(np.asarray(variables, float), -1, 0)
        scope: dict[str, Any] = dict(ARRAYS) | dict(zip(names, columns, strict=True))
        scope |= {key: np.asarray(value, float) for key, value in parameters.items()}
        exec(self._code[what], {"__builtins__": {}}, scope)  # noqa: S102 - our own text, made from a checked device
        shape = np.broadcast_shapes(columns.shape[1:], *(np.shape(v) for v in parameters.values()))
        return _stacked(scope["result"], shape)

    def flows(self, variables: ArrayLike, parameters: Mapping[str, ArrayLike]) -> Floats:
        """Flow into each node and state [A]; variables of shape (..., variables), result alike."""
        return self._run("flows", variables, parameters)

    def slopes(self, variables: ArrayLike, parameters: Mapping[str, ArrayLike]) -> Floats:
        """Exact slopes d flow[row] / d variable for the pairs of `program.pattern`, shape (..., pairs)."""
        return self._run("slopes", variables, parameters)

    def loss(self, variables: ArrayLike, parameters: Mapping[str, ArrayLike]) -> Floats:
        """Power turned into heat [W], shape (...)."""
        return self._run("loss", variables, parameters)[..., 0]

    def outputs(self, variables: ArrayLike, parameters: Mapping[str, ArrayLike]) -> dict[str, Floats]:
        """The device's observable quantities by name, shape (...) each."""
        return dict(
            zip(self.device.outputs, np.moveaxis(self._run("outputs", variables, parameters), -1, 0), strict=True)
        )

    def potentials(self, variables: ArrayLike, parameters: Mapping[str, ArrayLike]) -> Floats:
        """What a coulomb of flow into each state works against [V], shape (..., states)."""
        return self._run("potentials", variables, parameters)

    def capacities(self, parameters: Mapping[str, ArrayLike]) -> Floats:
        """Capacity of each state, shape (..., states)."""
        return self._run("capacities", np.zeros(len(self.device.variables)), parameters)

    def constant(self, name: str, parameters: Mapping[str, float]) -> float:
        """A named intermediate that is made of parameters alone."""
        return float(self.given([name], parameters)[..., 0])

    def given(self, texts: Sequence[str], parameters: Mapping[str, ArrayLike]) -> Floats:
        """Values of expressions in parameters alone, shape (..., texts)."""
        p = self.program
        scope: dict[str, Any] = dict(ARRAYS) | {key: np.asarray(value, float) for key, value in parameters.items()}
        lines = [f"{n.name} = {text(n.definition)}" for n in p.constants]
        exec("\n".join([*lines, _result(texts)]), {"__builtins__": {}}, scope)  # noqa: S102
        shape = np.broadcast_shapes(*(np.shape(v) for v in parameters.values()))
        return _stacked(scope["result"], shape)


def _stacked(items: Sequence[ArrayLike], shape: tuple[int, ...]) -> Floats:
    # A device may have no states, no outputs: nothing stacks to nothing.
    return np.stack([np.broadcast_to(item, shape) for item in items], axis=-1) if items else np.zeros((*shape, 0))


def _result(expressions: Sequence[str]) -> str:
    return f"result = ({''.join(f'{e}, ' for e in expressions)})"


@cache
def program(device: Device) -> Program:
    """The straight-line code of `device`."""
    return Program(device)


@cache
def array_kernel(device: Device) -> ArrayKernel:
    """The numpy kernel of `device`."""
    return ArrayKernel(device)
