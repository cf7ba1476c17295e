"""Figures in a notebook: plain text, and HTML that needs no network and stays small.

The HTML has two forms of one figure. The static one needs no script. The live one is a page of its own in a frame whose
sandbox lets it run its script and nothing else: no form, no window, no sight of the notebook. Where a viewer keeps the
frame, the static form is hidden; where it takes the frame out (an untrusted notebook, GitHub, mail), the static form is
seen. No script stands in the notebook itself, and no id, so that outputs cannot disturb each other.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

from pellucid.core.figure import Figure, Heatmap, Highlight, Prose
from pellucid.view.draw import draw
from pellucid.view.html import fragment, inset
from pellucid.view.in_browser.frame_height import frame_height
from pellucid.view.terminal import terminal
from pellucid.view.tokens import visible

__all__ = ["BUDGET", "notebook"]

BUDGET = 256 * 1024  # bytes: notebooks keep every output in one file
ROOM = 80 * 1024  # bytes of them that attention may take
HINT = "This view is shortened to keep the notebook small: pellucid.save(why, 'why.html') shows all of it."
STILL = "This view stands still to keep the notebook small: in pellucid.save(why, 'why.html') it can be pointed at."

# A frame takes the pointer from the corner that a reader pulls at, so it leaves that free.
FRAME = (
    ".pellucid-live:has(>iframe[srcdoc]){height:var(--height,30em);resize:vertical;overflow:hidden}"
    ".pellucid-live>iframe{display:block;width:100%;height:calc(100% - 14px);border:0;color-scheme:light dark}"
    ".pellucid-live:has(>iframe[srcdoc])~.pellucid{display:none}"
    "@media print{.pellucid-live{display:none}.pellucid-live:has(>iframe[srcdoc])~.pellucid{display:block}}"
)


def notebook(results: Any) -> dict[str, str]:
    """The mime bundle of explanations, scores and figures; at most `BUDGET` bytes each."""
    figure = draw(results)
    text = terminal(figure, colour=False, width=100)
    return {"text/plain": _cut(text), "text/html": _within_budget(figure)}


def _within_budget(figure: Figure) -> str:
    """The richest of: both forms; the static one; without matrices and full lists; without the text as well."""
    whole = fragment(figure)
    if _fits(whole):
        both = _both(figure, whole)
        if _fits(both):
            return both
        still = fragment(_with(figure, STILL))
        if _fits(still):
            return still
    plain = fragment(_without(figure, (Heatmap,)), numbers=False)
    if _fits(plain):
        return plain
    return fragment(_without(figure, (Heatmap, Highlight)), numbers=False)


def _both(figure: Figure, static: str) -> str:
    page, height, title = escape(inset(figure, ROOM)), frame_height(figure), escape(visible(figure.title))
    return (
        f"<style>{FRAME}</style>"
        '<div class="pellucid-output">'
        f'<div class="pellucid-live" style="--height:{height}px">'
        f'<iframe sandbox="allow-scripts" loading="lazy" title="{title}" srcdoc="{page}"></iframe>'
        f"</div>{static}</div>"
    )


def _fits(content: str) -> bool:
    return len(content.encode()) <= BUDGET


def _with(figure: Figure, hint: str) -> Figure:
    return replace(figure, parts=(*figure.parts, Prose(hint)))


def _without(figure: Figure, kinds: tuple[type, ...]) -> Figure:
    plain = figure.plain()
    kept = tuple(part for part in plain.parts if not isinstance(part, kinds))
    return _with(replace(plain, parts=kept), HINT)


def _cut(text: str) -> str:
    if len(text.encode()) <= BUDGET:
        return text
    return text.encode()[: BUDGET - len(HINT) - 8].decode(errors="ignore") + f"\n{HINT}"
