"""Read rows: from what the model reads to the scores of the answer's tokens.

Batch after batch, with logits only where the answer stands; a batch that does not fit the memory is read in
two halves, and so are those after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import NotFinite
from pellucid.core.progress import meter
from pellucid.models.huggingface.batches import Batch, batches
from pellucid.models.huggingface.heads.head import token_scores
from pellucid.models.huggingface.memory import is_out_of_memory
from pellucid.models.huggingface.prefix import Prefix, reusable, shared_length
from pellucid.models.huggingface.rows import Row

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["Answer", "Reading"]

Answer = tuple[int, ...]

# Logits of one batch, in numbers: 2**26 float32 are 256 MB.
LOGITS = 2**26


class Reading:
    """Reads rows of one text for answers that are predicted by the same positions.

    Such answers are equal but for their last token, so one pass scores them all. ``whole`` is the row with
    nothing removed. A reading is for now: it holds keys and values of the weights as they are.
    """

    def __init__(self, model: HuggingFaceModel, whole: Row, answers: Sequence[Answer]) -> None:
        self._model, self._whole, self._answers = model, whole, answers
        self._reusable = model.head.continues and reusable(model.module)

    def __call__(self, rows: Sequence[Row]) -> list[np.ndarray]:
        """For each answer the logit and log-probability of its tokens, float32, shape (row, T, 2)."""
        out = [np.empty((len(rows), len(a), 2), np.float32) for a in self._answers]
        waiting = self._batches(rows, range(len(rows)))
        done = 0
        while waiting:
            batch = waiting.pop(0)
            try:
                fresh = self._read([rows[i] for i in batch.rows], batch.known)
            except (torch.OutOfMemoryError, RuntimeError) as error:
                if not is_out_of_memory(error) or len(batch.rows) == 1:
                    raise
                self._model.batch_tokens = (len(batch.rows) // 2) * (self._length(rows, batch) - batch.known)
                waiting = self._batches(rows, [i for b in [batch, *waiting] for i in b.rows])
                continue
            for scores, values in zip(out, fresh, strict=True):
                scores[batch.rows] = values
            done += len(batch.rows)
            meter().spend(
                forwards=len(batch.rows), tokens=len(batch.rows) * (self._length(rows, batch) - batch.known)
            )
            meter().advance(done, len(rows), "reading")
        return out

    @torch.no_grad()
    def _read(self, rows: Sequence[Row], known: int) -> list[np.ndarray]:
        head, first = self._model.head, self._answers[0]
        inputs = head.inputs(rows, first)
        logits = head.logits(self._prefix.continued(inputs, known) if known else inputs, first)
        return [self._scores(logits, answer) for answer in self._answers]

    def _scores(self, logits: Tensor, answer: Answer) -> np.ndarray:
        both = torch.stack(token_scores(self._model.head, logits, answer), -1)
        if not torch.isfinite(both).all():
            raise NotFinite(self._model.name, self._model.dtype)
        return both.cpu().numpy()

    @cached_property
    def _prefix(self) -> Prefix:
        meter().spend(forwards=1, tokens=len(self._whole))
        return Prefix(self._model.module, self._whole)

    def _batches(self, rows: Sequence[Row], numbers: Sequence[int]) -> list[Batch]:
        """Batches of the rows of these numbers, within the token budget and `LOGITS` numbers of logits."""
        model = self._model
        extra = model.head.extra_tokens(self._answers[0])
        lengths = [len(rows[i]) + extra for i in numbers]
        shared = [shared_length(rows[i], self._whole) for i in numbers] if self._reusable else None
        logits = max(1, len(self._answers[0]) * model.vocabulary)
        budget = min(model.batch_tokens, max(1, LOGITS // logits) * max(lengths))
        found = batches(lengths, shared, budget, model.head.together, model.module.device.type)
        return [Batch([numbers[i] for i in b.rows], b.known) for b in found]

    def _length(self, rows: Sequence[Row], batch: Batch) -> int:
        return max(len(rows[i]) for i in batch.rows) + self._model.head.extra_tokens(self._answers[0])
