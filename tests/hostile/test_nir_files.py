"""Hostile and damaged NIR files: one clear error or a right result, within time and memory, nothing read outside."""

from __future__ import annotations

import os
import resource
import struct
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from circuits.errors import CircuitError, DataError, OutcomeError
from crossbar.networks.load import Imported, assemble, read_nir
from crossbar.networks.network import Timing, differences
from crossbar.networks.reader import PROGRAM as CHILD
from crossbar.networks.reader import Limits, Reader
from crossbar.networks.save import write_nir

TIMING = Timing(dt=1e-4, reset="zero")
LONGEST = 10.0  # s that one file may take
MOST = 1 << 30  # bytes that the child may take
OUTSIDE = "not for the reader"


def network(seed=0):
    rng = np.random.default_rng(seed)
    lif: dict[str, object] = {"tau": [0.01] * 4, "r": [1.0] * 4, "v_leak": [0.0] * 4, "v_threshold": [0.1] * 4}
    nodes: dict[str, tuple[str, dict[str, object]]] = {
        "input": ("Input", {"shape": [3]}),
        "fc": ("Affine", {"weight": rng.normal(size=(4, 3)).astype(np.float32), "bias": rng.normal(size=4)}),
        "lif": ("LIF", lif),
        "back": ("Linear", {"weight": rng.normal(size=(4, 4)).astype(np.float32)}),
        "output": ("Output", {"shape": [4]}),
    }
    edges = [("input", "fc"), ("fc", "lif"), ("lif", "back"), ("back", "lif"), ("lif", "output")]
    return assemble(nodes, edges, TIMING)


def read(path, limits=None, reader=None):
    return read_nir(path, dt=TIMING.dt, reset=TIMING.reset, limits=limits, reader=reader)


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.nir"
    write_nir(network(), path)
    return path


@pytest.fixture(scope="module")
def reader():
    with Reader(Limits(seconds=4)) as one:
        yield one


def weight(file):
    del file["node/nodes/fc/weight"]
    return file["node/nodes/fc"]


def soft_link(file):
    weight(file)["weight"] = h5py.SoftLink("/node/nodes/back/weight")


def external_link(file):
    weight(file)["weight"] = h5py.ExternalLink("secret.h5", "/weight")


def external_storage(file):
    outside = Path(file.filename).with_name("secret.txt")
    weight(file).create_dataset("weight", (4, 3), "u1", external=[(str(outside), 0, 12)])


def virtual_storage(file):
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "weight", (4, 3))
    weight(file).create_virtual_dataset("weight", layout)


def group_in_itself(file):
    file["node/nodes/again"] = file["node"]


def many_names_for_one(file):
    level = file["node/nodes"]
    for depth in range(12):
        deeper = level.create_group(f"level{depth}")
        for twin in range(1, 10):
            level[f"twin{depth}_{twin}"] = deeper
        level = deeper


def asks_for_128_gib(file):
    weight(file).create_dataset("weight", (1 << 17, 1 << 18), "f4", chunks=(64, 64), compression="gzip")


def compressed_bomb(file):
    zeros = weight(file).create_dataset("weight", (1 << 14, 1 << 14), "f4", chunks=(1 << 10, 1 << 10), compression=9)
    zeros[:64] = 0.0


def huge_chunk(file):
    weight(file).create_dataset("weight", (1, 1), "f4", chunks=(1 << 14, 1 << 14), maxshape=(None, None))


def deep_groups(file):
    level = file["node/nodes/fc"]
    for _ in range(60):
        level = level.create_group("deeper")


def deep_graphs(file):
    level = file["node/nodes"]
    for _ in range(8):
        graph = level.create_group("graph")
        graph["type"] = "NIRGraph"
        graph["edges"] = np.empty((0, 2))
        level = graph.create_group("nodes")


def unknown_filter(file):
    group = weight(file)
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((4, 3))
    plan.set_filter(31999, h5py.h5z.FLAG_OPTIONAL, (1,))
    space = h5py.h5s.create_simple((4, 3))
    h5py.h5d.create(group.id, b"weight", h5py.h5t.IEEE_F32LE, space, plan)


def not_a_number(file):
    file["node/nodes/fc/weight"][0, 0] = np.nan


def infinite_threshold(file):
    file["node/nodes/lif/v_threshold"][0] = np.inf


