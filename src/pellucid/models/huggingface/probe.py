"""One short forward to follow numbers through: how modules are found by what they do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

__all__ = ["TOLERANCE", "first_tensor", "probe"]

# Enough tokens that no two tensors are equal by chance.
TOKENS = 5
# How far a sum may miss, as a share of the largest number in it.
TOLERANCE = {torch.float64: 1e-9, torch.float32: 2e-5, torch.float16: 4e-3, torch.bfloat16: 3e-2}


@torch.no_grad()
def probe(module: Any) -> Any:
    """What the model says to a few tokens that differ."""
    size = module.config.get_text_config().vocab_size
    ids = torch.arange(TOKENS, device=module.device)[None] * 7 % (size - 1) + 1
    decoder = {"decoder_input_ids": ids.flip(1)} if module.config.is_encoder_decoder else {}
    return module(input_ids=ids, attention_mask=torch.ones_like(ids), **decoder)


def first_tensor(candidates: Iterable[Any]) -> Tensor | None:
    """The first of them that is a tensor of real numbers."""
    return next((c for c in candidates if isinstance(c, Tensor) and c.is_floating_point()), None)
