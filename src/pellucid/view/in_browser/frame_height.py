"""How high a figure will be, about: a frame in a notebook has to say so before anything is drawn in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pellucid.core.figure import Figure, Heading, Heatmap, Highlight, Prose, Record, Table, Trust

__all__ = ["frame_height"]

LOWEST, HIGHEST = 160, 720  # pixels; a reader can pull it
HEAD = 130
RICH = 420  # of a part that is drawn into a space of its own
LINE = 100  # characters

OF_PART: dict[type, Callable[[Any], int]] = {
    Highlight: lambda part: 130 + 37 * _lines(part.string) + 24 * min(10, len(part.marks)),
    Heatmap: lambda part: 110 + 30 * min(40, _down(part)),
    Table: lambda part: 70 + 33 * len(part.rows),
    Prose: lambda part: 30 + 28 * _lines(part.words),
    Heading: lambda _: 90,
    Record: lambda part: 34 + 50 * len(part.notes),
    Trust: lambda part: 110 + 80 * len(part.gauges),
}


def frame_height(figure: Figure) -> int:
    """Pixels, between bounds."""
    whole = HEAD + sum(OF_PART.get(type(part), lambda _: RICH)(part) for part in figure.parts)
    return max(LOWEST, min(HIGHEST, whole))


def _lines(string: str) -> int:
    return sum(1 + len(line) // LINE for line in string.split("\n"))


def _down(part: Heatmap) -> int:
    return max(len(part.rows), len(part.columns)) if len(part.columns) > 16 else len(part.rows)
