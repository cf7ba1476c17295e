"""A matrix of any two dims, with what stands at each row and column."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.figure import Axis, Heatmap, Span
from pellucid.view.tokens import called

__all__ = [
    "BY_LAYER",
    "EDGES",
    "axis",
    "common_of",
    "heatmap",
    "labels",
    "named",
    "numbered",
    "said_of",
    "spans",
]

TITLES = {
    "output": "answer",
    "layer": "layer",
    "head": "head",
    "query": "from",
    "key": "to",
    "candidate": "what",
}
EDGES = {"source", "dest"}
BY_LAYER = ({"layer", "head"}, {"layer", "position"}, {"layer", "candidate"})
# What a number is one of, said behind its name: "Effect of each layer at each token".
OF_EACH = {
    frozenset({"layer", "head"}): "of each head",
    frozenset({"layer", "position"}): "of each layer at each token",
    frozenset({"layer", "candidate"}): "of each layer for each candidate",
    frozenset({"source", "dest"}): "of each edge",
    frozenset({"layer", "query", "key"}): "from each token to each token",
    frozenset({"layer", "head", "query", "key"}): "from each token to each token",
}
UNITS = {
    "logprob": "log-probability (nats)", "logodds": "log-odds (nats)", "prob": "probability",
    "entropy": "entropy (nats)", "kl": "KL divergence (nats)",
}  # fmt: skip


def common_of(data: xr.Dataset) -> dict[str, Any]:
    """What every picture of a dataset's primary array says: whether its sign means something, and its units."""
    units = str(data.attrs.get("units", ""))
    return {"signed": bool(data.attrs.get("signed", True)), "units": UNITS.get(units, units)}


def heatmap(data: xr.Dataset, array: xr.DataArray, common: Any, caption: str, string: str = "") -> Heatmap:
    """The matrix of an array of two dims, the first from top to bottom; ``common`` is `common_of` its dataset.

    ``string``: the text that its inputs and positions are parts of.
    """
    down, across = map(str, array.dims)
    return Heatmap(
        values=tuple(tuple(float(v) for v in row) for row in np.asarray(array, dtype=np.float64)),
        rows=_heading(data, down, array.sizes[down]),
        columns=_heading(data, across, array.sizes[across]),
        row_title=TITLES.get(down, "text"),
        column_title=TITLES.get(across, "text"),
        **common,
        caption=caption,
        string=string,
        row_spans=spans(data, down),
        column_spans=spans(data, across),
    )


def said_of(array: xr.DataArray, name: str = "") -> str:
    """An array as a caption: its name, and what each of its numbers is one of."""
    called = name or str(array.name).replace("_", " ").capitalize()
    return f"{called} {OF_EACH.get(frozenset(map(str, array.dims)), '')}".rstrip()


def axis(data: xr.Dataset, dim: str) -> Axis:
    """What stands along a dim."""
    return Axis(_heading(data, dim, data.sizes[dim]), spans(data, dim))


def spans(data: xr.Dataset, dim: str) -> tuple[Span, ...]:
    """The part of the text that each index of a dim is; of a dim that is none of the text's, nothing."""
    if f"{dim}_start" not in data.coords:
        return ()
    ends = zip(data.coords[f"{dim}_start"].values, data.coords[f"{dim}_end"].values, strict=True)
    return tuple((int(start), int(end)) if start >= 0 else None for start, end in ends)


def _heading(data: xr.Dataset, dim: str, size: int) -> tuple[str, ...]:
    """What stands at each row or column of a matrix."""
    if dim in ("layer", "head"):
        return numbered(data, dim, size)
    return _names(data, dim) or labels(data, dim, size)


def numbered(data: xr.Dataset, dim: str, size: int) -> tuple[str, ...]:
    """``layer 3``, ``h5``: a bare number would be taken for a value."""
    mark = "h" if dim == "head" else f"{dim} "
    return tuple(f"{mark}{number}" for number in labels(data, dim, size))


def named(data: xr.Dataset, dim: str, size: int) -> tuple[str, ...]:
    """What each index of a dim is called where nothing beside it says the dim: ``layer 3``, or its text."""
    says = f"{dim}_text" in data.coords or (dim in data.coords and data.coords[dim].dtype.kind in "UO")
    return (labels if says else numbered)(data, dim, size)


def _names(data: xr.Dataset, dim: str) -> tuple[str, ...]:
    """What each index of a dim is called, where each has a name of its own: there is no room for more in a matrix."""
    names = (
        tuple(str(name) for name in data.coords[f"{dim}_name"].values) if f"{dim}_name" in data.coords else ()
    )
    return names if all(names) and len(set(names)) == len(names) else ()


def labels(data: xr.Dataset, dim: str, size: int) -> tuple[str, ...]:
    """What each index of a dim is called: its text where it has one."""
    if f"{dim}_text" in data.coords:
        texts = [str(text) for text in data.coords[f"{dim}_text"].values]
        names = data.coords[f"{dim}_name"].values if f"{dim}_name" in data.coords else [""] * len(texts)
        return tuple(called(str(name), text) for name, text in zip(names, texts, strict=True))
    named = data.coords[dim].values if dim in data.coords else range(size)
    return tuple(str(name) for name in named)
