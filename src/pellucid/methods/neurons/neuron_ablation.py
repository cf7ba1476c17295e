"""Neuron ablation: how much the target falls when one neuron of an MLP is silent."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.site import Patch, Site
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._ablated import Instead, Written, answers, lost
from pellucid.methods.patching._grid import reading_stack

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
    texts: tuple[str, ...] = (),
    corrupt: str | None = None,
) -> xr.Dataset:
    """Silence one neuron of a layer's MLP at a time; its effect is what the target loses.

    A neuron is one of the numbers that the MLP's last projection reads (behind the gate, where there is one). For
    the target's number f, ``effect(neuron) = f - f(activation := 0)``, at all positions; what else can stand there is
    that of `ablation`. Effects of single neurons do not add up.

    ``top_k`` keeps the neurons of the largest estimated effect, to first order
    ``|sum over positions of df/da . (a - a')|`` for the activation a and what stands instead, a'. The estimate may
    miss neurons whose effect is far from linear.

    Returns ``effect``, dims (layer, neuron), of one layer, both counted from 0, signed, in the target's units:
    positive means that the neuron supports the answer; and the scalar ``clean``, f of the text as it is.

    :param layer: whose neurons, counted from 0; -1 is the last. Encoder-decoders: of the encoder.
    :param top_k: only so many neurons, those of the largest estimate; by default all of the layer.
    :param instead: what the neuron says: zero, mean (over positions) or resample (as in the text given as corrupt).
    :param texts: whose positions the mean is over; none is the text's own.
    :param corrupt: for resample, the other text: as many tokens.
    """
    written = Written(instead, texts, corrupt)
    if top_k is not None and top_k < 1:
        raise BadOption(f"top_k={top_k}: at least one neuron has to be kept.")
    if top_k is not None:
        target.check_slope()
    at, site = _neurons_of(model, layer)
    if top_k is None:
        neurons = np.arange(model.trace(text, read=[site]).row(site, 0).shape[-1])
    else:
        estimate = _estimated(model, text, target, site, written)
        neurons = np.sort(np.argsort(-np.abs(estimate), kind="stable")[:top_k])
    clean, effect = lost(model, text, target, [Patch.at(f"{site}.n{n}") for n in neurons], written)
    return xr.Dataset(
        {"effect": (("layer", "neuron"), effect[None]), "clean": clean},
        coords={"layer": [at], "neuron": neurons},
        attrs={
            "primary": "effect",
            "signed": True,
            "units": str(target.scale),
            "notes": (written.specification,),
        },
    )


def _neurons_of(model: WhiteBox, layer: int) -> tuple[int, str]:
    """A layer counted from 0, and where its neurons are; negative ones count from behind."""
    prefix, blocks = reading_stack(model)
    if not -len(blocks) <= layer < len(blocks):
        raise BadOption(
            f"layer={layer}: {model.name} has {len(blocks)} layers, 0 to {len(blocks) - 1}; -1 is the last."
        )
    at = layer % len(blocks)
    if "mlp_act" not in blocks[at].points:
        raise BadOption(f"layer={layer}: layer {at} of {model.name} has no neurons that can be reached.")
    return at, str(Site.parse(f"{prefix}mlp_act.{at}"))


def _estimated(model: WhiteBox, text: Text, target: Target, site: str, written: Written) -> np.ndarray:
    """The losses of all neurons of a site to first order, shape (neuron,): gradient times what is taken away."""
    found = np.zeros(())
    for sign, answer in answers(target):
        trace = model.trace(text, answer, read=[site], gradients=[site])
        taken = trace.row(site, 0) - written.at(model, text, answer, [site])[site]
        found = found + sign * (trace.gradient(site)[0] * taken).sum(0).double().cpu().numpy()
    return found
