"""Attention rollout: looks multiplied through the layers, from the answer down to the text."""

from __future__ import annotations

import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attention._layers import all_layers
from pellucid.methods.attention._looks import NOTE
from pellucid.methods.attention._rolled import credited, mean_patterns, mixed, rolled, shares

__all__ = ["attention_rollout"]


@method(
    cost="one forward, and a backward of the head alone",
    paper="Abnar and Zuidema 2020, arXiv:2005.00928, section 3",
)
def attention_rollout(model: WhiteBox, text: Text, target: Target, *, residual: float = 0.5) -> xr.Dataset:
    """Multiply the layers' attention, residual stream included, from the answer's positions down to the text.

    With A_l the weights of layer l averaged over its heads, ``M_l = residual . I + (1 - residual) . A_l`` and
    ``rollout = M_L ... M_2 M_1``; the credit of a position is its column in the row of the position that the answer
    is read at (the mean over the rows, if there are several), summed over the tokens of a feature.

    Returns ``attribution``, dims (input), and ``unassigned``, what went to tokens that are no feature (start, [CLS]
    and the like, frozen parts, the answer's own); shares that add up to 1. Raises `TargetImpossible` for
    encoder-decoders, and `UnsupportedModel` where attention cannot be looked into.

    :param residual: the share that a position keeps of itself in each layer; the paper's is 0.5.
    """
    if not 0 <= residual <= 1:
        raise BadOption(f"residual={residual}: it is a share, from 0 to 1.")
    patterns, at = mean_patterns(model, text, target, all_layers(model, "attention_rollout"))
    credit = rolled(mixed(patterns, residual), at)
    attribution = shares(credit, model.owners(text), len(text.features))
    unassigned = float(credit.sum() - attribution.sum())
    return credited(attribution, unassigned, "share of the answer's attention", (NOTE,))
