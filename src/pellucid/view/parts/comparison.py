"""Methods beside each other: a table for each metric, what they cost, and what was not measured."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.comparison import COSTS, Comparison
from pellucid.core.figure import Figure, Part, Prose, Range, Table
from pellucid.view.numbers import fixed, plain
from pellucid.view.parts.record import record
from pellucid.view.parts.scores import BETTER

__all__ = ["compared"]

MOST_OF_TEXT = 60  # characters of a text in the title
FEW = 10  # texts, below which a bootstrap is too sure of itself
ONE_TEXT = (
    "One text: what holds of it may hold of no other, so nothing is said of how sure the order is. "
    "Compare on several texts for intervals."
)


def compared(found: Comparison) -> Figure:
    """The figure of a comparison, best method first in each table; baselines of chance stand last."""
    parts: list[Part] = [_scores(found, number) for number in range(len(found.metrics))]
    parts += [_costs(found), Prose("\n".join(_said(found)))]
    if missing := _missing(found):
        parts.append(Table(("method", "metric", "texts", "not measured, because"), missing, frozenset()))
    made = found.provenance
    parts.append(record(found))
    return Figure(_title(found), tuple(parts), f"{made.by} on {made.model}")


def _title(found: Comparison) -> str:
    texts = found.measured["text"].values
    what = f"{_counted(len(found.methods), 'method')} by {_counted(len(found.metrics), 'metric')}"
    if len(texts) > 1:
        return f"{what} on {len(texts)} texts"
    text = str(texts[0])
    short = text if len(text) <= MOST_OF_TEXT else text[: MOST_OF_TEXT - 1] + "…"
    target = f", answer “{str(found.measured['target'].values[0]).strip()}”"
    return f"{what} on “{short}”{target}"


def _scores(found: Comparison, number: int) -> Table:
    data = found.data.isel(metric=number)
    texts = data.sizes["example"]
    # A kind of chance that a metric is not measured beside has no row; a method always has.
    shown = np.flatnonzero(~data["baseline"].values | ~np.isnan(data["mean"].values))
    order = sorted(map(int, shown), key=lambda i: _place(data, i))
    small = bool(np.nanmax(np.abs(data["mean"].values), initial=0.0) <= 1)
    heads: tuple[str, ...] = ("method", "value", "rank", "behind the best")
    if texts > 1:
        heads = ("method", "mean", "95% interval", "rank", "best", "behind the best")
    rows = [_row(data.isel(method=i), small, texts > 1) for i in order]
    caption = f"{found.metrics[number]}, {BETTER[str(data['better'].values)]} is better"
    if texts > 1 and int(data["paired_texts"]) < texts:
        caption += f"; ranks over the {int(data['paired_texts'])} texts that all were measured on"
    ranges = tuple(_range(data.isel(method=i)) for i in order)
    return Table(heads, tuple(rows), frozenset(range(1, len(heads))), caption, ranges)


def _range(one: xr.Dataset) -> Range | None:
    mean, low, high = (float(one[name]) for name in ("mean", "low", "high"))
    return None if np.isnan(mean) else Range(mean, low, high, bool(one["baseline"]))


def _place(data: xr.Dataset, i: int) -> tuple[bool, float, float]:
    """Where a row stands: ranked methods, then those without a rank, then baselines by how near the best they are."""
    baseline, rank, behind = (data[name].values[i] for name in ("baseline", "rank", "behind"))
    last = float("inf")
    return (
        bool(baseline),
        last if np.isnan(rank) else float(rank),
        last if np.isnan(behind) else float(behind),
    )


def _row(one: xr.Dataset, small: bool, several: bool) -> tuple[str, ...]:
    numbers = {str(name): float(array) for name, array in one.items() if array.ndim == 0}
    mean = "n/a" if np.isnan(numbers["mean"]) else _number(numbers["mean"], small)
    behind = "" if np.isnan(numbers["behind"]) else _number(numbers["behind"], small)
    rank = "" if np.isnan(numbers["rank"]) else f"{numbers['rank']:g}"
    method = str(one["method"].values)
    if not several:
        return (method, mean, rank, behind)
    if rank and not np.isnan(numbers["rank_low"]):
        rank += f" ({numbers['rank_low']:g} to {numbers['rank_high']:g})"
    best = "" if np.isnan(numbers["best"]) else fixed(numbers["best"], 2)
    if behind and not np.isnan(numbers["behind_low"]):
        behind = _between(numbers["behind_low"], numbers["behind_high"], small) if numbers["behind"] else "–"
    interval = "" if np.isnan(numbers["low"]) else _between(numbers["low"], numbers["high"], small)
    return (method, mean, interval, rank, best, behind)


def _costs(found: Comparison) -> Table:
    """The mean cost of one explanation, and the metrics by which no other method is both better and cheaper."""
    free = {metric: found.pareto(metric) for metric in found.metrics}
    rows = []
    for i, method in enumerate(found.methods):
        one = found.measured.isel(method=i)
        costs = [_mean(one[name].values) for name in COSTS]
        on = [metric for metric in found.metrics if method in free[metric]]
        said = "every metric" if len(on) == len(found.metrics) > 1 else ", ".join(on)
        rows.append((method, *("n/a" if np.isnan(c) else plain(c) for c in costs), said))
    order = sorted(
        range(len(rows)), key=lambda i: np.nan_to_num(_mean(found.measured["seconds"].values[i]), nan=np.inf)
    )
    heads = ("method", *COSTS, "frontier")
    caption = "What one explanation costs; on the frontier no other is both better and quicker"
    return Table(heads, tuple(rows[i] for i in order), frozenset(range(1, len(COSTS) + 1)), caption)


def _said(found: Comparison) -> list[str]:
    """What the tables show, in words, with no more certainty than they have."""
    lines = [_best(found, number) for number in range(len(found.metrics))]
    if found.measured.sizes["example"] == 1:
        return [*lines, ONE_TEXT]
    if (found.ranks["paired_texts"] < FEW).any():
        lines.append(f"Intervals over fewer than {FEW} texts are rough, and rather too narrow.")
    return lines


def _best(found: Comparison, number: int) -> str:
    """Which method is best, and, where there are texts enough, which others may be as good."""
    data, name = found.data.isel(metric=number), found.metrics[number]
    ranks, texts = data["rank"].values, int(data["paired_texts"])
    if not texts:
        return f"{name}: no text was measured for every method, so there is no order."
    first = [str(m) for m in data["method"].values[ranks == np.nanmin(ranks)]]
    said = f"{name}: best {'is' if len(first) == 1 else 'are, alike,'} {' and '.join(first)}"
    others = ranks > np.nanmin(ranks)
    if texts < FEW or not others.any():
        return f"{said}, on {texts} texts." if texts > 1 else f"{said}."
    near = [str(m) for m in data["method"].values[others & (data["behind_low"].values <= 0)]]
    clear = f"not clearly better than {', '.join(near)}" if near else "better than any other, each at 95%"
    return f"{said}; {clear}."


def _missing(found: Comparison) -> tuple[tuple[str, ...], ...]:
    """Every reason for which a method has no number, with the metrics and how many texts it holds of."""
    reason = found.measured["reason"].values[: len(found.methods)]
    refused: dict[tuple[str, int], set[tuple[int, int]]] = {}
    for why in dict.fromkeys(map(str, reason[reason != ""])):
        for method, metric in np.ndindex(reason.shape[:2]):
            if texts := int((reason[method, metric] == why).sum()):
                refused.setdefault((why, texts), set()).add((method, metric))
    return tuple(
        (
            _some("method", found.methods, [method for method, _ in places]),
            _some("metric", found.metrics, [metric for _, metric in places]),
            f"{texts} of {reason.shape[2]}",
            why,
        )
        for (why, texts), places in refused.items()
    )


def _some(word: str, names: tuple[str, ...], which: list[int]) -> str:
    """The names of some, or that it is every one."""
    some = sorted(set(which))
    return f"every {word}" if len(some) == len(names) > 1 else ", ".join(names[i] for i in some)


def _mean(values: np.ndarray) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")


def _number(value: float, small: bool) -> str:
    return fixed(value, 3) if small else plain(value)


def _between(low: float, high: float, small: bool) -> str:
    show = (lambda v: fixed(v, 2)) if small else plain
    return f"{show(low)} to {show(high)}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
