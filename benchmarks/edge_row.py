"""The row of edge attribution: every edge of a model over some pairs of texts, in one backward a pair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import pellucid
from benchmarks.numbered_words import words
from benchmarks.rows import Row, Side

__all__ = ["edge_row", "edges", "listed", "square"]

TOKENS, PAIRS = 15, 32


def edge_row(model: Any, folder: str, vocabulary: int) -> Row:
    """The row, for a model that is saved in ``folder``. The text is that of all pairs, one behind the other."""
    text, target = words(vocabulary, PAIRS * TOKENS, 1)
    tokens = {"tokens": TOKENS}
    return Row(
        "edge attribution",
        f"GPT-2-small shape, random weights, {PAIRS} pairs of {TOKENS} tokens, the logit of one, one step",
        folder,
        lambda text, target: edges(model, text, target),
        (
            Side("TransformerLens, attribution_patch", "transformer_lens", "edges", tokens, compared=listed),
            Side(
                "TransformerLens's caches, by hand",
                "transformer_lens",
                "edges_by_hand",
                tokens,
                compared=square,
            ),
        ),
        text,
        target,
        (" ".join(text.split()[:TOKENS]), target),
    )


def edges(model: Any, text: str, target: str, steps: int = 1) -> np.ndarray:
    """The mean of each edge over the pairs of a text, shape (source, dest), NaN for no edge."""
    model.memo.clear()
    asked = pellucid.Target(target, scale="logit")
    found = [
        pellucid.explain(model, clean, "edge_attribution", target=asked, corrupt=corrupt, steps=steps)
        for clean, corrupt in _pairs(text)
    ]
    return np.mean([one.data["edge"].to_numpy() for one in found], axis=0)


def listed(theirs: Any, ours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A list of the edges that there are, dest by dest, beside ours.

    Its sign is turned: TransformerLens takes the gradient at the text that it calls corrupt, so that it is given ours
    the other way round.
    """
    return -np.array(theirs), ours.T[np.isfinite(ours.T)]


def square(theirs: Any, ours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Products of all sources with all dests, of which only those along edges count; the sign as in `listed`."""
    there = np.isfinite(ours)
    return -np.array(theirs)[there], ours[there]


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """The clean texts, each with the corrupted one beside it: the same words, read backwards."""
    each = text.split()
    for start in range(0, len(each), TOKENS):
        some = each[start : start + TOKENS]
        yield " ".join(some), " ".join(reversed(some))
