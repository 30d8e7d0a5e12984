"""A configuration file is what its tables say, or every error in it at once."""

from __future__ import annotations

import json
import math
import tomllib
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import crossbar as xb
from circuits.liwes import CALIBRATIONS, LIWES
from crossbar.cli.init import example as example_text
from crossbar.config import ConfigurationError, Experiment, load, parse, validate
from crossbar.config.describe import engineering, outcome_values
from crossbar.config.fields import Table
from crossbar.config.perform import perform
from crossbar.config.quantities import Quantity
from crossbar.config.steps import Precharge, Program, Read, WriteVerify

SMALL = """
lithium = 0.4
[array]
rows = 2
columns = 3
[[operation]]
do = "program"
pulses = [{ cell = [1, 2], amplitude = "1 V", width = "1 us" }]
"""


def small(**changes):
    """The small experiment as plain values, top-level fields changed."""
    return {**tomllib.loads(SMALL), **changes}


def array(**changes):
    """The small experiment with tables or fields of its array changed."""
    return small(array={"rows": 2, "columns": 3, **changes})


def errors(values):
    """Every error in plain values, by field."""
    with pytest.raises(ConfigurationError) as caught:
        validate(values)
    return {error.field: error for error in caught.value.errors}


def refusals(values):
    """What is wrong with plain values, nothing when they are an experiment."""
    try:
        validate(values)
    except ConfigurationError as error:
        return error.errors
    return ()


def tables(model=Experiment, seen=None):
    """Every kind of table a file can hold."""
    seen = {} if seen is None else seen
    seen[model.__name__] = model
    pending = [field.annotation for field in model.model_fields.values()]
    while pending:
        part = pending.pop()
        if isinstance(part, type) and issubclass(part, Table) and part.__name__ not in seen:
            tables(part, seen)
        pending += getattr(part, "__args__", ())
    return seen


def test_the_defaults_of_a_file_are_the_defaults_of_the_array():
    built, _ = parse(SMALL).build()
    plain = xb.Array(rows=2, columns=3)
    assert (built.lines, built.electrolyte, built.reservoir, built.access) == (
        plain.lines,
        plain.electrolyte,
        plain.reservoir,
        plain.access,
    )
    assert built.device.values == plain.device.values
    assert built.spread == {}


def test_the_defaults_of_operations_are_those_of_the_array_s_verbs():
    values = small(
        operation=[
            {"do": "precharge"},
            {"do": "program", "pulses": [{"cell": [0, 0], "amplitude": 1, "width": 1e-6}]},
            {"do": "write_verify", "targets": 1e-3, "seed": 0},
        ]
    )
    precharge, program, verify = validate(values).operation
    assert isinstance(precharge, Precharge)
    assert isinstance(program, Program)
    assert isinstance(verify, WriteVerify)
    assert (precharge.lithium, precharge.tolerance) == (0.4, 0.002)
    assert program.build() == {(0, 0): xb.Pulse(1.0, 1e-6)}
    assert verify.recipe.build() == xb.Recipe()


def test_every_field_of_a_file_reaches_the_array():
    built, state = validate(
        array(
            calibration="fig5_10ms",
            parameters={"film_resistance": 0.07, "gate_resistance": "30 kohm"},
            lines={"word": "1 ohm", "bit": 2, "gate": "0.5 kohm", "driver": 3, "gate_along": "column"},
            electrolyte={"neighbour": "1 Gohm", "reservoir_at": "edge"},
            reservoir={"capacity": "1 mC", "lithium": 0.5, "resistance": "1 Mohm", "contact": 5},
            access={"gate": False, "channel": {"on": "2 kohm"}, "reservoir": False},
        )
    ).build()
    assert built.device.calibration == "fig5_10ms"
    assert built.device.values["film_resistance"] == 0.07
    assert built.device.values["gate_resistance"] == 30e3
    assert built.lines == xb.Lines(word=1.0, bit=2.0, gate=500.0, driver=3.0, gate_along="column")
    assert built.electrolyte == xb.Electrolyte(neighbour=1e9, reservoir_at="edge")
    assert built.reservoir == xb.Reservoir(capacity=1e-3, lithium=0.5, resistance=1e6, contact=5.0)
    assert built.access == xb.Access(gate=(), channel=(xb.Switch(on=2e3),), reservoir=())
    assert state.reservoir == 0.5


