"""The size of a gradient over the embeddings of a feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Gradients

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["gradient_norm"]


def gradient_norm(gradients: Gradients, gradient: Tensor, norm: str) -> np.ndarray:
    """The l1 or l2 norm of ``gradient``, shape (..., position, width), over each feature's tokens."""
    if norm == "l1":
        return gradients.per_feature(gradient.abs().sum(-1))
    if norm == "l2":
        return np.sqrt(gradients.per_feature(gradient.square().sum(-1)))
    raise BadOption(f'norm="{norm}" is not known. Norms: l1, l2.')
