"""A matrix of numbers in a terminal; the longer side runs down, and what is left out is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, chop_cells
from rich.text import Text

from pellucid.core.figure import Heatmap
from pellucid.view.colour import Scale
from pellucid.view.crop import crop, turned
from pellucid.view.numbers import matrix_cell
from pellucid.view.on_terminal.paint import Paint
from pellucid.view.tokens import visible

__all__ = ["matrix"]

CELL = 8
MOST_ROWS, MOST_COLUMNS = 40, 48


def matrix(part: Heatmap, width: int, paint: Paint) -> Iterable[Text]:
    """The caption and bands of as many columns as fit."""
    if part.caption:
        yield Text(visible(part.caption), style="bold")
    long = turned(part) if len(part.columns) > len(part.rows) else part
    shown, left_out = crop(long, MOST_ROWS, MOST_COLUMNS, "an .html file shows all")
    down, across, values = _labels(shown.rows, 16), _labels(shown.columns, CELL - 1), shown.values
    scale = Scale.of(v for row in values for v in row)
    left = max(map(cell_len, down), default=0)
    fits = max(1, (width - left - 1) // CELL)
    for at in range(0, len(across), fits):
        if at:
            yield Text()
        yield _line(" " * left, [(text, None) for text in across[at : at + fits]], left, paint)
        for name, row in zip(down, values, strict=True):
            cells = [(matrix_cell(v, scale.limit, sign=part.signed), v) for v in row[at : at + fits]]
            yield _line(name, cells, left, paint, scale)
    if left_out:
        yield Text(left_out, style="dim")


def _line(name: str, cells: list, left: int, paint: Paint, scale: Scale | None = None) -> Text:
    line = Text(name + " " * (left - cell_len(name)))
    for text, value in cells:
        line.append(" ")
        padded = " " * (CELL - 2 - cell_len(text)) + text
        padded += " " * (CELL - 1 - cell_len(padded))
        line.append(padded, "dim" if scale is None else paint.score(scale.step(value)))
    return line


def _labels(texts: Sequence[str], cells: int) -> tuple[str, ...]:
    """Each text in so many cells: its beginning, or where several begin alike (document 1, 2, ...) its end, too."""
    shown = [visible(text).strip() or visible(text) for text in texts]
    short = [_beginning(text, cells) for text in shown]
    meant: dict[str, set[str]] = {}
    for label, text in zip(short, shown, strict=True):
        meant.setdefault(label, set()).add(text)
    pairs = zip(short, shown, strict=True)
    return tuple(_both_ends(text, cells) if len(meant[label]) > 1 else label for label, text in pairs)


def _beginning(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else chop_cells(text, cells - 1)[0] + "…"


def _both_ends(text: str, cells: int) -> str:
    end = text[-(cells // 3) :]  # at most two cells a character, so there is room for the dots
    return chop_cells(text, cells - 1 - cell_len(end))[0] + "…" + end
