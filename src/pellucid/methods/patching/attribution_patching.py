"""Attribution patching: what activation patching would find at every place at once, to first order."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._first_order import (
    at_places,
    check_drop,
    check_fix,
    is_stream,
    patterns_moved,
    patterns_of,
    read_for_patterns,
    states_moved,
    with_layers_dropped,
)  # fmt: skip
from pellucid.methods.patching._grid import Grid, Point, grid_of
from pellucid.methods.patching._pair import Direction, Pair, check_direction, pair_of, share

__all__ = ["attribution_patching"]


@method(
    cost="4 forwards and 1 backward; with qk_fix a forward more, with grad_drop a forward and backward a layer",
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
    qk_fix: bool = False,
    grad_drop: bool = False,
) -> xr.Dataset:
    """Guess what activation patching finds at every place, from one gradient.

    The number of the text that is patched is taken as linear in what passes at a place:
    ``effect = (a of the other text - a of this one) . dv/da``, the gradient at the text that is patched, with the sign
    that `activation_patching` has. Right where the model is near to linear between the two texts; wrong where a
    softmax is saturated or a norm changes its scale, most of all at early layers of the residual stream, and for q, k
    and the pattern. It is for a first look at large models: check what it finds by `activation_patching`.

    Two corrections (AtP*). ``qk_fix``, for q and k: a saturated softmax has no slope, so the pattern P' that the other
    text's queries (or keys) make is computed, and only what comes behind it is linear: ``effect = (P' - P) . dv/dP``,
    summed over the heads that share the keys. ``grad_drop``: a path past a part and one through a later layer may
    cancel in one gradient. With dv/da(l) the gradient when none passes through what layer l adds, L layers,
    ``effect = sum over l of |(a' - a) . dv/da(l)| / (L - 1)``: one of the L is 0, that of a place's own layer; of the
    residual stream, which no layer holds up, the sum is divided by L. That is a size: it has no sign.

    Returns ``effect``, ``recovered``, ``clean`` and ``corrupted`` as `activation_patching` does, with the same dims;
    with ``grad_drop`` both are sizes, and ``recovered`` is a share of the size of the difference.

    :param corrupt: the second text: as many tokens, with the fact changed that the answer hangs on.
    :param point: which states: the residual stream in front of a block, in its middle or behind it, what attention or
        MLP add to it, or of each head z (what it gathered), q, k, v or its pattern.
    :param direction: denoise puts clean states into the corrupted text, noise the other way round.
    :param qk_fix: for q and k, compute the attention pattern exactly and be linear behind it.
    :param grad_drop: take the mean size over gradients that each pass one layer by.
    """
    check_direction(direction)
    if qk_fix:
        check_fix(point)
    grid = grid_of(model, point)
    if grad_drop:
        check_drop(model, grid)
    pair = pair_of(model, text, target, corrupt)
    grid = grid.over(pair.length, pair.first)
    base, asked, giver = pair.roles(direction)
    felt = patterns_of(grid) if qk_fix else grid.sites
    read = read_for_patterns(grid) if qk_fix else grid.sites
    here = model.trace(base, asked, read=read, gradients=() if grad_drop else felt)
    there = model.trace(giver, read=grid.sites)
    steps = (
        patterns_moved(model, grid, base, asked, here, there) if qk_fix else states_moved(grid, here, there)
    )
    if grad_drop:
        return _sizes(pair, grid, with_layers_dropped(model, grid, base, asked, steps))
    effect = at_places(grid, steps, here)
    return pair.found(grid.dims, effect if direction == "denoise" else -effect)


def _sizes(pair: Pair, grid: Grid, effects: np.ndarray) -> xr.Dataset:
    """The mean size over the layers that can be dropped, with shares of the size of the difference."""
    layers = len(effects) if is_stream(grid) else len(effects) - 1
    effect = np.abs(effects).sum(0) / layers
    whole = abs(pair.value - pair.corrupted)
    data = pair.found(grid.dims, effect).assign_attrs(signed=False)
    return data.assign(recovered=(grid.dims, share(effect, whole, pair.value)))
