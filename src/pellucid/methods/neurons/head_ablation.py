"""Head ablation: how much the target falls when one attention head writes nothing."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.site import Site
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.neurons._ablation import Instead, check_instead, losses, reading_stack

__all__ = ["head_ablation"]


@method(
    cost="two forwards, and one per head from its layer on",
    paper="Michel, Levy and Neubig 2019, arXiv:1905.10650, section 3.2",
)
def head_ablation(model: WhiteBox, text: Text, target: Target, *, instead: Instead = "zero") -> xr.Dataset:
    """Put one head at a time out of work; its effect is what the target loses.

    For the target's number f and z, what the heads hand to the output projection,
    ``effect(layer, head) = f - f(z of this head := 0)``, at all positions. With ``instead="mean"`` the head
    writes everywhere the mean of what it writes in this text, so that only what differs between positions is lost.

    Effects of single heads do not add up: heads stand in for one another, and a head that is not missed may still
    do the work. Encoder-decoders: the encoder's heads.

    Returns ``effect``, dims (layer, head), both counted from 0, signed, in the target's units: positive means
    that the head supports the answer; NaN where a layer has no such head.

    :param instead: what the head writes: zero, or mean, its mean over the positions.
    """
    check_instead(instead)
    stack = reading_stack(model, "z", "attention heads")
    blocks = model.blocks[stack]
    places = [
        (layer, head)
        for layer, block in enumerate(blocks)
        if "z" in block.points
        for head in range(block.heads)
    ]
    heads = [Site("z", layer, head, stack=stack) for layer, head in places]
    effect = np.full((len(blocks), max(block.heads for block in blocks)), np.nan)
    effect[tuple(np.transpose(places))] = losses(model, text, target, heads, instead)
    attributes = {"primary": "effect", "signed": True, "units": str(target.scale)}
    return xr.Dataset({"effect": (("layer", "head"), effect)}, attrs=attributes)
