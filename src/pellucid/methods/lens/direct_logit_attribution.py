"""Direct logit attribution: what each part of the residual stream adds to the answer's logit."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.lens._asked import check_count
from pellucid.methods.lens._stream import Stream, stream_of

__all__ = ["direct_logit_attribution"]

Parts = Literal["layer", "head", "neuron"]
POINTS: dict[str, tuple[str, ...]] = {
    "layer": ("attn_out", "mlp_out"),
    "head": ("attn_out", "mlp_out", "z"),
    "neuron": ("attn_out", "mlp_out", "mlp_act"),
}


@method(
    cost="one forward",
    paper="Elhage et al. 2021, A Mathematical Framework for Transformer Circuits; Wang et al. 2023, arXiv:2211.00593",
)
def direct_logit_attribution(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    parts: Parts = "layer",
    top_k: int = 10,
) -> xr.Dataset:
    """Share an answer's logit out to what was written to the residual stream where the answer is said.

    The last state is a sum, ``embeddings + attention_0 + mlp_0 + ...``. With the final norm held at the scale that it
    has there, the logit is linear in it: ``logit = sum of part . direction + constant``. Only what a part says by
    itself is counted, not what later layers made of it. With ``against``, of the difference of two logits.

    ``direct_effect``, in logits, has dim (source) for layers: embeddings, and each layer's attention and MLP; dims
    (layer, head) for heads, each through its rows of the output projection; dims (layer, neuron) for neurons, the
    strongest of each MLP first, numbered in ``neuron_index``. ``rest``, dim (source), is what is not shared out so.
    All of it and ``constant`` (biases of norm and unembedding) add up to ``logit`` but for ``gap``.

    Raises `TargetImpossible` for labels and encoder-decoders, and `BadOption` for models in which nothing adds up:
    those that normalise the sum itself (BERT), and those whose attention cannot be looked into.

    :param parts: what is named: embeddings, attention and MLP of each layer; each head; or the strongest neurons.
    :param top_k: how many neurons of each layer to name.
    """
    if parts not in POINTS:
        raise BadOption(f'parts="{parts}" is not known. Parts: {", ".join(get_args(Parts))}.')
    check_count(top_k)
    stream = stream_of(model, text, target, "direct_logit_attribution", POINTS[parts])
    arrays = {"layer": _layers, "head": _heads, "neuron": _neurons}[parts](model, stream, top_k)
    total = stream.constant + sum(
        float(np.nansum(arrays[n][1])) for n in ("direct_effect", "rest") if n in arrays
    )
    return xr.Dataset(
        {
            **arrays,
            "constant": ((), stream.constant),
            "logit": ((), stream.logit),
            "gap": ((), total - stream.logit),
        },
        coords={"source_text": ("source", _sources(len(model.blocks[""]), parts))},
        attrs={"primary": "direct_effect", "signed": True, "units": "logit", "notes": stream.here.notes},
    )


Arrays = dict[str, tuple[tuple[str, ...], np.ndarray]]


def _layers(model: WhiteBox, stream: Stream, top_k: int) -> Arrays:
    return {"direct_effect": (("source",), _sums(model, stream))}


def _heads(model: WhiteBox, stream: Stream, top_k: int) -> Arrays:
    blocks = model.blocks[""]
    found = np.full((len(blocks), max(block.heads for block in blocks)), np.nan)
    rest = _sums(model, stream)
    for layer, block in enumerate(blocks):
        z = stream.at(f"z.{layer}")
        each = (model.pull(f"z.{layer}", z, stream.direction).double() * z.double()).sum(-1)
        found[layer, : block.heads] = each.cpu().numpy()
        rest[1 + 2 * layer] -= float(each.sum())
    return {"direct_effect": (("layer", "head"), found), "rest": (("source",), rest)}


def _neurons(model: WhiteBox, stream: Stream, top_k: int) -> Arrays:
    rest = _sums(model, stream)
    indices, effects = [], []
    for layer in range(len(model.blocks[""])):
        acts = stream.at(f"mlp_act.{layer}")
        each = model.pull(f"mlp_act.{layer}", acts, stream.direction).double() * acts.double()
        strongest = each.abs().topk(min(top_k, len(each))).indices
        indices.append(strongest.cpu().numpy())
        effects.append(each[strongest].cpu().numpy())
        rest[2 + 2 * layer] -= float(each[strongest].sum())
    places = ("layer", "neuron")
    return {
        "direct_effect": (places, np.stack(effects)),
        "neuron_index": (places, np.stack(indices)),
        "rest": (("source",), rest),
    }


def _sums(model: WhiteBox, stream: Stream) -> np.ndarray:
    """What the embeddings, and each layer's attention and MLP as wholes, add to the logit."""
    sites = [f"{point}.{i}" for i in range(len(model.blocks[""])) for point in POINTS["layer"]]
    return np.array([stream.effect(stream.at(site)) for site in ("resid_pre.0", *sites)])


def _sources(layers: int, parts: Parts) -> list[str]:
    attention = "attention {} biases" if parts == "head" else "attention {}"
    mlp = "mlp {} others" if parts == "neuron" else "mlp {}"
    return ["embeddings", *(name.format(i) for i in range(layers) for name in (attention, mlp))]
