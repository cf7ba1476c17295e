"""What each head of a block adds to the residual stream, so that the parts are what the attention adds, exactly.

A head writes its z through its rows of the output projection. Where a norm stands between the sum of all heads and the
stream (Gemma 2 and 3), ``out = g * sum / rms(sum)``: each head's part is then multiplied by ``g / rms(sum)`` at the
scale of that very run. What the scale is depends on all heads; to which of them it is due, nobody can say, so it is
taken as it is.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pellucid.core.errors import UnsupportedModel
from pellucid.models.huggingface.anatomy import AttentionParts
from pellucid.models.huggingface.edge_matrix import matrix_of
from pellucid.models.huggingface.gradients import weights_fixed
from pellucid.models.huggingface.probe import TOLERANCE
from pellucid.models.huggingface.relevance_rules import Absorbed, RelevanceRules

__all__ = ["HeadWrites"]


class HeadWrites:
    """The way of one block's heads to the residual stream.

    Raises `UnsupportedModel` where what stands behind their sum does more than scale it, so that no part is a head's.
    """

    def __init__(self, attention: AttentionParts, block: int, module: Any, name: str) -> None:
        nothing = torch.zeros(
            1, attention.heads * attention.head_width, device=module.device, dtype=module.dtype
        )
        self._by_head = matrix_of(attention.projection, nothing).unflatten(0, (attention.heads, -1))
        self._norm = None if attention.out is attention.projection else attention.out
        if self._norm is not None and not self._scales_alone(attention.projection(nothing)):
            raise UnsupportedModel(
                name,
                f"heads that write to the residual stream one by one; in block {block} what stands between the sum of "
                "all heads and the stream subtracts a mean or adds a bias, so no head has a part of its own",
                "activation_patching of states and heads asks a similar question, without edges.",
            )

    def __call__(self, z: Tensor) -> Tensor:
        """What each head adds, shape (row, head, position, width), of all heads' z, (row, position, head, part)."""
        parts = self._projected(z)
        return parts if self._norm is None else parts * self._scale(parts.sum(1))[:, None]

    def difference(self, z: Tensor, other: Tensor) -> Tensor:
        """What each head adds more with one z than with another, each at the scale of its own run."""
        return self._projected(z - other) if self._norm is None else self(z) - self(other)

    def _projected(self, z: Tensor) -> Tensor:
        return torch.einsum("rshp,hpd->rhsd", z, self._by_head)

    def _scale(self, states: Tensor) -> Tensor:
        """What the norm multiplies these states by, of their shape: its gradient where what it divides by is fixed."""
        assert self._norm is not None, "only a norm has a scale"
        with weights_fixed(self._norm), torch.enable_grad(), RelevanceRules(0.0, Absorbed()):
            leaf = states.detach().requires_grad_(True)
            (scale,) = torch.autograd.grad(self._norm(leaf).sum(), leaf)
        return scale

    @torch.no_grad()
    def _scales_alone(self, bias: Tensor) -> bool:
        """Whether the norm, asked for a few numbers, multiplies each by its scale, and none come from a bias."""
        assert self._norm is not None, "there is something behind the projection"
        drawn = torch.randn(1, 3, bias.shape[-1], generator=torch.Generator().manual_seed(0)).to(bias)
        wrote = self._norm(drawn)
        miss = float((wrote - drawn * self._scale(drawn)).abs().max())
        # Norms count in float32, whatever the model's numbers are.
        tolerance = max(TOLERANCE[torch.float32], TOLERANCE[wrote.dtype])
        return not bias.any() and miss <= tolerance * float(wrote.abs().max())
