"""A recommendation: what methods scored and cost, why each fits, and what it cannot do."""

from __future__ import annotations

from collections.abc import Sequence

from pellucid.core.figure import Figure, Part, Prose, Table
from pellucid.core.recommendation import Choice, Recommendation
from pellucid.view.numbers import fixed

__all__ = ["recommendation_figure"]

UNCLEAR = " °"


def recommendation_figure(found: Recommendation) -> Figure:
    """A table of figures, a paragraph a method, and what was left out."""
    parts: list[Part] = []
    if found.choices:
        parts.append(_figures(found.choices))
        if any(not m.beats_random for c in found.choices for m in c.measured):
            parts.append(Prose("° not clearly better than random rankings"))
        parts += [Prose(f"{c.name}: {c.why}. Cost: {c.cost}.\n  {c.cannot}") for c in found.choices]
    if found.left_out:
        rows = tuple(found.left_out)
        parts.append(Table(("left out", "because it"), rows))
    if found.notes:
        parts.append(Prose("\n".join(found.notes)))
    return Figure(found.question, tuple(parts), f"Methods for: {found.goal}")


def _figures(choices: Sequence[Choice]) -> Table:
    models = list(dict.fromkeys(m.model for c in choices for m in c.measured))
    heads = ("method", "access", *models, "passes", "CPU seconds")
    rows: list[tuple[str, ...]] = []
    for choice in choices:
        by_model = {m.model: m for m in choice.measured}
        cells = [
            "–" if (m := by_model.get(model)) is None else fixed(m.found, 2) + UNCLEAR * (not m.beats_random)
            for model in models
        ]
        passes = _range([str(m.passes) for m in sorted(choice.measured, key=lambda m: m.passes)])
        seconds = _range([fixed(m.seconds, 2) for m in sorted(choice.measured, key=lambda m: m.seconds)])
        rows.append((choice.name, choice.access.removesuffix("Box").lower(), *cells, passes, seconds))
    if models:
        chance = {m.model: fixed(m.random, 2) for c in choices for m in c.measured}
        rows.append(("random ranking", "", *(chance[model] for model in models), "", ""))
    caption = "Share of the words known to decide that it finds, and its cost" if models else ""
    return Table(heads, tuple(rows), frozenset(range(2, len(heads))), caption)


def _range(values: Sequence[str]) -> str:
    return " to ".join(dict.fromkeys([values[0], values[-1]])) if values else "–"
