"""The cache folder is where the user says; a file is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from circuits.files import CACHE, cache_folder, drafted


@pytest.fixture
def umask():
    """What the user takes from others: here, everything from everybody but the group's reading."""
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


def test_the_cache_is_where_the_user_says_or_under_home(monkeypatch, tmp_path):
    monkeypatch.setenv(CACHE, str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv(CACHE, "~/elsewhere")
    assert cache_folder() == Path.home() / "elsewhere"
    monkeypatch.delenv(CACHE)
    assert cache_folder() == Path.home() / ".cache" / "liwes"


def test_until_all_is_written_the_old_file_stands(tmp_path):
    path = tmp_path / "figures.txt"
    path.write_text("before")
    with drafted(path) as draft:
        draft.write_text("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert [*tmp_path.iterdir()] == [path]


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "figures.txt"
    path.write_text("before")

    def half():
        with drafted(path) as draft:
            draft.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        half()
    assert path.read_text() == "before"
    assert [*tmp_path.iterdir()] == [path]


def test_a_name_as_long_as_names_may_be(tmp_path):
    """Guard: a draft named after its file had a name too long where the file's own was not."""
    path = tmp_path / ("n" * os.pathconf(tmp_path, "PC_NAME_MAX"))
    with drafted(path) as draft:
        draft.write_text("whole")
    assert path.read_text() == "whole"


def test_others_may_read_what_the_user_lets_them(tmp_path, umask):
    """Guard: what went by way of `mkstemp` could be read by its owner alone, in a shared cache too."""
    with drafted(tmp_path / "figures.txt") as draft:
        draft.write_text("whole")
    assert (tmp_path / "figures.txt").stat().st_mode & 0o777 == 0o666 & ~umask
