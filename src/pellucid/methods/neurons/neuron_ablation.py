"""Neuron ablation: how much the target falls when one neuron of an MLP is silent."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.site import Site
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.neurons._ablation import (
    Instead,
    check_instead,
    estimated_losses,
    layer_of,
    losses,
    reading_stack,
)

__all__ = ["neuron_ablation"]


@method(
    cost="two forwards, and one per neuron from its layer on; with top_k one per neuron kept, and one backward",
    paper="Morcos et al. 2018, arXiv:1803.06959, section 2.2; order of top_k: Molchanov et al. 2017, "
    "arXiv:1611.06440, eq. 7",
)
def neuron_ablation(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    layer: int = -1,
    top_k: int | None = None,
    instead: Instead = "zero",
) -> xr.Dataset:
    """Silence one neuron of a layer's MLP at a time; its effect is what the target loses.

    A neuron is one of the numbers that the MLP's last projection reads (behind the gate, where there is one). For
    the target's number f, ``effect(neuron) = f - f(activation := 0)``, at all positions. With ``instead="mean"`` it
    has everywhere its mean over this text. Effects of single neurons do not add up.

    ``top_k`` keeps the neurons of the largest estimated effect, to first order
    ``|sum over positions of df/da . (a - a')|`` for the activation a and what stands instead, a'. The estimate may
    miss neurons whose effect is far from linear.

    Returns ``effect``, dims (layer, neuron), of one layer, both counted from 0, signed, in the target's units:
    positive means that the neuron supports the answer.

    :param layer: whose neurons, counted from 0; -1 is the last. Encoder-decoders: of the encoder.
    :param top_k: only so many neurons, those of the largest estimate; by default all of the layer.
    :param instead: what the neuron says: zero, or mean, its mean over the positions.
    """
    check_instead(instead)
    if top_k is not None and top_k < 1:
        raise BadOption(f"top_k={top_k}: at least one neuron has to be kept.")
    if top_k is not None:
        target.check_slope()
    stack = reading_stack(model, "mlp_act", "neurons")
    at = layer_of(model, stack, layer)
    if "mlp_act" not in model.blocks[stack][at].points:
        raise BadOption(f"layer={layer}: layer {at} of {model.name} has no neurons that can be reached.")
    whole = Site("mlp_act", at, stack=stack)
    if top_k is None:
        neurons = np.arange(model.trace(text, read=[str(whole)]).row(str(whole), 0).shape[-1])
    else:
        estimate = estimated_losses(model, text, target, whole, instead)
        neurons = np.sort(np.argsort(-np.abs(estimate), kind="stable")[:top_k])
    parts = [Site("mlp_act", at, neuron=int(neuron), stack=stack) for neuron in neurons]
    effect = losses(model, text, target, parts, instead)[None]
    return xr.Dataset(
        {"effect": (("layer", "neuron"), effect)},
        coords={"layer": [at], "neuron": neurons},
        attrs={"primary": "effect", "signed": True, "units": str(target.scale)},
    )
