"""Relevance of a target at every position of a text, and where the rest of it stayed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from pellucid.core.progress import meter
from pellucid.core.protocols import Relevance
from pellucid.core.target import Target
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.gradients import HuggingFaceGradients, weights_fixed
from pellucid.models.huggingface.relevance_rules import Absorbed
from pellucid.models.huggingface.relevance_scope import AttentionRule, relevance_scope

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["HuggingFaceRelevance"]


class HuggingFaceRelevance(HuggingFaceGradients):
    """One gradient of one target under the rules of relevance propagation."""

    def __init__(
        self,
        model: HuggingFaceModel,
        encoding: Encoding,
        target: Target,
        attention: AttentionRule,
        epsilon: float,
    ) -> None:
        super().__init__(model, encoding, target)
        self._attention, self._epsilon = attention, epsilon

    def relevance(self) -> Relevance:
        """What reaches each feature, and what does not: one forward (two for a contrast) and one backward."""
        self._absorbed, self._others = Absorbed(), list[Tensor]()
        text = self.inputs[None].detach().clone().requires_grad_(True)
        with self._model.session(), weights_fixed(self._model.module), torch.enable_grad():
            value = self._finite(self._values(text)).sum()
            gradients = torch.autograd.grad(value, [text, *self._others], allow_unused=True)
        meter().spend(forwards=len(self._signed), backwards=1, tokens=text[..., 0].numel())
        parts = [_product(states, g) for states, g in zip([text, *self._others], gradients, strict=True)]
        positions, answers = self._finite(parts[0])[0], parts[1:]
        elsewhere = positions[torch.from_numpy(self.feature_of < 0)]
        return Relevance(
            features=self.per_feature(positions),
            unassigned=float(sum(self._finite(part).sum() for part in (elsewhere, *answers))),
            entered=self._absorbed.total("entered"),
            biases=self._absorbed.total("biases"),
            softmax=self._absorbed.total("softmax"),
            epsilon=self._absorbed.total("epsilon"),
        )

    def _logits(self, points: Tensor, answer: tuple[int, ...]) -> Tensor:
        """As ever, with the rules in the graph; the relevance that enters is counted at the logits."""
        if not torch.is_grad_enabled():
            return super()._logits(points, answer)
        model = self._model
        scope = relevance_scope(model.module, model.name, self._attention, self._epsilon, self._absorbed)
        with _embedded_as_leaves(model.module, self._others), scope:
            logits = super()._logits(points, answer)
        logits = logits.view_as(logits)  # what enters does so before the last layer's own rule
        kept = logits.detach()

        def enters(gradient: Tensor) -> None:
            self._absorbed.add("entered", kept, gradient)

        logits.register_hook(enters)
        return logits


def _product(states: Tensor, gradient: Tensor | None) -> Tensor:
    """Gradient times input in float32, shape (row, position); zeros where nothing depends on the states."""
    if gradient is None:
        return torch.zeros(states.shape[:2])
    return (states.detach().float() * gradient.float()).sum(-1).cpu()


@contextmanager
def _embedded_as_leaves(module: Any, found: list[Tensor]) -> Iterator[None]:
    """Inside, all tokens that are embedded become variables too, which are added to ``found``.

    So the relevance of the answer's own tokens, before the last or in a decoder, is counted. What stands for the
    text is put over them.
    """
    reads = {id(layer): layer for layer in _token_embeddings(module)}

    def leaf(_: Any, __: Any, embedded: Tensor) -> Tensor:
        found.append(embedded.detach().requires_grad_(True))
        return found[-1]

    hooks = [layer.register_forward_hook(leaf) for layer in reads.values()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _token_embeddings(module: Any) -> list[Any]:
    if not module.config.is_encoder_decoder:
        return [module.get_input_embeddings()]
    return [module.get_encoder().get_input_embeddings(), module.get_decoder().get_input_embeddings()]
