"""Value zeroing: how far a state moves when a layer cannot take anything from one position."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attention._layers import chosen_layers, site, text_stack
from pellucid.methods.attention._listen import exact

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["value_zeroing"]


@method(cost="positions + 1 forwards", paper="Mohebbi et al. 2023, arXiv:2301.12971, eq. 4 and 5")
def value_zeroing(
    model: WhiteBox, text: Text, target: Target, *, layers: tuple[int, ...] | None = None
) -> xr.Dataset:
    """Set the value vectors of one position to zero in one layer, and measure how far its output states turn.

    ``distance[l, i, j] = 1 - cos(x_i without v_j, x_i)``, with x_i the state of position i behind layer l (MLP, norms
    and residual stream included), and v_j the values of all heads at position j in this layer alone: what comes into
    the layer is as it was. Unlike attention weights it sees what the looks carry, and everything behind them. It does
    not depend on the target. On encoder-decoders it is the encoder's.

    Every layer is given the states of the plain run, so all of them are measured in the same forwards. Returns
    ``distance``, dims (layer, query, key), from 0 to 2; the paper divides each row by its sum.

    :param layers: which layers; by default all.
    """
    stack = text_stack(model)
    wanted = chosen_layers(model, layers, stack)
    before, behind = (
        [site(stack, point, layer) for layer in wanted] for point in ("resid_pre", "resid_post")
    )
    plain = model.trace(text, read=[*before, *behind])
    length = len(model.owners(text))
    found = {layer: np.zeros((length, length)) for layer in wanted}
    change: dict[str, Callable[[Tensor], Tensor]] = {}
    for layer, pre, post in zip(wanted, before, behind, strict=True):
        change[pre] = _as_it_was(plain[pre])
        change[site(stack, "v", layer)] = _one_position_a_text()
        change[post] = _distances(plain[post], found[layer])
    model.trace([text] * length, change=change)
    return xr.Dataset(
        {"distance": (("layer", "query", "key"), np.stack([found[layer] for layer in wanted]))},
        coords={"layer": list(wanted)},
        attrs={
            "primary": "distance",
            "signed": False,
            "units": "cosine distance",
            "options": {"layers": list(wanted)},
        },
    )


def _as_it_was(plain: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda states: plain.expand_as(states).clone()


def _one_position_a_text() -> Callable[[Tensor], Tensor]:
    """Zeros at position n of the n-th text. Texts of one length are read in their order, some at a time."""
    done = 0

    def zero(values: Tensor) -> Tensor:
        nonlocal done
        values = values.clone()
        for row in range(len(values)):
            values[row, done + row] = 0
        done += len(values)
        return values

    return zero


def _distances(plain: Tensor, found: np.ndarray) -> Callable[[Tensor], Tensor]:
    """Hears states, shape (text, position, width), and writes their distances into ``found``, shape (query, key)."""
    done = 0

    def hear(states: Tensor) -> Tensor:
        nonlocal done
        one, other = exact(states), exact(plain)
        cosine = (one * other).sum(-1) / (one.norm(dim=-1) * other.norm(dim=-1)).clamp(min=1e-30)
        found[:, done : done + len(states)] = (1 - cosine).clamp(min=0).cpu().numpy().T
        done += len(states)
        return states

    return hear
