"""One short forward to follow numbers through: how modules are found by what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["TOLERANCE", "Call", "call_of", "first_tensor", "probe"]

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


@dataclass(frozen=True)
class Call:
    """One call of one module: the first tensor in, the first tensor out, as they were (some are added to in place)."""

    module: nn.Module
    read: Tensor
    wrote: Tensor


def call_of(module: nn.Module, args: tuple, kwargs: Mapping[str, Any], output: Any) -> Call | None:
    """What a forward hook saw, or None where no states went in or came out."""
    read, wrote = first_tensor((*args, kwargs.get("hidden_states"))), first_tensor(output)
    return None if read is None or wrote is None else Call(module, read.clone(), wrote.clone())


def first_tensor(given: Any) -> Tensor | None:
    """The first tensor of real numbers of what a module was given or gave: one thing, or several."""
    several = given if isinstance(given, (tuple, list)) else (given,)
    return next((c for c in several if isinstance(c, Tensor) and c.is_floating_point()), None)
