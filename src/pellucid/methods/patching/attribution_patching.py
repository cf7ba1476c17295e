"""Attribution patching: what activation patching would find at every place at once, to first order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._grid import Point, grid_of
from pellucid.methods.patching._pair import Direction, check_direction, pair_of

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["attribution_patching"]


@method(
    cost="4 forwards and 1 backward",
    paper="Nanda 2023, Attribution Patching; Syed et al. 2023, arXiv:2310.10348; Kramar et al. 2024, arXiv:2403.00745",
)
def attribution_patching(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    corrupt: str | None = None,
    point: Point = "resid_pre",
    direction: Direction = "denoise",
) -> xr.Dataset:
    """Guess what activation patching finds at every place, from one gradient.

    The number of the text that is patched is taken as linear in what passes at a place:
    ``effect = (a of the other text - a of this one) . dv/da``, the gradient at the text that is patched, with the sign
    that `activation_patching` has. Right where the model is near to linear between the two texts; wrong where a
    softmax is saturated or a norm changes its scale, most of all at early layers of the residual stream, and for q, k
    and the pattern. It is for a first look at large models: check what it finds by `activation_patching`.

    Returns ``effect``, ``recovered``, ``clean`` and ``corrupted`` as `activation_patching` does, with the same dims.

    :param corrupt: the second text: as many tokens, with the fact changed that the answer hangs on.
    :param point: which states: the residual stream in front of a block, in its middle or behind it, what attention or
        MLP add to it, or of each head z (what it gathered), q, k, v or its pattern.
    :param direction: denoise puts clean states into the corrupted text, noise the other way round.
    """
    check_direction(direction)
    grid = grid_of(model, point)
    pair = pair_of(model, text, target, corrupt)
    grid = grid.over(pair.length, pair.first)
    base, asked, giver = pair.roles(direction)
    here = model.trace(base, asked, read=grid.sites, gradients=grid.sites)
    there = model.trace(giver, read=grid.sites)

    def step(site: str) -> Tensor:
        own, other = here.row(site, 0), there.row(site, 0)
        if point == "pattern":
            queries, keys = other.shape[1:]
            return (other - own[:, :queries, :keys]) * here.gradient(site)[0][:, :queries, :keys]
        return (other - own[: len(other)]) * here.gradient(site)[0][: len(other)]

    effect = grid.summed(step)
    return pair.found(grid.dims, effect if direction == "denoise" else -effect)