def test_islands_edges_and_selectors_reach_the_array():
    islands = {"neighbour": "1 Mohm", "islands": {"rows": 2, "columns": 1}}
    built, _ = validate(array(electrolyte=islands, access={"gate_selector": {"threshold": "0.5 V"}})).build()
    assert built.electrolyte == xb.Electrolyte(xb.Islands(2, 1, within=1e6))
    assert built.access == xb.Access(gate=(xb.Selector(threshold=0.5),))
    edges = {"horizontal": [["1 kohm", "trench"], [0, 2e3]], "vertical": [["trench"] * 3]}
    access = {"channel_selector": {}, "channel": False}
    built, _ = validate(array(electrolyte={"edges": edges, "reservoir_at": "edge"}, access=access)).build()
    found = built.electrolyte.edges((2, 3))
    assert found.horizontal.tolist() == [[1e3, math.inf], [0.0, 2e3]]
    assert found.vertical.tolist() == [[math.inf] * 3]
    assert built.electrolyte.reservoir_at == "edge"
    assert built.access == xb.Access(channel=(xb.Selector(),))


def test_spread_is_drawn_from_its_seed():
    one, again, other = (
        validate(array(spread={"device_to_device": 0.1, "seed": seed})).build()[0].spread["exchange_current"]
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    plain = xb.Array(rows=2, columns=3)
    drawn = xb.device_to_device(plain, np.random.default_rng(1), 0.1)
    assert np.array_equal(one, drawn["exchange_current"])


def test_the_example_is_an_experiment_with_each_operation():
    experiment = parse(example_text())
    assert {operation.do for operation in experiment.operation} == {
        "precharge",
        "program",
        "write_verify",
        "hold",
        "read",
    }


def test_an_outcome_is_what_the_array_s_own_verbs_give():
    outcome = perform(parse(SMALL))
    plain = xb.Array(rows=2, columns=3)
    run = plain.program(plain.rest(0.4), {(1, 2): xb.Pulse(1.0, 1e-6)})
    assert np.array_equal(outcome.conductance, plain.conductance(run.state))
    assert outcome.energy.total == run.energy.total
    seen = outcome_values(outcome)
    assert seen["operations"][0]["selected"] == [{"cell": (1, 2), "change_S": run.change[1, 2]}]
    assert seen["operations"][0]["disturb_S"] == run.disturb
    assert seen["latency_s"] == run.latency


def test_films_start_as_deposited_before_a_precharge_and_nowhere_else():
    charging = validate({"array": {"rows": 1, "columns": 1}, "operation": [{"do": "precharge"}]})
    built, state = charging.build()
    assert built.lithium(state) == pytest.approx(0.0, abs=1e-15)
    values = small()
    del values["lithium"]
    assert set(errors(values)) == {"lithium"}


def test_a_length_of_a_read_or_a_target_follows_the_array():
    reading = {"do": "read", "word_line": ["0.1 V", 0.2]}
    writing = {"do": "write_verify", "seed": 1, "targets": [["keep", 1e-3, "0.9 mS"]] * 2}
    read, write = validate(small(operation=[reading, writing])).operation
    assert isinstance(read, Read)
    assert isinstance(write, WriteVerify)
    assert read.word_line == (0.1, 0.2)
    np.testing.assert_array_equal(write.targets, [[math.nan, 1e-3, 0.9e-3]] * 2)
    found = errors(
        small(operation=[{**reading, "word_line": [0.1] * 3}, {**writing, "targets": [[1e-3, 1e-3], [1e-3, 1e-3, 1]]}])
    )
    assert "a list of 2" in found["operation[0].word_line"].allowed
    assert "2 lists of 3" in found["operation[1].targets"].allowed


BAD = {
    "title": ({"title": "a\n.control"}, "title", "one line"),
    "unknown field": ({"engin": "native"}, "engin", "engine"),
    "unknown engine": ({"engine": "spectre"}, "engine", "ngspice"),
    "lithium": ({"lithium": 0.71}, "lithium", "from 0 to 0.7"),
    "no operation": ({"operation": []}, "operation", "at least 1"),
    "no such operation": ({"operation": [{"do": "reed"}]}, "operation[0].do", "read"),
    "an operation that says nothing": ({"operation": [{}]}, "operation[0].do", "read"),
    "operations that are no list": ({"operation": 3}, "operation", "a list"),
    "an array that is no table": ({"array": 3}, "array", "a table"),
}
BAD_ARRAY = {
    "rows": ({"rows": 0}, "array.rows", "from 1"),
    "too many cells": ({"rows": 1 << 11, "columns": 1 << 11}, "array.rows", "cells in all"),
    "a fraction": ({"rows": 2.0}, "array.rows", "a whole number"),
    "truth": ({"rows": True}, "array.rows", "a whole number"),
    "calibration": ({"calibration": "unifid"}, "array.calibration", "unified"),
    "a parameter nobody knows": ({"parameters": {"film_resistanc": 1}}, "array.parameters.film_resistanc", "film_res"),
    "a constant": ({"parameters": {"charge": 1}}, "array.parameters.charge", "film_resistance"),
    "a parameter out of range": ({"parameters": {"decades": 13}}, "array.parameters.decades", "from 0 to 12"),
    "a negative resistance": ({"lines": {"word": -0.7}}, "array.lines.word", "from 0"),
    "another unit": ({"lines": {"word": "0.7 V"}}, "array.lines.word", "ohm"),
    "no unit": ({"lines": {"word": "0.7"}}, "array.lines.word", "its unit"),
    "a driver of 0 ohm": ({"lines": {"driver": 0}}, "array.lines.driver", "above 0"),
    "nan": ({"electrolyte": {"neighbour": math.nan}}, "array.electrolyte.neighbour", "finite"),
    "inf": ({"electrolyte": {"neighbour": math.inf}}, "array.electrolyte.neighbour", "finite"),
    "an integer too long": ({"electrolyte": {"neighbour": 10**400}}, "array.electrolyte.neighbour", "finite"),
    "islands of nothing": (
        {"electrolyte": {"islands": {"rows": 0, "columns": 1}}},
        "array.electrolyte.islands.rows",
        "1",
    ),
    "a trench of words": (
        {"electrolyte": {"islands": {"rows": 1, "columns": 1, "between": "ditch"}}},
        "array.electrolyte.islands.between",
        '"trench"',
    ),
    "edges of another array": (
        {"electrolyte": {"edges": {"horizontal": [[1]], "vertical": [[1, 1, 1]]}}},
        "array.electrolyte.edges.horizontal",
        "2 lists of 2",
    ),
    "edges and a number": (
        {"electrolyte": {"neighbour": 1, "edges": {"horizontal": [[1, 1]] * 2, "vertical": [[1, 1, 1]]}}},
        "array.electrolyte.edges",
        "edges alone",
    ),
    "a switch and a selector": (
        {"access": {"gate": {"on": 5}, "gate_selector": {}}},
        "array.access.gate_selector",
        "selector or a switch",
    ),
    "a selector too steep": (
        {"access": {"gate_selector": {"width": 0.01}}},
        "array.access.gate_selector.width",
        "threshold / 35",
    ),
    "a reservoir too full": ({"reservoir": {"lithium": 0.95}}, "array.reservoir.lithium", "0.02 to 0.9"),
    "a switch that does not open": ({"access": {"gate": {"off": 10}}}, "array.access.gate.off", "above switch.on"),
    "a switch that is true": ({"access": {"gate": True}}, "array.access.gate", "a table"),
    "a spread without a seed": ({"spread": {}}, "array.spread.seed", "random"),
    "a spread above 1": ({"spread": {"device_to_device": 2, "seed": 1}}, "array.spread.device_to_device", "to 0.99"),
}
PULSE = {"cell": [0, 0], "amplitude": 1, "width": 1e-6}
BAD_PULSE = {
    "a cell outside": ({"cell": [2, 0]}, "cell", "[1, 2]"),
    "a negative cell": ({"cell": [-1, 0]}, "cell", "[0, 0]"),
    "half a cell": ({"cell": [1]}, "cell", "[row, column]"),
    "no amplitude": ({"amplitude": math.nan}, "amplitude", "-10 to 10 V"),
    "a width of 0": ({"width": 0}, "width", "above 0"),
    "a width of its edges": ({"width": 2e-9}, "width", "twice the rise"),
    "no pulse at all": ({"count": 0}, "count", "from 1"),
    "pulses that touch": ({"count": 2, "interval": 4e-9}, "interval", "four rises"),
}


def case(table):
    return [pytest.param(*row, id=name) for name, row in table.items()]


def answers(error, allowed):
    """An error answers its four questions."""
    assert allowed in error.allowed or allowed in error.instead
    assert error.instead
    assert error.exit_code == 2
    assert "\n" not in str(error)


@pytest.mark.parametrize(("changes", "field", "allowed"), case(BAD))
def test_a_bad_file_says_where_and_what_to_write(changes, field, allowed):
    answers(errors(small(**changes))[field], allowed)


@pytest.mark.parametrize(("changes", "field", "allowed"), case(BAD_ARRAY))
def test_a_bad_array_says_where_and_what_to_write(changes, field, allowed):
    answers(errors(array(**changes))[field], allowed)


@pytest.mark.parametrize(("changes", "field", "allowed"), case(BAD_PULSE))
def test_a_bad_pulse_says_where_and_what_to_write(changes, field, allowed):
    found = errors(small(operation=[{"do": "program", "pulses": [PULSE, {**PULSE, "cell": [1, 1], **changes}]}]))
    answers(found[f"operation[0].pulses[1].{field}"], allowed)


def test_two_trains_on_one_cell_are_refused():
    found = errors(small(operation=[{"do": "program", "pulses": [PULSE, PULSE]}]))
    answers(found["operation[0].pulses"], "one train a cell")


def test_all_errors_come_at_once():
    values = array(lines={"word": -1, "bitt": 1}, calibration="x") | {
        "operation": [{"do": "program", "pulses": [{**PULSE, "cell": [9, 9], "width": 0}]}, {"do": "hold"}]
    }
    assert set(errors(values)) == {
        "array.lines.word",
        "array.lines.bitt",
        "array.calibration",
        "operation[0].pulses[0].cell",
        "operation[0].pulses[0].width",
        "operation[1].duration",
    }


@pytest.mark.parametrize(("written", "meant"), [("colums", "columns"), ("calibraton", "calibration"), ("Rows", "rows")])
def test_a_misspelt_field_is_recognised(written, meant):
    assert errors(array(**{written: 1}))[f"array.{written}"].instead.startswith(f"{meant} ")


@pytest.mark.parametrize("key", ["a\nb", '"', "", "x" * 1000, "\x1b[31m", ".control\nshell touch x"])
def test_a_hostile_key_is_shown_on_one_short_line(key):
    with pytest.raises(ConfigurationError) as caught:
        validate(small(**{key: 1}))
    said = str(caught.value)
    assert len(said) < 250
    assert said.isprintable()


@pytest.mark.parametrize(
    "text",
    ["[array", "a = 1\na = 2", "=", "a = " + "[" * 100_000, "a = " + "9" * 5000, "\x00", "a = '\n"],
    ids=["cut off", "twice", "nothing", "deep", "long", "nul", "open"],
)
def test_text_that_is_no_toml_is_one_error(text):
    with pytest.raises(xb.InputError) as caught:
        parse(text, "x.toml")
    answers(caught.value, "TOML")


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"#" * (17 << 20)], ids=["missing", "no text", "too long"])
def test_a_file_that_cannot_be_read_is_one_error(content, tmp_path):
    path = tmp_path / "x.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(xb.InputError) as caught:
        load(path)
    assert caught.value.field == "FILE"
    with pytest.raises(xb.InputError):
        load(tmp_path)


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
PLACES = st.sampled_from(
    [
        ("title",),
        ("engine",),
        ("lithium",),
        ("array",),
        ("array", "rows"),
        ("array", "parameters"),
        ("array", "lines"),
        ("array", "access"),
        ("array", "access", "gate"),
        ("array", "access", "gate_selector"),
        ("array", "electrolyte", "islands"),
        ("array", "electrolyte", "edges"),
        ("operation",),
        ("operation", 0),
        ("operation", 0, "pulses"),
        ("operation", 0, "pulses", 0),
        ("operation", 0, "pulses", 0, "cell"),
        ("operation", 0, "unselected"),
    ]
)


