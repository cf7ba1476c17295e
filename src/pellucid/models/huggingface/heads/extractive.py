"""Extractive question answering: the answer is a span of the context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import EmptyTarget, TargetImpossible, UnsupportedModel
from pellucid.core.protocols import Ablation
from pellucid.core.target import Scale, Target
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.heads.head import Inputs, softmax_distribution, softmax_logprobs, takes
from pellucid.models.huggingface.heads.label import inputs_with_slots
from pellucid.models.huggingface.rows import Row, Together, whole

__all__ = ["ExtractiveHead"]


class ExtractiveHead:
    """A question and its context (`Text.pair`); an answer is two positions, of its first and of its last token.

    The ids of an answer are positions in the whole text. Where a feature is left out the rest moves up, so logits are
    put back to where their tokens stand in the whole text; positions that are gone can be no start and no end.
    """

    scale: ClassVar[Scale] = "logit"
    ablate: ClassVar[Ablation] = "mask"
    continues: ClassVar[bool] = False
    own_tokens: ClassVar[int] = 15
    closed: ClassVar[bool] = True
    pairs: ClassVar[bool] = True

    def __init__(self, module: Any, tokenizer: Any, name: str) -> None:
        self.module, self.tokenizer, self.name = module, tokenizer, name
        # XLNet's kind searches for starts first, and scores ends for each.
        searches = hasattr(module.config, "start_n_top")
        if searches or not takes(module, "start_positions"):
            found = type(module).__name__
            raise UnsupportedModel(name, f"a model that scores each token as start and as end; found {found}")

    @property
    def together(self) -> Together:
        """Every position is read where it stands: rows of any length."""
        return "any"

    def placed(self, encoding: Encoding, target: Target) -> Encoding:
        """The encoding that looks at every position, and needs those of the answers."""
        if encoding.text.seam is None:
            raise TargetImpossible(
                f"{self.name} answers a question from its context, and the text has one part. "
                "Give two: Text.pair(question, context), or TEXT --second CONTEXT."
            )
        if target.scale == "kl":
            raise TargetImpossible(
                f"{self.name} chooses among the positions of the text, and those go with what is removed: what it "
                'says before and after cannot be compared by scale="kl". Use logit, logprob or entropy.'
            )
        at = None if target.at is None else encoding.text.place(target.at, encoding.text.parts[1])
        everywhere = np.arange(len(encoding.ids))
        return replace(encoding, slots=everywhere, at=at, needed=target.ids + target.against_ids)

    def answer(self, encoding: Encoding, wanted: str) -> tuple[int, ...]:
        """The positions of the first and the last token of a string that stands in the context once.

        Of one that stands there several times, the one within ``encoding.at``.
        """
        if not wanted.strip():
            raise EmptyTarget(wanted, self.name)
        place = encoding.text.place(wanted.strip(), encoding.at or encoding.text.parts[1])
        tokens = encoding.tokens_of(place)
        if not tokens:
            raise EmptyTarget(wanted, self.name)
        return (tokens[0], tokens[-1])

    @torch.no_grad()
    def own_answer(self, encoding: Encoding, tokens: int) -> tuple[int, ...]:
        """The span of the context, of at most ``tokens`` tokens, whose start and end logit add up to most."""
        inside = encoding.tokens_of(encoding.at or encoding.text.parts[1])
        if not inside:
            raise TargetImpossible(
                f"{self.name} reads no token of the context: there is nothing to answer with."
            )
        start, end = self.logits(self.inputs([whole(encoding)], ()), ())[0, :, inside].double()
        sums = start[:, None] + end[None]
        spans = torch.ones_like(sums, dtype=torch.bool).triu().tril(tokens - 1)
        best = int(sums.masked_fill(~spans, -torch.inf).argmax())
        return (inside[best // len(inside)], inside[best % len(inside)])

    def outputs(self, answer: tuple[int, ...]) -> tuple[str, ...]:
        """Where the answer starts, and where it ends."""
        return ("start", "end")

    def written(self, encoding: Encoding, answer: tuple[int, ...]) -> str:
        """The characters of the context from the first token to the last."""
        start, end = self.at(encoding, answer)
        return encoding.text.string[start:end]

    def at(self, encoding: Encoding, answer: tuple[int, ...]) -> tuple[int, int]:
        """The range of the answer in the text."""
        return encoding.visible(answer[0])[0], encoding.visible(answer[1])[1]

    def extra_tokens(self, answer: tuple[int, ...]) -> int:
        """The answer is part of the text."""
        return 0

    def inputs(self, rows: Sequence[Row], answer: tuple[int, ...]) -> Inputs:
        """Rows padded on the right, and where each position of the whole text stands in each, -1 for nowhere."""
        return inputs_with_slots(self.module, rows, self.module.config.pad_token_id or 0)

    def logits(self, inputs: Inputs, answer: tuple[int, ...]) -> Tensor:
        """Shape (row, 2, position of the whole text): of each to be the start, and the end."""
        rest = {name: tensor for name, tensor in inputs.items() if name != "slots"}
        read, slots = self.module(**rest), inputs["slots"][:, None].expand(-1, 2, -1)
        logits = torch.stack([read.start_logits, read.end_logits], 1).gather(2, slots.clamp(min=0))
        # Not minus infinity: what is so unlikely adds nothing to a sum, and still is a number.
        return logits.masked_fill(slots < 0, torch.finfo(logits.dtype).min)

    def logprobs(self, logits: Tensor, answer: tuple[int, ...]) -> Tensor:
        """log softmax over the positions that are read, of starts and of ends."""
        return softmax_logprobs(logits, answer)

    def distribution(self, logits: Tensor) -> Tensor:
        """One choice over the positions that are read, of starts and of ends."""
        return softmax_distribution(logits)
