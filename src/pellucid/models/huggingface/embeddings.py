"""The embeddings that a model reads its text as, and how to put others in their place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from pellucid.models.huggingface.locate import reader_of

__all__ = ["embedding_of", "mean_embedding", "replaced"]

# Tokens of the vocabulary looked up at once.
CHUNK = 4096


def embedding_of(module: Any) -> Any:
    """The layer that embeds the text."""
    return reader_of(module).get_input_embeddings()


@torch.no_grad()
def mean_embedding(embed: Any) -> Tensor:
    """The mean over the vocabulary, float32, shape (width,), as the layer gives it: some layers scale their weight."""
    ids = torch.arange(embed.weight.shape[0], device=embed.weight.device)
    return sum(embed(part).double().sum(0) for part in ids.split(CHUNK)).div(len(ids)).float()


@contextmanager
def replaced(embed: Any, points: Tensor) -> Iterator[None]:
    """Inside, the first positions are embedded as ``points``, shape (row, position, width).

    The ids are read as ever, so that positions, padding and the end of the text are found as they are without.
    Only the first call of the layer is meant: a decoder may use the same one for its own text.
    """
    waiting = [points]

    def put(_: Any, __: Any, found: Tensor) -> Tensor:
        if not waiting:
            return found
        ours = waiting.pop().to(found.device, found.dtype)
        return torch.cat([ours, found[:, ours.shape[1] :]], 1)

    hook = embed.register_forward_hook(put)
    try:
        yield
    finally:
        hook.remove()
    if waiting:
        raise RuntimeError("The model did not call its embedding layer.")
