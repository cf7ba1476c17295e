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
from pellucid.models.huggingface.heads.head import (
    Inputs,
    OfWholeText,
    exact,
    padded,
    softmax_distribution,
    softmax_logprobs,
    takes,
)
from pellucid.models.huggingface.rows import Row, Together, whole

__all__ = ["LabelHead", "encoder_inputs", "inputs_with_slots", "labels_of", "number_of"]


class LabelHead(OfWholeText):
    """Logits of shape (row, label). A model of one label, or of independent labels, uses sigmoids."""

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
        """Decoders with a classification head find the last token by the padding id: without one, one row."""
        return "one" if self.module.config.pad_token_id is None else "any"

    def answer(self, encoding: Encoding, wanted: str) -> tuple[int, ...]:
        """A label by its name (case is ignored if that leaves one), or by its number."""
        return (number_of(wanted, self.labels, self.name),)

    def own_answer(self, encoding: Encoding, tokens: int) -> tuple[int, ...]:
        """The label with the highest logit."""
        with torch.no_grad():
            return (int(self.logits(self.inputs([whole(encoding)], (0,)), (0,))[0, 0].argmax()),)

    def outputs(self, answer: tuple[int, ...]) -> tuple[str, ...]:
        """The label's name."""
        return tuple(self.labels[i] for i in answer)

    def written(self, encoding: Encoding, answer: tuple[int, ...]) -> str:
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
        if self._independent:
            return F.logsigmoid(exact(logits[..., answer[0]]))
        return softmax_logprobs(logits, answer)

    def distribution(self, logits: Tensor) -> Tensor:
        """One choice over the labels, or a yes or no for each where they do not exclude each other."""
        if self._independent:
            return torch.stack([F.logsigmoid(logits), F.logsigmoid(-logits)], -1)
        return softmax_distribution(logits)

    @property
    def _independent(self) -> bool:
        return len(self.labels) == 1 or self.module.config.problem_type == "multi_label_classification"


def labels_of(module: Any) -> list[str]:
    """The names of a model's labels, in the order of their logits."""
    return [str(module.config.id2label[i]) for i in range(module.config.num_labels)]


def number_of(wanted: str, labels: list[str], model: str) -> int:
    """The number of a label given by its name (case is ignored if that leaves one), or by its number."""
    if wanted in labels:
        return labels.index(wanted)
    alike = [i for i, label in enumerate(labels) if label.lower() == wanted.strip().lower()]
    if len(alike) == 1:
        return alike[0]
    if wanted.isdecimal() and int(wanted) < len(labels):
        return int(wanted)
    raise UnknownLabel(wanted, model, labels)


def inputs_with_slots(module: Any, rows: Sequence[Row], pad_id: int) -> Inputs:
    """What `encoder_inputs` gives, and which positions of each row are looked at, shape (row, T)."""
    slots = torch.stack([torch.from_numpy(r.slots) for r in rows])
    return {**encoder_inputs(module, rows, pad_id), "slots": slots.to(module.device)}


def encoder_inputs(module: Any, rows: Sequence[Row], pad_id: int) -> Inputs:
    """What an encoder reads: ids, attention, and token types if it knows them; padded on the right."""
    inputs = {
        "input_ids": padded([r.ids for r in rows], pad_id, left=False),
        "attention_mask": padded([r.attended for r in rows], 0, left=False),
    }
    if rows[0].types is not None and takes(module, "token_type_ids"):
        inputs["token_type_ids"] = padded([r.types for r in rows if r.types is not None], 0, left=False)
    return {name: tensor.to(module.device) for name, tensor in inputs.items()}
