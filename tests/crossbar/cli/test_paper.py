"""`liwes paper` on the command line."""

from __future__ import annotations

import json

import pytest

from circuits import ngspice

KEYS = {"claim", "figure", "paper", "simulated", "unit", "low", "high", "holds", "note"}


@pytest.mark.slow
def test_one_figure_as_json_and_again_as_a_table(liwes, tmp_path):
    code, out, _ = liwes("paper", "--figure", "table 1", "--json", "--out", tmp_path)
    claims = json.loads(out)
    assert code == 0
    assert [claim["figure"] for claim in claims] == ["Table 1"] * 5
    assert set(claims[0]) >= KEYS
    assert claims[0]["holds"] is True
    assert {"report.html", "results.nc", "claims.json", "table1.png"} <= {path.name for path in tmp_path.iterdir()}
    code, out, err = liwes("paper", "--figure", "table1", "--out", tmp_path)
    assert code == 0
    for word in ("verdict", "band", "µS", "holds", "0 to 0.06", "report.html"):
        assert word in out.replace("\n", "")  # a long path is broken where the terminal ends
    assert "3 of them from an earlier run" in " ".join(err.split())


def test_an_unknown_figure_is_one_line_with_those_there_are(liwes, tmp_path):
    code, out, err = liwes("paper", "--figure", "7b", "--out", tmp_path / "none")
    assert code == 2
    assert not out
    assert err.startswith("liwes: --figure = '7b': allowed is 2b, 2c, pre-charge, 3a")
    assert err.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_a_place_that_cannot_be_written_is_refused_before_any_work(liwes, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = liwes("paper", "--figure", "3b", "--out", tmp_path / "file" / "paper")
    assert code == 2
    assert "--out" in err


@pytest.mark.slow
@pytest.mark.skipif(ngspice.available() is None, reason="ngspice is not installed: see make setup")
def test_one_figure_on_ngspice(liwes, tmp_path):
    code, out, _ = liwes("paper", "--figure", "Table 1", "--engine", "ngspice", "--json", "--out", tmp_path)
    assert code == 0
    assert json.loads(out)[0]["simulated"] == pytest.approx(0.039, rel=1e-2)
    assert "Solved by: ngspice" in (tmp_path / "report.html").read_text(encoding="utf-8")
