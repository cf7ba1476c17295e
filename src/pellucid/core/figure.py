"""A figure as plain data: parts that a terminal, a notebook, a page, a paper and a browser can each draw.

Some parts need a browser to be seen whole: they can be searched, unfolded or filtered there. Each of those carries
its ``plain`` form, in tables and matrices, which is what is drawn everywhere else, and on a page without script.

Parts of one text share a cursor: what they show is tied to it by `Span`, a range of its characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from pellucid.core.registry import renderer

__all__ = [
    "Axis",
    "Curve",
    "Figure",
    "Flow",
    "Gauge",
    "Heading",
    "Heads",
    "Heatmap",
    "Highlight",
    "Lens",
    "Line",
    "Mark",
    "Node",
    "Part",
    "Prose",
    "Range",
    "Record",
    "Rich",
    "Span",
    "Step",
    "Strand",
    "Table",
    "Tracked",
    "Trust",
    "plain_of",
]

Span: TypeAlias = "tuple[int, int] | None"
"""A half-open range of characters of the text that is explained; None is no part of it (a layer, an added token)."""


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
    """A matrix of numbers with a label per row and column.

    ``string``: the text that rows or columns are parts of, and ``row_spans`` and ``column_spans`` say which; empty
    where they are none.
    """

    values: tuple[tuple[float, ...], ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_title: str
    column_title: str
    signed: bool
    units: str
    caption: str = ""
    string: str = ""
    row_spans: tuple[Span, ...] = ()
    column_spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """A number and its interval (NaN where it has none); ``chance``: what chance has, to be held against the others."""

    value: float
    low: float
    high: float
    chance: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings. Columns in ``right`` (by number) hold numbers and align right.

    ``ranges``: the number that each row is about, where there is room to draw them on one scale beside the words.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    caption: str = ""
    ranges: tuple[Range | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences."""

    words: str


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of what follows, up to the next one, and a sentence about it. A page has links to several."""

    words: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Where a result comes from: a summary for one line, every fact for a page, and what a reader must know."""

    summary: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Axis:
    """What stands along one side: a label for each place, and which part of the text it is."""

    labels: tuple[str, ...]
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """How much each query looks at each key, in every head of every layer.

    ``values``: shape (layer, head, query, key); a method without heads has one, called "".
    """

    values: np.ndarray
    layers: tuple[str, ...]
    heads: tuple[str, ...]
    queries: Axis
    keys: Axis
    string: str
    signed: bool
    units: str
    plain: tuple[Part, ...]
    caption: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """One answer through the layers: its ``probability`` and ``rank`` (1 is first), shape (layer, position)."""

    name: str
    probability: np.ndarray
    rank: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """What each layer would say at each position: ``tokens`` and ``probabilities``, shape (layer, position, candidate).

    ``answer``: the position where the answer is said.
    """

    tokens: np.ndarray
    probabilities: np.ndarray
    layers: tuple[str, ...]
    positions: Axis
    tracked: tuple[Tracked, ...]
    answer: int
    string: str
    plain: tuple[Part, ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a model in a graph: its name, how far down the model it stands, and where in that row."""

    name: str
    rank: float
    lane: float


@dataclass(frozen=True, slots=True)
class Flow:
    """What flows from part to part: ``edges`` are (source, dest, value), by the number of the node, strongest first.

    ``ports``: what each edge goes into, where its dest has several doors (a head's q, k and v); empty where none has.
    ``among``: how many edges there are in all, if more than are drawn.
    """

    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int, float], ...]
    signed: bool
    units: str
    plain: tuple[Part, ...]
    caption: str = ""
    ports: tuple[str, ...] = ()
    among: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a curve, with its interval (95%) where it has one."""

    name: str
    values: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """Numbers along a level: how many edges are kept, how much of a text is removed.

    ``references``: heights to read it by, and what each is.
    """

    at: tuple[float, ...]
    lines: tuple[Line, ...]
    x_title: str
    units: str
    plain: tuple[Part, ...]
    caption: str = ""
    references: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain of reasoning: its words, its number, and a word of judgement, if there is one."""

    words: str
    value: float
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Strand:
    """Steps of reasoning, first to last; ``links`` are (from, to, value), by the number of the step."""

    steps: tuple[Step, ...]
    links: tuple[tuple[int, int, float], ...]
    signed: bool
    units: str
    plain: tuple[Part, ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One score beside chance: ``controls`` are (name, mean, low, high, p), the range holding 95% of the draws.

    ``of``: what was measured, where there are several. A score that does not apply is NaN with a ``reason``;
    ``verdict`` is pass, weak, fail or not measured, or empty where nobody judged.
    """

    metric: str
    value: float
    better: str
    bounds: tuple[float, float]
    says: str
    interval: tuple[float, float] | None = None
    controls: tuple[tuple[str, float, float, float, float], ...] = ()
    reason: str = ""
    verdict: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """How far to trust what is shown: every score on its own scale, beside what chance has.

    ``word`` and ``sentence``: what a verdict says of all of them together, where there is one.
    """

    gauges: tuple[Gauge, ...]
    plain: tuple[Part, ...]
    caption: str = ""
    word: str = ""
    sentence: str = ""


Rich: TypeAlias = "Heads | Lens | Flow | Curve | Strand | Trust"
"""Parts that have a plain form."""

Part: TypeAlias = "Highlight | Heatmap | Table | Prose | Heading | Record | Rich"


def plain_of(part: Part) -> tuple[Part, ...]:
    """The part itself, or the plain form of one that needs a browser to be seen whole."""
    return getattr(part, "plain", (part,))


@dataclass(frozen=True, slots=True)
class Figure:
    """A title and its parts, top to bottom."""

    title: str
    parts: tuple[Part, ...]
    subtitle: str = ""

    def plain(self) -> Figure:
        """The same figure without parts that need a browser: each in its plain form."""
        return replace(self, parts=tuple(plain for part in self.parts for plain in plain_of(part)))

    def __str__(self) -> str:
        return renderer("terminal")(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self)
