"""Figures as one HTML page: no request, readable without script and without its colours, alive with script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pellucid.core.figure import Figure, Heading, Heatmap, Highlight, Mark, plain_of
from pellucid.view.colour import STEPS, THEMES, Scale, ink
from pellucid.view.crop import crop, turned
from pellucid.view.draw import draw
from pellucid.view.in_browser.bundle import LOADER, digest, packed_script, script, styles
from pellucid.view.in_browser.payload import payload_json
from pellucid.view.in_browser.ranges import strips
from pellucid.view.numbers import aligned, matrix_cell, plain, signed
from pellucid.view.tokens import Fragment, called, lines, named, ranked, visible

__all__ = ["fragment", "html", "inset"]

Show = Callable[[float], str]
MOST_BARS = 10
ROOM = 1_200_000  # bytes that attention may take of a page
WIDE = 16  # columns; a wider matrix is turned, so that the text runs down
MOST_CELLS, MOST_COLUMNS = 4000, 48  # of a matrix without script


def html(results: Any) -> str:
    """Explanations, scores and figures as one page that needs nothing beside it."""
    return _page(draw(results), ROOM, {"script": script(), "digests": [digest()]})


def inset(figure: Figure, room: int) -> str:
    """A page to stand in a frame of another page: as small as it can be, and without a margin.

    ``room``: bytes that attention may take of it.
    """
    return _page(
        figure, room, {"packed": packed_script(), "script": LOADER, "digests": [digest(), digest(LOADER)]}
    )


def _page(figure: Figure, room: int, code: dict[str, Any]) -> str:
    data = payload_json(figure, room=room)
    context = (
        _context(figure, elsewhere="with script, this page shows all")
        | {"links": "packed" not in code, "data": data, "styles": styles(), "packed": ""}
        | code
    )
    return _templates().get_template("page.html.jinja").render(context)


def fragment(figure: Figure, *, numbers: bool = True) -> str:
    """A figure with its styles, to stand inside another page. ``numbers``: with the list of every score."""
    return _templates().get_template("fragment.html.jinja").render(_context(figure, numbers=numbers))


def stylesheet() -> str:
    """The styles of figures, still and live, for a page that draws them itself."""
    found = _templates().get_template("style.css.jinja").render(_context(Figure("", ())))
    return f"{found}\n{styles()}"


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of text as the templates draw it: blank edges outside the colour; no css class if unmarked.

    The marked ones are no `<bdi>`: isolating each token would turn the digits of a number round in Hebrew
    text, and part the joined letters of Arabic. Only ``part``, a number that is not of the text, is isolated.
    """

    before: str
    shown: str
    after: str
    css: str = ""
    says: str = ""
    part: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the list of scores. ``share`` is in percent of the largest."""

    name: str
    number: str
    share: float
    side: str


def token_lines(part: Highlight) -> Iterator[list[Token]]:
    """The text line by line."""
    scale = Scale.of(m.value for m in part.marks)
    show = signed if part.signed else plain
    for line in lines(part):
        edges = [" ", *(f.shown for f in line), " "]
        yield [
            _token(f, scale, show, edges[i - 1][-1] == " ", edges[i + 1][0] == " ")
            for i, f in enumerate(line, 1)
        ]


def _token(f: Fragment, scale: Scale, show: Show, opens: bool, closes: bool) -> Token:
    body = f.shown.strip(" ") or f.shown
    before, _, after = f.shown.partition(body)
    mark = f.piece.mark
    if mark is None:
        return Token(before, body, after)
    # Only at a word's edge has the colour room; inside a word any room would part its letters.
    css = [css_of(scale.step(mark.value)), "l" * bool(opens or before), "r" * bool(closes or after)]
    is_part = f.piece.part > 1
    return Token(
        before, body, after, " ".join(filter(None, [*css, "part" * is_part])), _says(f, mark, show), is_part
    )


def bars(part: Highlight, most: int | None = MOST_BARS) -> list[Bar]:
    """The largest scores, the largest first; or all, in the order of the text."""
    scale = Scale.of(m.value for m in part.marks)
    pairs = named(part) if most is None else [pair for pair in ranked(part) if pair[1].value != 0][:most]
    numbers = aligned([mark for _, mark in pairs], sign=part.signed)
    return [_bar(name, mark, number, scale) for (name, mark), number in zip(pairs, numbers, strict=True)]


def cells(part: Heatmap, elsewhere: str) -> dict[str, Any]:
    """A matrix as headings, rows of cells, titles and what is left out: turned if it is wide, cropped if large."""
    if len(part.columns) > WIDE and len(part.columns) > len(part.rows):
        part = turned(part)
    part, left_out = _cropped(part, elsewhere)
    scale = Scale.of(v for row in part.values for v in row)
    drawn = [
        [(css_of(scale.step(v)), matrix_cell(v, scale.limit, sign=part.signed)) for v in row]
        for row in part.values
    ]
    return {
        "columns": part.columns,
        "rows": list(zip(part.rows, drawn, strict=True)),
        "titles": (part.row_title, part.column_title),
        "left_out": left_out,
    }


def _cropped(part: Heatmap, elsewhere: str) -> tuple[Heatmap, str]:
    """All of a matrix that has few cells; of another one as much as there is room for."""
    if len(part.rows) * len(part.columns) <= MOST_CELLS:
        return part, ""
    columns = min(len(part.columns), MOST_COLUMNS)
    return crop(part, MOST_CELLS // columns, columns, elsewhere)


def chapters(figure: Figure) -> list[tuple[int, str]]:
    """The headings of a figure, with the number of the part that each is."""
    return [(i, part.words) for i, part in enumerate(figure.parts) if isinstance(part, Heading)]


def css_of(step: int | None) -> str:
    """The class of a step: p for, n against, z zero, x not a number."""
    if step is None:
        return "x"
    return f"p{step}" if step > 0 else f"n{-step}" if step < 0 else "z"


def _bar(name: str, mark: Mark, number: str, scale: Scale) -> Bar:
    return Bar(name, number, round(100 * scale.share(mark.value), 1), "n" if mark.value < 0 else "p")


def _says(f: Fragment, mark: Mark, show: Show) -> str:
    which = f"part {f.piece.part} of {f.piece.parts}" if f.piece.parts > 1 else ""
    text = "" if f.piece.part > 1 else visible(f.piece.text).strip(" ") or "␣"
    text = called(visible(mark.name), text)
    error = "" if mark.error is None else f" ± {plain(mark.error)}"
    return f"{' '.join(filter(None, [text, which]))}, {show(mark.value)}{error}"


def _context(
    figure: Figure, *, numbers: bool = True, elsewhere: str = "an .html file shows all"
) -> dict[str, Any]:
    """What the templates draw with. ``elsewhere``: how a matrix that is cropped can be seen whole."""
    from pellucid import __version__

    return {
        "figure": figure,
        "kind": lambda part: type(part).__name__,
        "plain": plain_of,
        "chapters": chapters,
        "links": False,
        "numbers": numbers,
        "themes": _themes(),
        "steps": range(1, STEPS + 1),
        "token_lines": token_lines,
        "bars": bars,
        "cells": partial(cells, elsewhere=elsewhere),
        "strips": strips,
        "limit": lambda part: Scale.of(m.value for m in part.marks).limit,
        "unknown": lambda part: any(m.value != m.value for m in part.marks),
        "version": __version__,
    }


def _themes() -> dict[str, dict[str, Any]]:
    """Per theme, its colours and the rules of each class: background, text, line."""
    out = {}
    for name, theme in THEMES.items():
        rules = []
        for step in [s for s in range(-STEPS, STEPS + 1) if s]:
            background = theme.background(step)
            rules.append((css_of(step), background, ink(background, theme), theme.edge(step)))
        missing = theme.background(None)
        rules.append(("x", missing, ink(missing, theme), theme.muted))
        out[name] = {"theme": theme, "rules": rules}
    return out


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("pellucid.view"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    environment.filters["plain"] = plain
    return environment
