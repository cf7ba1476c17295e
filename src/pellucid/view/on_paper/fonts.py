"""Which font draws which character, how wide words are, and what stands for a character that no font has."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

import matplotlib
import regex
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.textpath import text_to_path

from pellucid.view.tokens import code_point

__all__ = ["missing", "properties", "width", "written"]

FAMILY = "DejaVu Sans"  # comes with matplotlib: figures look alike on every machine
EM = 100.0  # points at which widths are measured
STAND_IN = {"␍": "↵"}  # our sign for a carriage return, which few fonts have


def properties(string: str, size: float, bold: bool) -> FontProperties:
    """The fonts for a string: ours, others of this machine only for what ours has not, and a viewer's own."""
    others = dict.fromkeys(family for c in string if (family := _family(c, bold)) and family != FAMILY)
    # Few of the others have bold letters, and matplotlib complains of each that has not.
    weight = "bold" if bold and not others else "normal"
    return FontProperties(family=[FAMILY, *others, "sans-serif"], size=size, weight=weight)


def missing(string: str, bold: bool) -> set[str]:
    """The characters of a string that no font of this machine has."""
    return {c for c in string if _family(c, bold) is None}


@lru_cache(maxsize=16384)
def width(string: str, size: float, bold: bool) -> float:
    """How wide a string is, in points. What no font has counts as a viewer with the font would draw it."""
    gone = missing(string, bold)
    there = "".join(c for c in string if c not in gone)
    drawn = 0.0
    if there:
        drawn, _, _ = text_to_path.get_text_width_height_descent(there, properties(there, EM, bold), False)
    return size * (drawn / EM + sum(map(_em, (c for c in string if c in gone))))


@lru_cache(maxsize=16384)
def written(string: str, bold: bool) -> str:
    """A string of characters that can be drawn: others by their number, as control codes are."""
    gone = missing(string, bold)
    if not gone:
        return string
    return "".join(_grapheme(g, gone) for g in regex.findall(r"\X", string))


def _grapheme(grapheme: str, gone: set[str]) -> str:
    """What is not drawn by itself, such as the joiners of an emoji, has no number either if it is lost."""
    kept = [c for c in grapheme if c not in gone or _em(c)] or grapheme
    return "".join(STAND_IN.get(c, code_point(c)) if c in gone else c for c in kept)


def _em(character: str) -> float:
    """The usual width of a character whose font is not here, in units of the size."""
    if unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(character) in "WF" else 0.6


@cache
def _family(character: str, bold: bool) -> str | None:
    """The family that draws a character, ours if it can; None if no font of this machine has it."""
    if ord(character) in _ours(bold):
        return FAMILY
    return next((name for name, file in _others() if ord(character) in _characters(file)), None)


@cache
def _ours(bold: bool) -> frozenset[int]:
    return _characters(findfont(FontProperties(family=FAMILY, weight="bold" if bold else "normal")))


@cache
def _others() -> tuple[tuple[str, str], ...]:
    """The upright families of this machine and their files, by name; those beside matplotlib's are for formulas."""
    beside = matplotlib.get_data_path()
    upright = [e for e in fontManager.ttflist if (e.style, e.weight, e.stretch) == ("normal", 400, "normal")]
    found = {(e.name, e.fname) for e in upright if not e.fname.startswith(beside)}
    return tuple(sorted(found, key=lambda font: ("Sans" not in font[0], font)))  # letters like ours first


@cache
def _characters(file: str) -> frozenset[int]:
    """The code points a font can draw as outlines."""
    try:
        font = get_font(file)
    except (OSError, RuntimeError):  # a font that cannot be read draws nothing
        return frozenset()
    return frozenset(font.get_charmap()) if font.scalable else frozenset()
