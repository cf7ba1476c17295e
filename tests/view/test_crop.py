"""A matrix too large to be drawn whole keeps what is strongest, says what is left out, and is all in the data."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pellucid.core.figure import Figure, Heatmap
from pellucid.view.colour import Scale
from pellucid.view.crop import crop, turned
from pellucid.view.html import MOST_CELLS, fragment, html
from pellucid.view.terminal import terminal
from tests.view.page import parse


def matrix(rows: int, columns: int, seed: int = 0) -> Heatmap:
    """Numbers of any size, some of them none."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, columns)) * np.exp(random.normal(size=(rows, columns)))
    values[random.uniform(size=(rows, columns)) < 0.1] = np.nan
    return Heatmap(
        tuple(map(tuple, values.tolist())),
        tuple(f"r{i}" for i in range(rows)),
        tuple(f"c{j}" for j in range(columns)),
        "from",
        "to",
        True,
        "logit",
        row_spans=tuple((i, i + 1) for i in range(rows)),
    )


def strongest(lines: list, most: int) -> list[int]:
    """The obvious way: the lines with the largest magnitudes, in order."""
    weight = [max((abs(v) for v in line if v == v), default=0.0) for line in lines]
    return sorted(sorted(range(len(lines)), key=lambda i: -weight[i])[:most])


@pytest.mark.parametrize("seed", range(5))
def test_the_strongest_rows_and_columns_are_kept_in_their_order(seed):
    part = matrix(9, 7, seed)
    kept, said = crop(part, 4, 3, "a page shows all")
    rows = strongest(list(part.values), 4)
    columns = strongest(list(zip(*part.values, strict=True)), 3)
    assert kept.rows == tuple(f"r{i}" for i in rows)
    assert kept.columns == tuple(f"c{j}" for j in columns)
    np.testing.assert_array_equal(kept.values, np.array(part.values)[np.ix_(rows, columns)])
    assert kept.row_spans == tuple((i, i + 1) for i in rows)
    assert kept.column_spans == ()
    assert said == "The 4 strongest of 9 rows and the 3 strongest of 7 columns; a page shows all."
    assert scale(kept) == scale(part)


def scale(part: Heatmap) -> float:
    return Scale.of(v for row in part.values for v in row).limit


def test_what_has_room_is_left_as_it_is():
    part = matrix(4, 3)
    assert crop(part, 4, 3, "") == (part, "")
    assert crop(part, 4, 2, "a page shows all")[1] == "The 2 strongest of 3 columns; a page shows all."
    empty = replace(part, values=(), rows=(), row_spans=())
    assert crop(empty, 4, 3, "") == (empty, "")


def test_equal_rows_are_kept_from_the_first():
    part = replace(matrix(5, 1), values=((1.0,),) * 5)
    assert crop(part, 2, 1, "")[0].rows == ("r0", "r1")


def test_turned_twice_is_as_before():
    part = matrix(3, 5)
    assert turned(part).values[4][2] == part.values[2][4]
    assert turned(part).column_spans == part.row_spans
    np.testing.assert_equal(turned(turned(part)), part)


@pytest.mark.parametrize(
    ("rows", "columns", "cells"), [(80, 50, 4000), (81, 50, 81 * 48), (13, 2000, 307 * 13)]
)
def test_a_page_without_script_has_few_cells_and_says_so(rows, columns, cells):
    figure = Figure("a", (matrix(rows, columns),))
    parsed = parse(html(figure))
    drawn = [
        value
        for tag, name, value in parsed.attributes
        if tag == "td" and name == "class" and value != "corner"
    ]
    assert len(drawn) == cells
    assert ("with script, this page shows all" in parsed.words) == (rows * columns > MOST_CELLS)
    assert ("an .html file shows all" in parse(fragment(figure)).words) == (rows * columns > MOST_CELLS)
    [sent] = [content for attrs, content in parsed.scripts if attrs.get("type") == "application/json"]
    assert len(json.loads(sent)["parts"][0]["columns"]) == columns


def test_a_large_matrix_is_a_small_page():
    figure = Figure("a", (matrix(512, 512),))
    assert len(fragment(figure)) < 200_000
    assert len(terminal(figure, width=100, colour=False).splitlines()) < 300
