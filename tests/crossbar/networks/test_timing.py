"""The timing that a file names: written, read, overruled, and what is no timing."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
import pytest

from circuits.errors import DataError, InputError
from crossbar.networks.load import read_nir
from crossbar.networks.network import CHOICES, Timing, differences
from crossbar.networks.save import write_nir

TIMING = Timing(2e-4, "subtract", "membrane_first", "exponential", "second")


@pytest.fixture
def file(tmp_path, chain, neurons):
    network = chain({"fc": ("Linear", {"weight": np.ones((2, 3), "f4")}), "lif": neurons("LIF", 2)}, [3], TIMING)
    write_nir(network, tmp_path / "a.nir")
    return tmp_path / "a.nir"


@pytest.fixture
def named(file, child):
    """A file whose graph has this metadata, read with these arguments."""

    def reading(metadata, **asked):
        with h5py.File(file, "r+") as opened:
            del opened["node/metadata"]
            for name, value in metadata.items():
                opened[f"node/metadata/{name}"] = value
        return read_nir(file, reader=child, **asked)

    return reading


def test_a_network_comes_back_with_its_timing(file, child):
    found = read_nir(file, reader=child)
    assert found.network.timing == TIMING
    assert vars(found.named) == vars(TIMING)
    assert (found.repairs, found.remarks) == ((), ())


@pytest.mark.parametrize("name", CHOICES)
def test_every_word_comes_back(tmp_path, chain, neurons, child, name):
    for word in CHOICES[name]:
        arguments: dict[str, Any] = {"reset": "zero", name: word}
        timing = Timing(1e-4, **arguments)
        network = chain({"lif": neurons("LIF", 3)}, [3], timing)
        write_nir(network, tmp_path / "b.nir")
        assert differences(read_nir(tmp_path / "b.nir", reader=child).network, network) == []


def test_what_is_said_wins_over_the_file_and_is_told(file, child):
    found = read_nir(file, dt=1e-4, reset="subtract", decay="euler", reader=child)
    assert found.network.timing == Timing(1e-4, "subtract", "membrane_first", "euler", "second")
    assert found.remarks == (
        "dt = 0.0001 was asked for and is taken; the file says 0.0002",
        "decay = euler was asked for and is taken; the file says exponential",
    )


@pytest.mark.parametrize(
    ("metadata", "asked", "said"),
    [
        (
            {},
            {"reset": "zero"},
            r"dt = None: allowed is a time step \[s\], for .*a.nir names none; write dt = 1e-4, as in",
        ),
        ({}, {"dt": 1e-4}, 'reset = None: allowed is one of zero, .*a.nir names none; write reset = "zero"'),
        ({"dt": 1e-4}, {}, "reset = None"),
        ({"reset": "zero"}, {}, "dt = None"),
        ({"dt": 1.0, "reset": "zero"}, {}, "dt = 1.0: allowed is at most tau = 0.01 s"),
    ],
)
def test_what_nobody_says_is_asked_for(named, metadata, asked, said):
    with pytest.raises(InputError, match=said):
        named(metadata, **asked)


def test_half_of_it_may_come_from_the_file(named):
    assert named({"dt": 1e-4}, reset="zero").network.timing == Timing(1e-4, "zero")
    assert named({"reset": "v_reset", "order": "membrane_first"}, dt=1e-5).network.timing == Timing(
        1e-5, "v_reset", "membrane_first"
    )
    assert named({"dt": np.array([1e-3]), "reset": "zero"}).network.timing.dt == 1e-3


HOSTILE: dict[str, tuple[dict[str, Any], str]] = {
    "not a number": ({"dt": np.nan}, "metadata 'dt' is something else, not a number of seconds above 0: left out"),
    "infinite": ({"dt": np.inf}, "metadata 'dt' is something else, not"),
    "negative": ({"dt": -1e-4}, "metadata 'dt' is -0.0001, not"),
    "nothing": ({"dt": 0}, "metadata 'dt' is 0.0, not"),
    "a word": ({"dt": "1 ms"}, "metadata 'dt' is '1 ms', not"),
    "several": ({"dt": np.ones(3)}, "metadata 'dt' is something else, not"),
    "a group": ({"dt/x": 1.0}, "metadata 'dt' is something else, not"),
    "complex": ({"dt": 1j}, "metadata 'dt' is something else, not"),
    "long": ({"dt": "x" * 10_000}, "metadata 'dt' is something else, not"),
    "empty": ({"dt": h5py.Empty("f8")}, "metadata 'dt' is something else, not"),
    "link": ({"dt": h5py.ExternalLink("other.h5", "/dt")}, "metadata 'dt' is something else, not"),
    "other word": ({"reset": "none"}, "metadata 'reset' is 'none', not one of zero, subtract"),
    "number for a word": ({"order": 3.0}, "metadata 'order' is 3.0, not one of synapse_first"),
    "escape": ({"decay": "\x1b[2J"}, r"metadata 'decay' is '\x1b[2J', not one of euler"),
    "foreign": ({"author": "a", "notes": "x" * 10_000}, "metadata 'author', 'notes' of the graph: not used"),
    "foreign link": ({"author": h5py.SoftLink("/")}, "metadata 'author' of the graph: not used"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_timing_is_a_remark(named, case):
    metadata, remark = HOSTILE[case]
    found = named(metadata, dt=1e-4, reset="zero")
    assert found.network.timing == Timing(1e-4, "zero")
    assert len(found.remarks) == 1
    assert found.remarks[0].startswith(remark)
    assert len(found.remarks[0]) < 200


def test_metadata_that_declare_more_than_there_may_be_are_left_out(file, child):
    with h5py.File(file, "r+") as opened:
        del opened["node/metadata/dt"]
        opened["node/metadata"].create_dataset("dt", (1 << 17, 1 << 18), "f4", chunks=(64, 64), compression="gzip")
    found = read_nir(file, dt=1e-4, reader=child)
    assert found.remarks[0].startswith("metadata 'dt' is something else")


def test_a_thousand_metadata_are_one_short_remark(named):
    found = named({f"k{number}": number for number in range(1000)} | {"reset": "zero"}, dt=1e-4)
    assert found.network.timing.reset == "zero"
    assert len(found.remarks) == 1
    assert len(found.remarks[0]) < 400


def test_an_object_that_the_graph_uses_too_is_refused(file, child):
    with h5py.File(file, "r+") as opened:
        del opened["node/metadata/dt"]
        opened["node/metadata/dt"] = opened["node/nodes/lif/tau"]
    with pytest.raises(DataError, match="an object that another name leads to as well"):
        read_nir(file, dt=1e-4, reader=child)


def test_metadata_of_nodes_name_nothing(file, child):
    with h5py.File(file, "r+") as opened:
        opened["node/nodes/lif/metadata/dt"] = 5.0
        opened["node/nodes/lif/metadata/reset"] = "zero"
    assert read_nir(file, reader=child).network.timing == TIMING
