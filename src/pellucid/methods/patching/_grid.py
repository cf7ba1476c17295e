"""All places at one point of a model: layers by positions, or layers by heads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Block, WhiteBox
from pellucid.core.site import PER_HEAD, Patch, Site

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Grid", "Place", "Point", "grid_of", "reading_stack"]

Point = Literal["resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_out", "z", "q", "k", "v", "pattern"]
Place = tuple[int, int]
"""A layer, and a position or a head."""


@dataclass(frozen=True)
class Grid:
    """The places of one point, over ``length`` positions of which those before ``first`` are left alone."""

    point: str
    prefix: str
    blocks: Sequence[Block]
    length: int = 0
    first: int = 0

    def over(self, length: int, first: int = 0) -> Grid:
        """The same places over a text's positions."""
        return replace(self, length=length, first=first)

    @property
    def by_head(self) -> bool:
        """Whether places are heads, each at all positions, and not positions."""
        return self.point in PER_HEAD

    @property
    def dims(self) -> tuple[str, str]:
        """The dims of what is found."""
        return ("layer", "head" if self.by_head else "position")

    @property
    def sites(self) -> tuple[str, ...]:
        """One whole site a layer, as spelled."""
        return tuple(f"{self.prefix}{self.point}.{layer}" for layer in range(len(self.blocks)))

    @property
    def heads(self) -> int:
        """The heads of a layer; keys and values may have fewer."""
        return max(b.kv_heads if self.point in ("k", "v") else b.heads for b in self.blocks)

    def patches(self, moves: Mapping[int, tuple[int, int]] | None = None) -> dict[Place, Patch]:
        """The patch of each place that is not left alone.

        ``moves``: by position, where it stands in the text that is patched and where in the other one, if not there.
        """
        moves = {at: (at, at) for at in range(self.first, self.length)} if moves is None else moves
        layers = range(len(self.blocks))
        if self.by_head:
            into, taken = zip(*moves.values(), strict=True)
            return {
                (i, head): Patch((Site.parse(f"{self.sites[i]}.h{head}"),), into, taken)
                for i, head in product(layers, range(self.heads))
            }
        return {
            (i, at): Patch((Site.parse(self.sites[i]),), (into,), (taken,))
            for i, (at, (into, taken)) in product(layers, moves.items())
        }

    def filled(self, found: Mapping[Place, float]) -> np.ndarray:
        """Numbers by place as an array: 0 at positions that are left alone, NaN at those without a counterpart."""
        array = np.zeros((len(self.blocks), self.heads if self.by_head else self.length))
        if not self.by_head:
            array[:, self.first :] = np.nan
        for place, number in found.items():
            array[place] = number
        return array

    def summed(self, of: Callable[[str], Tensor]) -> np.ndarray:
        """Numbers by site, shape (position, ...), added up at each place."""
        rows = []
        for site in self.sites:
            numbers = of(site).double()
            if self.point == "pattern":
                rows.append(numbers[:, self.first : self.length].sum((1, 2)))
            elif self.by_head:
                rows.append(numbers[self.first : self.length].sum((0, 2)))
            else:
                numbers[: self.first] = 0
                rows.append(numbers[: self.length].sum(-1))
        return np.stack([row.cpu().numpy() for row in rows])


def grid_of(model: WhiteBox, point: str) -> Grid:
    """The places of a point in the stack that reads the text. Raises `BadOption` for a point that a block has not."""
    if point not in get_args(Point):
        raise BadOption(f'point="{point}" is not known. Points: {", ".join(get_args(Point))}.')
    prefix, blocks = reading_stack(model)
    lacking = [i for i, block in enumerate(blocks) if point not in block.points]
    if lacking:
        there = ", ".join(p for p in blocks[lacking[0]].points if p in get_args(Point))
        why = ""
        if point == "resid_mid" and "mlp_out" in blocks[lacking[0]].points:
            why = ": attention and MLP of parallel blocks read the same states, so there is none between the two"
        raise BadOption(
            f'point="{point}": block {lacking[0]} of {model.name} has none{why}. What it has: {there}.'
        )
    return Grid(point, prefix, blocks)


def reading_stack(model: WhiteBox) -> tuple[str, Sequence[Block]]:
    """What sites of the stack that reads the text begin with, and its blocks: of two stacks the encoder."""
    name, blocks = next(iter(model.blocks.items()))
    return (f"{name}." if name else ""), blocks
