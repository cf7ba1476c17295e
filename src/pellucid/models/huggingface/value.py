"""The value function: masks to scores, fast.

Every perturbation method and every faithfulness metric asks the same question, what is the target's number
when only these features are kept. It is answered here once: masks become rows of token ids (`removal`), new
ones are read in as few tokens as the model allows (`read`), and nothing is asked twice (the model's memo).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from pellucid.core.progress import meter
from pellucid.core.target import Target
from pellucid.models.huggingface.embeddings import averaging
from pellucid.models.huggingface.measures import kind_of, measure_of
from pellucid.models.huggingface.read import Answer, Reading
from pellucid.models.huggingface.removal import Removal
from pellucid.models.huggingface.rows import whole
from pellucid.models.huggingface.scales import on_scale, outputs_on

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["HuggingFaceValue"]

# Rows that are made, and sorted for what they share, before the first of them is read: many more would share little
# more, but fill memory, and could not be cancelled for as long as they are made.
ROWS = 8192


class HuggingFaceValue:
    """`ValueFunction` of one encoded text, one resolved target and one way to remove features.

    A mask that is read several ways (features with several baselines) has the mean of their numbers, each on
    the target's scale.
    """

    def __init__(self, model: HuggingFaceModel, target: Target, removal: Removal) -> None:
        self._model, self._removal = model, removal
        self._scale = target.scale or model.head.scale
        self._answers: list[Answer] = [target.ids] + ([target.against_ids] if target.against_ids else [])
        self._tokens = target.tokens
        self._whole: tuple[str, Tensor] | None = None
        self.ablate = removal.ablate
        self.features = removal.encoding.features
        self.outputs = outputs_on(self._scale, target)

    def __call__(self, masks: np.ndarray) -> np.ndarray:
        """Scores, float64, shape (draw, output), of masks of bool, shape (draw, input)."""
        masks = np.atleast_2d(np.asarray(masks, bool))
        if masks.shape[1] != self.features:
            raise ValueError(f"Masks of {masks.shape[1]} features for a text of {self.features}.")
        ways = self._removal.ways(masks)
        return _means(self._numbers(np.repeat(masks, ways, axis=0), _counted(ways)), ways)

    def total(self, masks: np.ndarray) -> np.ndarray:
        """The target's one number for each mask, shape (draw,)."""
        return self(masks).sum(1)

    def _numbers(self, masks: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """Scores of masks, each read one way, shape (draw, output)."""
        with self._model.session():
            scores = self._scores(masks, ways)
        numbers = [on_scale(s[..., self._tokens, :], self._scale) for s in scores]
        if len(numbers) == 1:
            return numbers[0].numpy()
        answer, against = numbers
        return (answer.sum(-1, keepdim=True) - against.sum(-1, keepdim=True)).numpy()

    def _scores(self, masks: np.ndarray, ways: np.ndarray) -> list[Tensor]:
        """For each answer what its scale is made of, of all its tokens, float64, shape (draw, T, K)."""
        keys = [bytes([way]) + m.tobytes() for way, m in zip(ways, np.packbits(masks, axis=1), strict=True)]
        state = self._model.state
        questions = [self._question(state, answer) for answer in self._answers]
        known = [self._model.memo.answers(q) for q in questions]
        asked = zip(keys, masks, ways, strict=True)
        new = {key: (m, way) for key, m, way in asked if not all(key in memo for memo in known)}
        # Only what was asked, and held here: remembering new scores may drop old ones.
        found = [{k: memo[k] for k in keys if k in memo} for memo in known]
        if new:
            read = self._read(list(new.values()), state)
            for scores, question, fresh in zip(found, questions, read, strict=True):
                for key, values in zip(new, fresh, strict=True):
                    scores[key] = values
                    self._model.memo.remember(question, key, values)
        return [torch.from_numpy(np.stack([scores[k] for k in keys]).astype(np.float64)) for scores in found]

    def _read(self, asked: Sequence[tuple[np.ndarray, int]], state: str) -> list[np.ndarray]:
        """The model's scores of masks and ways it has not seen, per answer, shape (draw, T, K), float32."""
        parts = [self._read_some(asked, start, state) for start in range(0, len(asked), ROWS)]
        return [np.concatenate(scores) for scores in zip(*parts, strict=True)]

    def _read_some(self, asked: Sequence[tuple[np.ndarray, int]], start: int, state: str) -> list[np.ndarray]:
        """The next `ROWS` of them."""
        rows = [self._removal.row(mask, way) for mask, way in asked[start : start + ROWS]]
        first, last = self._answers[0], self._answers[-1]
        one_pass = self._model.head.closed or first[:-1] == last[:-1]
        passes = [self._answers] if one_pass else [[answer] for answer in self._answers]
        measure = measure_of(self._model.head, self._scale, lambda: self._whole_logits(state))
        with averaging(self._model.means if self.ablate == "mean" else []):
            read = [Reading(self._model, answers, measure)(rows, start, len(asked)) for answers in passes]
        return [scores for answers in read for scores in answers]

    @torch.no_grad()
    def _whole_logits(self, state: str) -> Tensor:
        """The logits of the text with nothing removed, shape (T, outcome): read once, kept as they are."""
        if self._whole is None or self._whole[0] != state:
            head, answer, row = self._model.head, self._answers[0], whole(self._removal.encoding)
            self._whole = (state, head.logits(head.inputs([row], answer), answer)[0])
            meter().spend(forwards=1, tokens=len(row) + head.extra_tokens(answer))
        return self._whole[1]

    def _question(self, state: str, answer: Answer) -> tuple:
        encoding = self._removal.encoding
        types = None if encoding.types is None else encoding.types.tobytes()
        read = (encoding.ids.tobytes(), types, encoding.slots.tobytes())
        return (state, read, encoding.feature_of.tobytes(), self._removal.key, answer, kind_of(self._scale))


def _counted(ways: np.ndarray) -> np.ndarray:
    """0, 1, ... for each mask that is read so many ways: [2, 1, 3] becomes [0, 1, 0, 0, 1, 2]."""
    starts = np.cumsum(ways) - ways
    return np.arange(ways.sum()) - np.repeat(starts, ways)


def _means(numbers: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """The mean of each mask's numbers, shape (draw, output)."""
    if len(numbers) == len(ways):
        return numbers
    return np.add.reduceat(numbers, np.cumsum(ways) - ways, axis=0) / ways[:, None]
