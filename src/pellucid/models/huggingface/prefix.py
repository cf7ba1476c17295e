"""Keys and values of prefixes that rows share, computed once.

This is the only file that touches transformers' cache, whose interface moves between versions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicCache

from pellucid.models.huggingface.heads.head import Inputs, takes
from pellucid.models.huggingface.tree import Step

__all__ = ["Branches", "KnownText", "reusable"]


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
    """Rows that are read piece by piece; each keeps its keys and values at a place of its own.

    Rows begin at the left there. One that branches off another copies what that one knows, once; everything else
    is written where it stays, so that as many keys and values are held as the rows have tokens, padding counted.
    """

    def __init__(self, module: Any, inputs: Inputs) -> None:
        self._module, self._ends = module, inputs
        self._now = _Now()
        rows, self._longest = inputs["input_ids"].shape
        self._cache = Cache(layer_class_to_replicate=partial(_Places, self._now, rows, self._longest))
        # Where each row begins, and what stands at each place counted from there; behind its end it begins again.
        self._begins = self._longest - 1 - inputs["position_ids"][:, -1:]
        at = torch.arange(self._longest, device=self._begins.device) + self._begins
        self._starts = {n: inputs[n].gather(1, at % self._longest) for n in ("input_ids", "attention_mask")}

    def read(self, step: Step) -> None:
        """Read a step without logits."""
        self._turn_to(step)
        places = self._now.places
        self._module.base_model(
            input_ids=self._starts["input_ids"][places, step.start : step.end],
            attention_mask=self._starts["attention_mask"][places, : step.end],
            position_ids=torch.arange(step.start, step.end, device=self._begins.device).expand(
                len(step.places), -1
            ),
            past_key_values=self._cache,
            use_cache=False,
        )

    def ends(self, step: Step) -> dict[str, Any]:
        """What the model reads in the last step, of all rows: their ends, which stand under each other.

        Between what a row knows and its end there may be a gap, that nobody attends to.
        """
        self._turn_to(step)
        at = torch.arange(step.start, device=self._begins.device)
        known = self._starts["attention_mask"][:, : step.start] * (at < step.start - self._begins)
        unread = {name: self._ends[name][:, step.start :] for name in ("input_ids", "position_ids")}
        mask = torch.cat([known, self._ends["attention_mask"][:, step.start :]], 1)
        return {**unread, "attention_mask": mask, "past_key_values": self._cache}

    def _turn_to(self, step: Step) -> None:
        """Go to a step; its new places learn what their parents know."""
        self._now.start, self._now.end = step.start, step.end
        self._now.places = _run(step.places)
        for layer in self._cache.layers if step.parents else ():
            for kept in (layer.keys, layer.values):
                kept[_run(step.new), :, : step.start] = kept[step.parents, :, : step.start]


def _run(places: list[int]) -> slice | list[int]:
    """Places that stand beside each other as a slice, which reads without a copy."""
    beside = bool(places) and places == list(range(places[0], places[0] + len(places)))
    return slice(places[0], places[0] + len(places)) if beside else places


@dataclass
class _Now:
    """Which places are read now, and from where to where."""

    places: slice | list[int] = field(default_factory=list)
    start: int = 0
    end: int = 0


class _Places(CacheLayerMixin):
    """Keys and values of one layer, shape (place, head, position, width)."""

    is_sliding = False

    def __init__(self, now: _Now, rows: int, length: int) -> None:
        super().__init__()
        self._now, self._rows, self._length = now, rows, length

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        def empty(like: Tensor) -> Tensor:
            # Zeros: what is never written is in a gap, where a NaN would count in spite of the mask.
            return like.new_zeros(self._rows, like.shape[1], self._length, like.shape[3])

        self.keys, self.values = empty(key_states), empty(value_states)
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        now = self._now
        for kept, new in ((self.keys, key_states), (self.values, value_states)):
            kept[now.places, :, now.start : now.end] = new
        return self.keys[now.places, :, : now.end], self.values[now.places, :, : now.end]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self._now.start + query_length, 0

    def get_seq_length(self) -> int:
        return self._now.start

    def get_max_length(self) -> int:
        return -1


class KnownText:
    """One text that has been read; rows of any number go on from any of its positions, as often as they like.

    What rows read is not kept: each call sees the keys and values of the text in front of its own, and no more.
    """

    def __init__(self, module: Any, inputs: Inputs) -> None:
        self._inputs = inputs
        with torch.no_grad():
            read = module.base_model(**inputs, past_key_values=DynamicCache(), use_cache=True)
        self._layers = [(layer.keys, layer.values) for layer in read.past_key_values.layers]

    def after(self, known: int) -> dict[str, Any]:
        """What the model reads behind the first ``known`` positions."""
        if not known:
            return self._inputs
        unread = {name: self._inputs[name][:, known:] for name in ("input_ids", "position_ids")}
        layers = [_Known(keys[:, :, :known], values[:, :, :known]) for keys, values in self._layers]
        mask = self._inputs["attention_mask"]
        return {**unread, "attention_mask": mask, "past_key_values": Cache(layers=layers)}


class _Known(CacheLayerMixin):
    """Keys and values of one layer, shape (1, head, position, width), that every row has in front of its own."""

    is_sliding = False

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        super().__init__()
        self.keys, self.values = keys, values
        self.is_initialized = True

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        raise RuntimeError("What stands in front of every row is known.")

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        rows = len(key_states)
        return (
            torch.cat([self.keys.expand(rows, -1, -1, -1), key_states], 2),
            torch.cat([self.values.expand(rows, -1, -1, -1), value_states], 2),
        )

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.keys.shape[2] + query_length, 0

    def get_seq_length(self) -> int:
        return self.keys.shape[2]

    def get_max_length(self) -> int:
        return -1
