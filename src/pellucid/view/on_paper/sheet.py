"""The sheet a figure is laid out on: words, boxes and lines in points, from the top left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import regex

from pellucid.view.colour import LIGHT
from pellucid.view.on_paper import fonts

__all__ = ["BODY", "SMALL", "Box", "Point", "Rule", "Shape", "Sheet", "Stroke", "Words"]

BODY, SMALL = 8.5, 7.0  # points
LEADING = 1.4  # of a line of words, in units of its size
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Words:
    """A string that starts at ``x`` on the baseline ``y``; ``turned``, it runs upwards from there."""

    x: float
    y: float
    string: str
    size: float
    colour: str
    bold: bool = False
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle; ``hatch`` is the colour of stripes over it, if it has some."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    hatch: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line from left to right: solid, dashed or dotted."""

    x: float
    y: float
    width: float
    colour: str
    weight: float = 0.5
    style: str = "solid"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points: solid, dashed, dotted or dashdot."""

    points: tuple[Point, ...]
    colour: str
    weight: float
    style: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled polygon."""

    points: tuple[Point, ...]
    fill: str


@dataclass(slots=True)
class Sheet:
    """What is drawn so far, and how far down. ``keeps``: the file holds text, so no character is replaced."""

    width: float
    keeps: bool
    y: float = 0.0
    items: list[Words | Box | Rule | Stroke | Shape] = field(default_factory=list)
    replaced: bool = False

    def shown(self, string: str, *, bold: bool = False) -> str:
        """A string as this file can show it."""
        if self.keeps:
            return string
        drawn = fonts.written(string, bold)
        self.replaced |= drawn != string
        return drawn

    def wide(self, string: str, size: float, *, bold: bool = False) -> float:
        """How wide a string is here."""
        return fonts.width(self.shown(string, bold=bold), size, bold)

    def words(
        self, x: float, y: float, string: str, size: float, colour: str = LIGHT.text, *,
        bold: bool = False, turned: bool = False,
    ) -> None:  # fmt: skip
        """Put a string on the sheet."""
        self.items.append(Words(x, y, self.shown(string, bold=bold), size, colour, bold, turned))

    def box(self, x: float, y: float, width: float, height: float, fill: str, hatch: str = "") -> None:
        """Put a rectangle on the sheet."""
        self.items.append(Box(x, y, width, height, fill, hatch))

    def rule(self, x: float, y: float, width: float, colour: str, weight: float = 0.5) -> None:
        """Put a line on the sheet."""
        self.items.append(Rule(x, y, width, colour, weight))

    def stroke(self, points: Sequence[Point], colour: str, weight: float, style: str) -> None:
        """Put a line through points on the sheet."""
        self.items.append(Stroke(tuple(points), colour, weight, style))

    def shape(self, points: Sequence[Point], fill: str) -> None:
        """Put a filled polygon on the sheet."""
        self.items.append(Shape(tuple(points), fill))

    def underline(self, x: float, y: float, width: float, step: int | None) -> None:
        """The line that says a sign without colour: solid for, dashed against, dotted where there is no number."""
        style = "dotted" if step is None else "solid" if step > 0 else "dashed"
        colour = LIGHT.muted if step is None else LIGHT.edge(step)
        self.items.append(Rule(x, y, width, colour, 1.3, style))

    def paragraph(
        self, string: str, size: float = BODY, colour: str = LIGHT.text, *, bold: bool = False
    ) -> None:
        """Put sentences under what is there, broken where the sheet ends."""
        for line in self.wrapped(string, size, self.width, bold=bold):
            self.y += size * LEADING
            self.words(0, self.y - size * 0.3, line, size, colour, bold=bold)

    def wrapped(self, string: str, size: float, room: float, *, bold: bool = False) -> list[str]:
        """A string in lines no wider than ``room``; a word that is wider is broken between characters."""
        lines = [""]
        for word in string.split(" "):
            for part in self.chopped(word, size, room, bold=bold):
                longer = f"{lines[-1]} {part}" if lines[-1] else part
                if self.wide(longer, size, bold=bold) <= room:
                    lines[-1] = longer
                else:
                    lines.append(part)
        return lines if lines[0] or len(lines) == 1 else lines[1:]

    def chopped(self, word: str, size: float, room: float, *, bold: bool = False) -> Iterator[str]:
        """A word in parts no wider than ``room``, cut between characters as a reader sees them."""
        if self.wide(word, size, bold=bold) <= room:
            yield word
            return
        part, used = "", 0.0
        for grapheme in regex.findall(r"\X", self.shown(word, bold=bold)):
            more = self.wide(grapheme, size, bold=bold)
            if part and used + more > room:
                yield part
                part, used = "", 0.0
            part, used = part + grapheme, used + more
        yield part

    def clipped(self, string: str, size: float, room: float) -> str:
        """Both ends of a string, with dots between them, if it is wider than ``room``."""
        if self.wide(string, size) <= room:
            return string
        end = next(self.chopped(string[::-1], size, room / 3))[::-1]
        start = next(self.chopped(string, size, room - self.wide(f"…{end}", size)))
        return f"{start}…{end}"
