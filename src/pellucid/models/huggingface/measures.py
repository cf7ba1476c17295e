"""What is read off the logits at an answer's positions: a number or two for each, whatever the vocabulary.

With z the logits of a position, p = softmax(z) and t the answer's token there:
``tokens``: z_t and log p_t. ``entropy``: -sum p log p. ``kl``: -sum q log(q / p), q being p of the whole text.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from pellucid.core.target import Scale
from pellucid.models.huggingface.heads.head import Head, in_pieces, token_scores

__all__ = ["Measure", "kind_of", "measure_of"]

Answer = tuple[int, ...]
# Logits, shape (row, T, outcome), and the answer they are of, to float64 numbers, shape (row, T, K).
Measure = Callable[[Tensor, Answer], Tensor]

# Some models give minus infinity to what they never say. It has no part in a sum, and 0 x infinity would.
LEAST = -1e30


def kind_of(scale: Scale) -> str:
    """What is read for a scale. Scales of the answer's tokens share it."""
    return scale if scale in ("entropy", "kl") else "tokens"


def measure_of(head: Head, scale: Scale, reference: Callable[[], Tensor]) -> Measure:
    """What is read for a scale. ``reference``: the logits of the whole text, shape (T, outcome), for ``kl``."""
    kind = kind_of(scale)
    if kind == "entropy":
        return lambda logits, _: _entropies(head, logits)
    if kind == "kl":
        whole = reference()
        return lambda logits, _: _divergences(head, logits, whole)
    return lambda logits, answer: torch.stack(token_scores(head, logits, answer), -1)


def _entropies(head: Head, logits: Tensor) -> Tensor:
    def work(some: Tensor, _: slice) -> Tensor:
        logprobs = head.distribution(some).clamp(min=LEAST)
        return -(logprobs.exp() * logprobs).sum((-2, -1))

    return in_pieces(logits, work)[..., None]


def _divergences(head: Head, logits: Tensor, whole: Tensor) -> Tensor:
    def work(some: Tensor, at: slice) -> Tensor:
        expected = head.distribution(whole[at].to(some)).clamp(min=LEAST)
        return (expected.exp() * (head.distribution(some).clamp(min=LEAST) - expected)).sum((-2, -1))

    return in_pieces(logits, work)[..., None]
