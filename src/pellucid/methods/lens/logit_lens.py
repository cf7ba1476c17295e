"""Logit lens: what the model would answer if a layer were its last."""

from __future__ import annotations

import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.lens._seen import seen_through

__all__ = ["logit_lens"]


@method(cost="one forward", paper="nostalgebraist 2020, interpreting GPT: the logit lens")
def logit_lens(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    layers: tuple[int, ...] | None = None,
    top_k: int = 5,
) -> xr.Dataset:
    """Read the residual stream behind every block with the model's own final norm and unembedding.

    For the state h behind block l, ``softmax(W_U . norm(h))``, soft cap and logit scale included. A layer's answer is
    what it would be if the later ones added nothing; early layers need not be readable so, and a target that is not
    there yet need not be unknown.

    Returns ``probability`` and ``rank`` of the answer's first token, dims (layer, position), rank 0 for the likeliest
    (``against_probability`` and ``against_rank`` with a second answer); ``candidate_token`` and
    ``candidate_probability``, dims (layer, position, candidate); ``answer_position``, where the answer is said. Layer 0
    is what enters the first block, layer l what leaves the l-th, so the last is what the model says.

    Raises `TargetImpossible` for models that answer with labels and for encoder-decoders.

    :param layers: which layers; by default all.
    :param top_k: how many of the likeliest tokens to name at each place.
    """
    return seen_through(lambda states, _: states, model, text, target, "logit_lens", layers, top_k)
