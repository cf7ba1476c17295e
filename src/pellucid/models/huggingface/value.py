"""The value function: masks to scores, fast.

Every perturbation method and every faithfulness metric asks the same question, what is the target's number
when only these features are kept. It is answered here once: on token ids, a whole answer in one
teacher-forced pass, logits only where the answer needs them, rows batched by a token budget, nothing asked
twice (the model's memo). Keys and values of a prefix that rows share may be reused later, in this place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import NotFinite
from pellucid.core.progress import meter
from pellucid.core.protocols import Ablation
from pellucid.core.target import Target
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.rows import Row, row, token_budget_batches
from pellucid.models.huggingface.scales import on_scale

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["HuggingFaceValue"]

Answer = tuple[int, ...]

# Logits of one batch, in numbers: 2**26 float32 are 256 MB.
LOGITS = 2**26


class HuggingFaceValue:
    """`ValueFunction` of one encoded text, one resolved target and one ablation."""

    def __init__(self, model: HuggingFaceModel, encoding: Encoding, target: Target, ablate: Ablation) -> None:
        self._model, self._encoding = model, encoding
        self._scale = target.scale or model.head.scale
        self._answers: list[Answer] = [target.ids] + ([target.against_ids] if target.against_ids else [])
        self.ablate = ablate
        self.features = encoding.features
        additive = self._scale in ("logit", "logprob") and not target.against_ids
        self.outputs = len(target.ids) if additive else 1

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
        questions = [self._question(answer) for answer in self._answers]
        known = [self._model.memo.answers(q) for q in questions]
        new = {k: m for k, m in zip(keys, masks, strict=True) if not all(k in memo for memo in known)}
        found: list[dict[bytes, np.ndarray]] = [dict(memo) for memo in known]
        if new:
            for scores, question, fresh in zip(found, questions, self._read(list(new.values())), strict=True):
                for key, values in zip(new, fresh, strict=True):
                    scores[key] = values
                    self._model.memo.remember(question, key, values)
        return [torch.from_numpy(np.stack([scores[k] for k in keys]).astype(np.float64)) for scores in found]

    def _read(self, masks: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The model's scores of masks it has not seen, per answer, shape (draw, T, 2), float32."""
        model = self._model
        rows = [
            row(self._encoding, m, self.ablate, model.tokenizer.mask_token_id, model.start_id) for m in masks
        ]
        if len(self._answers) == 2 and self._answers[0][:-1] == self._answers[1][:-1]:
            return self._read_rows(rows, self._answers)  # both are predicted by the same positions
        return [scores for answer in self._answers for scores in self._read_rows(rows, [answer])]

    def _read_rows(self, rows: Sequence[Row], answers: Sequence[Answer]) -> list[np.ndarray]:
        """One pass over the rows for answers that differ in their last token only."""
        head = self._model.head
        length = len(answers[0])
        lengths = [len(r) + head.extra_tokens(answers[0]) for r in rows]
        out = [np.empty((len(rows), length, 2), np.float32) for _ in answers]
        waiting = self._batches(lengths, length)
        done = 0
        while waiting:
            batch = waiting.pop(0)
            try:
                fresh = self._read_batch([rows[i] for i in batch], answers)
            except (torch.OutOfMemoryError, RuntimeError) as error:
                if not _is_out_of_memory(error) or len(batch) == 1:
                    raise
                self._model.batch_tokens = max(1, len(batch) // 2) * max(lengths[i] for i in batch)
                left = [i for b in [batch, *waiting] for i in b]
                waiting = [[left[i] for i in b] for b in self._batches([lengths[i] for i in left], length)]
                continue
            for scores, values in zip(out, fresh, strict=True):
                scores[batch] = values
            done += len(batch)
            meter().spend(forwards=len(batch), tokens=len(batch) * max(lengths[i] for i in batch))
            meter().advance(done, len(rows), "reading")
        return out

    @torch.no_grad()
    def _read_batch(self, rows: Sequence[Row], answers: Sequence[Answer]) -> list[np.ndarray]:
        head = self._model.head
        logits = head.logits(head.inputs(rows, answers[0]), answers[0])
        scores = []
        for answer in answers:
            ids = torch.tensor(answer, device=logits.device).expand(len(rows), -1)[..., None]
            raw = logits.gather(-1, ids)[..., 0].float()
            both = torch.stack([raw, head.logprobs(logits, answer)], -1)
            if not torch.isfinite(both).all():
                raise NotFinite(self._model.name, self._model.dtype)
            scores.append(both.cpu().numpy())
        return scores

    def _batches(self, lengths: Sequence[int], answer: int) -> list[list[int]]:
        """Batches within the token budget and within `LOGITS` numbers of logits."""
        per_row = answer * self._model.vocabulary
        most = max(1, LOGITS // max(1, per_row)) * max(lengths)
        return token_budget_batches(lengths, min(self._model.batch_tokens, most), self._model.head.together)

    def _question(self, answer: Answer) -> tuple:
        encoding = self._encoding
        return (self._model.state, encoding.ids.tobytes(), encoding.feature_of.tobytes(), self.ablate, answer)


def _is_out_of_memory(error: BaseException) -> bool:
    """CUDA has a class for it; the CPU allocator only says so."""
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)
