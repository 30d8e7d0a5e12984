"""A device's straight-line code as machine code that works on LANES devices at a time.

Arrays hold row after row, a row one number for each device of a group: item (k, device) is at k * count + device. The
last lanes of a row reach into what follows it, so arrays need room for LANES more (`roomy`); nothing there changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite
import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from circuits.device import Device
from circuits.errors import OutcomeError
from circuits.files import CACHE, cache_folder, drafted
from circuits.writers.condense import ZERO, admittance, elimination, following, residuals, settled, slope
from circuits.writers.kernel import program
from circuits.writers.program import Program, text
from circuits.writers.trace import FLOAT, LANES, TRACED, VECTOR, WORD, WORDS, Lane, Trace, lane, magnitude, most

ARRAYS = (
    "Z", "SHIFT", "PLACE", "INSIDE", "FOLLOW", "GIVEN", "KNOWN",
    "FLOW", "ADMIT", "MOVE", "PRESS", "LOSS", "OWN",
)  # fmt: skip
ALL = "INSIDE", "FOLLOW", "FLOW", "ADMIT", "MOVE", "PRESS", "LOSS", "OWN"  # what a kernel can write
TO_GO_ON, TO_STAY = ("INSIDE", "FOLLOW", "FLOW", "ADMIT"), ("INSIDE", "FLOW", "MOVE", "PRESS", "LOSS", "OWN")
POINTER = FLOAT.as_pointer()
ENTRY = ir.FunctionType(FLOAT, [WORD, WORD, FLOAT, *(POINTER for _ in ARRAYS)])


@dataclass(frozen=True)
class Compiled:
    """A device's kernel, for `run`.

    address: of the machine code; given: texts of what it loads for each device, made of parameters alone
    follows: rows of FOLLOW; couples: of each row of ADMIT, whether it can be other than 0
    kept: whatever must live as long as the code
    """

    address: int
    given: tuple[str, ...]
    follows: int
    couples: tuple[bool, ...]
    kept: Any


def roomy(values: NDArray[Any]) -> NDArray[Any]:
    """A copy in memory that goes on for LANES items after the last."""
    room = np.zeros(len(values) + LANES, values.dtype)
    room[: len(values)] = values
    return room[: len(values)]


def _run(_typing: Any, address: Any, count: Any, shared: Any, weight: Any, arrays: Any) -> Any:  # noqa: ANN401, ARG001
    """Solve the insides of `count` devices; the largest move of those that curve the equations.

    arrays: those of ARRAYS. For potentials Z at the terminals PLACE, which rose by SHIFT since the last call, one
    Newton step of charge - weight * flow = KNOWN moves INSIDE (internal nodes, then states); FLOW is the current out of
    each terminal into its node, ADMIT its fall for each volt at each terminal, MOVE the flow into each state, PRESS the
    potential it works against, OWN its fall for each unit of that state, LOSS the heat. FOLLOW is what those INSIDE
    that curve the equations rise by for each volt at each terminal. `shared`: whether all read the same GIVEN.
    """

    def written(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        found, pack = signature.args[4], arguments[4]
        pointers = [
            context.make_array(kind)(context, builder, builder.extract_value(pack, k)).data
            for k, kind in enumerate(found)
        ]
        pointers = [builder.bitcast(pointer, POINTER) for pointer in pointers]
        function = builder.inttoptr(arguments[0], ENTRY.as_pointer())
        return builder.call(function, [*arguments[1:4], *pointers])

    return types.float64(types.int64, types.int64, types.int64, types.float64, arrays), written


run: Any = intrinsic(_run)


@cache
def compiled(device: Device, written: tuple[str, ...] = ALL) -> Compiled:
    """The machine code of `device` that writes only the arrays `written`, kept on disk between processes.

    Large arrays wait for memory: a Newton step needs TO_GO_ON, its end TO_STAY. Both load the same GIVEN.
    """
    module, given = _module(device, written)
    address, kept = machine_code(module)
    p = program(device)
    couples = tuple(entry != ZERO for entry in admittance(p))
    return Compiled(address, tuple(given), len(following(p)), couples, kept)


def _module(device: Device, written: tuple[str, ...]) -> tuple[str, Sequence[str]]:
    """LLVM's text of the kernel, and the texts of what it loads."""
    module = ir.Module(name="liwes")
    function = ir.Function(module, ENTRY, "kernel")
    for argument in function.args[3:]:
        argument.add_attribute("noalias")
    count, shared, weight, *pointers = function.args
    named = dict(zip(ARRAYS, pointers, strict=True))
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    loop, done = function.append_basic_block("loop"), function.append_basic_block("done")
    alike = builder.icmp_signed("!=", shared, WORD(0))
    stride, follows = builder.select(alike, WORD(LANES), count), builder.select(alike, WORD(0), WORD(1))
    rate = _splat(builder, builder.fdiv(FLOAT(1.0), weight))
    builder.cbranch(builder.icmp_signed(">", count, WORD(0)), loop, done)
    before = builder.block

    builder.position_at_end(loop)
    first, largest = builder.phi(WORD), builder.phi(VECTOR)
    first.add_incoming(WORD(0), before)
    largest.add_incoming(ir.Constant(VECTOR, [0.0] * LANES), before)
    rows = _Rows(builder, named, count, first)
    trace = Trace(builder, lambda k: rows.at("GIVEN", stride, k, builder.mul(first, follows)))
    moved = _devices(program(device), trace, rows, (_splat(builder, weight), rate), written)
    farthest = trace.call("maximum", largest, rows.chosen(moved, largest))
    ahead = builder.add(first, WORD(LANES))
    first.add_incoming(ahead, loop)
    largest.add_incoming(farthest, loop)
    builder.cbranch(builder.icmp_signed("<", ahead, count), loop, done)

    builder.position_at_end(done)
    result = builder.phi(VECTOR)
    result.add_incoming(ir.Constant(VECTOR, [0.0] * LANES), before)
    result.add_incoming(farthest, loop)
    widest = builder.extract_element(result, WORD(0))
    scalar = ir.Function(module, ir.FunctionType(FLOAT, [FLOAT, FLOAT]), "llvm.maximum.f64")
    for k in range(1, LANES):
        widest = builder.call(scalar, [widest, builder.extract_element(result, WORD(k))])
    builder.ret(widest)
    return str(module), tuple(trace.texts)


