"""What the tests of networks share: one child to read with, and small networks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from crossbar.networks.load import assemble, read_nir
from crossbar.networks.network import Timing
from crossbar.networks.reader import Reader

DT = 1e-4
LIF = {"tau": 0.01, "r": 1.0, "v_leak": 0.0, "v_threshold": 0.1}
# The factors cancel: a = 0.5, b = 0.9, as snnTorch writes its Synaptic with alpha and beta.
CUBA = {"tau_syn": 2 * DT, "tau_mem": 10 * DT, "r": 10.0, "w_in": 2.0, "v_leak": 0.0, "v_threshold": 1.0}


@pytest.fixture(scope="session")
def child():
    with Reader() as reader:
        yield reader


@pytest.fixture
def read(child):
    """read_nir with a child that is there already, the paper's time step, and reset to zero unless told otherwise."""

    def reading(path, reset="zero", **more):
        return read_nir(path, dt=more.pop("dt", DT), reset=reset, reader=child, **more)

    return reading


@pytest.fixture
def neurons():
    """Fields of some neurons: LIF or CubaLIF, in arrays of their shape."""

    def fields(kind, shape, **changed):
        values = {**(LIF if kind == "LIF" else CUBA), **changed}
        return kind, {key: np.full(shape, value) for key, value in values.items()}

    return fields


@pytest.fixture
def chain():
    """A network of named nodes one after another, from an Input to an Output."""

    def made(nodes, inputs, timing=None):
        named = {"input": ("Input", {"shape": inputs}), **nodes, "output": ("Output", {})}
        names = list(named)
        return assemble(named, pairwise(names), timing or Timing(DT, "zero"))

    return made
