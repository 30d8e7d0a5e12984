"""`liwes init` writes a file that `liwes run` takes, and never over another; `liwes schema` is a JSON schema."""

from __future__ import annotations

import json

from crossbar.config import Experiment, load


def test_init_writes_an_experiment_with_comments(liwes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = liwes("init")
    assert code == 0
    assert "liwes run experiment.toml" in out
    assert isinstance(load(tmp_path / "experiment.toml"), Experiment)
    assert (tmp_path / "experiment.toml").read_text(encoding="utf-8").count("#") > 10


def test_init_writes_over_nothing(liwes, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("mine", encoding="utf-8")
    code, out, err = liwes("init", path)
    assert (code, out) == (2, "")
    assert "not there yet" in err
    assert path.read_text(encoding="utf-8") == "mine"


def test_init_where_nothing_can_be_written_is_one_error(liwes, tmp_path):
    code, out, err = liwes("init", tmp_path / "none" / "x.toml")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1


def test_init_tells_machines_the_file(liwes, tmp_path):
    assert json.loads(liwes("init", tmp_path / "x.toml", "--json")[1]) == {"file": str(tmp_path / "x.toml")}


def test_the_schema_names_every_top_level_field(liwes):
    code, out, _ = liwes("schema")
    assert code == 0
    assert set(json.loads(out)["properties"]) == set(Experiment.model_fields)