def compound_type(file):
    weight(file)["weight"] = np.zeros((4, 3), dtype=[("re", "f4"), ("im", "f4")])


def complex_numbers(file):
    weight(file)["weight"] = np.zeros((4, 3), dtype=np.complex64)


def references(file):
    weight(file).create_dataset("weight", (4, 3), dtype=h5py.ref_dtype)


def long_doubles(file):
    weight(file)["weight"] = np.zeros((4, 3), dtype=np.longdouble)


def opaque_bytes(file):
    weight(file)["weight"] = np.zeros((4, 3), dtype="V8")


def committed_type(file):
    file["node/nodes/fc/extra"] = np.dtype("f8")


def words_for_weights(file):
    weight(file)["weight"] = np.array([["rm -rf"] * 3] * 4, dtype=h5py.string_dtype())


def no_space(file):
    weight(file)["weight"] = h5py.Empty("f4")


def control_characters(file):
    file.move("node/nodes/fc", "node/nodes/f\x1b[2Jc")


def endless_name(file):
    file.move("node/nodes/fc", f"node/nodes/{'f' * 5000}")


def not_utf8(file):
    del file["node/nodes/fc/type"]
    file["node/nodes/fc"].create_dataset("type", data=np.bytes_(b"\xff\xfe\xfa"))


def type_is_a_number(file):
    del file["node/nodes/fc/type"]
    file["node/nodes/fc/type"] = 7


def edges_without_end(file):
    del file["node/edges"]
    file["node"].create_dataset("edges", (1 << 25, 2), h5py.string_dtype(), chunks=(1024, 2))


def endless_texts(file):
    del file["node/edges"]
    edges = np.array([["x" * 200_000, "y"]] * 5, dtype=object)
    file["node"].create_dataset("edges", data=edges, dtype=h5py.string_dtype())


def unrolls_to_a_billion(file):
    fields = {"stride": 1, "padding": 500, "dilation": 1, "groups": 1, "bias": np.zeros(4), "input_shape": [1000, 1000]}
    group = file["node/nodes/fc"]
    for key in ("weight", "bias"):
        del group[key]
    for key, value in {**fields, "weight": np.zeros((4, 3, 30, 30))}.items():
        group[key] = value
    del group["type"]
    group["type"] = "Conv2d"
    del file["node/nodes/input/shape"]
    file["node/nodes/input/shape"] = [3, 1000, 1000]


def a_billion_inputs(file):
    del file["node/nodes/input/shape"]
    file["node/nodes/input/shape"] = [1 << 15, 1 << 15]
    edges = file["node/edges"][()]
    del file["node/edges"]
    file["node/edges"] = np.vstack([edges, [[b"input", b"output"]]])


def overflowing_shape(file):
    del file["node/nodes/input/shape"]
    file["node/nodes/input/shape"] = np.array([2**63 - 1, 2**63 - 1, 3])


def time_runs_backwards(file):
    file["node/nodes/lif/tau"][0] = -0.01


def crowd_of_nodes(file):
    for number in range(2000):
        file[f"node/nodes/extra{number}/type"] = "Scale"
        file[f"node/nodes/extra{number}/scale"] = 1.0


CRAFTED = {
    soft_link: "a link to another place",
    external_link: "a link to another place",
    external_storage: "data stored in another file",
    virtual_storage: "data stored in another file",
    group_in_itself: "an object that another name leads to",
    many_names_for_one: "an object that another name leads to",
    asks_for_128_gib: "declare 137438",
    compressed_bomb: "declare 107",
    huge_chunk: "chunks of",
    deep_groups: "deeper than",
    deep_graphs: "graphs within one another",
    unknown_filter: "filter 31999",
    not_a_number: "fc/weight: a number that is not finite",
    infinite_threshold: "lif/v_threshold: a number that is not finite",
    compound_type: "values of type",
    complex_numbers: "values of type complex64",
    references: "values of type object",
    long_doubles: "values of type",
    opaque_bytes: "values of type",
    committed_type: "neither a group nor a data set",
    words_for_weights: "'weight' of node 'fc' holds no numbers",
    no_space: "dimensions or no values",
    control_characters: r"a name: 'f\\x1b\[2Jc'",
    endless_name: "a name: 'ffff",
    not_utf8: "text that is not UTF-8",
    type_is_a_number: "node 'fc' does not say its type",
    edges_without_end: "declare 536",
    endless_texts: "a text of 200000 bytes",
    unrolls_to_a_billion: "unrolls to",
    a_billion_inputs: r"node 'input' has shape \(32768, 32768\)",
    overflowing_shape: "node 'input' has the shape",
    time_runs_backwards: "LIF 'lif' has tau = -0.01",
}


