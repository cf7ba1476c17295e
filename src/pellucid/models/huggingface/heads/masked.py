"""Masked language models: the answer fills the mask tokens of the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from pellucid.core.errors import EmptyTarget, TargetImpossible
from pellucid.core.protocols import Ablation
from pellucid.core.target import Scale
from pellucid.models.huggingface.decode import displayed, written
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.heads.head import Inputs, OfWholeText, softmax_distribution, softmax_logprobs
from pellucid.models.huggingface.heads.label import inputs_with_slots
from pellucid.models.huggingface.rows import Row, Together, whole

__all__ = ["MaskedHead"]


class MaskedHead(OfWholeText):
    """T mask tokens in the text are filled by T tokens at once, each given the text alone."""

    scale: ClassVar[Scale] = "logit"
    ablate: ClassVar[Ablation] = "mask"
    continues: ClassVar[bool] = False
    own_tokens: ClassVar[int] = 1
    closed: ClassVar[bool] = False
    pairs: ClassVar[bool] = True

    def __init__(self, module: Any, tokenizer: Any, name: str) -> None:
        self.module, self.tokenizer, self.name = module, tokenizer, name
        self.unembedding = module.get_output_embeddings()

    @property
    def together(self) -> Together:
        """Encoders read rows of any length."""
        return "any"

    def answer(self, encoding: Encoding, wanted: str) -> tuple[int, ...]:
        """One token for each mask. Behind a space the form with a space is tried first, else the bare one."""
        slots = self._slots(encoding)
        before = encoding.text.string.partition(self.tokenizer.mask_token)[0]
        spaced = " " + wanted
        forms = [spaced, wanted] if before[-1:].isspace() else [wanted, spaced]
        forms = [wanted] if wanted[:1].isspace() else forms
        ids = [tuple(self.tokenizer(form, add_special_tokens=False)["input_ids"]) for form in forms]
        if not wanted or not any(ids):
            raise EmptyTarget(wanted, self.name)
        fitting = next((i for i in ids if len(i) == slots), None)
        if fitting is None:
            mask = self.tokenizer.mask_token
            raise TargetImpossible(
                f"{self.name} writes the target {wanted!r} as {len(ids[0])} of its tokens, "
                f"and the text has {slots} {mask}. Write one {mask} for each token of the target."
            )
        return fitting

    def own_answer(self, encoding: Encoding, tokens: int) -> tuple[int, ...]:
        """The most likely token at each mask."""
        blank = (0,) * self._slots(encoding)
        with torch.no_grad():
            return tuple(self.logits(self.inputs([whole(encoding)], blank), blank)[0].argmax(-1).tolist())

    def outputs(self, answer: tuple[int, ...]) -> tuple[str, ...]:
        """The tokens as text."""
        return displayed(self.tokenizer, answer)

    def written(self, encoding: Encoding, answer: tuple[int, ...]) -> str:
        """The tokens as one text, without the space before it."""
        return written(self.tokenizer, answer).strip()

    def extra_tokens(self, answer: tuple[int, ...]) -> int:
        """The masks are part of the text."""
        return 0

    def inputs(self, rows: Sequence[Row], answer: tuple[int, ...]) -> Inputs:
        """Rows padded on the right, and where their masks are, shape (row, T)."""
        return inputs_with_slots(self.module, rows, self.tokenizer.pad_token_id or 0)

    def logits(self, inputs: Inputs, answer: tuple[int, ...]) -> Tensor:
        """Shape (row, T, vocabulary). Hidden states are cut down to the masks before they are unembedded."""
        slots = inputs["slots"]
        rest = {name: tensor for name, tensor in inputs.items() if name != "slots"}

        def only_slots(_: Any, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return (args[0].gather(1, slots[..., None].expand(-1, -1, args[0].shape[-1])), *args[1:])

        hook = self.unembedding.register_forward_pre_hook(only_slots)
        try:
            return self.module(**rest).logits
        finally:
            hook.remove()

    def logprobs(self, logits: Tensor, answer: tuple[int, ...]) -> Tensor:
        """log softmax over the vocabulary."""
        return softmax_logprobs(logits, answer)

    def distribution(self, logits: Tensor) -> Tensor:
        """One choice over the vocabulary."""
        return softmax_distribution(logits)

    def _slots(self, encoding: Encoding) -> int:
        if not len(encoding.slots):
            mask = self.tokenizer.mask_token
            raise TargetImpossible(
                f"{self.name} fills masks, and the text has none. Write {mask} where it should answer."
            )
        return len(encoding.slots)
