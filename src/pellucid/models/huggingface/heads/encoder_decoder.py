"""Encoder-decoders: the encoder reads the text, the decoder writes the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from pellucid.core.errors import EmptyTarget
from pellucid.core.protocols import Ablation
from pellucid.core.target import Scale
from pellucid.models.huggingface.encode import Encoding, displayed
from pellucid.models.huggingface.heads.head import Inputs, softmax_logprobs, writes_greedily
from pellucid.models.huggingface.heads.label import encoder_inputs
from pellucid.models.huggingface.rows import Row, Together, whole

__all__ = ["EncoderDecoderHead"]

OWN_ANSWER_TOKENS = 32


class EncoderDecoderHead:
    """Features are removed from the encoder's text; the decoder reads start + answer without its last token."""

    scale: ClassVar[Scale] = "logprob"
    ablate: ClassVar[Ablation] = "delete"
    keep_end: ClassVar[bool] = False
    closed: ClassVar[bool] = False

    def __init__(self, module: Any, tokenizer: Any, name: str) -> None:
        self.module, self.tokenizer, self.name = module, tokenizer, name
        self.start = self._start()

    @property
    def together(self) -> Together:
        """Encoders read rows of any length."""
        return "any"

    def answer(self, encoding: Encoding, wanted: str) -> tuple[int, ...]:
        """The answer's tokens as the tokenizer writes targets, without special tokens."""
        ids = tuple(self.tokenizer(text_target=wanted, add_special_tokens=False)["input_ids"])
        if not ids:
            raise EmptyTarget(wanted, self.name)
        return ids

    def own_answer(self, encoding: Encoding, tokens: int | None) -> tuple[int, ...]:
        """What the decoder writes greedily, up to its end-of-text."""
        inputs = encoder_inputs(self.module, [whole(encoding)], self.tokenizer.pad_token_id or 0)
        limit = (tokens or OWN_ANSWER_TOKENS) + len(self.start) - 1
        written = writes_greedily(self.module, inputs, limit, self.tokenizer.pad_token_id)
        special = set(self.tokenizer.all_special_ids) - {self.tokenizer.unk_token_id}
        new = [i for i in written[1:] if i not in special]
        return tuple(new) or (self.tokenizer.eos_token_id,)

    def outputs(self, answer: tuple[int, ...]) -> tuple[str, ...]:
        """The tokens as text."""
        return displayed(self.tokenizer, answer)

    def extra_tokens(self, answer: tuple[int, ...]) -> int:
        """The answer stands in the decoder."""
        return 0

    def inputs(self, rows: Sequence[Row], answer: tuple[int, ...]) -> Inputs:
        """The encoder's rows padded on the right, and the same decoder row for each."""
        decoder = torch.tensor([[*self.start, *answer[:-1]]] * len(rows), device=self.module.device)
        inputs = encoder_inputs(self.module, rows, self.tokenizer.pad_token_id or 0)
        return {**inputs, "decoder_input_ids": decoder}

    def logits(self, inputs: Inputs, answer: tuple[int, ...]) -> Tensor:
        """Shape (row, T, vocabulary): the decoder's last T positions."""
        return self.module(**inputs, use_cache=False).logits[:, -len(answer) :]

    def logprobs(self, logits: Tensor, answer: tuple[int, ...]) -> Tensor:
        """log softmax over the vocabulary."""
        return softmax_logprobs(logits, answer)

    def _start(self) -> tuple[int, ...]:
        """The decoder's start token and the special tokens every target begins with (BART: </s><s>)."""
        config = self.module.config
        first = config.decoder_start_token_id
        target = self.tokenizer(text_target="a")["input_ids"]
        plain = self.tokenizer(text_target="a", add_special_tokens=False)["input_ids"]
        leading = target[: _find(target, plain)]
        return (config.pad_token_id if first is None else first, *leading)


def _find(ids: list[int], part: list[int]) -> int:
    """Where ``part`` begins in ``ids``."""
    return next(i for i in range(len(ids)) if ids[i : i + len(part)] == part)
