"""Attention weights, as they are: where each head of each layer looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attention._layers import chosen_layers, site, text_stack
from pellucid.methods.attention._listen import exact, heard
from pellucid.methods.attention._looks import NOTE

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["attention_weights"]

MOST = 2**26  # numbers in one explanation: 512 MB


@method(
    cost="one forward",
    paper="Vaswani et al. 2017, arXiv:1706.03762, eq. 1; Jain and Wallace 2019, arXiv:1902.10186",
)
def attention_weights(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    layers: tuple[int, ...] | None = None,
    heads: tuple[int, ...] | None = None,
) -> xr.Dataset:
    """The attention weights of each head over the text: where it looks, which is not what the answer hangs on.

    ``attention[l, h, i, j] = softmax over j of (q_i . k_j / scale)`` as the model computes it, masks, position biases
    and soft caps included. They do not depend on the target; positions are the text's, special tokens included. On
    encoder-decoders it is the encoder's attention to the text.

    Returns ``attention``, dims (layer, head, query, key); each query's row adds up to 1. Layers and heads count from
    0. Raises `BadOption` for layers and heads that there are not, and where all of them would be too many numbers.

    :param layers: which layers; by default all.
    :param heads: which heads; by default all.
    """
    stack = text_stack(model)
    wanted = chosen_layers(model, layers, stack)
    chosen = _heads(heads, model.blocks[stack][wanted[0]].heads, model.name)
    numbers = len(wanted) * len(chosen) * len(model.owners(text)) ** 2
    if numbers > MOST:
        raise BadOption(
            f"The attention weights of {len(wanted)} layers and {len(chosen)} heads are {numbers:,} numbers, and at "
            f"most {MOST:,} are kept. Name fewer: --layers 0,1 --heads 0,1 (layers=(0, 1), heads=(0, 1))."
        )
    found: dict[int, np.ndarray] = {}

    def listen(layer: int) -> Callable[[Tensor], Tensor]:
        def keep(pattern: Tensor) -> None:
            found[layer] = exact(pattern[list(chosen)]).cpu().numpy().astype(np.float64)

        return heard(keep)

    model.trace(text, change={site(stack, "pattern", layer): listen(layer) for layer in wanted})
    return xr.Dataset(
        {"attention": (("layer", "head", "query", "key"), np.stack([found[layer] for layer in wanted]))},
        coords={"layer": list(wanted), "head": list(chosen)},
        attrs={
            "primary": "attention",
            "signed": False,
            "units": "share of a query's attention",
            "options": {"layers": list(wanted), "heads": list(chosen)},
            "notes": (NOTE,),
        },
    )


def _heads(asked: tuple[int, ...] | None, there: int, name: str) -> tuple[int, ...]:
    wanted = tuple(range(there)) if asked is None else tuple(asked)
    if not wanted or not set(wanted) <= set(range(there)):
        said = ",".join(map(str, wanted))
        raise BadOption(f"heads={said}: {name} has {there} heads a layer, 0 to {there - 1}.")
    return wanted
