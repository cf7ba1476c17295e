"""A table in a terminal; where it does not fit, its rows are written one below the other, never cut."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from pellucid.core.figure import Table
from pellucid.view.tokens import visible

__all__ = ["table"]

GAP = 2  # cells between columns: one of padding, one that the box draws
LONGEST_WORD = 18


def table(part: Table, width: int) -> Iterable[RenderableType]:
    """The caption and the rows."""
    if part.caption:
        yield Text(visible(part.caption), style="bold")
    if widths := _widths(part, width):
        yield _grid(part, widths)
        return
    for row in part.rows:
        yield from _stacked(part, row)


def _grid(part: Table, widths: list[int]) -> RichTable:
    padding = (0, GAP - 1, 0, 0)
    grid = RichTable(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim", padding=padding
    )
    for i, (heading, width) in enumerate(zip(part.headings, widths, strict=True)):
        name = Text(visible(heading))
        grid.add_column(name, justify="right" if i in part.right else "left", width=width, overflow="fold")
    for row in part.rows:
        grid.add_row(*(Text(visible(cell)) for cell in row))
    return grid


def _stacked(part: Table, row: tuple[str, ...]) -> Iterable[Text]:
    """A row as lines of heading and cell; empty cells say nothing, and words that stand first need no heading."""
    for i, (heading, cell) in enumerate(zip(part.headings, row, strict=True)):
        named = heading and (i > 0 or i in part.right)
        said = f"{visible(heading)}: {visible(cell)}" if named else visible(cell)
        if cell:
            yield Text(f"  {said}") if i else Text(said, style="bold")


def _widths(part: Table, width: int) -> list[int]:
    """The width of each column; nothing if they do not fit. Reckoned here, for rich would cut numbers to fit."""
    columns = [[visible(row[i]) for row in (part.headings, *part.rows)] for i in range(len(part.headings))]
    widths = [max(map(cell_len, cells)) for cells in columns]
    least = [
        w if i in part.right else _least(cells)
        for i, (w, cells) in enumerate(zip(widths, columns, strict=True))
    ]
    room = width - GAP * (len(columns) - 1)
    if sum(least) > room:
        return []
    while sum(widths) > room:
        slack = [w - low for w, low in zip(widths, least, strict=True)]
        widths[slack.index(max(slack))] -= 1
    return widths


def _least(cells: list[str]) -> int:
    """The width below which a column of words would break an ordinary one."""
    return min(LONGEST_WORD, max((cell_len(word) for cell in cells for word in cell.split()), default=1))
