"""The matrix of a linear layer, however it is stored."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["matrix_of", "plain_matrix"]


def plain_matrix(module: Any) -> Tensor | None:
    """The weight of a plain linear layer, shape (what it reads, what it writes); None for any other module."""
    from transformers.pytorch_utils import Conv1D

    if type(module) is nn.Linear:
        return module.weight.detach().T
    return module.weight.detach() if type(module) is Conv1D else None


def matrix_of(projection: Any, reads: Tensor) -> Tensor:
    """The matrix of a projection, shape (what it reads, what it writes); not to be written to.

    ``reads``: one row of what it can read, shape (1, what it reads), of any numbers: where the matrix is stored in
    another way (quantised, adapted) it is the derivative there.
    """
    plain = plain_matrix(projection)
    if plain is not None:
        return plain
    with torch.enable_grad():
        point = reads.detach().clone().requires_grad_(True)
        written = projection(point)
        rows = torch.eye(written.shape[1]).to(written)[:, None]
        (slopes,) = torch.autograd.grad(written, point, rows, is_grads_batched=True)
    return slopes[:, 0].T
