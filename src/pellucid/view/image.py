"""Figures as pictures for a paper: PNG, or SVG and PDF whose words stay words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pellucid.core.errors import BadOption, MissingExtra
from pellucid.core.figure import (
    Curve,
    Figure,
    Heading,
    Heatmap,
    Highlight,
    Part,
    Prose,
    Record,
    Table,
    plain_of,
)
from pellucid.view.colour import LIGHT
from pellucid.view.draw import draw
from pellucid.view.tokens import visible

if TYPE_CHECKING:
    from pellucid.view.on_paper.sheet import Sheet

__all__ = ["PICTURES", "check_installed", "image"]

PICTURES = (".png", ".svg", ".pdf")
INCHES = (2.5, 40.0)
REPLACED = "‹U+…› stands for a character that no font of this machine has; an .svg file keeps it."


def image(results: Any, *, suffix: str, inches: float = 6.5) -> bytes:
    """Explanations, scores and figures as the content of a ``.png``, ``.svg`` or ``.pdf`` file.

    As high as it needs to be, ``inches`` wide: 6.5 is a page of text, 3.3 a column. Same results, same bytes.
    Raises `MissingExtra` without matplotlib, `BadOption` for another suffix or a width without room for words.
    """
    if suffix not in PICTURES:
        raise BadOption(f'"{suffix}" is not a kind of picture. There are: {", ".join(PICTURES)}.')
    if not INCHES[0] <= inches <= INCHES[1]:
        raise BadOption(f"inches={inches}: a picture is {INCHES[0]} to {INCHES[1]} inches wide.")
    check_installed()
    from pellucid.view.on_paper.paint import MARGIN, paint
    from pellucid.view.on_paper.sheet import SMALL, Sheet

    figure = draw(results)
    sheet = Sheet(width=inches * 72 - 2 * MARGIN, keeps=suffix == ".svg")
    _lay_out(figure, sheet)
    if sheet.replaced:
        sheet.paragraph(REPLACED, SMALL, LIGHT.muted)
    return paint(sheet, suffix, visible(figure.title))


def check_installed() -> None:
    """Refuse, before work that takes long, what `image` would refuse."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtra(f"Writing {', '.join(PICTURES)}", "matplotlib", "image") from error


def _lay_out(figure: Figure, sheet: Sheet) -> None:
    sheet.paragraph(visible(figure.title), 11, bold=True)
    if figure.subtitle:
        sheet.paragraph(visible(figure.subtitle), colour=LIGHT.muted)
    before: Part | None = None
    for part in _pictured(figure):
        if not isinstance(part, Record):
            sheet.y += 9
        elif not isinstance(before, Record):
            sheet.y += 10
            sheet.rule(0, sheet.y, sheet.width, LIGHT.line)
            sheet.y += 2
        before = part
        _part(part, sheet)


def _pictured(figure: Figure) -> Iterator[Part]:
    """The parts as they are drawn here: what needs a browser in its plain form, but a curve as a curve."""
    for part in figure.parts:
        yield from (part,) if isinstance(part, Curve) else plain_of(part)


def _part(part: Part, sheet: Sheet) -> None:
    from pellucid.view.on_paper.curve import curve
    from pellucid.view.on_paper.matrix import matrix
    from pellucid.view.on_paper.sheet import BODY, SMALL
    from pellucid.view.on_paper.table import table
    from pellucid.view.on_paper.text import highlighted

    if isinstance(part, Highlight):
        highlighted(part, sheet)
    elif isinstance(part, Heatmap):
        matrix(part, sheet)
    elif isinstance(part, Curve):
        curve(part, sheet)
    elif isinstance(part, Table):
        table(part, sheet)
    elif isinstance(part, Prose):
        for line in part.words.split("\n"):
            sheet.paragraph(visible(line))
    elif isinstance(part, Heading):
        sheet.paragraph(visible(part.words), BODY + 1.5)
        if part.about:
            sheet.paragraph(visible(part.about), SMALL, LIGHT.muted)
    elif isinstance(part, Record):
        sheet.paragraph(visible(part.summary), SMALL - 0.5, LIGHT.muted)
        for note in part.notes:
            sheet.paragraph(f"Note: {visible(note)}", SMALL)
