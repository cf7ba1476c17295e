"""Keys and values of prefixes that rows share, computed once.

This is the only file that touches transformers' cache, whose interface moves between versions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin

from pellucid.models.huggingface.heads.head import Inputs, takes
from pellucid.models.huggingface.tree import Step

__all__ = ["Branches", "reusable"]


def reusable(module: Any) -> bool:
    """Whether a plain cache gives a causal model's exact numbers.

    Not with sliding windows or recurrent states, which keep other things than every key and value; not in
    16 bits, where a text read in two parts differs by more than small effects.
    """
    config = module.config.get_text_config()
    kinds = getattr(config, "layer_types", None)
    windowed = getattr(config, "sliding_window", None) is not None
    if kinds:
        windowed = any(kind != "full_attention" for kind in kinds)
    exact = module.dtype in (torch.float32, torch.float64)
    asked = all(takes(module, argument) for argument in ("past_key_values", "position_ids"))
    return exact and asked and not windowed and not getattr(module, "_is_stateful", False)


class Branches:
    """Rows of one length that are read piece by piece; each keeps its keys and values at a place of its own.

    A row that branches off another copies what that one knows, once; everything else is written where it stays,
    so that as many keys and values are held as the rows have tokens.
    """

    def __init__(self, module: Any, inputs: Inputs) -> None:
        self._module, self._inputs = module, inputs
        self._now = _Now(Step(0, 0, 0, []))
        rows, length = inputs["input_ids"].shape
        self._cache = Cache(layer_class_to_replicate=partial(_Places, self._now, rows, length))

    def read(self, step: Step) -> None:
        """Read without logits."""
        self._module.base_model(**self.inputs(step), use_cache=False)

    def inputs(self, step: Step) -> dict[str, Any]:
        """What the model reads in a step. Reading it is what makes the next step possible."""
        self._branch(step)
        self._now.step = step
        unread = {
            n: self._inputs[n][: step.places, step.start : step.end] for n in ("input_ids", "position_ids")
        }
        mask = self._inputs["attention_mask"][: step.places, : step.end]
        return {**unread, "attention_mask": mask, "past_key_values": self._cache}

    def _branch(self, step: Step) -> None:
        """New places learn what their parents know."""
        new = slice(step.places - len(step.parents), step.places)
        for layer in self._cache.layers:
            for kept in (layer.keys, layer.values):
                kept[new, :, : step.start] = kept[step.parents, :, : step.start]


@dataclass
class _Now:
    """The step that is being read."""

    step: Step


class _Places(CacheLayerMixin):
    """Keys and values of one layer, shape (place, head, position, width)."""

    is_sliding = False

    def __init__(self, now: _Now, rows: int, length: int) -> None:
        super().__init__()
        self._now, self._rows, self._length = now, rows, length

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        def empty(like: Tensor) -> Tensor:
            return like.new_empty(self._rows, like.shape[1], self._length, like.shape[3])

        self.keys, self.values = empty(key_states), empty(value_states)
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        step = self._now.step
        for kept, new in ((self.keys, key_states), (self.values, value_states)):
            kept[: step.places, :, step.start : step.end] = new
        return self.keys[: step.places, :, : step.end], self.values[: step.places, :, : step.end]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self._now.step.start + query_length, 0

    def get_seq_length(self) -> int:
        return self._now.step.start

    def get_max_length(self) -> int:
        return -1
