"""Read rows: from what the model reads to the scores of the answer's tokens.

Batch after batch, with logits only where the answer stands; a batch that does not fit the memory is read in
two halves, and so are those after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import NotFinite
from pellucid.core.progress import meter
from pellucid.models.huggingface.batches import Batch, batches
from pellucid.models.huggingface.measures import Measure
from pellucid.models.huggingface.memory import is_out_of_memory
from pellucid.models.huggingface.prefix import Branches, reusable
from pellucid.models.huggingface.rows import Row
from pellucid.models.huggingface.tree import Tree

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["Answer", "Reading"]

Answer = tuple[int, ...]

# Logits of one batch, in numbers: 2**26 float32 are 256 MB.
LOGITS = 2**26


class Reading:
    """Reads rows of one text for answers that are predicted by the same positions.

    Such answers are equal but for their last token, so one pass scores them all. ``measure`` says what is kept of
    the logits, K numbers for each token of an answer.
    """

    def __init__(self, model: HuggingFaceModel, answers: Sequence[Answer], measure: Measure) -> None:
        self._model, self._answers, self._measure = model, answers, measure
        self._reusable = model.head.continues and reusable(model.module)
        self._extra = model.head.extra_tokens(answers[0])

    def __call__(self, rows: Sequence[Row], before: int = 0, total: int | None = None) -> list[np.ndarray]:
        """For each answer what is measured of its tokens, float32, shape (row, T, K).

        The meter is told of ``total`` rows, of which ``before`` were read by an earlier call.
        """
        out: list[np.ndarray] = []
        waiting = self._batches(rows, range(len(rows)))
        done = 0
        while waiting:
            batch = waiting.pop(0)
            try:
                fresh = self._read(rows, batch)
            except (torch.OutOfMemoryError, RuntimeError) as error:
                if not is_out_of_memory(error) or len(batch.rows) == 1:
                    raise
                self._model.batch_tokens = (len(batch.rows) // 2) * self._length(rows, batch)
                waiting = self._batches(rows, [i for b in [batch, *waiting] for i in b.rows])
                continue
            out = out or [np.empty((len(rows), *values.shape[1:]), np.float32) for values in fresh]
            for scores, values in zip(out, fresh, strict=True):
                scores[batch.rows] = values
            done += len(batch.rows)
            meter().advance(before + done, total or len(rows), "reading")
        return out

    @torch.no_grad()
    def _read(self, rows: Sequence[Row], batch: Batch | Tree) -> list[np.ndarray]:
        """For each answer the scores of a batch's rows."""
        inputs: dict[str, Any] = self._model.head.inputs([rows[i] for i in batch.rows], self._answers[0])
        tokens = len(batch.rows) * self._length(rows, batch)
        if isinstance(batch, Tree):
            branches = Branches(self._model.module, inputs)
            for step in batch.steps[:-1]:
                branches.read(step)
                meter().spend(tokens=step.tokens)
            inputs, tokens = branches.ends(batch.steps[-1]), batch.steps[-1].tokens
        logits = self._model.head.logits(inputs, self._answers[0])
        meter().spend(forwards=len(batch.rows), tokens=tokens)  # a sequence counts when it is read to its end
        return [self._scores(logits, answer) for answer in self._answers]

    def _scores(self, logits: Tensor, answer: Answer) -> np.ndarray:
        scores = self._measure(logits, answer)
        if not torch.isfinite(scores).all():
            raise NotFinite(self._model.name, self._model.dtype)
        return scores.cpu().numpy()

    def _batches(self, rows: Sequence[Row], numbers: Sequence[int]) -> list[Batch | Tree]:
        """How to read the rows of these numbers, within the token budget and `LOGITS` numbers of logits."""
        model, asked = self._model, [rows[i] for i in numbers]
        logits = max(1, len(self._answers[0]) * model.vocabulary)
        longest = max(map(len, asked)) + self._extra
        budget = min(model.batch_tokens, max(1, LOGITS // logits) * longest)
        found = batches(
            asked, self._extra, budget, model.head.together, self._reusable, model.module.device.type
        )
        return [replace(batch, rows=[numbers[i] for i in batch.rows]) for batch in found]

    def _length(self, rows: Sequence[Row], batch: Batch | Tree) -> int:
        return max(len(rows[i]) for i in batch.rows) + self._extra
