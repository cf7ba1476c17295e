"""The figure of one explanation, its parts chosen by the dims of the primary array, never by the method."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.explanation import Explanation
from pellucid.core.figure import Highlight, Mark, Part, Table
from pellucid.view.numbers import signed
from pellucid.view.parts.beside import beside
from pellucid.view.parts.curve import curve, curves_beside
from pellucid.view.parts.examples import examples
from pellucid.view.parts.flow import edges
from pellucid.view.parts.heads import OF_LOOKS, heads
from pellucid.view.parts.lens import lens
from pellucid.view.parts.matrices import BY_LAYER, EDGES, common_of, heatmap, labels, said_of
from pellucid.view.parts.named_heads import named_heads
from pellucid.view.parts.strand import strand
from pellucid.view.parts.strongest import strongest

__all__ = ["MOST_ROWS", "explained", "question"]

MOST_ROWS = 30
MOST_OF_TITLE = 60  # characters of an answer; the record has all of it
MATRIX = "Each token of the answer, each part of the text"
PAIRS = "Each part of the text, beside each other part"
PLACES = {"layer", "position"}


def explained(why: Explanation, caption: str = "") -> list[Part]:
    """The parts of an explanation, top to bottom.

    One over (input), or over (output, input) with one output, is a highlighted text; with several outputs, the text
    coloured by the sum over them, and the matrix; one over (input, input_b), (layer, head), (layer, position) or
    (layer, candidate) is a matrix; looks from queries to keys are heads; edges from (source) to (dest), a graph;
    numbers over (step), a strand; over (level), a curve; anything else is a table. Tokens named at each layer and
    position are a lens.
    """
    seen = [part for part in [lens(why, caption)] if part]
    # Of a lens, the numbers of layers and positions are a part.
    rest = beside(why.data) if seen and set(why.primary.dims) == PLACES else _primary(why, caption)
    return [*seen, *named_heads(why.data), *rest, *curves_beside(why.data)]


def question(why: Explanation) -> str:
    """What an explanation answers, as a title."""
    target = why.target
    if target.answer is None:
        return "Why the model's answer?"
    said = _quoted(str(target.part))
    if target.span is not None:
        said += f" in {_quoted(target.answer)}"
    place = why.text.string[slice(*target.at)] if isinstance(target.at, tuple) else None
    if place is not None and place != target.answer:
        said += f" at {_quoted(place)}"
    if target.scale == "entropy":
        return f"What makes the model unsure at {said}?"
    if target.scale == "kl":
        return f"What does the prediction at {said} depend on?"
    rather = f" rather than {_quoted(target.against)}" if target.against is not None else ""
    return f"Why {said}{rather}?"


def _primary(why: Explanation, caption: str) -> list[Part]:
    array, common = why.primary, common_of(why.data)
    if set(array.dims) == {"input", "input_b"}:
        return [
            heatmap(why.data, array.transpose("input", "input_b"), common, caption or PAIRS, why.text.string)
        ]
    if set(array.dims) in BY_LAYER:
        found = heatmap(
            why.data, array.transpose("layer", ...), common, caption or said_of(array), why.text.string
        )
        return [found, *beside(why.data)]
    if set(array.dims) in OF_LOOKS:
        said = f"{caption} · {said_of(array)}" if caption else said_of(array)
        return [heads(why.data, array, common, said, why.text.string), *beside(why.data)]
    if set(array.dims) == EDGES:
        return [_flow(why, array, common, caption), *beside(why.data)]
    if set(array.dims) not in ({"input"}, {"input", "output"}):
        return [_along(why, array, common, caption), *beside(why.data)]
    if "output" not in array.dims:
        return [_highlight(why, array, _errors(why), common, caption)]
    array = array.transpose("output", "input")
    if array.sizes["output"] == 1:
        return [_highlight(why, array[0], _errors(why), common, caption)]
    total = caption or f"Summed over the {array.sizes['output']} tokens of the answer"
    return [
        _highlight(why, array.sum("output"), None, common, total),
        heatmap(why.data, array, common, MATRIX, why.text.string),
    ]


def _along(why: Explanation, array: xr.DataArray, common: Any, caption: str) -> Part:
    """Numbers along steps, levels or examples; of any other dims, the strongest neurons or a table."""
    units = common["units"]
    return (
        strand(why.data, array, common, caption)
        or curve(why.data, array, units, caption)
        or examples(why.data, array, common, caption)
        or strongest(array, why.data, units, caption)
        or _table(array, why.data, units, caption)
    )


def _highlight(
    why: Explanation, values: xr.DataArray, errors: np.ndarray | None, common: Any, caption: str
) -> Highlight:
    pairs = zip(why.text.features, np.asarray(values, dtype=np.float64), strict=True)
    marks = tuple(
        Mark(f.start, f.end, float(value), None if errors is None else float(errors[i]), f.name)
        for i, (f, value) in enumerate(pairs)
    )
    return Highlight(why.text.string, marks, **common, caption=caption)


def _flow(why: Explanation, array: xr.DataArray, common: Any, caption: str) -> Part:
    """Edges as a graph; where there is none, as the table that is then empty."""
    table = _table(array.transpose("source", "dest"), why.data, common["units"], caption)
    if not table.rows:
        return table
    return edges(why.data, array, common, (table,), caption or "Edges between parts of the model")


def _errors(why: Explanation) -> np.ndarray | None:
    """The standard error of each input, where the method gives one."""
    found = why.data.get("standard_error")
    if found is None or found.size != len(why.text.features):
        return None
    return np.asarray(found, dtype=np.float64).reshape(-1)


def _table(array: xr.DataArray, data: xr.Dataset, units: str, caption: str) -> Table:
    """Any array as rows, one number each; of many, the largest. Where there is no edge, there is no row."""
    numbers = np.asarray(array, dtype=np.float64).reshape(-1)
    of_edges = set(array.dims) == EDGES
    order = np.flatnonzero(np.isfinite(numbers)) if of_edges else np.arange(len(numbers))
    if of_edges or len(order) > MOST_ROWS:
        largest = np.argsort(-np.abs(np.nan_to_num(numbers[order], nan=-1.0)), kind="stable")[:MOST_ROWS]
        if len(largest) < len(order):
            caption = f"{caption or array.name}: the {MOST_ROWS} largest of {len(order):,} numbers"
        order = order[largest]
    names = {str(d): labels(data, str(d), n) for d, n in array.sizes.items()}
    places = [np.unravel_index(i, array.shape) for i in order]
    rows = [
        (*(names[d][at] for d, at in zip(names, place, strict=True)), signed(numbers[i]))
        for i, place in zip(order, places, strict=True)
    ]
    heading = f"{array.name} ({units})" if units else str(array.name)
    return Table((*names, heading), tuple(rows), frozenset({len(names)}), caption)


def _quoted(answer: str) -> str:
    short = answer.strip() or answer
    return f"“{short if len(short) <= MOST_OF_TITLE else short[: MOST_OF_TITLE - 1] + '…'}”"
