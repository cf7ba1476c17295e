"""Figures in a notebook: plain text, and HTML that needs neither script nor network and stays small."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pellucid.core.figure import Figure, Heatmap, Highlight, Prose
from pellucid.view.draw import draw
from pellucid.view.html import fragment
from pellucid.view.terminal import terminal

__all__ = ["BUDGET", "notebook"]

BUDGET = 256 * 1024  # bytes: notebooks keep every output in one file
HINT = "This view is shortened to keep the notebook small: pellucid.save(why, 'why.html') shows all of it."


def notebook(results: Any) -> dict[str, str]:
    """The mime bundle of explanations, scores and figures; at most `BUDGET` bytes each."""
    figure = draw(results)
    text = terminal(figure, colour=False, width=100)
    return {"text/plain": _cut(text), "text/html": _within_budget(figure)}


def _within_budget(figure: Figure) -> str:
    """The richest of: everything; without matrices and full lists; without the text as well."""
    whole = fragment(figure)
    if len(whole.encode()) <= BUDGET:
        return whole
    plain = fragment(_without(figure, (Heatmap,)), numbers=False)
    if len(plain.encode()) <= BUDGET:
        return plain
    return fragment(_without(figure, (Heatmap, Highlight)), numbers=False)


def _without(figure: Figure, kinds: tuple[type, ...]) -> Figure:
    kept = tuple(part for part in figure.parts if not isinstance(part, kinds))
    return replace(figure, parts=(*kept, Prose(HINT)))


def _cut(text: str) -> str:
    if len(text.encode()) <= BUDGET:
        return text
    return text.encode()[: BUDGET - len(HINT) - 8].decode(errors="ignore") + f"\n{HINT}"
