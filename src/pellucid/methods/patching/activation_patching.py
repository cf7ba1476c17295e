"""Activation patching: which states carry what makes the answer differ between two texts."""

from __future__ import annotations

import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._grid import Point, grid_of
from pellucid.methods.patching._pair import Direction, Pair, check_direction, pair_of, totals

__all__ = ["activation_patching"]


@method(
    cost="three forwards, and about half a forward for each layer and position, or each head",
    paper="Vig et al. 2020, arXiv:2004.12265; Zhang and Nanda 2023, arXiv:2309.16042",
)
def activation_patching(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    corrupt: str | None = None,
    point: Point = "resid_pre",
    direction: Direction = "denoise",
    align: bool = False,
) -> xr.Dataset:
    """Put states of one text into the other, one place at a time, and see how far the answer follows.

    For the target's number v, clean text x and corrupted text x', denoising puts clean states into the corrupted text:
    ``effect = v(x' with the state of x) - v(x')``; noising the other way round: ``effect = v(x) - v(x with the state
    of x')``. Both are positive where the place carries what the answer hangs on. They are two questions: denoising
    finds what suffices to bring the answer back, noising what is needed to keep it; where a later part repairs what
    was taken away, noising shows less than was there.

    Returns ``effect``, in the target's units, and ``recovered``, the same as a share of ``v(x) - v(x')`` (NaN where
    the texts do not differ); dims (layer, position), or (layer, head) for the points that heads have, each at all
    positions; and the scalars ``clean`` and ``corrupted``, v of the two texts. Layers count from 0; of an encoder and
    a decoder they are the encoder's.

    :param corrupt: the second text: as many tokens, with the fact changed that the answer hangs on.
    :param point: which states: the residual stream in front of a block, in its middle or behind it, what attention or
        MLP add to it, or of each head z (what it gathered), q, k, v or its pattern.
    :param direction: denoise puts clean states into the corrupted text, noise the other way round.
    :param align: lay texts of several lengths beside each other, from their beginning up to the first token that
        differs, and from their end behind it; what then has no counterpart has no number.
    """
    check_direction(direction)
    grid = grid_of(model, point)
    pair = pair_of(model, text, target, corrupt, align=align)
    _check_movable(point, pair)
    grid = grid.over(pair.length, pair.first)
    base, asked, giver = pair.roles(direction)
    found = model.trace(giver, read=grid.sites)
    patches = grid.patches(pair.moves(direction))
    numbers = {site: found.row(site, 0) for site in grid.sites}
    patched = totals(model.sweep(base, asked, list(patches.values()), numbers))
    effect = dict(zip(patches, pair.effect(patched, direction), strict=True))
    return pair.found(grid.dims, grid.filled(effect))


def _check_movable(point: str, pair: Pair) -> None:
    """Refuse to move what holds its own position to another one."""
    if point in ("q", "k", "pattern") and any(ours != theirs for ours, theirs in pair.counterparts):
        raise BadOption(
            f'point="{point}" holds the positions of its text, and aligned texts have others. Use z, v or states of '
            "the residual stream, or words of as many tokens."
        )
