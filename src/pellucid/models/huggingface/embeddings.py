"""The embeddings that a model reads its text as, and how to put others in their place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from pellucid.models.huggingface.locate import reader_of

__all__ = ["MEAN", "averaging", "embedding_of", "mean_embedding", "means_of", "replaced"]

# Tokens of the vocabulary looked up at once.
CHUNK = 4096
# The id of a token that is embedded as the mean of the vocabulary, inside `averaging`.
MEAN = -1


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


Means = list[tuple[Any, Tensor]]


def means_of(module: Any) -> Means:
    """Each layer that may embed the text (an encoder-decoder with labels reads it in both), and its mean."""
    parts = [reader_of(module), *([module.get_decoder()] if module.config.is_encoder_decoder else [])]
    layers = {id(embed): embed for embed in (part.get_input_embeddings() for part in parts)}
    return [(embed, mean_embedding(embed)) for embed in layers.values()]


@contextmanager
def averaging(means: Means) -> Iterator[None]:
    """Inside, the id `MEAN` is a token whose embedding is the mean of the vocabulary.

    The layers themselves look for it, so it means the same in padded batches, pieces of a text and caches.
    """
    hooks = [hook for embed, mean in means for hook in _reading_means(embed, mean)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _reading_means(embed: Any, mean: Tensor) -> list[Any]:
    waiting: list[Tensor] = []

    def look(_: Any, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        waiting.append(args[0] == MEAN)
        return (args[0].clamp(min=0), *args[1:])

    def put(_: Any, __: Any, found: Tensor) -> Tensor:
        return torch.where(waiting.pop()[..., None], mean.to(found), found)

    return [embed.register_forward_pre_hook(look), embed.register_forward_hook(put)]
