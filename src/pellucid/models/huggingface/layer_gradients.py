"""Gradients of a target at the residual stream of a layer.

The states of the text's positions behind a number of blocks are the variables. The blocks in front run on the
text as it is, for the sake of what follows the text (the answer's own tokens), whose states stay fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from pellucid.core.errors import BadOption
from pellucid.core.progress import meter
from pellucid.core.target import Target
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.gradients import HuggingFaceGradients
from pellucid.models.huggingface.locate import blocks_of

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["HuggingFaceLayerGradients"]

Change = Callable[[Tensor], Tensor]


class HuggingFaceLayerGradients(HuggingFaceGradients):
    """`Gradients` at the residual stream behind ``layer`` blocks; 0 is what enters the first."""

    def __init__(self, model: HuggingFaceModel, encoding: Encoding, target: Target, layer: int) -> None:
        super().__init__(model, encoding, target)
        self._blocks = blocks_of(model.module, model.name)
        depth = len(self._blocks)
        if not -depth - 1 <= layer <= depth:
            raise BadOption(
                f"layer={layer}: {model.name} has {depth} blocks, so layers go from 0 to {depth}."
            )
        self._layer = layer % (depth + 1)
        self.inputs = self._states(self._embeddings)

    def baseline(self, kind: str) -> Tensor:
        """The states that the model has here when its features' embeddings are replaced."""
        return self._states(super().baseline(kind))

    def _states(self, embeddings: Tensor) -> Tensor:
        """What stands here when the text's embeddings are these, shape (position, width)."""
        seen: list[Tensor] = []

        def look(states: Tensor) -> Tensor:
            seen.append(states[0, : len(embeddings)].float())
            return states

        with self._model.session(), torch.no_grad(), _changed(self._blocks, self._layer, look):
            super()._logits(embeddings[None], self._signed[0][0])
        meter().spend(forwards=1, tokens=len(embeddings))
        return seen[0]

    def _logits(self, points: Tensor, answer: tuple[int, ...]) -> Tensor:
        def put(states: Tensor) -> Tensor:
            return torch.cat([points.to(states), states[:, points.shape[1] :]], 1)

        with _changed(self._blocks, self._layer, put):
            return super()._logits(self._embeddings.expand(len(points), -1, -1), answer)


@contextmanager
def _changed(blocks: list[nn.Module], layer: int, change: Change) -> Iterator[None]:
    """The residual stream behind ``layer`` blocks goes through ``change`` inside."""

    def entering(_: Any, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        if args:
            return (change(args[0]), *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": change(kwargs["hidden_states"])}

    def leaving(_: Any, args: tuple, output: Any) -> Any:
        return change(output) if isinstance(output, Tensor) else (change(output[0]), *output[1:])

    if layer < len(blocks):
        hook = blocks[layer].register_forward_pre_hook(entering, with_kwargs=True)
    else:
        hook = blocks[-1].register_forward_hook(leaving)
    try:
        yield
    finally:
        hook.remove()
