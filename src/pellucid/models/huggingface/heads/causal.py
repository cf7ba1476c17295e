"""Causal language models: the answer continues the text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from pellucid.core.errors import EmptyTarget
from pellucid.core.protocols import Ablation
from pellucid.core.target import Scale
from pellucid.models.huggingface.chat import ends_of_turn
from pellucid.models.huggingface.decode import displayed, written
from pellucid.models.huggingface.encode import Encoding, continuation, read
from pellucid.models.huggingface.heads.head import (
    Inputs,
    OfWholeText,
    padded,
    softmax_distribution,
    softmax_logprobs,
    takes,
    writes_greedily,
)
from pellucid.models.huggingface.rows import Row, Together, whole

__all__ = ["CausalHead"]


class CausalHead(OfWholeText):
    """One teacher-forced pass over text + answer scores every token of the answer.

    Rows are padded on the left, so the answer stands at the same place in each, and positions are counted
    from the first real token. A model that takes no position ids reads rows of one length only.
    """

    scale: ClassVar[Scale] = "logprob"
    ablate: ClassVar[Ablation] = "delete"
    continues: ClassVar[bool] = True
    own_tokens: ClassVar[int] = 1
    closed: ClassVar[bool] = False
    pairs: ClassVar[bool] = False

    def __init__(self, module: Any, tokenizer: Any, name: str) -> None:
        self.module, self.tokenizer, self.name = module, tokenizer, name
        self._reader = partial(read, tokenizer, closed=False)
        self._keeps_logits = takes(module, "logits_to_keep")

    @property
    def together(self) -> Together:
        """Rows of any length if positions can be given, so that padding does not move them."""
        return "any" if takes(self.module, "position_ids") else "equal"

    def answer(self, encoding: Encoding, wanted: str) -> tuple[int, ...]:
        """The ids by which text + answer is longer than the text."""
        reader = partial(self._reader, complete=encoding.text.turns is not None)
        ids = continuation(reader, encoding.text.string, wanted)
        if not ids:
            raise EmptyTarget(wanted, self.name)
        return ids

    def own_answer(self, encoding: Encoding, tokens: int) -> tuple[int, ...]:
        """The greedy continuation."""
        inputs = self.inputs([whole(encoding)], (0,))
        inputs.pop("position_ids", None)
        ends = ends_of_turn(self.tokenizer) if encoding.text.turns is not None else frozenset[int]()
        return writes_greedily(self.module, inputs, tokens, self.tokenizer, ends)

    def outputs(self, answer: tuple[int, ...]) -> tuple[str, ...]:
        """The tokens as text."""
        return displayed(self.tokenizer, answer)

    def written(self, encoding: Encoding, answer: tuple[int, ...]) -> str:
        """The tokens as one text, with the space it begins with."""
        return written(self.tokenizer, answer)

    def extra_tokens(self, answer: tuple[int, ...]) -> int:
        """The last token of the answer is predicted, never read."""
        return len(answer) - 1

    def inputs(self, rows: Sequence[Row], answer: tuple[int, ...]) -> Inputs:
        """Text + answer without its last token, padded on the left."""
        prefix = np.array(answer[:-1], np.int64)
        seen = np.ones(len(prefix), np.int64)
        lengths = [len(r) + len(prefix) for r in rows]
        inputs = {
            "input_ids": padded(
                [np.append(r.ids, prefix) for r in rows], self.tokenizer.pad_token_id or 0, left=True
            ),
            "attention_mask": padded([np.append(r.attended, seen) for r in rows], 0, left=True),
        }
        if self.together == "any":
            inputs["position_ids"] = padded([np.arange(n) for n in lengths], 0, left=True)
        return {name: tensor.to(self.module.device) for name, tensor in inputs.items()}

    def logits(self, inputs: Inputs, answer: tuple[int, ...]) -> Tensor:
        """Shape (row, T, vocabulary): the last T positions predict the T tokens."""
        wanted = {"logits_to_keep": len(answer)} if self._keeps_logits else {}
        return self.module(**inputs, use_cache=False, **wanted).logits[:, -len(answer) :]

    def logprobs(self, logits: Tensor, answer: tuple[int, ...]) -> Tensor:
        """log softmax over the vocabulary."""
        return softmax_logprobs(logits, answer)

    def distribution(self, logits: Tensor) -> Tensor:
        """One choice over the vocabulary."""
        return softmax_distribution(logits)