@given(PLACES, ANYTHING)
@example(("operation", 0), {"do": []})
@example(("operation", 0), {"do": {"a": 1}})
def test_whatever_stands_in_a_place_is_read_or_refused_with_an_answer(place, value):
    values: Any = tomllib.loads(SMALL)
    here = values
    for word in place[:-1]:
        here = here.setdefault(word, {}) if isinstance(here, dict) else here[word]
    here[place[-1]] = value
    for error in refusals(values):
        assert error.field
        assert error.allowed
        assert error.instead


@given(st.floats(min_value=1e-9, max_value=1e6), st.sampled_from(["", "m", "u", "k", "n", "M", "G", "p", "f"]))
def test_text_with_a_unit_is_the_number_it_says(value, prefix):
    scale = {"": 0, "m": -3, "u": -6, "k": 3, "n": -9, "M": 6, "G": 9, "p": -12, "f": -15}[prefix]
    read = Quantity("ohm", 0, math.inf, "").read(f"{value!r} {prefix}ohm")
    assert read == pytest.approx(value * 10.0**scale, rel=1e-15)


VARIED = [parameter for parameter in LIWES.parameters if parameter.low < parameter.high]


@pytest.mark.parametrize("parameter", VARIED, ids=lambda parameter: parameter.name)
def test_a_parameter_is_in_range_for_a_file_where_it_is_for_the_device(parameter):
    low, high = parameter.low, parameter.high
    inside = (low, high, parameter.value)
    outside = (math.nextafter(low, -math.inf), math.nextafter(high, math.inf), math.nan, math.inf)
    refused = [bool(refusals(array(parameters={parameter.name: value}))) for value in (*inside, *outside)]
    assert refused == [False] * len(inside) + [True] * len(outside)
    assert xb.liwes("unified", **{parameter.name: high}).values[parameter.name] == high


