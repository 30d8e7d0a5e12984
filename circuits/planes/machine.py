"""Instructions that compiled loops cannot be made to use otherwise: sums over vectors, calls of Fortran routines.

Loops over a handful of lanes stay scalar: the compiler cannot know that source and target do not overlap. And a
routine called by its address can be kept on disk with its caller, which one found by its name cannot.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import extending
from numba import types as kinds
from numba.core import cgutils as building

LANES = 8
BLOCK = 4  # sums held in registers at a time

intrinsic: Any = extending.intrinsic
types: Any = kinds
cgutils: Any = building
SHAPE = types.Tuple((types.int64,) * 4)
INDEX = ir.IntType(64)
VECTOR = ir.VectorType(ir.DoubleType(), LANES)


@intrinsic
def fortran(_typing: Any, _address: Any, arguments: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Call the Fortran routine at an address: unsigned integers are addresses, all else is passed by reference."""

    def build(_context: Any, builder: Any, signature: Any, values: Any) -> None:  # noqa: ANN401
        byte = ir.IntType(8).as_pointer()
        pointers = []
        for value, kind in zip(cgutils.unpack_tuple(builder, values[1]), signature.args[1], strict=True):
            if kind is types.uintp:
                pointers.append(builder.inttoptr(value, byte))
                continue
            plain = builder.trunc(value, ir.IntType(32)) if isinstance(kind, types.Integer) else value
            pointers.append(builder.bitcast(cgutils.alloca_once_value(builder, plain), byte))
        called = ir.FunctionType(ir.VoidType(), [byte] * len(pointers))
        builder.call(builder.inttoptr(values[0], called.as_pointer()), pointers)

    return types.void(types.int64, arguments), build


def _load(builder: Any, pointer: Any, at: Any) -> Any:  # noqa: ANN401 - llvmlite is untyped
    where = builder.bitcast(builder.gep(pointer, [at]), VECTOR.as_pointer())
    return where, builder.load(where, align=8)


def _sums(builder: Any, room: Any, target: Any, factors: tuple[Any, Any], steps: tuple[Any, Any], terms: Any) -> None:  # noqa: ANN401
    """target[n] += sum over k of x[k] y[k, n] for as many n as `room` has accumulators."""
    (x, y), (x_step, y_step) = factors, steps
    places = []
    for n, one in enumerate(room):
        where, value = _load(builder, target, ir.Constant(INDEX, n * LANES))
        builder.store(value, one)
        places.append(where)
    with cgutils.for_range(builder, terms) as loop:
        _, factor = _load(builder, x, builder.mul(loop.index, x_step))
        row = builder.gep(y, [builder.mul(loop.index, y_step)])
        for n, one in enumerate(room):
            _, value = _load(builder, row, ir.Constant(INDEX, n * LANES))
            product = builder.fmul(factor, value, flags=("contract",))
            builder.store(builder.fadd(builder.load(one), product, flags=("contract",)), one)
    for where, one in zip(places, room, strict=True):
        builder.store(builder.load(one), where, align=8)


@intrinsic
def accumulate(_typing: Any, _target: Any, _x: Any, _y: Any, _shape: Any) -> Any:  # noqa: ANN401 - numba's own types
    """target[n] += sum over k of x[k] y[k, n], each an own vector of LANES numbers.

    target, x, y: addresses; shape: how many n, how many k, numbers from x[k] to x[k + 1] and from y[k] to y[k + 1]
    """

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> None:  # noqa: ANN401
        number = ir.DoubleType().as_pointer()
        target, x, y = (builder.inttoptr(value, number) for value in values[:3])
        count, terms, *steps = cgutils.unpack_tuple(builder, values[3])
        room = [cgutils.alloca_once(builder, VECTOR) for _ in range(BLOCK)]
        blocks = builder.sdiv(count, ir.Constant(INDEX, BLOCK))
        done = builder.mul(blocks, ir.Constant(INDEX, BLOCK))
        for first, times, width in ((None, blocks, BLOCK), (done, builder.sub(count, done), 1)):
            with cgutils.for_range(builder, times) as loop:
                at = builder.mul(loop.index, ir.Constant(INDEX, width * LANES))
                if first is not None:
                    at = builder.add(at, builder.mul(first, ir.Constant(INDEX, LANES)))
                here = builder.gep(target, [at])
                _sums(builder, room[:width], here, (x, builder.gep(y, [at])), (steps[0], steps[1]), terms)

    return types.void(types.uintp, types.uintp, types.uintp, SHAPE), build


@intrinsic
def move(_typing: Any, _target: Any, _source: Any, _count: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Copy `count` vectors from one address to another."""

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> None:  # noqa: ANN401
        target, source = (builder.inttoptr(value, ir.DoubleType().as_pointer()) for value in values[:2])
        with cgutils.for_range(builder, values[2]) as loop:
            at = builder.mul(loop.index, ir.Constant(INDEX, LANES))
            _, value = _load(builder, source, at)
            builder.store(value, builder.bitcast(builder.gep(target, [at]), VECTOR.as_pointer()), align=8)

    return types.void(types.uintp, types.uintp, types.int64), build


@intrinsic
def clear(_typing: Any, _target: Any, _count: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Zero `count` vectors from an address on."""

    def build(_context: Any, builder: Any, _signature: Any, values: Any) -> None:  # noqa: ANN401
        start = builder.inttoptr(values[0], ir.DoubleType().as_pointer())
        with cgutils.for_range(builder, values[1]) as loop:
            at = builder.gep(start, [builder.mul(loop.index, ir.Constant(INDEX, LANES))])
            builder.store(ir.Constant(VECTOR, None), builder.bitcast(at, VECTOR.as_pointer()), align=8)

    return types.void(types.uintp, types.int64), build
