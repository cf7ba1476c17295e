"""A matrix on a sheet: numbers where they fit, stripes for the sign where not; what is left out is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pellucid.core.figure import Heatmap
from pellucid.view.colour import LIGHT, Scale, ink
from pellucid.view.crop import crop
from pellucid.view.numbers import matrix_cell
from pellucid.view.on_paper.key import key
from pellucid.view.on_paper.sheet import SMALL, Sheet
from pellucid.view.tokens import visible

__all__ = ["matrix"]

MOST_ROWS, MOST_COLUMNS = 60, 48
WIDEST, TALLEST = 40.0, 15.0  # of a cell
LONGEST_ROW, LONGEST_COLUMN = 120.0, 70.0  # of a label
SIZES = (SMALL, 6.0, 5.2)  # of numbers, the first that fits
GAP = 4.0


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where the cells are: ``left`` of them stand labels; ``size`` of their numbers, 0 if none fits."""

    left: float
    top: float
    width: float
    height: float
    size: float


def matrix(part: Heatmap, sheet: Sheet) -> None:
    """Caption, labels, cells, key."""
    if part.caption:
        sheet.paragraph(visible(part.caption), bold=True)
    part, left_out = crop(part, MOST_ROWS, MOST_COLUMNS, "an .html file shows all")
    scale = Scale.of(v for row in part.values for v in row)
    numbers = [[matrix_cell(v, scale.limit, sign=part.signed) for v in row] for row in part.values]
    down = [sheet.clipped(_label(text), SMALL, LONGEST_ROW) for text in part.rows]
    left = max(sheet.wide(text, SMALL) for text in (*down, part.row_title)) + GAP
    width = min(WIDEST, (sheet.width - left) / len(part.columns))
    size = _size(numbers, width, sheet)
    _head(part, left, width, sheet)
    grid = _Grid(left, sheet.y, width, TALLEST if size else min(TALLEST, max(9.0, width)), size)
    for at, row in enumerate(part.values):
        _row(grid, at, down[at], row, numbers[at], scale, sheet)
    sheet.y = grid.top + grid.height * len(down) + 3
    unknown = any(v != v for row in part.values for v in row)
    key(sheet, scale, signed=part.signed, units=part.units, unknown=unknown)
    if left_out:
        sheet.paragraph(left_out, SMALL, LIGHT.muted)


def _head(part: Heatmap, left: float, width: float, sheet: Sheet) -> None:
    """The titles of both sides and a label over each column, turned if one of them is wider than its column."""
    middle = left + width * len(part.columns) / 2 - sheet.wide(part.column_title, SMALL) / 2
    sheet.y += 11
    sheet.words(middle, sheet.y - 2, part.column_title, SMALL, LIGHT.muted)
    size = min(SMALL, width)
    labels = [sheet.clipped(_label(text), size, LONGEST_COLUMN) for text in part.columns]
    widths = [sheet.wide(text, size) for text in labels]
    turned = max(widths) > width - 2
    sheet.y += max(widths) + GAP if turned else 11
    sheet.words(0, sheet.y - 3, part.row_title, SMALL, LIGHT.muted)
    for at, (text, wide) in enumerate(zip(labels, widths, strict=True)):
        middle = left + width * (at + 0.5)
        x = middle + size * 0.36 if turned else middle - wide / 2
        sheet.words(x, sheet.y - 3, text, size, turned=turned)


def _row(
    grid: _Grid, at: int, label: str, values: Sequence[float], numbers: list[str], scale: Scale, sheet: Sheet
) -> None:
    top = grid.top + at * grid.height
    baseline = top + grid.height / 2 + SMALL * 0.36
    sheet.words(grid.left - GAP - sheet.wide(label, SMALL), baseline, label, SMALL)
    for i, (value, number) in enumerate(zip(values, numbers, strict=True)):
        x = grid.left + i * grid.width
        step = scale.step(value)
        background = LIGHT.background(step)
        striped = not grid.size and step is not None and step < 0
        # A hair of the page between cells, so that neighbours of one colour can be counted.
        sheet.box(
            x + 0.4, top + 0.4, grid.width - 0.8, grid.height - 0.8, background,
            LIGHT.against_line if striped else "",
        )  # fmt: skip
        if grid.size:
            colour = LIGHT.muted if step == 0 else ink(background)
            inset = (grid.width - sheet.wide(number, grid.size)) / 2
            sheet.words(x + inset, top + grid.height / 2 + grid.size * 0.36, number, grid.size, colour)


def _size(numbers: list[list[str]], width: float, sheet: Sheet) -> float:
    """The largest size at which every number fits its cell, 0 if there is none."""
    longest = max((sheet.wide(number, 1.0) for row in numbers for number in row), default=0.0)
    return next((size for size in SIZES if longest * size <= width - 3), 0.0)


def _label(text: str) -> str:
    return visible(text).strip() or visible(text)
