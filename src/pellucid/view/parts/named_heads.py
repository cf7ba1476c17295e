"""What each head is called: a table of layers by names, with the numbers of the heads in it."""

from __future__ import annotations

import xarray as xr

from pellucid.core.figure import Table

__all__ = ["named_heads"]

DIMS = {"layer", "head"}


def named_heads(data: xr.Dataset) -> list[Table]:
    """A table of each array that gives heads names; of data that has none, nothing."""
    return [
        _table(array, data) for array in data.values() if set(array.dims) == DIMS and array.dtype.kind == "U"
    ]


def _table(array: xr.DataArray, data: xr.Dataset) -> Table:
    """One row a layer, one column a name; names stand in the order of the data where it has one."""
    names = array.transpose("layer", "head").values
    order = data["candidate_text"].values if "candidate_text" in data.coords else sorted(set(names.flat))
    layers = data["layer"].values if "layer" in data.coords else range(len(names))
    heads = data["head"].values if "head" in data.coords else range(names.shape[1])
    rows = tuple(
        (
            str(layer),
            *(" ".join(str(h) for h, own in zip(heads, row, strict=True) if own == name) for name in order),
        )
        for layer, row in zip(layers, names, strict=True)
    )
    caption = f"Heads of each layer by {array.name}"
    return Table(("layer", *map(str, order)), rows, frozenset({0}), caption)
