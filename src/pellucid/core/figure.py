"""A figure as plain data: parts that a terminal, a notebook and an HTML page can each draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pellucid.core.registry import renderer

__all__ = ["Figure", "Heatmap", "Highlight", "Mark", "Part", "Prose", "Record", "Table"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A weighted span of characters, ``string[start:end]``, with its standard error and its name, if it has them."""

    start: int
    end: int
    value: float
    error: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Highlight:
    """A text whose marked spans are coloured by value. Marks may share characters (bytes of one emoji)."""

    string: str
    marks: tuple[Mark, ...]
    signed: bool
    units: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Heatmap:
    """A matrix of numbers with a label per row and column."""

    values: tuple[tuple[float, ...], ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_title: str
    column_title: str
    signed: bool
    units: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings. Columns in ``right`` (by number) hold numbers and align right."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences."""

    words: str


@dataclass(frozen=True, slots=True)
class Record:
    """Where a result comes from: a summary for one line, every fact for a page, and what a reader must know."""

    summary: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


Part = Highlight | Heatmap | Table | Prose | Record


@dataclass(frozen=True, slots=True)
class Figure:
    """A title and its parts, top to bottom."""

    title: str
    parts: tuple[Part, ...]
    subtitle: str = ""

    def __str__(self) -> str:
        return renderer("terminal")(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self)
