"""Encoder-decoders: the encoder reads the text, the decoder writes the answer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any, ClassVar

import torch
from torch import Tensor

from pellucid.core.errors import EmptyTarget
from pellucid.core.protocols import Ablation
from pellucid.core.target import Scale
from pellucid.models.huggingface.decode import displayed
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.heads.head import (
    Inputs,
    OfWholeText,
    softmax_distribution,
    softmax_logprobs,
    writes_greedily,
)
from pellucid.models.huggingface.heads.label import encoder_inputs
from pellucid.models.huggingface.rows import Row, Together, whole

__all__ = ["EncoderDecoderHead"]


class EncoderDecoderHead(OfWholeText):
    """Features are removed from the encoder's text; the decoder reads start + answer without its last token."""

    scale: ClassVar[Scale] = "logprob"
    ablate: ClassVar[Ablation] = "delete"
    continues: ClassVar[bool] = False
    own_tokens: ClassVar[int] = 32
    closed: ClassVar[bool] = False
    pairs: ClassVar[bool] = False

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

    def own_answer(self, encoding: Encoding, tokens: int) -> tuple[int, ...]:
        """What the decoder writes greedily, up to its end-of-text."""
        inputs = self.inputs([whole(encoding)], (0,))
        return writes_greedily(self.module, inputs, tokens, self.tokenizer)

    def outputs(self, answer: tuple[int, ...]) -> tuple[str, ...]:
        """The tokens as text."""
        return displayed(self.tokenizer, answer)

    def written(self, encoding: Encoding, answer: tuple[int, ...]) -> str:
        """The tokens as one text, as a target is written."""
        return str(self.tokenizer.decode(list(answer), clean_up_tokenization_spaces=False))

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

    def distribution(self, logits: Tensor) -> Tensor:
        """One choice over the vocabulary."""
        return softmax_distribution(logits)

    def _start(self) -> tuple[int, ...]:
        """The decoder's start token and the special tokens every target begins with (BART: </s><s>)."""
        config, generation = self.module.config, self.module.generation_config
        said = (getattr(c, "decoder_start_token_id", None) for c in (config, generation))
        first = next((i for i in said if i is not None), config.pad_token_id)
        target = self.tokenizer(text_target="a", return_special_tokens_mask=True)
        added = zip(target["input_ids"], target["special_tokens_mask"], strict=True)
        return (first, *(i for i, _ in takewhile(lambda token: token[1], added)))
