"""From results to a figure, the parts chosen by the dims of the primary array, never by the method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.comparison import Comparison
from pellucid.core.explanation import Explanation
from pellucid.core.figure import Figure, Heatmap, Highlight, Mark, Part, Prose, Table
from pellucid.core.over_pairs import OverPairs
from pellucid.core.recommendation import Recommendation
from pellucid.core.score import Score
from pellucid.core.shortcuts import ShortcutReport
from pellucid.core.verdict import Verdict
from pellucid.view.beside import beside
from pellucid.view.comparison import compared
from pellucid.view.named_heads import named_heads
from pellucid.view.numbers import signed
from pellucid.view.over_pairs import strongest_places
from pellucid.view.recommendation import recommendation_figure
from pellucid.view.record import record
from pellucid.view.scores import scores_table, sentence
from pellucid.view.shortcuts import shortcut_parts
from pellucid.view.strongest import strongest
from pellucid.view.tokens import called
from pellucid.view.trajectory import trajectory
from pellucid.view.verdict import verdict_parts

__all__ = ["draw"]

MOST_ROWS = 30
MOST_OF_TITLE = 60  # characters of an answer; the record has all of it
MOST_MATRICES = 4  # layers of attention that are drawn one by one; of more, their largest numbers
MATRIX = "Each token of the answer, each part of the text"
PAIRS = "Each part of the text, beside each other part"
TITLES = {
    "output": "answer",
    "layer": "layer",
    "head": "head",
    "query": "from",
    "key": "to",
    "candidate": "what",
}
BY_LAYER = ({"layer", "head"}, {"layer", "position"}, {"layer", "candidate"})
EDGES = {"source", "dest"}
OF_LOOKS = ({"layer", "query", "key"}, {"layer", "head", "query", "key"})
UNITS = {
    "logprob": "log-probability (nats)", "logodds": "log-odds (nats)", "prob": "probability",
    "entropy": "entropy (nats)", "kl": "KL divergence (nats)",
}  # fmt: skip


Result = Explanation | OverPairs | Score | ShortcutReport | Verdict


def draw(*results: Any) -> Figure:
    """One figure of explanations, of what was found over pairs, of scores and figures, or lists of them.

    An explanation over (input), or over (output, input) with one output, is a highlighted text; with several
    outputs, the text coloured by the sum over them, and the matrix; one over (input, input_b), (layer, head) or
    (layer, position) is a matrix; of looks from queries to keys each of a few layers is one, the mean over its heads;
    anything else is a table. All scores share one table, and each is said in a sentence. Records stand last, as
    in a paper.
    """
    things = list(_flat(results))
    if len(things) == 1 and isinstance(things[0], Figure):
        return things[0]
    figures = [t for t in things if isinstance(t, Figure)]
    whys = [t for t in things if isinstance(t, Explanation)]
    scores = [t for t in things if isinstance(t, Score)]
    over_pairs = [t for t in things if isinstance(t, OverPairs)]
    reports = [t for t in things if isinstance(t, ShortcutReport)]
    verdicts = [t for t in things if isinstance(t, Verdict)]
    titles = [f.title for f in figures] + [_title(why) for why in whys]
    titles += [f"{found.data.sizes['example']} pairs of texts" for found in over_pairs]
    titles += [judged.word.capitalize() for judged in verdicts if not whys]
    titles += ["What does the model take its answers from?"] * len(reports)
    parts: list[Part] = [part for figure in figures for part in figure.parts]
    for why in whys:
        parts += [*trajectory(why.data), *named_heads(why.data)]
        parts += _explained(why, f"{_title(why)} · {why.method}" if len(whys) > 1 else "")
    for found in over_pairs:
        parts += _over_pairs(found)
    parts += [part for report in reports for part in shortcut_parts(report)]
    for judged in verdicts:
        parts += verdict_parts(judged)
    if scores:
        about = whys[0].target if len(whys) == 1 else None
        parts += [scores_table(scores), Prose("\n".join(sentence(s, about) for s in scores))]
    parts += [*map(record, whys), *map(record, over_pairs), *map(record, reports), *map(record, verdicts), *map(record, scores)]
    # Several methods that answer the same question keep the question as the title.
    title = titles[0] if len(set(titles)) == 1 else f"{len(titles)} explanations" if titles else "Scores"
    return Figure(title, tuple(parts), _subtitle([*whys, *over_pairs, *reports] or verdicts or scores))


def _explained(why: Explanation, caption: str) -> list[Part]:
    array = why.primary
    attrs = why.data.attrs
    units = str(attrs.get("units", ""))
    common: dict[str, Any] = {"signed": bool(attrs.get("signed", True)), "units": UNITS.get(units, units)}
    if set(array.dims) == {"input", "input_b"}:
        return [_heatmap(why.data, array.transpose("input", "input_b"), common, caption or PAIRS)]
    if set(array.dims) in BY_LAYER:
        found = _heatmap(why.data, array.transpose("layer", ...), common, caption or _said(array))
        return [found, *beside(why.data)]
    if set(array.dims) in OF_LOOKS and array.sizes["layer"] <= MOST_MATRICES:
        return [_looks(why, array, common, layer, caption) for layer in range(array.sizes["layer"])]
    if set(array.dims) not in ({"input"}, {"input", "output"}):
        shown = (array, why.data, common["units"], caption)
        return [strongest(*shown) or _table(*shown), *beside(why.data)]
    if "output" not in array.dims:
        return [_highlight(why, array, _errors(why), common, caption)]
    array = array.transpose("output", "input")
    if array.sizes["output"] == 1:
        return [_highlight(why, array[0], _errors(why), common, caption)]
    total = caption or f"Summed over the {array.sizes['output']} tokens of the answer"
    return [
        _highlight(why, array.sum("output"), None, common, total),
        _heatmap(why.data, array, common, MATRIX),
    ]


def _over_pairs(found: OverPairs) -> list[Part]:
    """The mean at every place, where places are a matrix, and the strongest with their intervals."""
    attrs = found.data.attrs
    units = UNITS.get(str(attrs["units"]), str(attrs["units"]))
    strongest_ones = strongest_places(found, units)
    mean = found.data["mean"]
    if set(mean.dims) not in BY_LAYER:
        return [strongest_ones]
    common = {"signed": bool(attrs["signed"]), "units": units}
    return [_heatmap(found.data, mean.transpose("layer", ...), common, "Mean"), strongest_ones]


def _highlight(
    why: Explanation, values: xr.DataArray, errors: np.ndarray | None, common: Any, caption: str
) -> Highlight:
    pairs = zip(why.text.features, np.asarray(values, dtype=np.float64), strict=True)
    marks = tuple(
        Mark(f.start, f.end, float(value), None if errors is None else float(errors[i]), f.name)
        for i, (f, value) in enumerate(pairs)
    )
    return Highlight(why.text.string, marks, **common, caption=caption)


def _looks(why: Explanation, array: xr.DataArray, common: Any, layer: int, caption: str) -> Heatmap:
    """Who looks where in one layer: the mean over its heads, if it has some."""
    name, heads = _numbered(why.data, "layer", array.sizes["layer"])[layer], array.sizes.get("head", 1)
    said = f"{_said(array)}, {name}" + (f", the mean of {heads} heads" if heads > 1 else "")
    one = array.isel(layer=layer)
    one = one.mean("head") if "head" in one.dims else one
    return _heatmap(
        why.data, one.transpose("query", "key"), common, f"{caption} · {said}" if caption else said
    )


def _said(array: xr.DataArray) -> str:
    """The name of an array as a caption."""
    return str(array.name).replace("_", " ").capitalize()


def _errors(why: Explanation) -> np.ndarray | None:
    """The standard error of each input, where the method gives one."""
    found = why.data.get("standard_error")
    if found is None or found.size != len(why.text.features):
        return None
    return np.asarray(found, dtype=np.float64).reshape(-1)


def _heatmap(data: xr.Dataset, array: xr.DataArray, common: Any, caption: str) -> Heatmap:
    down, across = map(str, array.dims)
    return Heatmap(
        values=tuple(tuple(float(v) for v in row) for row in np.asarray(array, dtype=np.float64)),
        rows=_heading(data, down, array.sizes[down]),
        columns=_heading(data, across, array.sizes[across]),
        row_title=TITLES.get(down, "text"),
        column_title=TITLES.get(across, "text"),
        **common,
        caption=caption,
    )


def _table(array: xr.DataArray, data: xr.Dataset, units: str, caption: str) -> Table:
    """Any array as rows, one number each; of many, the largest. Where there is no edge, there is no row."""
    numbers = np.asarray(array, dtype=np.float64).reshape(-1)
    edges = set(array.dims) == EDGES
    order = np.flatnonzero(np.isfinite(numbers)) if edges else np.arange(len(numbers))
    if edges or len(order) > MOST_ROWS:
        largest = np.argsort(-np.abs(np.nan_to_num(numbers[order], nan=-1.0)), kind="stable")[:MOST_ROWS]
        if len(largest) < len(order):
            caption = f"{caption or array.name}: the {MOST_ROWS} largest of {len(order):,} numbers"
        order = order[largest]
    names = {str(d): _labels(data, str(d), n) for d, n in array.sizes.items()}
    places = [np.unravel_index(i, array.shape) for i in order]
    rows = [
        (*(names[d][at] for d, at in zip(names, place, strict=True)), signed(numbers[i]))
        for i, place in zip(order, places, strict=True)
    ]
    heading = f"{array.name} ({units})" if units else str(array.name)
    return Table((*names, heading), tuple(rows), frozenset({len(names)}), caption)


def _heading(data: xr.Dataset, dim: str, size: int) -> tuple[str, ...]:
    """What stands at each row or column of a matrix."""
    if dim in ("layer", "head"):
        return _numbered(data, dim, size)
    return _names(data, dim) or _labels(data, dim, size)


def _numbered(data: xr.Dataset, dim: str, size: int) -> tuple[str, ...]:
    """``layer 3``, ``h5``: a bare number would be taken for a value."""
    mark = "h" if dim == "head" else f"{dim} "
    return tuple(f"{mark}{number}" for number in _labels(data, dim, size))


def _names(data: xr.Dataset, dim: str) -> tuple[str, ...]:
    """What each index of a dim is called, where each has a name of its own: there is no room for more in a matrix."""
    names = (
        tuple(str(name) for name in data.coords[f"{dim}_name"].values) if f"{dim}_name" in data.coords else ()
    )
    return names if all(names) and len(set(names)) == len(names) else ()


def _labels(data: xr.Dataset, dim: str, size: int) -> tuple[str, ...]:
    """What each index of a dim is called: its text where it has one."""
    if f"{dim}_text" in data.coords:
        texts = [str(text) for text in data.coords[f"{dim}_text"].values]
        names = data.coords[f"{dim}_name"].values if f"{dim}_name" in data.coords else [""] * len(texts)
        return tuple(called(str(name), text) for name, text in zip(names, texts, strict=True))
    named = data.coords[dim].values if dim in data.coords else range(size)
    return tuple(str(name) for name in named)


def _title(why: Explanation) -> str:
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


def _subtitle(made_of: Iterable[Result]) -> str:
    records = [result.provenance for result in made_of]
    models = ", ".join(dict.fromkeys(made.model for made in records))
    asked = ", ".join(dict.fromkeys(made.by for made in records))
    return f"{asked} on {models}" if models else ""


def _quoted(answer: str) -> str:
    short = answer.strip() or answer
    return f"“{short if len(short) <= MOST_OF_TITLE else short[: MOST_OF_TITLE - 1] + '…'}”"


def _flat(results: Iterable[Any]) -> Iterator[Result | Figure]:
    for result in results:
        if isinstance(result, (Explanation, OverPairs, Score, ShortcutReport, Verdict, Figure)):
            yield result
        elif isinstance(result, Comparison):
            yield compared(result)
        elif isinstance(result, Recommendation):
            yield recommendation_figure(result)
        elif isinstance(result, (list, tuple)):
            yield from _flat(result)
        else:
            raise TypeError(f"Cannot draw a {type(result).__name__}: give explanations, scores or figures.")
