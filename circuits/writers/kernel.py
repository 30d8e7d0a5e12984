"""Kernels: a device's straight-line program as numpy (any shape) and as compiled numba (loops over devices)."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType
from typing import Any

import numpy as np
from numba import types
from numpy.typing import ArrayLike, NDArray

from circuits.device import Device
from circuits.errors import OutcomeError
from circuits.files import CACHE, cache_folder, drafted
from circuits.writers.condense import admittance, elimination, moved, residuals, slope
from circuits.writers.program import Program, text
from circuits.writers.total import ARRAYS

Floats = NDArray[np.float64]

_F, _I = types.float64[::1], types.int64[::1]
_B = types.boolean[::1]
SIGNATURE = types.float64(_I, _B, _F, _I, _F, _F, _F, types.float64, _F, _F, _F, _F, _F, _F)


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
        values = self.given(parameters)
        return float(values[..., self.program.given.index(name)])

    def given(self, parameters: Mapping[str, ArrayLike]) -> Floats:
        """What a compiled kernel loads for each device, shape (..., given)."""
        p = self.program
        scope: dict[str, Any] = dict(ARRAYS) | {key: np.asarray(value, float) for key, value in parameters.items()}
        lines = [f"{n.name} = {text(n.definition)}" for n in p.constants]
        exec("\n".join([*lines, _result(list(p.given))]), {"__builtins__": {}}, scope)  # noqa: S102
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


def source(devices: Sequence[Device]) -> str:
    """Text of a module whose `kernel` solves the insides of groups of devices, one group for each of `devices`.

    kernel(COUNTS, SHARED, Z, PLACE, INSIDE, GIVEN, KNOWN, WEIGHT, FLOW, ADMIT, MOVE, PRESS, LOSS, OWN): flat arrays,
    group after group. For potentials Z at the terminals PLACE, one Newton step of charge - WEIGHT * flow = KNOWN
    moves INSIDE (internal nodes, then states); FLOW is the current out of each terminal into its node, ADMIT its
    fall for each volt at each terminal, MOVE the flow into each state, PRESS the potential it works against, OWN its
    fall for each unit of that state, LOSS the heat; it returns the largest move. SHARED: whether all devices of a
    group read one row of GIVEN.
    """
    lines = [
        "from circuits.jit import jit",
        "from circuits.writers.kernel import SIGNATURE",
        "from circuits.writers.total import below, exp_slope, exp_total, log_slope, log_total, sinh_slope, sinh_total",
        "",
        "@jit(SIGNATURE)",
        "def kernel(COUNTS, SHARED, Z, PLACE, INSIDE, GIVEN, KNOWN, WEIGHT, FLOW, ADMIT, MOVE, PRESS, LOSS, OWN):",
        "    T = V = G = A = Q = C = 0",
        "    L = 0.0",
    ]
    for group, device in enumerate(devices):
        given = len(program(device).given)
        lines += [
            f"    for _ in range(COUNTS[{group}]):",
            *(f"        {line}" for line in _body(program(device))),
            f"        if not SHARED[{group}]:",
            f"            G += {given}",
            f"    if SHARED[{group}]:",
            f"        G += {given}",
        ]
    return "\n".join([*lines, "    return L"]) + "\n"


def _body(p: Program) -> list[str]:
    # Our own names are capitals: a device's are small letters, so a state called v is no loop counter.
    device = p.device
    variables = [v.name for v in device.variables]
    terminals, nodes, states = device.terminals, len(device.nodes), len(device.states)
    inside = len(variables) - terminals
    lines = [f"{name} = Z[PLACE[T + {k}]]" for k, name in enumerate(variables[:terminals])]
    lines += [f"{name} = INSIDE[V + {k}]" for k, name in enumerate(variables[terminals:])]
    lines += [f"{name} = GIVEN[G + {k}]" for k, name in enumerate(p.given)]
    lines += [*p.values(), *p.partials()]
    lines += [f"F_{k} = {text(row)}" for k, row in enumerate(p.rows)]
    lines += [f"{slope(*entry)} = {value}" for entry, value in zip(p.pattern, p.slopes(), strict=True)]
    lines += [*residuals(device.nodes, device.states), *elimination(p)]
    lines += [f"INSIDE[V + {k}] = {variables[terminals + k]} + D_{terminals + k}" for k in range(nodes - terminals)]
    for k in range(states):
        lines += _settled(p, k)
    lines += [f"L = max(L, abs(D_{terminals + k}))" for k in range(inside)]
    lines += [f"FLOW[T + {k}] = R_{k}" for k in range(terminals)]
    lines += [f"ADMIT[A + {k}] = {entry}" for k, entry in enumerate(admittance(p))]
    power = [f"{variables[k]} * R_{k}" for k in range(terminals)]
    stored = "".join(f" - PRESS[Q + {k}] * MOVE[Q + {k}]" for k in range(states))
    return [
        *lines,
        f"LOSS[C] = -({' + '.join(power)}){stored}",
        f"T += {terminals}",
        f"V += {inside}",
        f"A += {terminals**2}",
        f"Q += {states}",
        "C += 1",
    ]


def _settled(p: Program, k: int) -> list[str]:
    """State number `k` and the flow into it after the step, agreeing to the last digit.

    Whichever is known better gives the other: rounding in the state grows by stiffness in the flow, and the reverse.
    """
    device, row = p.device, len(p.device.nodes) + k
    state, place = device.states[k], row - device.terminals
    own = f"-{slope(row, row)}" if (row, row) in p.pattern else "0.0"
    return [
        f"W = {text(state.capacity)}",
        f"X = {state.variable.name} + D_{row}",
        f"Y = F_{row}{moved(p, row)}",
        f"OWN[Q + {k}] = {own}",
        f"if OWN[Q + {k}] * WEIGHT > W:",
        f"    Y = (W * X - KNOWN[Q + {k}]) / WEIGHT",
        "else:",
        f"    X = (KNOWN[Q + {k}] + WEIGHT * Y) / W",
        f"INSIDE[V + {place}] = X",
        f"MOVE[Q + {k}] = Y",
        f"PRESS[Q + {k}] = {text(state.potential)}{p.moved(state.potential)}",
    ]


@cache
def compiled(devices: tuple[Device, ...]) -> Any:  # noqa: ANN401 - numba's dispatcher has no public type
    """The compiled kernel of `devices`, kept on disk between processes."""
    return _module(source(devices)).kernel


def _module(code: str) -> ModuleType:
    name = f"liwes_kernel_{hashlib.sha256(code.encode()).hexdigest()[:16]}"
    folder = cache_folder() / "kernels"
    path = folder / f"{name}.py"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != code:
            with drafted(path) as draft:
                draft.write_text(code)
    except OSError as error:
        raise OutcomeError(
            f"The compiled kernel could not be kept in {folder} ({error.strerror}).",
            "the folder is read-only or full.",
            f"setting {CACHE} to a folder you can write to.",
        ) from error
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
