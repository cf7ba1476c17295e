"""The neurons that a method names, the strongest first, and the tokens that each promotes."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.figure import Table
from pellucid.view.numbers import signed

__all__ = ["strongest"]

MOST_ROWS = 20
PLACES = ("layer", "neuron")


def strongest(array: xr.DataArray, data: xr.Dataset, units: str, caption: str) -> Table | None:
    """A table of numbers of (layer, neuron) whose neurons have an index of their own; of any other, nothing."""
    if set(array.dims) != set(PLACES) or "neuron_index" not in data:
        return None
    numbers = array.transpose(*PLACES).values
    order = np.argsort(-np.abs(numbers), axis=None, kind="stable")[:MOST_ROWS]
    places = [np.unravel_index(i, numbers.shape) for i in order]
    index = data["neuron_index"].transpose(*PLACES).values
    layers = data["layer"].values if "layer" in data.coords else range(array.sizes["layer"])
    columns = [
        [f"{layers[at[0]]}.n{index[at]}" for at in places],
        [signed(float(numbers[at])) for at in places],
    ]
    headings = ["neuron", f"{array.name} ({units})" if units else str(array.name)]
    if "candidate_token" in data:
        tokens = data["candidate_token"].transpose(*PLACES, "candidate").values
        columns.append([", ".join(str(token).strip() or str(token) for token in tokens[at]) for at in places])
        headings.append("promotes")
    if numbers.size > len(order):
        caption = f"{caption or array.name}: the {len(order)} strongest of {numbers.size:,} neurons"
    return Table(tuple(headings), tuple(zip(*columns, strict=True)), frozenset({1}), caption)
