"""How much a model can read at once."""

from __future__ import annotations

from typing import Any

from torch import nn

__all__ = ["context_of"]


def context_of(module: Any) -> int | None:
    """The most tokens it reads, or None where its positions have no end (relative ones, as in T5)."""
    positions = getattr(module.config.get_text_config(), "max_position_embeddings", None)
    if not positions:
        return None
    # RoBERTa and its kin count from behind the padding id, and give their table that many rows more.
    tables = (m for name, m in module.named_modules() if name.endswith("position_embeddings"))
    padding = next((t.padding_idx for t in tables if isinstance(t, nn.Embedding)), None)
    return int(positions) - (0 if padding is None else padding + 1)
