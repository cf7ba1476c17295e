"""What a method found over pairs of texts: the mean at every place, and the strongest with their intervals."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.figure import Part, Range, Table
from pellucid.core.over_pairs import OverPairs
from pellucid.view.numbers import signed
from pellucid.view.parts.flow import edges
from pellucid.view.parts.matrices import BY_LAYER, EDGES, common_of, heatmap, said_of

__all__ = ["over_pairs_parts"]

MOST_ROWS = 12


def over_pairs_parts(found: OverPairs) -> list[Part]:
    """The mean at every place, where places are a matrix or edges, and the strongest with their intervals."""
    common, mean = common_of(found.data), found.data["mean"]
    over = f"Mean over {found.data.sizes['example']} pairs,"
    strongest = _strongest_places(found, common["units"])
    if set(mean.dims) == EDGES:
        return [edges(found.data, mean, common, (), said_of(mean, over)), strongest]
    if set(mean.dims) not in BY_LAYER:
        return [strongest]
    return [heatmap(found.data, mean.transpose("layer", ...), common, said_of(mean, over)), strongest]


def _strongest_places(found: OverPairs, units: str) -> Table:
    """The places of the largest mean, with its interval and how many pairs have the same sign."""
    data = found.data
    mean = data["mean"]
    numbers = np.nan_to_num(mean.values)
    order = np.argsort(-np.abs(numbers), axis=None, kind="stable")[:MOST_ROWS]
    rows, ranges = [], []
    for at in (np.unravel_index(i, mean.shape) for i in order if numbers.flat[i]):
        here = data.isel(dict(zip(mean.dims, map(int, at), strict=True)))
        same = int((np.sign(here["each"]) == np.sign(here["mean"])).sum())
        interval = f"{signed(float(here['low']))} to {signed(float(here['high']))}"
        row = (_place(data, mean, at), signed(float(here["mean"])), interval)
        share = (signed(float(here["recovered"])),) if "recovered" in data else ()
        rows.append((*row, *share, f"{same} of {data.sizes['example']}"))
        ranges.append(Range(float(here["mean"]), float(here["low"]), float(here["high"])))
    heads: tuple[str, ...] = ("place", "mean", "95% interval")
    heads += ("share",) if "recovered" in data else ()
    caption = f"The strongest, over {data.sizes['example']} pairs" + (f", in {units}" if units else "")
    right = frozenset(range(1, len(heads) + 1))
    return Table((*heads, "same sign"), tuple(rows), right, caption, tuple(ranges))


def _place(data: xr.Dataset, mean: xr.DataArray, at: tuple) -> str:
    """``3.h5``, ``mlp 3 -> logits``, ``layer 2, position 7``."""
    said = []
    for dim, index in zip(map(str, mean.dims), at, strict=True):
        if f"{dim}_text" in data.coords:
            said.append(str(data[f"{dim}_text"].values[index]))
        else:
            said.append(str(data[dim].values[index] if dim in data.coords else index))
    dims = tuple(map(str, mean.dims))
    if dims == ("layer", "head"):
        return f"{said[0]}.h{said[1]}"
    if dims == ("source", "dest"):
        return " -> ".join(said)
    if dims == ("layer", "position"):
        return f"layer {said[0]} at {said[1]}"
    return ", ".join(f"{dim} {name}" for dim, name in zip(dims, said, strict=True))
