"""Token classification: the answer is a label at a place of the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import EmptyText, TargetImpossible
from pellucid.core.protocols import Ablation
from pellucid.core.target import Scale, Target
from pellucid.core.text import Feature
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.heads.head import Inputs, softmax_distribution, softmax_logprobs
from pellucid.models.huggingface.heads.label import inputs_with_slots, labels_of, number_of
from pellucid.models.huggingface.rows import Row, Together, whole

__all__ = ["TokenLabelHead"]

OUTSIDE = "O"  # what the label is called that says: nothing here


class TokenLabelHead:
    """The label of a word is that of its first token, where taggers are trained; the words are Unicode's.

    The place is the target's ``at``; without one it is the word that is likeliest to have the label asked for, or
    the word that is surest of a label other than ``O``.
    """

    scale: ClassVar[Scale] = "logit"
    ablate: ClassVar[Ablation] = "mask"
    continues: ClassVar[bool] = False
    own_tokens: ClassVar[int] = 1
    closed: ClassVar[bool] = True
    pairs: ClassVar[bool] = True

    def __init__(self, module: Any, tokenizer: Any, name: str) -> None:
        self.module, self.tokenizer, self.name = module, tokenizer, name
        self.labels = labels_of(module)

    @property
    def together(self) -> Together:
        """Every position is read where it stands: rows of any length."""
        return "any"

    def placed(self, encoding: Encoding, target: Target) -> Encoding:
        """The encoding that looks at the first token of the target's place."""
        if target.at is None:
            return self._at(encoding, *self._surest(encoding, target.answer))
        place = encoding.text.place(target.at)
        tokens = encoding.tokens_of(place)
        if not tokens:
            raise TargetImpossible(f"{self.name} reads nothing at {target.at!r}: it has no token there.")
        return self._at(encoding, place, tokens[0])

    def answer(self, encoding: Encoding, wanted: str) -> tuple[int, ...]:
        """A label by its name (case is ignored if that leaves one), or by its number."""
        return (number_of(wanted, self.labels, self.name),)

    def own_answer(self, encoding: Encoding, tokens: int) -> tuple[int, ...]:
        """The label with the highest logit at the place."""
        return (int(self._probabilities(encoding)[0].argmax()),)

    def outputs(self, answer: tuple[int, ...]) -> tuple[str, ...]:
        """The label's name."""
        return tuple(self.labels[i] for i in answer)

    def written(self, encoding: Encoding, answer: tuple[int, ...]) -> str:
        """The label's name."""
        return self.labels[answer[0]]

    def at(self, encoding: Encoding, answer: tuple[int, ...]) -> tuple[int, int] | None:
        """The range that is labelled."""
        return encoding.at

    def extra_tokens(self, answer: tuple[int, ...]) -> int:
        """A label takes no place in the text."""
        return 0

    def inputs(self, rows: Sequence[Row], answer: tuple[int, ...]) -> Inputs:
        """Rows padded on the right, and which position of each is labelled, shape (row, T)."""
        return inputs_with_slots(self.module, rows, self.module.config.pad_token_id or 0)

    def logits(self, inputs: Inputs, answer: tuple[int, ...]) -> Tensor:
        """Shape (row, T, label)."""
        rest = {name: tensor for name, tensor in inputs.items() if name != "slots"}
        logits = self.module(**rest).logits
        return logits.gather(1, inputs["slots"][..., None].expand(-1, -1, logits.shape[-1]))

    def logprobs(self, logits: Tensor, answer: tuple[int, ...]) -> Tensor:
        """log softmax over the labels."""
        return softmax_logprobs(logits, answer)

    def distribution(self, logits: Tensor) -> Tensor:
        """One choice over the labels."""
        return softmax_distribution(logits)

    def _at(self, encoding: Encoding, place: tuple[int, int], token: int) -> Encoding:
        return replace(encoding, slots=np.array([token]), at=place, needed=(token,))

    def _surest(self, encoding: Encoding, wanted: str | None) -> tuple[tuple[int, int], int]:
        """The word, and its first token, that is likeliest to have the label; None: any label but ``O``."""
        label = None if wanted is None else number_of(wanted, self.labels, self.name)
        words = [(word, encoding.tokens_of(word)) for word in _words(encoding)]
        starts = [(word, tokens[0]) for word, tokens in words if tokens]
        if not starts:
            raise EmptyText("No word of the text becomes a token of this model")
        probabilities = self._probabilities(replace(encoding, slots=np.array([token for _, token in starts])))
        if label is not None:
            return starts[int(probabilities[:, label].argmax())]
        best = probabilities.max(1)
        if OUTSIDE in self.labels:
            best.values[best.indices == self.labels.index(OUTSIDE)] = -1
        if (best.values < 0).all():
            raise TargetImpossible(
                f'{self.name} gives every word of the text the label "{OUTSIDE}". Say which label to explain, or which '
                f"word: target=, at= (--target, --at). Labels: {', '.join(self.labels)}."
            )
        return starts[int(best.values.argmax())]

    @torch.no_grad()
    def _probabilities(self, encoding: Encoding) -> Tensor:
        """Of each label at each slot, shape (slot, label)."""
        return self.logits(self.inputs([whole(encoding)], ()), ())[0].float().softmax(-1)


def _words(encoding: Encoding) -> list[tuple[int, int]]:
    words: tuple[Feature, ...] = replace(encoding.text, frozen=(), features=()).cut("word").features
    return [(word.start, word.end) for word in words]
