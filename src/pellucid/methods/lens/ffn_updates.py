"""FFN updates: what each MLP pushes towards, neuron by neuron, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.lens._asked import check_count
from pellucid.methods.lens._stream import Stream, stream_of
from pellucid.methods.lens._vocabulary import named

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ffn_updates"]


@method(cost="one forward", paper="Geva et al. 2022, arXiv:2203.14680, sec. 3")
def ffn_updates(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    top_k: int = 5,
    candidates: int = 5,
) -> xr.Dataset:
    """Take each MLP's update apart into its neurons' value vectors, and read these in the vocabulary.

    An MLP adds ``sum of m_i v_i`` to the residual stream where the answer is said: v_i is the column of its output
    projection that belongs to neuron i, m_i the neuron's activation. ``push``, dims (layer, neuron), is what m_i v_i
    adds to the answer's logit (less the other answer's), as in ``direct_logit_attribution``, of the strongest neurons
    by its size; ``neuron_index`` and ``activation`` beside it. ``candidate_token``, dims (layer, neuron, candidate), is
    what m_i v_i promotes: the tokens whose logits it raises most as if it were a last state, norm and biases less.
    ``update_push``, dim (layer), is the push of the whole update, biases included.

    Raises `TargetImpossible` and `BadOption` where ``direct_logit_attribution`` does, and for mixtures of experts.

    :param top_k: how many neurons of each layer to name.
    :param candidates: how many tokens to name for each of them.
    """
    check_count(top_k)
    check_count(candidates)
    stream = stream_of(model, text, target, "ffn_updates", ("mlp_out", "mlp_act"))
    layers = range(len(model.blocks[""]))
    rows = [_layer(model, stream, f"mlp_act.{layer}", top_k, candidates) for layer in layers]
    index, activation, push, tokens = (np.stack(part) for part in zip(*rows, strict=True))
    places = ("layer", "neuron")
    return xr.Dataset(
        {
            "push": (places, push),
            "neuron_index": (places, index),
            "activation": (places, activation),
            "candidate_token": ((*places, "candidate"), named(model, tokens)),
            "update_push": ("layer", np.array([stream.effect(stream.at(f"mlp_out.{i}")) for i in layers])),
        },
        attrs={"primary": "push", "signed": True, "units": "logit", "notes": stream.here.notes},
    )


def _layer(model: WhiteBox, stream: Stream, site: str, top_k: int, candidates: int) -> tuple[np.ndarray, ...]:
    """The strongest neurons of one MLP: their indices, activations and pushes, and the ids that they promote."""
    import torch

    acts = stream.at(site)
    each = model.pull(site, acts, stream.direction).double() * acts.double()
    strongest = each.abs().topk(min(top_k, len(each))).indices
    alone = torch.zeros(len(strongest), len(acts), dtype=acts.dtype, device=acts.device)
    alone[range(len(strongest)), strongest] = acts[strongest]
    promoted = _promoted(model, model.push(site, acts, alone), candidates)
    return tuple(
        part.cpu().numpy() for part in (strongest, acts[strongest].double(), each[strongest], promoted)
    )


def _promoted(model: WhiteBox, updates: Tensor, candidates: int) -> Tensor:
    """The ids whose logits each update raises most over those of nothing, shape (update, candidate)."""
    logits = model.unembed(updates).float() - model.unembed(updates[:1] * 0).float()
    return logits.topk(min(candidates, logits.shape[-1])).indices
