"""Numbers of the examples of a data set: a row an example, with its text, its numbers, and a bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.figure import Table
from pellucid.view.bars import bars
from pellucid.view.numbers import plain, signed
from pellucid.view.parts.matrices import labels, named

__all__ = ["examples"]

MOST_COLUMNS = 6
MOST_ROWS = 30
LONGEST = 200  # characters of an example
BAR = 10  # cells


def examples(data: xr.Dataset, array: xr.DataArray, common: Any, caption: str = "") -> Table | None:
    """A table of an array over (example), or over (example, another dim of a few); of any other, nothing.

    Of many examples, those with the largest numbers stand first. ``common`` is `matrices.common_of` its dataset.
    """
    other = [str(dim) for dim in array.dims if dim != "example"]
    if "example" not in array.dims or len(other) > 1 or array.dtype.kind not in "biuf":
        return None
    if other and array.sizes[other[0]] > MOST_COLUMNS:
        return None
    count = array.sizes["example"]
    numbers = np.asarray(array.transpose("example", *other), dtype=np.float64).reshape(count, -1)
    shown = _shown(numbers)
    columns: dict[str, Sequence[str]] = _texts(data, count, shown)
    first = len(columns)
    show = signed if common["signed"] else plain
    for i, name in enumerate(named(data, other[0], array.sizes[other[0]]) if other else [str(array.name)]):
        columns[name] = [show(value) for value in numbers[shown, i]]
    right = frozenset(range(first, len(columns)))
    if not other:
        columns[""] = bars(list(numbers[shown, 0]), BAR)
    caption = caption or str(array.name).replace("_", " ").capitalize()
    caption += f", in {common['units']}" if common["units"] else ""
    if len(shown) < count:
        caption += f": the {len(shown)} of {count:,} examples with the largest numbers"
    return Table(tuple(columns), tuple(zip(*columns.values(), strict=True)), right, caption)


def _shown(numbers: np.ndarray) -> np.ndarray:
    """Which examples are shown: all, or those with the largest magnitudes, these first."""
    if len(numbers) <= MOST_ROWS:
        return np.arange(len(numbers))
    return np.argsort(-np.abs(np.nan_to_num(numbers)).max(1), kind="stable")[:MOST_ROWS]


def _texts(data: xr.Dataset, count: int, shown: np.ndarray) -> dict[str, Sequence[str]]:
    """The columns that say which example it is: its number in the data set, and how its text begins."""
    names = labels(data, "example", count)
    said = [names[i] if len(names[i]) <= LONGEST else names[i][: LONGEST - 1] + "…" for i in shown]
    if "example_text" not in data.coords:
        return {"example": said}
    numbers = data.coords["example"].values if "example" in data.coords else np.arange(count)
    return {"#": [str(numbers[i]) for i in shown], "example": said}
