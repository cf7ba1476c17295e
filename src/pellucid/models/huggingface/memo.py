"""What a model has already answered: scores by question and mask, bounded, the oldest dropped first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

import numpy as np

__all__ = ["Memo"]


class Memo:
    """Scores of masks, per question (text, answer, ablation and state of the model).

    It keeps the logit and log-probability of every answer token, so that scale and contrast are applied
    afterwards and a metric that asks what a method has asked costs no forward.
    """

    def __init__(self, limit: int = 4_000_000) -> None:
        self._limit = limit
        self._size = 0
        self._questions: OrderedDict[Hashable, dict[bytes, np.ndarray]] = OrderedDict()

    def answers(self, question: Hashable) -> dict[bytes, np.ndarray]:
        """The known scores of a question by mask, newest question last. Add with `remember`."""
        known = self._questions.setdefault(question, {})
        self._questions.move_to_end(question)
        return known

    def remember(self, question: Hashable, mask: bytes, scores: np.ndarray) -> None:
        """Keep the scores of one mask; forget the oldest when the limit is passed."""
        known = self._questions.setdefault(question, {})
        self._size += scores.size - (known[mask].size if mask in known else 0)
        known[mask] = scores
        while self._size > self._limit and self._size > scores.size:
            self._forget_the_oldest()

    def take(self, other: Memo) -> None:
        """Also remember what another memo knows."""
        for question, known in other._questions.items():
            for mask, scores in known.items():
                self.remember(question, mask, scores)

    def _forget_the_oldest(self) -> None:
        """The oldest question whole; the oldest mask where there is but one question."""
        if len(self._questions) > 1:
            _, dropped = self._questions.popitem(last=False)
            self._size -= sum(s.size for s in dropped.values())
        else:
            known = next(iter(self._questions.values()))
            self._size -= known.pop(next(iter(known))).size

    def clear(self) -> None:
        """Forget everything."""
        self._questions.clear()
        self._size = 0