def test_every_parameter_of_the_device_but_its_constants_can_be_written():
    known = set(tables()["ParametersTable"].model_fields)
    assert known == {parameter.name for parameter in VARIED}


@pytest.mark.parametrize("name", CALIBRATIONS)
def test_every_calibration_can_be_named(name):
    assert validate(array(calibration=name)).build()[0].device.calibration == name


def test_every_field_is_described_and_can_be_answered_with_something_to_write():
    for name, table in tables().items():
        assert table.__doc__, name
        for key, field in table.model_fields.items():
            inner = [part for part in tables() if part in str(field.annotation)]
            hints = [hint for item in field.metadata if (hint := getattr(item, "instead", ""))]
            assert field.description or key == "do" or inner, f"{name}.{key}"
            assert not field.is_required() or field.examples or hints or inner or key == "do", f"{name}.{key}"


def test_the_schema_has_every_table_and_is_json():
    schema = Experiment.model_json_schema()
    assert set(schema["$defs"]) == set(tables()) - {"Experiment"}
    text = json.dumps(schema, allow_nan=False)
    assert "additionalProperties" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.905e-12, "1.905 pJ"),
        (0.0, "0 J"),
        (math.nan, "-"),
        (-2.5e-4, "-250 uJ"),
        (1e3, "1 kJ"),
        (1e-30, "1e-09 zJ"),
        (0.1, "100 mJ"),
        (3.0, "3 J"),
        (5e12, "5000 GJ"),
    ],
)
def test_numbers_are_written_with_a_prefix(value, text):
    assert engineering(value, "J") == text
