"""The value function: masks to scores, fast.

Every perturbation method and every faithfulness metric asks the same question, what is the target's number
when only these features are kept. It is answered here once: masks become rows of token ids (`rows`), new
ones are read in as few tokens as the model allows (`read`), and nothing is asked twice (the model's memo).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from pellucid.core.protocols import Ablation
from pellucid.core.target import Target
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.read import Answer, Reading
from pellucid.models.huggingface.rows import row
from pellucid.models.huggingface.scales import on_scale, outputs_on

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["HuggingFaceValue"]


class HuggingFaceValue:
    """`ValueFunction` of one encoded text, one resolved target and one ablation."""

    def __init__(self, model: HuggingFaceModel, encoding: Encoding, target: Target, ablate: Ablation) -> None:
        self._model, self._encoding = model, encoding
        self._scale = target.scale or model.head.scale
        self._answers: list[Answer] = [target.ids] + ([target.against_ids] if target.against_ids else [])
        self.ablate = ablate
        self.features = encoding.features
        self.outputs = outputs_on(self._scale, target)

    def __call__(self, masks: np.ndarray) -> np.ndarray:
        """Scores, float64, shape (draw, output), of masks of bool, shape (draw, input)."""
        masks = np.atleast_2d(np.asarray(masks, bool))
        if masks.shape[1] != self.features:
            raise ValueError(f"Masks of {masks.shape[1]} features for a text of {self.features}.")
        with self._model.session():
            scores = self._scores(masks)
        numbers = [on_scale(s[..., 0], s[..., 1], self._scale) for s in scores]
        if len(numbers) == 1:
            return numbers[0].numpy()
        answer, against = numbers
        return (answer.sum(-1, keepdim=True) - against.sum(-1, keepdim=True)).numpy()

    def total(self, masks: np.ndarray) -> np.ndarray:
        """The target's one number for each mask, shape (draw,)."""
        return self(masks).sum(1)

    def _scores(self, masks: np.ndarray) -> list[Tensor]:
        """For each answer the logit and log-probability of its tokens, float64, shape (draw, T, 2)."""
        keys = [m.tobytes() for m in np.packbits(masks, axis=1)]
        state = self._model.state
        questions = [self._question(state, answer) for answer in self._answers]
        known = [self._model.memo.answers(q) for q in questions]
        new = {k: m for k, m in zip(keys, masks, strict=True) if not all(k in memo for memo in known)}
        # Only what was asked, and held here: remembering new scores may drop old ones.
        found = [{k: memo[k] for k in keys if k in memo} for memo in known]
        if new:
            for scores, question, fresh in zip(found, questions, self._read(list(new.values())), strict=True):
                for key, values in zip(new, fresh, strict=True):
                    scores[key] = values
                    self._model.memo.remember(question, key, values)
        return [torch.from_numpy(np.stack([scores[k] for k in keys]).astype(np.float64)) for scores in found]

    def _read(self, masks: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The model's scores of masks it has not seen, per answer, shape (draw, T, 2), float32."""
        model, encoding = self._model, self._encoding
        mask_id, start_id = model.tokenizer.mask_token_id, model.start_id
        rows = [row(encoding, m, self.ablate, mask_id, start_id) for m in masks]
        one_pass = len(self._answers) == 2 and self._answers[0][:-1] == self._answers[1][:-1]
        asked = [self._answers] if one_pass else [[answer] for answer in self._answers]
        return [scores for answers in asked for scores in Reading(model, answers)(rows)]

    def _question(self, state: str, answer: Answer) -> tuple:
        encoding = self._encoding
        return (state, encoding.ids.tobytes(), encoding.feature_of.tobytes(), self.ablate, answer)
