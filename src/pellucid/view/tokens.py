"""How tokens are shown: nothing lost, nothing hidden, nothing that a screen could mistake for a command.

Tokens of byte-level models can share the characters of one emoji. Such a group is shown once, whole, by its
first token; the others are shown as their number in the group, so that each keeps its own score.
"""

from __future__ import annotations

import bisect
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

import regex

from pellucid.core.figure import Highlight, Mark

__all__ = [
    "Fragment",
    "Piece",
    "called",
    "code_point",
    "lines",
    "named",
    "ordinal",
    "pieces",
    "ranked",
    "visible",
]

LONGEST_START = 40  # characters of a part that has a name
BLANKS = {" ": "␣", "\t": "⇥", "\n": "⏎\n", "\r\n": "␍⏎\n", "\r": "␍\n"}
BREAKS = {"\r\n": "\n", "\r": "\n", "\t": "⇥   "}
# Kinds of characters that draw nothing, or anything. Inside a grapheme with a visible base (the joiners of an
# emoji family) format characters do their work and stay.
UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a highlighted text. The ``text`` of all pieces together is the text.

    ``mark`` is None between features. Of ``parts`` tokens that share characters, ``part`` 1 has the text.
    """

    text: str
    mark: Mark | None = None
    part: int = 1
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Fragment:
    """The part of a piece that stands on one line, as it is shown; ``first`` of its piece or not."""

    shown: str
    piece: Piece
    first: bool


def pieces(highlight: Highlight) -> list[Piece]:
    """The text cut at its marks, in order, tokens that share characters together."""
    string, out, at = highlight.string, [], 0
    for start, end, marks in _groups(highlight):
        if at < start:
            out.append(Piece(string[at:start]))
        out += [
            Piece(string[start:end] if i == 1 else "", mark, i, len(marks)) for i, mark in enumerate(marks, 1)
        ]
        at = end
    if at < len(string):
        out.append(Piece(string[at:]))
    return out


def lines(highlight: Highlight) -> list[list[Fragment]]:
    """The pieces as they are shown, line by line of the text."""
    out: list[list[Fragment]] = [[]]
    for piece in pieces(highlight):
        for i, shown in enumerate(_shown(piece).split("\n")):
            if i:
                out.append([])
            if shown:
                out[-1].append(Fragment(shown, piece, i == 0 or not out[-2]))
    return out


def visible(string: str) -> str:
    """A string on one line, for labels and cells: blanks as glyphs if it has nothing else, no control codes."""
    blank = bool(string) and string.isspace()
    return "".join(_grapheme(g, blank) for g in regex.findall(r"\X", string)).replace(
        "\n", "" if blank else "⏎"
    )


def ranked(highlight: Highlight) -> list[tuple[str, Mark]]:
    """The marks by magnitude, the largest first, those without a number last; repeated names say which one."""
    pairs = named(highlight)
    total = Counter(name for name, _ in pairs)
    seen: Counter[str] = Counter()
    told = []
    for name, mark in pairs:
        seen[name] += 1
        told.append((f"{name} ({ordinal(seen[name])})" if total[name] > 1 else name, mark))
    return sorted(told, key=lambda pair: 1.0 if isnan(pair[1].value) else -abs(pair[1].value))


def named(highlight: Highlight) -> list[tuple[str, Mark]]:
    """The marks in the order of the text, each with its name for a list."""
    names = []
    for start, end, marks in _groups(highlight):
        text = visible(highlight.string[start:end])
        text = text.strip(" ") or text
        for i, mark in enumerate(marks, 1):
            names.append(
                (f"{text} ·{i}/{len(marks)}" if len(marks) > 1 else called(visible(mark.name), text), mark)
            )
    return names


def called(name: str, text: str) -> str:
    """A part of a text in a list: its name, if it has one, and how it begins."""
    if not name:
        return text
    return f"{name}: {text}" if len(text) <= LONGEST_START else f"{name}: {text[: LONGEST_START - 1]}…"


def code_point(character: str) -> str:
    """A character that cannot be drawn, by its number."""
    return f"‹U+{ord(character):04X}›"


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``11th``."""
    ending = "th" if 10 < number % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _shown(piece: Piece) -> str:
    if piece.part > 1:
        return f"·{piece.part}"
    blank = piece.mark is not None and piece.text.isspace()
    return "".join(_grapheme(g, blank) for g in regex.findall(r"\X", piece.text))


def _groups(highlight: Highlight) -> Iterator[tuple[int, int, list[Mark]]]:
    """Marks in order of their place, joined while they share a character as a reader sees it."""
    edges = [m.start() for m in regex.finditer(r"\X", highlight.string)] + [len(highlight.string)]
    group: list[Mark] = []
    start = end = 0
    for mark in sorted(highlight.marks, key=lambda m: m.start):
        left = edges[bisect.bisect_right(edges, mark.start) - 1]
        right = edges[bisect.bisect_left(edges, mark.end)]
        if group and left < end:
            group.append(mark)
            end = max(end, right)
            continue
        if group:
            yield start, end, group
        start, end, group = left, right, [mark]
    if group:
        yield start, end, group


def _grapheme(grapheme: str, blank: bool) -> str:
    if blank and grapheme in BLANKS:
        return BLANKS[grapheme]
    if grapheme in BREAKS:
        return BREAKS[grapheme]
    kinds = {unicodedata.category(c) for c in grapheme}
    if grapheme != "\n" and (kinds <= UNSEEN or (blank and kinds == {"Zs"})):
        return "".join(map(code_point, grapheme))
    if unicodedata.category(grapheme[0])[0] == "M":
        return f"◌{grapheme}"
    return grapheme[0] + "".join(code_point(c) if _smuggled(c, grapheme) else c for c in grapheme[1:])


def _smuggled(character: str, grapheme: str) -> bool:
    """Whether a character hides behind another that has no use for it: a joiner on a Latin letter, tags off a flag."""
    tag = ord(character) >> 12 == 0xE0 and grapheme[0] != "\U0001f3f4" and len(grapheme) > 2
    return tag or (grapheme[0].isascii() and unicodedata.category(character) == "Cf")
