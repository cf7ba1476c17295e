"""What stands beside the primary array: single numbers, such as what two texts say, and numbers of whole layers."""

from __future__ import annotations

import xarray as xr

from pellucid.core.figure import Table
from pellucid.view.numbers import plain, signed

__all__ = ["beside"]

# Said elsewhere: gaps in the record, the position in the caption of what is read there.
SAID = {"gap", "completeness_gap", "gap_standard_error", "answer_position"}

# The short names that a paper gave them, in full.
IN_FULL = {"cpr": "area under the curve (CPR)", "cmd": "area between it and 1 (CMD)"}


def beside(data: xr.Dataset) -> list[Table]:
    """A table of the arrays by layer alone, and one of the single numbers; of data that has none, nothing."""
    return _by_layer(data) + _single(data)


def _by_layer(data: xr.Dataset) -> list[Table]:
    primary = data.attrs["primary"]
    numbers = {
        str(name): array.values
        for name, array in data.items()
        if array.dims == ("layer",) and name != primary and array.dtype.kind in "iuf"
    }
    if not numbers or "layer" not in data[primary].dims:
        return []
    layers = data.coords["layer"].values if "layer" in data.coords else range(data.sizes["layer"])
    rows = [(str(at), *(signed(float(n[i])) for n in numbers.values())) for i, at in enumerate(layers)]
    names = ("layer", *(name.replace("_", " ") for name in numbers))
    return [Table(names, tuple(rows), frozenset(range(len(names))), "Layer by layer")]


def _single(data: xr.Dataset) -> list[Table]:
    """One row of the numbers without dims."""
    said = SAID | {data.attrs["primary"]}
    found = {str(name): array.item() for name, array in data.items() if not array.dims and name not in said}
    numbers = {name: value for name, value in found.items() if isinstance(value, (int, float))}
    if not numbers:
        return []
    row = tuple(f"{value:,}" if isinstance(value, int) else plain(value) for value in numbers.values())
    names = tuple(IN_FULL.get(name, name.replace("_", " ")) for name in numbers)
    return [Table(names, (row,), frozenset(range(len(names))), "As a whole")]
