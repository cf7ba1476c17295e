"""A table on a sheet, ruled as in a book; where it does not fit, its rows stand one below the other, never cut."""

from __future__ import annotations

from pellucid.core.figure import Table
from pellucid.view.colour import LIGHT
from pellucid.view.on_paper.sheet import BODY, SMALL, Sheet
from pellucid.view.tokens import visible

__all__ = ["table"]

GAP = 11.0  # points between columns
LEADING = 1.35
LONGEST_WORD = 80.0
ROUNDING = 1e-6


def table(part: Table, sheet: Sheet) -> None:
    """The caption and the rows."""
    if part.caption:
        sheet.paragraph(visible(part.caption), bold=True)
    columns = [[visible(cell) for cell in column] for column in zip(part.headings, *part.rows, strict=True)]
    for size in (BODY - 0.5, SMALL):
        if widths := _widths(columns, part.right, size, sheet):
            _grid(part, columns, widths, size, sheet)
            return
    for row in part.rows:
        _stacked(part, row, sheet)


def _grid(part: Table, columns: list[list[str]], widths: list[float], size: float, sheet: Sheet) -> None:
    across = sum(widths) + GAP * (len(widths) - 1)
    sheet.y += 4
    sheet.rule(0, sheet.y, across, LIGHT.text, 0.8)
    for at, cells in enumerate(zip(*columns, strict=True)):
        wrapped = [sheet.wrapped(cell, size, width) for cell, width in zip(cells, widths, strict=True)]
        x = 0.0
        for i, (lines, width) in enumerate(zip(wrapped, widths, strict=True)):
            for n, line in enumerate(lines):
                inset = width - sheet.wide(line, size) if i in part.right else 0.0
                y = sheet.y + (n + 1) * size * LEADING
                sheet.words(x + inset, y, line, size, LIGHT.text if at else LIGHT.muted)
            x += width + GAP
        sheet.y += max(map(len, wrapped)) * size * LEADING + 3.2
        if at in (0, len(part.rows)):
            sheet.rule(0, sheet.y, across, LIGHT.text, 0.8 if at else 0.5)


def _stacked(part: Table, row: tuple[str, ...], sheet: Sheet) -> None:
    """A row as lines of heading and cell; empty cells say nothing, and words that stand first need no heading."""
    for i, (heading, cell) in enumerate(zip(part.headings, row, strict=True)):
        if cell:
            named = heading and (i > 0 or i in part.right)
            said = f"{visible(heading)}: {visible(cell)}" if named else visible(cell)
            sheet.paragraph(said, SMALL, bold=i == 0)


def _widths(columns: list[list[str]], right: frozenset[int], size: float, sheet: Sheet) -> list[float]:
    """The width of each column; nothing if they do not fit. Numbers are never broken."""
    widths = [max(sheet.wide(cell, size) for cell in column) for column in columns]
    least = [
        w
        if i in right
        else min(LONGEST_WORD, max(sheet.wide(word, size) for c in column for word in c.split(" ")))
        for i, (w, column) in enumerate(zip(widths, columns, strict=True))
    ]
    room = sheet.width - GAP * (len(widths) - 1)
    if sum(least) > room:
        return []
    while sum(widths) > room + ROUNDING:
        slack = [w - low for w, low in zip(widths, least, strict=True)]
        widths[slack.index(max(slack))] -= min(1.0, max(slack))
    return widths
