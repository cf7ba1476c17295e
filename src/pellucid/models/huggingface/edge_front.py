"""The way back from each head's query, key and value to what its block reads, many heads at once.

One backward for all heads would add them up. A backward for each is mostly zeros: a head has few columns of the
projections. So gradients go back to the projections head by head, through whatever is between (positions, norms of
queries and keys), then each through its own columns alone, and all together through the norm in front. Where the
projections are not plain matrices that read the same states, the gradients go back through everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from pellucid.models.huggingface.anatomy import AttentionParts
from pellucid.models.huggingface.edge_matrix import plain_matrix

__all__ = ["Front"]


@dataclass
class Front:
    """The plain projections in front of one attention's kernel: what they read and wrote in one forward."""

    attention: AttentionParts
    _read: list[Tensor] = field(default_factory=list)
    _wrote: list[tuple[Tensor, int]] = field(default_factory=list)
    _matrices: list[Tensor] = field(default_factory=list)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Inside, the projections are heard."""
        inner = [m for m in self.attention.module.modules() if m is not self.attention.projection]
        handles = [m.register_forward_hook(self._note) for m in inner if plain_matrix(m) is not None]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _note(self, module: nn.Module, args: tuple, output: Tensor) -> None:
        matrix = plain_matrix(module)
        if args and matrix is not None:
            self._read.append(args[0])
            self._wrote.append((output, output._version))
            self._matrices.append(matrix)

    def back(self, asked: Sequence[Tensor], entry: Tensor, apart: Sequence[Tensor]) -> Tensor:
        """The gradients at ``entry``, shape (reader, row, position, width), of some at queries, keys and values.

        ``apart``: for each of ``asked`` what is sent back, shape (reader, *its shape).
        """
        if not self._is_all(asked, entry):
            return _batched(asked, [entry], apart)[0]
        slopes = _batched(asked, [wrote for wrote, _ in self._wrote], apart)
        through = [_through_columns(s, m) for s, m in zip(slopes, self._matrices, strict=True)]
        return _batched([self._read[0]], [entry], [torch.stack(through).sum(0)])[0]

    def _is_all(self, asked: Sequence[Tensor], entry: Tensor) -> bool:
        """Whether what is asked hangs on the entry through these projections alone, as they wrote it."""
        alike = all(read is self._read[0] for read in self._read)
        as_written = all(wrote._version == version for wrote, version in self._wrote)
        return bool(self._read) and alike and as_written and not _bypassed(asked, entry, self._wrote)


def _through_columns(slopes: Tensor, matrix: Tensor) -> Tensor:
    """Each reader's gradient through a matrix, of whose columns it has few."""
    has = slopes.flatten(1, -2).any(1)  # (reader, column)
    most = max(1, int(has.sum(1).max()))
    columns = has.to(torch.uint8).topk(most, dim=1).indices  # columns beside its own have no gradient
    few = slopes.flatten(1, -2).gather(2, columns[:, None].expand(-1, slopes[0, ..., 0].numel(), -1))
    return torch.bmm(few, matrix.T[columns]).unflatten(1, slopes.shape[1:-1])


def _bypassed(asked: Sequence[Tensor], entry: Tensor, wrote: Sequence[tuple[Tensor, int]]) -> bool:
    """Whether the graph of gradients has a way from what is asked to the entry beside what was written."""
    seen = {w.grad_fn for w, _ in wrote}
    ways: list[Any] = [a.grad_fn for a in asked]
    goal = entry.grad_fn
    while ways:
        node = ways.pop()
        if node is goal:
            return True
        if node is not None and node not in seen:
            seen.add(node)
            ways += [before for before, _ in node.next_functions]
    return False


def _batched(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], sent: Sequence[Tensor]
) -> tuple[Tensor, ...]:
    found = torch.autograd.grad(
        outputs, inputs, sent, is_grads_batched=True, retain_graph=True, allow_unused=True
    )
    shapes = [(len(sent[0]), *x.shape) for x in inputs]
    return tuple(
        x.new_zeros(shape) if g is None else g for g, x, shape in zip(found, inputs, shapes, strict=True)
    )
