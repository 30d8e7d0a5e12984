"""A recording comes in as it was written, in SI units, or one error names the line and what to write there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crossbar as xb

GOOD = "time [s],voltage [V],conductance [S]\n0,0,1e-3\n1e-3,0.5,1.001e-3\n2e-3,,1.002e-3\n"
HEADER = "time,voltage,conductance\n"
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def wrong(value: str) -> Any:
    """A value whose type would be refused before it is asked for."""
    return value


def load(folder, text, **how):
    """The curve in a file of this text."""
    path = folder / "pulses.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return xb.Curve.load(path, **how)


def same(one, other):
    """Whether two curves hold the same numbers, to the last digit."""
    pairs = [(getattr(one, n), getattr(other, n)) for n in ("time", "voltage", "measured", "readings", "deviations")]
    return all(np.array_equal(a, b, equal_nan=a.dtype != bool) for a, b in pairs)


def test_a_file_is_read_as_it_says(tmp_path):
    curve = load(tmp_path, GOOD)
    np.testing.assert_array_equal(curve.time, [0, 1e-3, 2e-3])
    np.testing.assert_array_equal(curve.voltage, [0, 0.5, np.nan])
    np.testing.assert_array_equal(curve.measured, [1e-3, 1.001e-3, 1.002e-3])
    assert curve.name == "pulses.csv"
    assert not curve.deviations.any()


@pytest.mark.parametrize(
    "header",
    [
        "time,voltage,conductance",
        "Time [ms],Gate Voltage [mV],Conductance [uS]",
        "time_ms,gate_voltage_mV,conductance_uS",
        "time (ms), voltage (mV) ,conductance/\N{MICRO SIGN}S",
        '"time [ms]","voltage [mV]","conductance [\N{GREEK SMALL LETTER MU}S]"',
    ],
)
def test_units_stand_in_the_header_and_change_no_digit(header, tmp_path):
    scaled = (
        "0,0,1000\n1,500,1001\n2,,1002\n"
        if "m" in header.split(",")[0][4:]
        else "0,0,1e-3\n1e-3,.5,1.001E-3\n2e-3,,1.002e-3\n"
    )
    assert same(load(tmp_path, f"{header}\n{scaled}"), load(tmp_path, GOOD))


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        "# a bench\n\n" + GOOD.replace("\n0,", "\n# the pulse\n0,"),
        "run,conductance,voltage,voltage_drain,time,note\na,1e-3,0,9,0,x\na,1.001e-3,0.5,9,1e-3,\nb,1.002e-3,NaN,9,2e-3,y\n",
    ],
)  # fmt: skip
def test_separators_comments_and_other_columns_make_no_difference(text, tmp_path):
    assert same(load(tmp_path, text), load(tmp_path, GOOD))


def test_a_column_of_noise_and_rows_without_a_reading(tmp_path):
    text = "time,voltage,conductance,noise [nS]\n0,0,1e-3,110\n1,0.5,unread,110\n2,float,1.1e-3,220\n"
    curve = load(tmp_path, text)
    np.testing.assert_array_equal(curve.instants, [0, 2])
    np.testing.assert_array_equal(curve.measured, [1e-3, 1.1e-3])
    np.testing.assert_array_equal(curve.deviations, [110e-9, 110e-9, 220e-9])
    np.testing.assert_array_equal(load(tmp_path, text, noise=1e-6).deviations, 1e-6)


@given(
    st.lists(st.tuples(st.floats(-10, 10) | st.just(np.nan), FINITE, st.booleans()), min_size=2, max_size=9),
    st.floats(0, 1),
    st.floats(-1e6, 1e6),
)
def test_what_is_saved_is_loaded_to_the_last_digit(tmp_path_factory, rows, noise, start):
    voltage, conductance, read = zip(*rows, strict=True)
    time = start + np.arange(len(rows))
    curve = xb.Curve(time, np.array(voltage), np.array(conductance), noise, [*read[:-1], True])
    assert same(xb.Curve.load(curve.save(tmp_path_factory.mktemp("curve") / "c.csv")), curve)


# what is wrong: (text, piece of the field, value, piece of what is allowed)
WRONG = {
    "empty": ("", "pulses.csv", "an empty file", "a header"),
    "only comments": ("# nothing\n\n", "pulses.csv", "an empty file", "a header"),
    "no rows": (HEADER, "time", 0, "at least 2 rows"),
    "one row": (HEADER + "0,0,1\n", "time", 1, "at least 2 rows"),
    "no header": ("0,0,1\n1,0,1\n", "line 1, column time", ["0", "0", "1"], "time, voltage and conductance"),
    "no conductance": ("time,voltage\n0,0\n", "line 1, column conductance", ["time", "voltage"], "conductance"),
    "no voltage": ("# x\ntime,conductance\n0,0\n", "line 2, column voltage", ["time", "conductance"], "voltage"),
    "no time": ("t,voltage,conductance\n", "line 1, column time", ["t", "voltage", "conductance"], "time"),
    "a column twice": ("time,time_ms,voltage,conductance\n", "line 1, column time", None, "once"),
    "an unknown unit": ("time [min],voltage,conductance\n", "line 1, column time", "time [min]", "s with a prefix"),
    "a unit of something else": ("time,voltage [A],conductance\n", "line 1, column voltage", "voltage [A]", "V with"),
    "siemens as seconds": ("time,voltage,conductance [us]\n", "column conductance", "conductance [us]", "S with"),
    "text for a number": (HEADER + "0,0,1\n1,x,1\n", "line 3, voltage", "x", "nothing where the gate floats"),
    "a unit in a cell": (HEADER + "0,0,1\n1 ms,0,1\n", "line 3, time", "1 ms", "finite"),
    "a decimal comma": ("time;voltage;conductance\n0;0;1\n1;0,5;1\n", "line 3, voltage", "0,5", "finite"),
    "nan conductance": (HEADER + "0,0,1\n1,0,nan\n", "line 3, conductance", "nan", "unread"),
    "empty conductance": (HEADER + "0,0,1\n1,0,\n", "line 3, conductance", "", "unread"),
    "endless conductance": (HEADER + "0,0,inf\n1,0,1\n", "line 2, conductance", "inf", "finite"),
    "a conductance beyond all": (HEADER + "0,0,1e999\n1,0,1\n", "line 2, conductance", "1e999", "finite"),
    "nan time": (HEADER + "0,0,1\n\n#\nnan,0,1\n", "line 5, time", "nan", "finite"),
    "empty time": (HEADER + "0,0,1\n,0,1\n", "line 3, time", "", "finite"),
    "time that stands": (HEADER + "0,0,1\n1,0,1\n1,0,1\n", "line 4, time", 1.0, "above 1 s of the line before"),
    "time that runs back": (HEADER + "0,0,1\n2,0,1\n1,0,1\n", "line 4, time", 1.0, "above 2 s of the line before"),
    "a short line": (HEADER + "0,0,1\n1,0\n", "line 3, conductance", "nothing", "there are 2 on this line"),
    "a volt in millivolts": (HEADER + "0,0,1\n1,500,1\n", "voltage", 500.0, "10 V"),
    "nothing read": (HEADER + "0,0,unread\n1,0,unread\n", "read", "no row", "at least one"),
    "negative noise": ("time,voltage,conductance,noise\n0,0,1,-1\n1,0,1,1\n", "noise", None, "above 0"),
    "noise in some rows": ("time,voltage,conductance,noise\n0,0,1,0\n1,0,1,1\n", "noise", None, "every row"),
    "an open quote": (HEADER + '0,0,"1\n', "line 2", None, "commas"),
    "not text": (b"PK\x03\x04\xff\xfe\x00", "FILE", "pulses.csv", "UTF-8"),
    "zeros": (b"time\x00,voltage,conductance\n", "FILE", "pulses.csv", "UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "field", "value", "allowed"), [pytest.param(*r, id=n) for n, r in WRONG.items()])
def test_a_file_that_cannot_be_used_is_one_error_that_answers(text, field, value, allowed, tmp_path):
    with pytest.raises(xb.InputError) as caught:
        load(tmp_path, text)
    error = caught.value
    assert field in error.field
    assert value is None or error.value == value
    assert allowed in error.allowed
    assert error.instead
    assert len(str(error).splitlines()) == 1


PIECES = [
    *"time",
    ",",
    ";",
    "\n",
    '"',
    "voltage",
    "conductance [",
    "uS",
    "]",
    "#",
    "1e",
    "-",
    ".",
    "9",
    "nan",
    "\t",
    "\x00",
    "\u0663",
]


@given(
    st.lists(st.sampled_from([*PIECES, "time,voltage,conductance\n0,0,1\n"]), max_size=30).map("".join) | st.binary()
)
def test_whatever_is_in_a_file_it_is_a_curve_or_one_error(tmp_path_factory, text):
    try:
        curve = load(tmp_path_factory.mktemp("any"), text)
    except xb.InputError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - either is fine
    else:
        assert np.isfinite(curve.measured).all()


def test_a_file_that_is_not_there_or_a_folder_is_named(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(xb.InputError, match="can be read") as caught:
            xb.Curve.load(path)
        assert str(path) in str(caught.value.value)


def test_a_terminal_obeys_nothing_in_a_file_or_its_name(tmp_path):
    path = tmp_path / "a\x1b]0;title\x07.csv"
    path.write_text(HEADER + "0,0,\x1b[2J\n1,0,1\n", encoding="utf-8")
    with pytest.raises(xb.InputError) as caught:
        xb.Curve.load(path)
    assert str(caught.value).isprintable()


TIME, VOLTAGE, CONDUCTANCE = np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.5, np.nan]), np.array([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("time", ([0.0, 1.0, 1.0], VOLTAGE, CONDUCTANCE)),
        ("time", ([0.0, np.nan, 2.0], VOLTAGE, CONDUCTANCE)),
        ("time", ([TIME], VOLTAGE, CONDUCTANCE)),
        ("time", (["a", "b", "c"], VOLTAGE, CONDUCTANCE)),
        ("voltage", (TIME, [0.0, 0.5], CONDUCTANCE)),
        ("voltage", (TIME, 0.5, CONDUCTANCE)),
        ("voltage", (TIME, [0.0, np.inf, 0.0], CONDUCTANCE)),
        ("voltage", (TIME, [0.0, 10.1, 0.0], CONDUCTANCE)),
        ("conductance", (TIME, VOLTAGE, [1.0, np.nan, 3.0])),
        ("noise", (TIME, VOLTAGE, CONDUCTANCE, np.nan)),
        ("noise", (TIME, VOLTAGE, CONDUCTANCE, [1.0, 1.0])),
        ("read", (TIME, VOLTAGE, CONDUCTANCE, 0.0, False)),
        ("gate", (TIME, VOLTAGE, CONDUCTANCE, 0.0, True, "spline")),
    ],
)
def test_arrays_that_are_no_curve_are_refused(field, arguments):
    with pytest.raises(xb.InputError) as caught:
        xb.Curve(*arguments)
    assert caught.value.field.endswith(field)


def test_the_gate_between_pulses_can_be_said_afterwards():
    curve = xb.Curve(TIME, VOLTAGE, CONDUCTANCE)
    np.testing.assert_array_equal(curve.idling("recorded").voltage, [0, 0.5, np.nan])
    np.testing.assert_array_equal(curve.idling("float").voltage, [np.nan, 0.5, np.nan])
    np.testing.assert_array_equal(curve.idling("ground").voltage, [0, 0.5, 0])
    with pytest.raises(xb.InputError, match="recorded"):
        curve.idling(wrong("open"))


def test_a_place_that_cannot_be_written_is_one_error(tmp_path):
    with pytest.raises(xb.OutcomeError, match="could not be written"):
        xb.Curve(TIME, VOLTAGE, CONDUCTANCE).save(tmp_path / "none" / "c.csv")