def _splat(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    wide = VECTOR if value.type == FLOAT else WORDS
    one = builder.insert_element(ir.Constant(wide, ir.Undefined), value, WORD(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(one, ir.Constant(wide, ir.Undefined), zeros)


class _Rows:
    """Reads and writes of the rows of this call's arrays, at the devices the loop is at."""

    def __init__(
        self, builder: ir.IRBuilder, pointers: Mapping[str, ir.Value], count: ir.Value, first: ir.Value
    ) -> None:
        self._builder, self._pointers, self._count, self._first = builder, pointers, count, first
        lanes = builder.add(_splat(builder, first), ir.Constant(WORDS, list(range(LANES))))
        self._within = builder.icmp_signed("<", lanes, _splat(builder, count))

    def chosen(self, value: ir.Value, otherwise: ir.Value) -> ir.Value:
        """`value` in the lanes that are devices."""
        return self._builder.select(self._within, value, otherwise)

    def at(self, array: str, stride: ir.Value, k: int, offset: ir.Value) -> ir.Value:
        """LANES numbers from row k on."""
        return self._builder.load(self._address(array, stride, k, offset, VECTOR), align=8)

    def load(self, array: str, k: int) -> ir.Value:
        """Row k of an array."""
        return self.at(array, self._count, k, self._first)

    def gather(self, array: str, k: int) -> ir.Value:
        """What an array holds for each of the nodes in row k of PLACE."""
        builder = self._builder
        places = builder.load(self._address("PLACE", self._count, k, self._first, WORDS), align=8)
        result = ir.Constant(VECTOR, ir.Undefined)
        for number in range(LANES):
            place = builder.extract_element(places, WORD(number))
            value = builder.load(builder.gep(self._pointers[array], [place], source_etype=FLOAT))
            result = builder.insert_element(result, value, WORD(number))
        return result

    def store(self, array: str, k: int, value: ir.Value) -> None:
        """Write row k; what lies behind the last device keeps what it holds."""
        builder = self._builder
        address = self._address(array, self._count, k, self._first, VECTOR)
        builder.store(self.chosen(value, builder.load(address, align=8)), address, align=8)

    def _address(self, array: str, stride: ir.Value, k: int, offset: ir.Value, kind: ir.Type) -> ir.Value:
        builder = self._builder
        item = builder.add(builder.mul(stride, WORD(k)), offset)
        pointer = builder.gep(self._pointers[array], [item], source_etype=FLOAT)
        return builder.bitcast(pointer, kind.as_pointer())


def _devices(
    p: Program, trace: Trace, rows: _Rows, times: tuple[ir.Value, ir.Value], written: tuple[str, ...]
) -> ir.Value:
    """Instructions for the devices the loop is at; the largest move of what curves."""
    # Our own names are capitals: a device's are small letters, so a state called v is no loop counter.
    weight, rate = (Lane(trace, value) for value in times)
    scope: dict[str, Any] = {**TRACED, "WEIGHT": weight, "RATE": rate, "__builtins__": {}}
    scope |= _read(p, trace, rows)
    lines = [*p.values(), *p.partials(), *(f"F_{k} = {text(row)}" for k, row in enumerate(p.rows))]
    lines += [f"{slope(*entry)} = {value}" for entry, value in zip(p.pattern, p.slopes(), strict=True)]
    lines += [*residuals(p), *elimination(p)]
    lines += [line for k in range(len(p.device.states)) for line in settled(p, k)]
    exec("\n".join(lines), scope)  # noqa: S102 - our own text, made from a checked device
    for array, expressions in _results(p).items():
        for k, expression in enumerate(expressions):
            found = eval(expression, scope)  # noqa: S307 - as above
            value = lane(trace, found).value  # even if unwritten: GIVEN is numbered in the order of use
            if array in written:
                rows.store(array, k, value)
    moved = lane(trace, 0.0)
    for k in p.curved:
        moved = most(moved, magnitude(scope[f"D_{k}"]))
    return moved.value


def _read(p: Program, trace: Trace, rows: _Rows) -> dict[str, Lane]:
    """What the straight-line code starts from, by name."""
    names, terminals = [v.name for v in p.device.variables], p.device.terminals
    scope = {leaf: Lane(trace, text=leaf) for leaf in p.given}
    scope |= {name: Lane(trace, rows.gather("Z", k)) for k, name in enumerate(names[:terminals])}
    scope |= {name: Lane(trace, rows.load("INSIDE", k)) for k, name in enumerate(names[terminals:])}
    scope |= {f"KNOWN_{k}": Lane(trace, rows.load("KNOWN", k)) for k in range(len(p.device.states))}
    rises = [Lane(trace, rows.gather("SHIFT", k)) for k in range(terminals)]
    for place, (k, u) in enumerate(following(p)):
        scope[names[k]] += Lane(trace, rows.load("FOLLOW", place)) * rises[u]
    return scope


def _results(p: Program) -> dict[str, list[str]]:
    """Expressions for every row of the arrays a kernel writes."""
    names, terminals = [v.name for v in p.device.variables], p.device.terminals
    nodes, states = range(terminals, len(p.device.nodes)), range(len(p.device.states))
    taken = " + ".join(f"{names[k]} * R_{k}" for k in range(terminals))
    return {
        "INSIDE": [*(f"{names[k]} + D_{k}" for k in nodes), *(f"X_{k}" for k in states)],
        "FOLLOW": [f"S_{k}_{u}" for k, u in following(p)],
        "FLOW": [f"R_{k}" for k in range(terminals)],
        "ADMIT": admittance(p),
        "MOVE": [f"Y_{k}" for k in states],
        "PRESS": [f"E_{k}" for k in states],
        "OWN": [f"O_{k}" for k in states],
        "LOSS": [f"-({taken}){''.join(f' - E_{k} * Y_{k}' for k in states)}"],
    }


def _machine() -> tuple[Any, str]:
    """This computer, as code is made for it, and what it can do; each compiler takes one for its own."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    features = str(binding.get_host_cpu_features().flatten())
    target, name = binding.Target.from_default_triple(), binding.get_host_cpu_name()
    return target.create_target_machine(cpu=name, features=features, opt=3, codemodel="jitdefault"), features


def machine_code(module: str) -> tuple[int, Any]:
    """Address of a module's function `kernel`, and what must be kept for it to stay there.

    Raises OutcomeError when the code cannot be written to the cache folder.
    """
    machine, features = _machine()
    made_for = (module, llvmlite.__version__, machine.triple, binding.get_host_cpu_name(), features)
    name = hashlib.sha256("\n".join(made_for).encode()).hexdigest()[:32]
    path = cache_folder() / "kernels" / f"{name}.o"
    parsed = binding.parse_assembly(module)
    known = path.read_bytes() if path.exists() else None
    if known is None:
        parsed.verify()
        builder = binding.create_pass_builder(machine, binding.PipelineTuningOptions(speed_level=2))
        builder.getModulePassManager().run(parsed, builder)
    engine = binding.create_mcjit_compiler(parsed, machine)

    def keep(_module: Any, code: bytes) -> None:  # noqa: ANN401
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with drafted(path) as draft:
                draft.write_bytes(code)
        except OSError as error:
            failures.append(error)

    failures: list[OSError] = []
    engine.set_object_cache(keep, lambda _module: known)
    engine.finalize_object()
    if failures:
        raise OutcomeError(
            f"The compiled kernel could not be kept in {path.parent} ({failures[0].strerror}).",
            "the folder is read-only or full.",
            f"setting {CACHE} to a folder you can write to.",
        ) from failures[0]
    return engine.get_function_address("kernel"), engine
