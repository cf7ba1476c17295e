"""First-order effects: how far what passes at a site moves between two texts, times what the target feels of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Trace, WhiteBox
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._grid import Grid

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "at_places", "check_drop", "check_fix", "is_stream", "patterns_moved", "patterns_of", "read_for_patterns",
    "states_moved", "with_layers_dropped",
]  # fmt: skip

ADDED = ("attn_raw", "mlp_raw")
"""What a layer adds to the residual stream, in front of a norm if there is one."""
Steps = Mapping[str, "Tensor"]
"""By site, shape (position, ...)."""


def check_fix(point: str) -> None:
    """Refuse to make patterns anew for what makes none."""
    if point not in ("q", "k"):
        raise BadOption(
            f'qk_fix makes the attention pattern anew that other queries or keys give, and point="{point}" has none to '
            'make. Use point="q" or point="k".'
        )


def check_drop(model: WhiteBox, grid: Grid) -> None:
    """Refuse models of which no layer can be dropped."""
    lacking = [i for i, block in enumerate(grid.blocks) if not set(ADDED) <= set(block.points)]
    if lacking:
        raise BadOption(
            f"grad_drop lets no gradient through what a layer adds, and that is not seen in block {lacking[0]} of "
            f"{model.name}. Use grad_drop=False."
        )
    if len(grid.blocks) == 1:
        raise BadOption(
            f"grad_drop drops one layer after the other, and {model.name} has one. Use grad_drop=False."
        )


def patterns_of(grid: Grid) -> Sequence[str]:
    """The sites of the same heads' patterns."""
    return replace(grid, point="pattern").sites


def read_for_patterns(grid: Grid) -> list[str]:
    """The sites that `patterns_moved` wants read in the text that is patched."""
    return [site for point in ("q", "k", "pattern") for site in replace(grid, point=point).sites]


def states_moved(grid: Grid, here: Trace, there: Trace) -> Steps:
    """From each site's numbers in one text to those in the other; 0 at the answer's own tokens."""
    steps = {}
    for site in grid.sites:
        own, other = here.row(site, 0), there.row(site, 0)
        where = tuple(map(slice, other.shape)) if grid.point == "pattern" else slice(len(other))
        steps[site] = own.new_zeros(own.shape)
        steps[site][where] = other - own[where]
    return steps


def patterns_moved(
    model: WhiteBox, grid: Grid, base: Text, asked: Target, here: Trace, there: Trace
) -> Steps:
    """From each pattern to the one that the other text's queries, or keys, make of the text's own keys, or queries.

    One forward for all layers: queries and keys are both put there, so nothing of one layer's change reaches the next.
    """
    partner = replace(grid, point="k" if grid.point == "q" else "q")
    change: dict[str, Callable[[Tensor], Tensor]] = {}
    for site, other_site in zip(grid.sites, partner.sites, strict=True):
        other = there.row(site, 0)
        mixed = here.row(site, 0).clone()
        mixed[: len(other)] = other
        change[site] = _instead(mixed)
        change[other_site] = _instead(here.row(other_site, 0))
    patterns = patterns_of(grid)
    made = model.trace(base, asked, read=patterns, change=change)
    return {site: made.row(site, 0) - here.row(site, 0) for site in patterns}


def with_layers_dropped(model: WhiteBox, grid: Grid, base: Text, asked: Target, steps: Steps) -> np.ndarray:
    """The effect of each place when no gradient passes through what one layer adds, shape (dropped, layer, ...).

    0 for what stands inside the dropped layer; the residual stream passes it by.
    """
    found = []
    for layer in range(len(grid.blocks)):
        stopped = {f"{grid.prefix}{point}.{layer}": _stop for point in ADDED}
        found.append(at_places(grid, steps, model.trace(base, asked, change=stopped, gradients=list(steps))))
        if not is_stream(grid):
            found[-1][layer] = 0
    return np.stack(found)


def is_stream(grid: Grid) -> bool:
    """Whether places stand in the residual stream, and not in a layer."""
    return grid.point.startswith("resid")


def at_places(grid: Grid, steps: Steps, trace: Trace) -> np.ndarray:
    """Steps times gradients, added up at each place of a grid."""

    def times(site: str) -> Tensor:
        return steps[site] * trace.gradient(site)[0]

    if set(steps) == set(grid.sites):
        return grid.summed(times)
    # Patterns moved by queries or keys, at all queries: the answer's tokens look at other keys, too.
    by_head = np.stack([times(site).double().sum((1, 2)).cpu().numpy() for site in steps])
    # Heads that share keys stand beside each other.
    return by_head.reshape(len(by_head), grid.heads, -1).sum(-1)


def _instead(numbers: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda passing: numbers[None].to(passing)


def _stop(numbers: Tensor) -> Tensor:
    return numbers.detach()
