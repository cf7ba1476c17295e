"""The size of a gradient over the embeddings of a feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Gradients

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["check_norm", "gradient_norm"]

NORMS = ("l1", "l2")


def check_norm(norm: str) -> None:
    """Refuse a norm that `gradient_norm` does not know."""
    if norm not in NORMS:
        raise BadOption(f'norm="{norm}" is not known. Norms: {", ".join(NORMS)}.')


def gradient_norm(gradients: Gradients, gradient: Tensor, norm: str) -> np.ndarray:
    """The l1 or l2 norm of ``gradient``, shape (..., position, width), over each feature's tokens."""
    check_norm(norm)
    if norm == "l1":
        return gradients.per_feature(gradient.abs().sum(-1))
    return np.sqrt(gradients.per_feature(gradient.square().sum(-1)))
