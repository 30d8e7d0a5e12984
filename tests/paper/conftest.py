"""Experiments are done once for all tests of the paper, also where these run in several processes."""

from __future__ import annotations

import os

import pytest

from crossbar.paper.catalogue import named
from crossbar.paper.runner import Plan, load, perform


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """The folder that finished experiments share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "paper"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def experiment(kept):
    """What the experiment of a name finds on the native engine."""

    def found(name):
        return load(perform(named(name), Plan(), kept / "figures", lambda _share, _words: None))

    return found