def craft(path, change):
    (path.parent / "secret.txt").write_text(OUTSIDE)
    with h5py.File(path.parent / "secret.h5", "w") as other:
        other["weight"] = np.ones((4, 3), "f4")
    with h5py.File(path, "r+") as file:
        change(file)


def test_there_are_enough_crafted_files():
    assert len(CRAFTED) >= 25


@pytest.mark.parametrize("change", CRAFTED, ids=lambda change: change.__name__)
def test_a_crafted_file_is_one_clear_error(good, reader, change):
    craft(good, change)
    start = time.monotonic()
    with pytest.raises(DataError, match=CRAFTED[change]) as caught:
        read(good, reader=reader)
    assert time.monotonic() - start < LONGEST
    said = str(caught.value)
    assert len(said) < 1000
    assert "\x1b" not in said
    assert OUTSIDE not in said


def test_more_nodes_than_allowed_are_refused(good):
    craft(good, crowd_of_nodes)
    with pytest.raises(DataError, match=r"more objects|more nodes"):
        read(good, limits=Limits(nodes=100))


def test_a_joint_of_many_edges_is_refused_before_it_is_multiplied_out(tmp_path):
    nodes = {f"in{k}": ("Input", {"shape": [1]}) for k in range(40)}
    nodes |= {f"out{k}": ("Output", {"shape": [1]}) for k in range(40)} | {"joint": ("Flatten", {})}
    edges = [(f"in{k}", "joint") for k in range(40)] + [("joint", f"out{k}") for k in range(40)]
    path = tmp_path / "joint.nir"
    with h5py.File(path, "w") as file:
        file["node/type"] = "NIRGraph"
        file["node/edges"] = np.array(edges, dtype=h5py.string_dtype())
        for name, (kind, fields) in nodes.items():
            file[f"node/nodes/{name}/type"] = kind
            for key, value in fields.items():
                file[f"node/nodes/{name}/{key}"] = value
    with pytest.raises(DataError, match="'joint' joins 40 and 40 edges; allowed is at most 800"):
        read(path, limits=Limits(nodes=100))


def test_a_child_that_died_between_two_files_is_replaced(good):
    """Guard: a child stopped just as its reply arrived was asked for the next file, which then could not be read."""
    with Reader() as reader:
        read(good, reader=reader)
        assert reader._child is not None
        reader._child.kill()
        reader._child.wait(10.0)
        assert differences(read(good, reader=reader).network, network()) == []


