"""A report stands alone: no script, no network, every word escaped, every picture inside."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

import pytest

from crossbar.report import Block, Card, Cards, Cell, Figures, Page, Picture, Points, Row, Section, Table, Text, html

HOSTILE = '<script>alert("1")</script>$title&'
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Reader(HTMLParser):
    """Tags, their attributes, and the text outside the style sheet."""

    def __init__(self):
        super().__init__()
        self.tags, self.words, self.open = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


def page(words="words"):
    blocks: list[Block] = [
        Cards([Card(words, words, words)]),
        Text(words),
        Text(words, warning=True),
        Points([words]),
        Picture(PIXEL, words, words),
        Figures([Row(words, words, words), Row("a", "b", "c", (True,)), Row("d", "e", "f", (False,))]),
        Table([words, words], [[Cell(words), Cell(words, "ok")]]),
    ]
    return Page(words, words, words, [Section(words, blocks), Section("", [])], words)


def read(document):
    reader = Reader()
    reader.feed(document)
    assert not reader.open
    return reader


def test_every_word_of_a_hostile_page_is_text():
    reader = read(html(page(HOSTILE)))
    assert "script" not in {tag for tag, _ in reader.tags}
    assert "".join(reader.words).count(HOSTILE) >= 16
    assert [attributes["alt"] for tag, attributes in reader.tags if tag == "img"] == [HOSTILE]


def test_nothing_is_fetched():
    document = html(page())
    reader = read(document)
    for tag, attributes in reader.tags:
        assert tag not in {"script", "link", "iframe", "object"}
        for name in ("src", "href"):
            assert attributes.get(name, "data:").startswith("data:")
    assert "url(" not in document
    assert "@import" not in document


def test_a_picture_is_inside_byte_for_byte():
    sources = [attributes["src"] for tag, attributes in read(html(page())).tags if tag == "img"]
    assert base64.b64decode(sources[0].removeprefix("data:image/png;base64,")) == PIXEL


def test_what_is_held_against_a_bar_is_marked():
    assert "".join(read(html(page())).words).count("✓") == 1
    assert "".join(read(html(page())).words).count("✗") == 1


@pytest.mark.parametrize(("words", "codes"), [("run `liwes demo` again", 1), ("a lone ` stays", 0)])
def test_backquotes_mark_code(words, codes):
    reader = read(html(Page("t", "l", "s", [Section("h", [Text(words)])])))
    assert [tag for tag, _ in reader.tags].count("code") == codes
