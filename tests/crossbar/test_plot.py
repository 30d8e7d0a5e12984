"""Figures draw what they are given, in the units they state."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from crossbar import plot


def first_image(figure):
    return figure.axes[0].images[0].get_array()


def test_a_map_lays_tiles_side_by_side_word_lines_to_the_right():
    values = np.arange(24.0).reshape(2, 3, 4) * 1e-6
    drawn = np.ma.filled(first_image(plot.maps([plot.Map("tiles", values, 0.0, 24e-6)])).astype(float), np.nan)
    assert drawn.shape == (4, 3 + 1 + 3)
    assert drawn[:, :3] == pytest.approx(values[0].T * 1e6)
    assert drawn[:, 4:] == pytest.approx(values[1].T * 1e6)
    assert np.isnan(drawn[:, 3]).all()


def test_shares_show_mean_interval_and_every_trial():
    row = plot.Share("array", 0.9, 0.85, 0.94, np.array([0.88, 0.92]))
    axis = plot.shares([row], 0.88, "accuracy").axes[0]
    lines = [np.asarray(line.get_xdata()) for line in axis.lines]
    assert [list(found) for found in lines] == [[0.85, 0.94], [0.88, 0.92], [0.9], [0.88, 0.88]]
    assert axis.get_xlim()[0] <= 0.85
    assert axis.texts[0].get_text() == "90.0%"


def test_bars_end_at_their_values():
    figure = plot.bars([plot.Bar("a", 1e-3, "1 mJ"), plot.Bar("b", 1e-12, "1 pJ")], "J", "energy")
    to_data = figure.axes[0].transData.inverted()
    ends = [patch.get_window_extent().transformed(to_data).x1 for patch in figure.axes[0].patches]
    assert ends == pytest.approx([1e-3, 1e-12])
    assert [text.get_text() for text in figure.axes[0].texts] == ["1 mJ", "1 pJ"]


@pytest.mark.parametrize("engines", [1, 2])
def test_transients_show_the_gap_where_there_are_two_curves(engines):
    time = np.linspace(0, 1e-3, 50)
    curves = [plot.Curve(f"engine {k}", time, 1e-6 * time * (1 + 1e-4 * k), dots=bool(k)) for k in range(engines)]
    axes = plot.transients(plot.Curve("gate [V]", time, np.ones(50)), curves, "a pulse").axes
    assert len(axes) == 2 + (engines == 2)
    assert np.asarray(axes[1].lines[0].get_xdata())[-1] == pytest.approx(1.0)  # ms
    if engines == 2:
        assert np.asarray(axes[2].lines[0].get_ydata())[-1] == pytest.approx(1e-4)


def test_a_png_is_a_png_and_style_stays_inside():
    before = dict(mpl.rcParams)
    content = plot.png(plot.bars([plot.Bar("a", 1.0, "1 J")], "J", "energy"))
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert dict(mpl.rcParams) == before
