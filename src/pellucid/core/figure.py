"""A figure as plain data: parts that a terminal, a notebook and an HTML page can each draw."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Figure", "Heatmap", "Highlight", "Mark", "Part", "Prose", "Table"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A weighted span of characters, ``string[start:end]``; ``error`` is its standard error, if known."""

    start: int
    end: int
    value: float
    error: float | None = None


@dataclass(frozen=True, slots=True)
class Highlight:
    """A text whose marked spans are coloured by value. Marks may share characters (bytes of one emoji)."""

    string: str
    marks: tuple[Mark, ...]
    signed: bool
    units: str


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


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings. Columns in ``right`` (by number) hold numbers and align right."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences."""

    words: str


Part = Highlight | Heatmap | Table | Prose


@dataclass(frozen=True, slots=True)
class Figure:
    """A title and its parts, top to bottom."""

    title: str
    parts: tuple[Part, ...]
