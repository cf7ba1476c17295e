"""Sequence classification: the answer is a label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from pellucid.core.errors import UnknownLabel
from pellucid.core.protocols import Ablation
from pellucid.core.target import Scale
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.heads.head import Inputs, padded, softmax_logprobs, takes
from pellucid.models.huggingface.rows import Row, Together, whole

__all__ = ["LabelHead"]


class LabelHead:
    """Logits of shape (row, label). A model of one label, or of independent labels, uses sigmoids."""

    scale: ClassVar[Scale] = "logit"
    ablate: ClassVar[Ablation] = "mask"
    continues: ClassVar[bool] = False
    own_tokens: ClassVar[int] = 1
    closed: ClassVar[bool] = True

    def __init__(self, module: Any, tokenizer: Any, name: str) -> None:
        self.module, self.tokenizer, self.name = module, tokenizer, name
        self.labels = [str(module.config.id2label[i]) for i in range(module.config.num_labels)]

    @property
    def together(self) -> Together:
        """Decoders with a classification head find the last token by the padding id: without one, one row."""
        return "one" if self.module.config.pad_token_id is None else "any"

    def answer(self, encoding: Encoding, wanted: str) -> tuple[int, ...]:
        """A label by its name (case is ignored if that leaves one), or by its number."""
        if wanted in self.labels:
            return (self.labels.index(wanted),)
        alike = [i for i, label in enumerate(self.labels) if label.lower() == wanted.strip().lower()]
        if len(alike) == 1:
            return (alike[0],)
        if wanted.isdecimal() and int(wanted) < len(self.labels):
            return (int(wanted),)
        raise UnknownLabel(wanted, self.name, self.labels)

    def own_answer(self, encoding: Encoding, tokens: int) -> tuple[int, ...]:
        """The label with the highest logit."""
        with torch.no_grad():
            return (int(self.logits(self.inputs([whole(encoding)], (0,)), (0,))[0, 0].argmax()),)

    def outputs(self, answer: tuple[int, ...]) -> tuple[str, ...]:
        """The label's name."""
        return tuple(self.labels[i] for i in answer)

    def written(self, answer: tuple[int, ...]) -> str:
        """The label's name."""
        return self.labels[answer[0]]

    def extra_tokens(self, answer: tuple[int, ...]) -> int:
        """A label takes no place in the text."""
        return 0

    def inputs(self, rows: Sequence[Row], answer: tuple[int, ...]) -> Inputs:
        """Rows padded on the right."""
        return encoder_inputs(self.module, rows, self.module.config.pad_token_id or 0)

    def logits(self, inputs: Inputs, answer: tuple[int, ...]) -> Tensor:
        """Shape (row, 1, label)."""
        return self.module(**inputs).logits[:, None, :]

    def logprobs(self, logits: Tensor, answer: tuple[int, ...]) -> Tensor:
        """log softmax over the labels, or log sigmoid where labels do not exclude each other."""
        if len(self.labels) == 1 or self.module.config.problem_type == "multi_label_classification":
            return F.logsigmoid(logits[..., answer[0]].float())
        return softmax_logprobs(logits, answer)


def encoder_inputs(module: Any, rows: Sequence[Row], pad_id: int) -> Inputs:
    """What an encoder reads: ids, attention, and token types if it knows them; padded on the right."""
    inputs = {
        "input_ids": padded([r.ids for r in rows], pad_id, left=False),
        "attention_mask": padded([r.attended for r in rows], 0, left=False),
    }
    if rows[0].types is not None and takes(module, "token_type_ids"):
        inputs["token_type_ids"] = padded([r.types for r in rows if r.types is not None], 0, left=False)
    return {name: tensor.to(module.device) for name, tensor in inputs.items()}