def test_a_graph_of_a_million_weights_is_within_the_memory_of_the_child(tmp_path):
    fields: dict[str, object] = {"weight": np.random.default_rng(0).normal(size=(1000, 1000)).astype("f4")}
    nodes: dict[str, tuple[str, dict[str, object]]]
    nodes = {"input": ("Input", {"shape": [1000]}), "fc": ("Linear", fields), "output": ("Output", {})}
    large = assemble(nodes, [("input", "fc"), ("fc", "output")], TIMING)
    write_nir(large, tmp_path / "large.nir")
    assert differences(read(tmp_path / "large.nir", limits=Limits(memory=MOST // 2)).network, large) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "cannot read it"), (b"just text", "cannot read it"), (b"\x89HDF\r\n\x1a\n" + b"\0" * 500, "cannot read it")],
)
def test_what_is_no_hdf5_is_one_clear_error(tmp_path, reader, content, said):
    path = tmp_path / "no.nir"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        read(path, reader=reader)


def test_what_is_no_plain_file_is_not_opened(tmp_path, reader):
    pipe = tmp_path / "pipe.nir"
    os.mkfifo(pipe)
    for path, said in (
        (pipe, "not a plain file"),
        (tmp_path, "not a plain file"),
        (tmp_path / "no", "cannot be opened"),
    ):
        with pytest.raises(DataError, match=said):
            read(path, reader=reader)


def test_a_file_larger_than_allowed_is_not_opened(good):
    with pytest.raises(DataError, match="it holds"):
        read(good, limits=Limits(bytes=1000))


def test_a_reader_that_turns_for_ever_is_stopped(good, monkeypatch, tmp_path):
    program = tmp_path / "turns.py"
    program.write_text("import time\nwhile True: time.sleep(1)\n")
    monkeypatch.setattr("crossbar.networks.reader.PROGRAM", program)
    start = time.monotonic()
    with pytest.raises(OutcomeError, match="took longer than 1 s"):
        read(good, limits=Limits(seconds=1))
    assert time.monotonic() - start < LONGEST


def framed(header):
    return struct.pack("<Q", len(header)) + header.encode()


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"\xff" * 64,
        b"\x02\0\0\0\0\0\0\0{}",
        framed("[[[["),
        framed('{"tree": {"a": ["array", "O", [1], 8]}}') + b"12345678",
        framed('{"tree": {"a": ["array", "<f8", [9], 8]}}') + b"12345678",
        framed('{"tree": {"a": ["array", "<f8", [-1], -8]}}'),
        framed('{"tree": {"a": ["array", "<f8", [1e9], 8]}}'),
        framed('{"tree": {"a": ["array", "<f8", [1000000000], 8000000000]}}'),
        framed('{"tree": {"a": ["strings", 5, [[1]]]}}'),
        framed('{"tree": {"a": 5}}'),
        framed('{"refused": [1]}'),
        framed('{"tree": ' + '{"a":' * 5000 + "1" + "}" * 5001),
        struct.pack("<Q", 1 << 60),
    ],
)
def test_a_child_that_a_file_took_over_is_not_believed(good, monkeypatch, tmp_path, reply):
    program = tmp_path / "lies.py"
    program.write_text(f"import sys\nsys.stdin.readline()\nsys.stdout.buffer.write({reply!r})\n")
    monkeypatch.setattr("crossbar.networks.reader.PROGRAM", program)
    with pytest.raises(DataError, match="did not survive"):
        read(good)


def test_the_child_may_not_write_a_file(good, tmp_path, monkeypatch):
    """What holds the child's own program also holds one that a crafted file brought."""
    program = tmp_path / "writes.py"
    target = tmp_path / "written"
    program.write_text(
        "import runpy, sys\n"
        f"child = runpy.run_path({str(CHILD)!r})\n"
        "child['restrict'](1 << 30)\n"
        f"open({str(target)!r}, 'wb').write(b'x' * 100)\n"
    )
    monkeypatch.setattr("crossbar.networks.reader.PROGRAM", program)
    with pytest.raises(DataError):
        read(good)
    assert not target.exists() or target.stat().st_size == 0


def corrupted(content, rng):
    """A copy with a few bits or bytes changed, a stretch overwritten, or its end cut off."""
    copy = bytearray(content)
    kind = rng.integers(4)
    if kind == 0:
        return bytes(copy[: rng.integers(len(copy))])
    if kind == 1:
        for place in rng.integers(len(copy), size=rng.integers(1, 9)):
            copy[place] ^= 1 << rng.integers(8)
    elif kind == 2:
        for place in rng.integers(len(copy), size=rng.integers(1, 5)):
            copy[place] = rng.integers(256)
    else:
        start, length = rng.integers(len(copy)), rng.integers(1, 64)
        copy[start : start + length] = rng.bytes(len(copy[start : start + length]))
    return bytes(copy)


def largest_child():
    """Peak memory of any child of this process that has ended [byte]."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


@pytest.mark.parametrize(
    ("count", "seed"), [(200, 1), pytest.param(800, 2, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_a_corrupted_file_is_one_clear_error_or_a_result(good, tmp_path, count, seed):
    rng = np.random.default_rng(seed)
    content = good.read_bytes()
    path = tmp_path / "corrupted.nir"
    longest, read_well, before = 0.0, 0, largest_child()
    with Reader(Limits(seconds=3)) as reader:
        for _ in range(count):
            path.write_bytes(corrupted(content, rng))
            start = time.monotonic()
            try:
                found = read(path, reader=reader)
            except CircuitError as error:
                assert len(str(error)) < 1500  # noqa: PT017 - every one is looked at
            else:
                assert isinstance(found, Imported)
                read_well += 1
            longest = max(longest, time.monotonic() - start)
        assert differences(read(good, reader=reader).network, network()) == []
    assert longest < LONGEST
    assert 0 < read_well < count
    # Guard: children of tests before this one, in the same process, count as well.
    assert largest_child() <= max(MOST, before)
