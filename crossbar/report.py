"""A report as one HTML file that needs nothing else: plots are inside, no script, no network."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Literal, TypeAlias

from crossbar import __version__


@dataclass(frozen=True)
class Card:
    """A headline figure: its name, the value with its unit, and a few words on it."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class Cards:
    """The few figures a reader looks for first."""

    cards: Sequence[Card]


@dataclass(frozen=True)
class Text:
    """A paragraph; `warning` sets it apart."""

    words: str
    warning: bool = False


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    sentences: Sequence[str]


@dataclass(frozen=True)
class Picture:
    """A PNG with its caption; `words` say what it shows to those who cannot see it."""

    content: bytes
    caption: str
    words: str
    wide: bool = False


@dataclass(frozen=True)
class Row:
    """A figure: what it is, its value with its unit, where it comes from; `passed` marks one held against a bar."""

    name: str
    value: str
    source: str
    passed: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Figures:
    """A table of rows; `heads` name its three columns."""

    rows: Sequence[Row]
    heads: tuple[str, str, str] = ("what", "value", "where it comes from")


@dataclass(frozen=True)
class Cell:
    """What stands in a table: kind is "" for text, "value" for a number, "source", "ok" or "off"."""

    text: str
    kind: Literal["", "value", "source", "ok", "off"] = ""


@dataclass(frozen=True)
class Table:
    """A table of any width; `heads` name its columns."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


Block: TypeAlias = Cards | Text | Points | Picture | Figures | Table


@dataclass(frozen=True)
class Section:
    """A heading, empty for none, and what stands under it."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A report: title, one sentence, when and from what it was made, sections, a last line."""

    title: str
    lead: str
    stamp: str
    sections: Sequence[Section]
    footer: str = ""


def html(page: Page) -> str:
    """`page` as a document of its own; every word is escaped."""
    template = Template(files("crossbar").joinpath("report.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(page.title),
        lead=escape(page.lead),
        stamp=escape(page.stamp),
        body="\n".join(_section(section) for section in page.sections),
        footer=escape(page.footer),
        version=escape(__version__),
    )


def _section(section: Section) -> str:
    heading = f"<h2>{escape(section.heading)}</h2>\n" if section.heading else ""
    return f"<section>\n{heading}" + "\n".join(_block(block) for block in section.blocks) + "\n</section>"


def _block(block: Block) -> str:
    match block:
        case Cards():
            return f'<ul class="cards">{"".join(_card(card) for card in block.cards)}</ul>'
        case Text():
            return f'<p class="warning">{_words(block.words)}</p>' if block.warning else f"<p>{_words(block.words)}</p>"
        case Points():
            return f'<ul class="plain">{"".join(f"<li>{_words(words)}</li>" for words in block.sentences)}</ul>'
        case Picture():
            return _picture(block)
        case Figures():
            return _figures(block)
        case Table():
            return _table(block.heads, "\n".join(_cells(row) for row in block.rows))


def _card(card: Card) -> str:
    name, value, note = (escape(text) for text in (card.name, card.value, card.note))
    return f'<li><span class="name">{name}</span><b>{value}</b><span>{note}</span></li>'


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.content).decode("ascii")
    kind = "" if picture.wide else ' class="narrow"'
    image = f'<img alt="{escape(picture.words)}" src="data:image/png;base64,{data}">'
    return f"<figure{kind}>{image}<figcaption>{_words(picture.caption)}</figcaption></figure>"


def _figures(table: Figures) -> str:
    return _table(table.heads, "\n".join(_row(row) for row in table.rows))


def _table(heads: Sequence[str], rows: str) -> str:
    named = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = f"<thead><tr>{named}</tr></thead>\n<tbody>\n{rows}\n</tbody>"
    return f'<div class="scroll"><table>{body}</table></div>'


def _cells(row: Sequence[Cell]) -> str:
    return "<tr>" + "".join(f"<td{_kind(cell)}>{_words(cell.text)}</td>" for cell in row) + "</tr>"


def _kind(cell: Cell) -> str:
    return f' class="{cell.kind}"' if cell.kind else ""


def _row(row: Row) -> str:
    marks = {(): "", (True,): ' <span class="ok">✓</span>', (False,): ' <span class="off">✗</span>'}
    value = f'<td class="value">{escape(row.value)}{marks[row.passed]}</td>'
    return f'<tr><td>{_words(row.name)}</td>{value}<td class="source">{_words(row.source)}</td></tr>'


def _words(text: str) -> str:
    """Escaped, with what stands in backquotes as code."""
    parts = escape(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{part}</code>" if k % 2 else part for k, part in enumerate(parts))
