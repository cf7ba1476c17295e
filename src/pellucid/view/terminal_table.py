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

GAP = 2


def table(part: Table, width: int) -> Iterable[RenderableType]:
    """The caption and the rows."""
    if part.caption:
        yield Text(visible(part.caption), style="bold")
    narrowest = sum(_least(part, i) + GAP for i in range(len(part.headings)))
    if narrowest <= width + GAP:
        yield _grid(part)
        return
    for row in part.rows:
        yield from _stacked(part.headings, row)


def _grid(part: Table) -> RichTable:
    grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim", padding=(0, 1))
    for i, heading in enumerate(part.headings):
        grid.add_column(
            Text(visible(heading)),
            justify="right" if i in part.right else "left",
            overflow="fold",
            min_width=_least(part, i),
            no_wrap=i in part.right,
        )
    for row in part.rows:
        grid.add_row(*(Text(visible(cell)) for cell in row))
    return grid


def _stacked(headings: tuple[str, ...], row: tuple[str, ...]) -> Iterable[Text]:
    """A row as lines of heading and cell; empty cells say nothing."""
    for i, (heading, cell) in enumerate(zip(headings, row, strict=True)):
        if cell:
            head = (
                Text(visible(cell), style="bold")
                if i == 0
                else Text(f"  {visible(heading)}: {visible(cell)}")
            )
            yield head


def _least(part: Table, column: int) -> int:
    """The width below which a column would break a number or an ordinary word."""
    cells = [visible(row[column]) for row in [part.headings, *part.rows]]
    if column in part.right:
        return max(map(cell_len, cells))
    return min(18, max((cell_len(word) for cell in cells for word in cell.split()), default=1))
