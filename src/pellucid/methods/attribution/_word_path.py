"""Monotone paths from a word to a baseline that pass close to other words (Sanyal and Ren 2021, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Strategy", "word_path"]

Strategy = Literal["greedy", "maxcount"]


def word_path(
    word: Tensor, baseline: Tensor, vocabulary: Tensor, *, steps: int, strategy: Strategy, neighbours: int
) -> Tensor:
    """Points from ``baseline`` to ``word`` by way of ``steps`` anchors, shape (steps + 2, width).

    Each anchor is one of the nearest ``neighbours`` of the word before, on no path already, and the best of
    them by ``strategy``. The point is the anchor, with every coordinate that does not lie between the point
    before and the baseline moved there.
    """
    import torch

    path, last = [word], word
    free = ((vocabulary != word) & (vocabulary != baseline)).any(-1)
    for _ in range(steps):
        if not free.any():
            break
        near = _nearest(last, vocabulary, free, neighbours)
        anchor = near[_best(last, baseline, vocabulary[near], steps, strategy)]
        free[anchor] = False
        last = vocabulary[anchor]
        path.append(_between(path[-1], baseline, last, steps))
    path += [baseline] * (steps + 2 - len(path))
    return torch.stack(path[::-1])


def _nearest(word: Tensor, vocabulary: Tensor, free: Tensor, count: int) -> Tensor:
    """The free words nearest to a word."""
    import torch

    exact = "donot_use_mm_for_euclid_dist"
    distance = torch.cdist(word[None], vocabulary, compute_mode=exact)[0].masked_fill(~free, float("inf"))
    return distance.topk(min(count, int(free.sum())), largest=False).indices


def _best(word: Tensor, baseline: Tensor, anchors: Tensor, steps: int, strategy: Strategy) -> int:
    """The anchor that is least moved, or that has most coordinates between word and baseline."""
    if strategy == "greedy":
        return int((anchors - _between(word, baseline, anchors, steps)).square().sum(-1).argmin())
    return int(_is_between(word, baseline, anchors).sum(-1).argmax())


def _between(word: Tensor, baseline: Tensor, anchor: Tensor, steps: int) -> Tensor:
    """``anchor``, its coordinates that do not lie between replaced by a small step from word to baseline."""
    return anchor.where(_is_between(word, baseline, anchor), word + (baseline - word) / steps)


def _is_between(word: Tensor, baseline: Tensor, anchor: Tensor) -> Tensor:
    return (anchor - word) * (baseline - anchor) >= 0
