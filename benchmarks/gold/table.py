"""The tables of README.md and docs/which_method.md, between marks that say where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["long_table", "renewed", "short_table"]

Model = dict[str, Any]
Row = dict[str, Any]


def short_table(models: Sequence[Model]) -> str:
    """One line a method: how much of each model's rationales it finds, and what it costs."""
    heads = ["method", *(f"gold words found, {m['model']}" for m in models), "passes", "CPU seconds"]
    lines = []
    for name in _names(models):
        rows = [_row(model, name) for model in models]
        found = [_score(row, "precision", 2) for row in rows]
        passes = [row["forwards"] + row["backwards"] for row in rows if "forwards" in row]
        seconds = [row["busy"] for row in rows if "busy" in row]
        costs = [_or_range(passes, "{:.0f}"), _or_range(seconds, "{:.2f}")]
        lines.append([_named(name, models), *found, *costs])
    return _markdown(heads, lines)


def long_table(model: Model) -> str:
    """One line a method, with everything that was measured on one model."""
    heads = [
        "method", "gold words found", "by size", "comprehensiveness", "sufficiency", "forwards", "backwards", "seconds"
    ]  # fmt: skip
    scores = ("precision", "precision_of_sizes", "comprehensiveness", "sufficiency")
    lines = []
    for name in _names([model]):
        row = _row(model, name)
        costs = [
            f"{row[cost]:{form}}" if cost in row else "–"
            for cost, form in (("forwards", ".0f"), ("backwards", ".0f"), ("busy", ".2f"))
        ]
        lines.append([_named(name, [model]), *(_score(row, score, 2) for score in scores), *costs])
    refused = [f"`{row['name']}` has no line: {row['refused']}" for row in model["rows"] if "refused" in row]
    return "\n\n".join([_markdown(heads, lines), *refused])


def renewed(page: str, name: str, table: str) -> str:
    """The page with the table between ``<!-- name -->`` and ``<!-- /name -->``."""
    marks = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(\n<!-- /{re.escape(name)} -->)", re.DOTALL)
    page, places = marks.subn(lambda found: f"{found[1]}{table}{found[2]}", page)
    if places != 1:
        raise LookupError(f"The page has {places} places for the table `{name}`; it needs one.")
    return page


def _names(models: Sequence[Model]) -> list[str]:
    """Methods from the one that finds most, on the mean of the models, to the one that finds least; then chance."""
    rows = {row["name"]: [] for model in models for row in model["rows"] if "refused" not in row}
    for model in models:
        for row in model["rows"]:
            if "refused" not in row:
                rows[row["name"]].append(row["precision"]["mean"])
    return sorted(rows, key=lambda name: (not _is_method(name, models), -sum(rows[name]) / len(rows[name])))


def _is_method(name: str, models: Sequence[Model]) -> bool:
    return any("forwards" in _row(model, name) for model in models)


def _row(model: Model, name: str) -> Row:
    return next((row for row in model["rows"] if row["name"] == name), {})


def _named(name: str, models: Sequence[Model]) -> str:
    return f"`{name}`" if _is_method(name, models) else f"*{name}*"


def _score(row: Row, score: str, digits: int) -> str:
    """The mean with its interval; in brackets where it is not clearly better than random rankings."""
    if score not in row:
        return "–"
    found = row[score]
    said = f"{found['mean']:.{digits}f} ({found['low']:.{digits}f} to {found['high']:.{digits}f})"
    return said if found["beats_random"] or "forwards" not in row else f"{said} °"


def _or_range(values: Iterable[float], form: str) -> str:
    said = list(dict.fromkeys(form.format(value) for value in sorted(values)))
    return " to ".join([said[0], said[-1]] if len(said) > 1 else said) or "–"


def _markdown(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    ruled = ["---", *("--:" for _ in heads[1:])]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [heads, ruled, *lines])
