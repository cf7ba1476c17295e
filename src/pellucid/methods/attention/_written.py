"""What each head would write of each position, as vectors, where attention has not weighed it yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from pellucid.core.protocols import WhiteBox

__all__ = ["written"]


def written(model: WhiteBox, stack: str, layer: int, values: Tensor) -> Tensor:
    """``W_O^h v_j^h`` of every position and head, shape (key, head, width): the output projection without its bias.

    ``values``: shape (key, key-value head, head width); each serves as many heads as there are more of them.
    """
    import torch

    weights = model.output_weights(layer, stack)
    each = values.to(weights.dtype).repeat_interleave(len(weights) // values.shape[1], 1)
    return torch.einsum("jhw,hwd->jhd", each, weights)
