"""The row of the logit lens: what each layer would answer at each position."""

from __future__ import annotations

from typing import Any

import numpy as np

import pellucid
from benchmarks.numbered_words import words
from benchmarks.rows import Row, Side

__all__ = ["lens_row", "same_tokens", "seen"]

TOKENS, LIKELIEST = 128, 5
THEIRS = "also the entropy at each place; we, the rank of one answer"
BY_HAND = "all logits at once, and nothing but the likeliest; we, the rank of one answer as well"


def lens_row(model: Any, folder: str, vocabulary: int) -> Row:
    """The row, for a model that is saved in ``folder``."""
    text, target = words(vocabulary, TOKENS, 1)
    return Row(
        "logit lens",
        f"GPT-2-small shape, random weights, the {LIKELIEST} likeliest tokens of 13 layers at {TOKENS} positions",
        folder,
        lambda text, target: seen(model, text, target),
        (_side("logit_lens", "lens", THEIRS), _side("by hand", "lens_by_hand", BY_HAND)),
        text,
        target,
        (" ".join(text.split()[:4]), target),
    )


def _side(way: str, work: str, note: str) -> Side:
    task = {"likeliest": LIKELIEST}
    return Side(f"TransformerLens, {way}", "transformer_lens", work, task, compared=same_tokens, note=note)


def seen(model: Any, text: str, target: str) -> np.ndarray:
    """Log-probabilities of the likeliest tokens, and their numbers: shape (2, layer, position, candidate)."""
    model.memo.clear()
    data = pellucid.explain(model, text, "logit_lens", target=target, top_k=LIKELIEST).data
    numbers = [int(word.strip()[1:]) for word in data["candidate_token"].to_numpy().flat]
    logprobs = np.log(data["candidate_probability"].to_numpy())
    return np.stack([logprobs, np.reshape(numbers, logprobs.shape)])


def same_tokens(theirs: Any, ours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Their log-probability of each token that we name, and ours.

    Of one that they do not name it is the least that they do: then a tie decided, and the two are equal.
    """
    (known, names), (logprobs, named) = np.array(theirs), ours
    same = named[..., :, None] == names[..., None, :]
    of_named = (same * known[..., None, :]).sum(-1)
    return np.where(same.any(-1), of_named, known[..., -1:]), logprobs
