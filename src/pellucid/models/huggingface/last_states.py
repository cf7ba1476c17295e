"""From the states behind the last block to a target's logits, where the blocks themselves need not be run again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import Tensor

from pellucid.core.errors import UnsupportedModel
from pellucid.core.target import Target
from pellucid.models.huggingface.heads.causal import CausalHead
from pellucid.models.huggingface.heads.label import LabelHead
from pellucid.models.huggingface.heads.masked import MaskedHead

if TYPE_CHECKING:
    from pellucid.models.huggingface.inside import Inside

__all__ = ["answer_logits", "at_answer", "can_unembed"]


def can_unembed(model: Inside) -> bool:
    """Whether last states become the answer's logits by the model's final modules alone."""
    if not isinstance(model.head, (CausalHead, LabelHead, MaskedHead)):
        return False
    try:
        return bool(model.unembedding.steps)
    except UnsupportedModel:
        return False


def at_answer(model: Inside, inputs: Mapping[str, Tensor], target: Target, states: Tensor) -> Tensor:
    """The last states at the answer's positions, shape (row, T, width); all of them, of a label."""
    if model.head.closed:
        return states
    if model.head.continues:
        return states[:, -len(target.ids) :]
    slots = inputs["slots"].expand(len(states), -1)
    return states.gather(1, slots[..., None].expand(-1, -1, states.shape[-1]))


def answer_logits(model: Inside, states: Tensor) -> Tensor:
    """The logits, shape (row, T, vocabulary or label), of what `at_answer` gives."""
    logits = model.unembedding(states)
    return logits[:, None] if model.head.closed else logits
