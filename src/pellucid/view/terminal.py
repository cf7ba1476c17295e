"""Figures in a terminal: colour where there is colour, and the same said by signs, digits and bars."""

from __future__ import annotations

import os
from collections.abc import Iterable
from io import StringIO
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from pellucid.core.figure import Figure, Heatmap, Highlight, Part, Prose, Record, Table
from pellucid.view.colour import DARK, LIGHT, Theme
from pellucid.view.draw import draw
from pellucid.view.terminal_matrix import matrix
from pellucid.view.terminal_table import table
from pellucid.view.terminal_text import highlighted
from pellucid.view.tokens import visible

__all__ = ["terminal"]

NARROWEST = 40


def terminal(results: Any, *, colour: bool | None = None, width: int | None = None) -> str:
    """Explanations, scores and figures as text for a terminal of ``width`` cells, without a final line break.

    ``colour`` None asks the terminal: no escape codes into a pipe, a dumb terminal, or where ``NO_COLOR`` is set.
    """
    console = _console(colour, width)
    theme = _theme()
    for block in _blocks(draw(results), console.width, theme):
        console.print(block)
    lines = console.file.getvalue().split("\n")  # type: ignore[attr-defined]
    return "\n".join(line if console.color_system else line.rstrip() for line in lines).rstrip("\n")


def _blocks(figure: Figure, width: int, theme: Theme) -> Iterable[RenderableType]:
    yield Text(visible(figure.title), style="bold")
    if figure.subtitle:
        yield Text(visible(figure.subtitle), style="dim")
    for part in figure.parts:
        yield Text()
        yield from _part(part, width, theme)


def _part(part: Part, width: int, theme: Theme) -> Iterable[RenderableType]:
    if isinstance(part, Highlight):
        yield from highlighted(part, width, theme)
    elif isinstance(part, Heatmap):
        yield from matrix(part, width, theme)
    elif isinstance(part, Table):
        yield from table(part, width)
    elif isinstance(part, Prose):
        for line in part.words.split("\n"):
            yield Text(visible(line))
    elif isinstance(part, Record):
        yield Text(visible(part.summary), style="dim")
        for note in part.notes:
            yield Text.assemble(("Note: ", "bold"), visible(note))


def _console(colour: bool | None, width: int | None) -> Console:
    here = Console(width=width)
    if colour is None:
        colour = here.is_terminal and not here.no_color and not here.is_dumb_terminal
    system = Console(force_terminal=True).color_system or "truecolor" if colour else None
    return Console(
        file=StringIO(),
        width=max(NARROWEST, here.width),
        color_system=system,  # type: ignore[arg-type]
        force_terminal=colour,
        no_color=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _theme() -> Theme:
    """Some terminals say their background in ``COLORFGBG``; the others are taken to be dark."""
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT if background in ("7", "15") else DARK
