"""Patchscope: a state is put into another prompt, and the model says itself what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.site import Patch
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.lens._inspection import Inspection, inspection
from pellucid.methods.lens._seen import look_at, site_of, told
from pellucid.methods.lens._vocabulary import read

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["patchscope"]

IDENTITY = "cat->cat; 1135->1135; hello->hello; ?"


@method(
    cost="two forwards, and for each layer and position about half a forward of the prompt from its slot on",
    paper="Ghandeharioun et al. 2024, arXiv:2401.06102, section 3",
)
def patchscope(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    prompt: str = IDENTITY,
    placeholder: str = "",
    into: int | None = None,
    layers: tuple[int, ...] | None = None,
    top_k: int = 5,
) -> xr.Dataset:
    """Put the state of each layer and position into another prompt, and read what the model goes on with.

    For the state h of layer l at position i, ``p(l, i) = softmax of the prompt's logits with h in place of the state
    of layer l' at its slot``; l' is l, or ``into``. Where a lens reads a state as if nothing came behind it, here all
    later layers read it, beside the words of a prompt that asks for what is in it. The default prompt asks for the
    token that a state stands for, or goes on to say.

    Returns what ``logit_lens`` returns, ``probability`` and ``rank`` of the answer's first token and the likeliest
    candidates, dims (layer, position) of the text, said behind the prompt. Layer 0 is what enters the first block,
    layer l what leaves the l-th. A note says what the prompt says with no state put there.

    Raises what ``logit_lens`` raises, and `BadOption` for a slot that is not one token of the prompt.

    :param prompt: the inspection prompt; by default the paper's, of words that are said again.
    :param placeholder: the word of the prompt in whose place states are put; by default its last token.
    :param into: the layer that states are put into; by default the one they come from.
    :param layers: which layers states come from; by default all.
    :param top_k: how many of the likeliest tokens to name at each place.
    """
    look = look_at(model, text, target, "patchscope", layers, top_k)
    depth = len(model.blocks[""])
    if into is not None and not 0 <= into <= depth:
        raise BadOption(
            f"into={into}: {model.name} has {depth} blocks, so states are put into layers 0 to {depth}."
        )
    asked = inspection(model, prompt, placeholder)
    found = model.trace(text, read=list(look.sites.values()))
    states = {layer: found.row(site, 0) for layer, site in look.sites.items()}
    said = read(model, _put(model, asked, states, into), look.here.ids, top_k)
    data = told(model, look, said.split(len(states)))
    return data.assign_attrs(notes=(*look.here.notes, asked.note))


def _put(model: WhiteBox, asked: Inspection, states: dict[int, Tensor], into: int | None) -> Tensor:
    """The last states that the prompt is answered from, shape (layer * position, width), one for each put there."""
    import torch

    at_once = torch.cat(list(states.values()))
    sites = [site_of(layer if into is None else into) for layer, some in states.items() for _ in some]
    patches = [Patch.moved(site, i, asked.position) for i, site in enumerate(sites)]
    source = dict.fromkeys(sites, at_once)
    return model.sweep_states(asked.text, asked.own, patches, source)[:, 0]
