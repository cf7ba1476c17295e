"""Who looks where, in every head of every layer: one part for a browser, and tables and matrices for everywhere else.

Heads with nothing to say often look at the first token (attention sinks: Xiao et al. 2023, arXiv:2309.17453). Where a
head is given one number or one look, those at the first token are left out, and how much they are is said.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.figure import Axis, Heads, Heatmap, Part, Prose, Table
from pellucid.view.numbers import plain, signed
from pellucid.view.parts.matrices import axis, heatmap, labels, numbered
from pellucid.view.tokens import ordinal

__all__ = ["OF_LOOKS", "Looks", "head_name", "heads"]

OF_LOOKS = ({"layer", "query", "key"}, {"layer", "head", "query", "key"})
MOST_MATRICES = 4  # layers that are drawn one by one where there is no browser
MOST_TOKENS = 24  # of a text whose matrices are readable there
MOST_LOOKS = 12
LEFT_OUT = ", the first token left out"


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """What is said of each head, shape (layer, head); looks at the first key are left out of all but ``first``.

    ``confidence``: the mean over queries of the size of the strongest look (Voita et al. 2019, arXiv:1905.09418).
    ``query``, ``key`` and ``value``: the strongest look. ``first``: the share of all looks that is at the first key, by
    size, over the queries that could look elsewhere. A head that looks nowhere else has NaN, and -1 for its look.
    """

    confidence: np.ndarray
    query: np.ndarray
    key: np.ndarray
    value: np.ndarray
    first: np.ndarray

    @staticmethod
    def of(values: np.ndarray) -> Looks:
        """What the heads of ``values``, shape (layer, head, query, key), do."""
        by_layer = [_of_layer(layer) for layer in values]
        return Looks(*(np.stack(numbers) for numbers in zip(*by_layer, strict=True)))


def heads(data: xr.Dataset, array: xr.DataArray, common: Any, caption: str, string: str) -> Heads:
    """The part of an array over (layer, query, key) or (layer, head, query, key); ``common`` as of `common_of`.

    Its plain form: how confident each head is; the strongest look of each; of few layers and a short text, the mean
    over the heads of each layer as a matrix.
    """
    array = array if "head" in array.dims else array.expand_dims("head")
    array = array.transpose("layer", "head", "query", "key")
    layers = labels(data, "layer", array.sizes["layer"])
    named = numbered(data, "head", array.sizes["head"]) if "head" in data.dims else ("",)
    return Heads(
        values=array.values,
        layers=layers,
        heads=named,
        queries=axis(data, "query"),
        keys=axis(data, "key"),
        string=string,
        **common,
        plain=tuple(_plain(data, array, (layers, named), common, caption, string)),
        caption=caption,
    )


def head_name(layer: str, head: str) -> str:
    """``3.h5``, or ``layer 3`` of a method without heads."""
    return f"{layer}.{head}" if head else f"layer {layer}"


def _plain(
    data: xr.Dataset, array: xr.DataArray, names: Any, common: Any, caption: str, string: str
) -> list[Part]:
    looks, sides = Looks.of(array.values), (axis(data, "query"), axis(data, "key"))
    parts = [_confidence(looks, names, common, caption), *_strongest(looks, names, sides, common, caption)]
    size = array.sizes
    if size["layer"] <= MOST_MATRICES and max(size["query"], size["key"]) <= MOST_TOKENS:
        parts += [_matrix(data, array[i], names[0][i], common, caption, string) for i in range(size["layer"])]
    return parts


def _confidence(looks: Looks, names: Any, common: Any, caption: str) -> Heatmap:
    layers, heads = names
    said = "how strong a token's strongest look is, on average" + LEFT_OUT
    return Heatmap(
        values=tuple(tuple(map(float, row)) for row in looks.confidence),
        rows=tuple(f"layer {layer}" for layer in layers),
        columns=heads if heads != ("",) else ("look",),
        row_title="layer",
        column_title="head" if heads != ("",) else "",
        signed=False,
        units=common["units"],
        caption=f"{caption}: {said}",
    )


def _strongest(looks: Looks, names: Any, sides: tuple[Axis, Axis], common: Any, caption: str) -> list[Part]:
    """The strongest look of each head, the strongest first; nothing where no head looks past the first token."""
    there = np.argwhere(looks.key >= 0)
    order = sorted(map(tuple, there), key=lambda at: -abs(looks.value[at]))[:MOST_LOOKS]
    if not order:
        return []
    queries, keys = map(_told_apart, sides)
    show = signed if common["signed"] else plain
    rows = tuple(
        (
            head_name(names[0][at[0]], names[1][at[1]]),
            queries[looks.query[at]],
            keys[looks.key[at]],
            show(float(looks.value[at])),
        )
        for at in order
    )
    which = "each head" if names[1] != ("",) else "each layer"
    some = f": the {len(order)} strongest of {len(there):,}" if len(order) < len(there) else ""
    heading = ("head" if names[1] != ("",) else "layer", "from", "to", "look")
    said = f"{caption}: the strongest look of {which}{LEFT_OUT}{some}"
    return [Table(heading, rows, frozenset({3}), said), _of_first(looks)]


def _of_first(looks: Looks) -> Prose:
    share = float(np.nanmean(looks.first))
    return Prose(
        f"{share:.0%} of all looks are at the first token, where heads that have nothing to say often look. "
        "These are left out above."
    )


def _matrix(
    data: xr.Dataset, layer: xr.DataArray, name: str, common: Any, caption: str, string: str
) -> Heatmap:
    count = layer.sizes["head"]
    said = f"{caption}, layer {name}" + (f", the mean of {count} heads" if count > 1 else "")
    return heatmap(data, layer.mean("head"), common, said, string)


def _told_apart(side: Axis) -> list[str]:
    """What stands along a side; of labels that repeat, which one it is."""
    total, seen, out = Counter(side.labels), Counter[str](), []
    for label in side.labels:
        seen[label] += 1
        shown = label.strip() or label
        out.append(f"{shown} ({ordinal(seen[label])})" if total[label] > 1 else shown)
    return out


def _of_layer(values: np.ndarray) -> tuple[np.ndarray, ...]:
    """`Looks` of one layer, shape (head, query, key), in the order of its fields."""
    count, _, keys = values.shape
    sizes = np.abs(values)
    sizes[~np.isfinite(sizes)] = -1.0  # weaker than any look
    beyond = sizes[:, :, 1:]
    if not beyond.size:
        none, nowhere = np.full(count, np.nan), np.full(count, -1)
        return none, nowhere, nowhere, none, none
    best = beyond.max(-1)
    # A query of a causal model that may not look past the first token has only zeros there.
    free = best > 0
    many = free.sum(-1)
    with np.errstate(invalid="ignore"):
        confidence = np.where(many, (best * free).sum(-1) / many, np.nan)
    at = beyond.reshape(count, -1).argmax(-1)
    query, key = at // (keys - 1), at % (keys - 1) + 1
    value = values[np.arange(count), query, key]
    total = (np.maximum(sizes, 0).sum(-1) * free).sum(-1)
    with np.errstate(invalid="ignore"):
        first = np.where(many, (np.maximum(sizes[:, :, 0], 0) * free).sum(-1) / total, np.nan)
    nothing = many == 0
    return (
        confidence,
        np.where(nothing, -1, query),
        np.where(nothing, -1, key),
        np.where(nothing, np.nan, value),
        first,
    )
