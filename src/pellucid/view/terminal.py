"""Figures in a terminal: colour where there is colour, and the same said by signs, digits and bars."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from pellucid.core.figure import Figure, Heading, Heatmap, Highlight, Part, Prose, Record, Table
from pellucid.view.draw import draw
from pellucid.view.on_terminal.matrix import matrix
from pellucid.view.on_terminal.paint import Paint
from pellucid.view.on_terminal.table import table
from pellucid.view.on_terminal.text import highlighted
from pellucid.view.tokens import visible

__all__ = ["terminal"]

NARROWEST = 40


def terminal(results: Any, *, colour: bool | None = None, width: int | None = None) -> str:
    """Explanations, scores and figures as text for a terminal of ``width`` cells, without a final line break.

    ``colour`` None asks the terminal: no escape codes into a pipe, a dumb terminal, or where ``NO_COLOR`` is set.
    """
    console = _console(colour, width)
    paint = Paint.of(console.color_system)
    for block in _blocks(draw(results).plain(), console.width, paint):
        console.print(block)
    lines = console.file.getvalue().split("\n")  # type: ignore[attr-defined]
    return "\n".join(line if console.color_system else line.rstrip() for line in lines).rstrip("\n")


def _blocks(figure: Figure, width: int, paint: Paint) -> Iterable[RenderableType]:
    yield Text(visible(figure.title), style="bold")
    if figure.subtitle:
        yield Text(visible(figure.subtitle), style="dim")
    before: Part | None = None
    for part in figure.parts:
        if not (isinstance(part, Record) and isinstance(before, Record)):
            yield Text()
        before = part
        yield from _part(part, width, paint)


def _part(part: Part, width: int, paint: Paint) -> Iterable[RenderableType]:
    if isinstance(part, Highlight):
        yield from highlighted(part, width, paint)
    elif isinstance(part, Heatmap):
        yield from matrix(part, width, paint)
    elif isinstance(part, Table):
        yield from table(part, width)
    elif isinstance(part, Prose):
        for line in part.words.split("\n"):
            yield Text(visible(line))
    elif isinstance(part, Heading):
        yield Text(visible(part.words), style="bold underline")
        if part.about:
            yield Text(visible(part.about), style="dim")
    elif isinstance(part, Record):
        yield Text(visible(part.summary), style="dim")
        for note in part.notes:
            yield Text.assemble(("Note: ", "bold"), visible(note))


def _console(colour: bool | None, width: int | None) -> Console:
    # A notebook is no place for either: rich would display what is printed there instead of writing it.
    here = Console(width=width, force_jupyter=False)
    if colour is None:
        colour = here.is_terminal and not here.no_color and not here.is_dumb_terminal
    system = Console(force_terminal=True, force_jupyter=False).color_system or "truecolor" if colour else None
    return Console(
        file=StringIO(),
        width=max(NARROWEST, here.width),
        color_system=system,  # type: ignore[arg-type]
        force_terminal=colour,
        force_jupyter=False,
        no_color=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
