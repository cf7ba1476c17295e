"""Keys and values of a prefix that rows share, computed once.

In a causal model what stands before the first removed feature is as it was, so its keys and values are those
of the whole text. Rows of one length that share a prefix continue from there: the numbers are the same, and
leaving out one feature at a time costs little more than half.

This is the only file that touches transformers' cache, whose interface moves between versions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pellucid.models.huggingface.heads.head import Inputs, takes
from pellucid.models.huggingface.rows import Row

__all__ = ["Prefix", "reusable", "shared_length"]


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


def shared_length(row: Row, whole: Row) -> int:
    """How many first tokens a row shares with the whole text; its last token is always read anew."""
    most = min(len(row), len(whole)) - 1
    differs = (row.ids[:most] != whole.ids[:most]) | ~row.attended[:most]
    return int(differs.argmax()) if differs.any() else most


class Prefix:
    """Keys and values of a whole text, cut to any length and spread over a batch."""

    def __init__(self, module: Any, whole: Row) -> None:
        from transformers import DynamicCache

        self._empty = DynamicCache
        ids = torch.from_numpy(whole.ids[None]).to(module.device)
        with torch.no_grad():
            read = module(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                position_ids=torch.arange(ids.shape[1], device=ids.device)[None],
                past_key_values=DynamicCache(),
                use_cache=True,
                **({"logits_to_keep": 1} if takes(module, "logits_to_keep") else {}),
            )
        self._layers: list[tuple[Tensor, Tensor]] = [(x.keys, x.values) for x in read.past_key_values.layers]

    def continued(self, inputs: Inputs, known: int) -> dict[str, Any]:
        """What the model reads after the first ``known`` tokens of unpadded rows."""
        rows = len(inputs["input_ids"])
        cache = self._empty()
        for layer, (keys, values) in enumerate(self._layers):
            spread = [part[:, :, :known].expand(rows, -1, -1, -1) for part in (keys, values)]
            cache.update(*spread, layer)
        unread = {name: inputs[name][:, known:] for name in ("input_ids", "position_ids")}
        return {**unread, "attention_mask": inputs["attention_mask"], "past_key_values": cache}
