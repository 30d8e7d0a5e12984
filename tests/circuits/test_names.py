"""Words become names: safe, different, and never more than names."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits.errors import InputError
from circuits.names import IDENTIFIER, LONGEST, RESERVED, comment, identifiers, number

words = st.lists(st.text(max_size=80), max_size=30)


@given(words)
def test_names_are_safe_and_different_whatever_the_words(given_words):
    names = identifiers("n_", given_words)
    assert len(names) == len(given_words) == len(set(names))
    assert all(IDENTIFIER.fullmatch(name) and name.startswith("n_") and name not in RESERVED for name in names)
    assert all(name == name.casefold() for name in names)


@given(words, words)
def test_names_of_two_kinds_never_meet(one, other):
    assert not set(identifiers("n_", one)) & set(identifiers("g_", other))


@given(words)
def test_the_same_words_give_the_same_names(given_words):
    assert identifiers("n_", given_words) == identifiers("n_", tuple(given_words))


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_reserved_word_never_comes_out(word):
    assert identifiers("", [word])[0] not in RESERVED


def test_readable_words_stay_readable():
    assert identifiers("n_", ["w[1,2]", "Bit 3", "größe", "Ω°"]) == ("n_w_1_2", "n_bit_3", "n_grosse", "n_")


def test_words_that_differ_in_case_or_marks_alone_are_told_apart():
    assert identifiers("n_", ["g", "G", "g!", "g_2"]) == ("n_g", "n_g_2", "n_g_3", "n_g_2_2")


def test_a_long_word_is_cut_and_twenty_thousand_alike_are_quick():
    names = identifiers("n_", ["x" * 1000] * 20000)
    assert len(set(names)) == 20000
    assert max(map(len, names)) <= 2 + LONGEST + 6


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_itself(value):
    assert float(number(value)) == value


@pytest.mark.parametrize("scalar", [np.float64(0.1), np.float32(0.5), np.int64(3), True, 7])
def test_scalars_of_every_kind_print_as_plain_floats(scalar):
    assert number(scalar) == repr(float(scalar))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises(InputError, match="finite numbers"):
        number(value)


@given(st.text(max_size=300))
def test_a_title_is_one_comment_line(text):
    line = comment(text)
    assert line.startswith("*")
    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert line.isprintable()
    # "*#" is a command to ngspice
    assert not set(line[1:]) & set("*#$;`'\"\\{}()|&<>!")
