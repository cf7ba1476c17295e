"""Attention patterns of one forward with a target's gradients at them, read as the backward passes.

A pattern is [head, query, key] numbers in every layer. None is kept longer than the graph keeps it: what is wanted
of a pattern and its gradient is said by the caller, is one number a key, and is taken the moment the gradient is
there.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import UnsupportedModel
from pellucid.core.progress import meter
from pellucid.models.huggingface.attention_tap import AttentionCall, tapped
from pellucid.models.huggingface.gradients import HuggingFaceGradients, weights_fixed

__all__ = ["HuggingFaceAttentionGradients"]

Read = Callable[[Tensor, Tensor], Tensor]


class HuggingFaceAttentionGradients(HuggingFaceGradients):
    """Every attention whose keys are the text: of a decoder, or of an encoder and the decoder's looks at it."""

    def by_key(self, read: Read) -> tuple[np.ndarray, np.ndarray]:
        """``read`` of each layer added up to features, shape (layer, input), and what is no feature's, (layer,).

        One forward (two for a contrast) with the eager kernel and one backward. An encoder-decoder's layers are
        its encoder's, then the decoder's cross-attention.
        """
        self._read, self._found = read, dict[int, Tensor]()
        text = self.inputs[None].detach().clone().requires_grad_(True)
        with self._model.session(), weights_fixed(self._model.module), torch.enable_grad():
            value = self._finite(self._values(text)).sum()
            torch.autograd.grad(value, text)
        meter().spend(forwards=len(self._signed), backwards=1, tokens=text[..., 0].numel())
        if not self._found:
            name = self._model.name
            raise UnsupportedModel(name, "attention to the text that changes its answer; found none")
        layers = torch.stack([self._found[layer] for layer in sorted(self._found)])
        length = text.shape[1]
        features = self.per_feature(self._finite(layers)[:, :length])
        return features, layers.double().sum(1).cpu().numpy() - features.sum(1)

    def _logits(self, points: Tensor, answer: tuple[int, ...]) -> Tensor:
        """As ever, with an ear at each pattern."""
        if not torch.is_grad_enabled():
            return super()._logits(points, answer)
        layers = count()

        def listen(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
            states, pattern = call.run()
            if pattern is not None and self._looks_at_text(call):
                self._hear(next(layers), pattern)
            return states, pattern

        with tapped(self._model.module, self._model.name, listen, "eager"):
            return super()._logits(points, answer)

    def _looks_at_text(self, call: AttentionCall) -> bool:
        """In an encoder-decoder only the decoder's attention to itself is causal, and its keys are the answer."""
        return not (self._model.module.config.is_encoder_decoder and call.module.is_causal)

    def _hear(self, layer: int, pattern: Tensor) -> None:
        kept = pattern.detach()

        def take(gradient: Tensor) -> None:
            by_key = self._read(kept[0].float(), gradient[0].float())
            self._found[layer] = _longer_sum(self._found.get(layer), by_key)

        if pattern.requires_grad:
            pattern.register_hook(take)


def _longer_sum(one: Tensor | None, other: Tensor) -> Tensor:
    """The sum of two rows that begin with the same text and go on with answers of different length."""
    if one is None:
        return other
    short, long = sorted((one, other), key=len)
    return torch.cat([long[: len(short)] + short, long[len(short) :]])
