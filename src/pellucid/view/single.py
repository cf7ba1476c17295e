"""The single numbers beside an array: what the two texts say, how much a circuit carries."""

from __future__ import annotations

import xarray as xr

from pellucid.core.figure import Table
from pellucid.view.numbers import plain

__all__ = ["single"]

# Said elsewhere: gaps in the record, the position in the caption of what is read there.
SAID = {"gap", "completeness_gap", "gap_standard_error", "answer_position"}


def single(data: xr.Dataset) -> list[Table]:
    """One row of the dataset's numbers without dims, beside its primary array; of data that has none, nothing."""
    said = SAID | {data.attrs["primary"]}
    found = {str(name): array.item() for name, array in data.items() if not array.dims and name not in said}
    numbers = {name: value for name, value in found.items() if isinstance(value, (int, float))}
    if not numbers:
        return []
    row = tuple(f"{value:,}" if isinstance(value, int) else plain(value) for value in numbers.values())
    names = tuple(name.replace("_", " ") for name in numbers)
    return [Table(names, (row,), frozenset(range(len(names))), "As a whole")]
