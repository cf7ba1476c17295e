"""What a model has already answered: scores by question and mask, bounded, the oldest question dropped first."""

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
        """Keep the scores of one mask; forget the oldest questions when the limit is passed."""
        self._questions.setdefault(question, {})[mask] = scores
        self._size += scores.size
        while self._size > self._limit and len(self._questions) > 1:
            _, dropped = self._questions.popitem(last=False)
            self._size -= sum(s.size for s in dropped.values())

    def clear(self) -> None:
        """Forget everything."""
        self._questions.clear()
        self._size = 0
