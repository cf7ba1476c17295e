"""Types of attention maps: which heads look down columns, along the diagonal, within blocks, or at neither."""

from __future__ import annotations

from collections.abc import Callable
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
from pellucid.methods.attention._map_features import FEWEST
from pellucid.methods.attention._map_types import SIZES, TYPES, card, type_probabilities

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["attention_pattern_types"]

AHEAD = 1e-6  # weight on later keys that only rounding leaves
NOTE = (
    "A type is the shape of a map, not what the model uses it for: a head of any type may matter or not. Where the "
    "classifier was measured, on generated maps it had not learned from, {:.1%} were named right; it is less sure of "
    "maps between two types."
)


@method(cost="one forward a text", paper="Kovaleva et al. 2019, arXiv:1908.08593, section 4.1")
def attention_pattern_types(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    layers: tuple[int, ...] | None = None,
    texts: tuple[str, ...] = (),
) -> xr.Dataset:
    """Name the shape of each head's attention over the text: one of the five types that the paper finds in BERT.

    *Vertical*: all positions look at the same few. *Diagonal*: each looks at itself or a neighbour.
    *Vertical+diagonal*: both. *Block*: each looks at its own part of the text. *Heterogeneous*: none of these. The
    paper learns from 400 maps that were named by hand; here a small network names them, fitted on generated maps of
    models that see both sides and of models that see what came before. A type is a shape, not a use: it does not say
    that a head matters.

    Returns ``share``, dims (layer, candidate), the share of a layer's heads that are of each type, with the types'
    names beside it, averaged over texts; ``type_probability``, dims (layer, head, candidate), and ``type``, the
    likeliest, dims (layer, head), of the mean over texts. They do not depend on the target. On encoder-decoders it is
    the encoder's attention. Layers and heads count from 0.

    Raises `BadOption` for a text of fewer than 4 tokens, `UnsupportedModel` where attention cannot be looked into.

    :param layers: which layers; by default all.
    :param texts: more texts to average over (in a shell, with commas between them and none inside).
    """
    stack = text_stack(model)
    wanted = chosen_layers(model, layers, stack)
    read = [text, *(model.cut(more, "token") for more in texts)]
    sizes = [len(model.tokens(one)) for one in read]
    if min(sizes) < FEWEST:
        raise BadOption(
            f"The shape of an attention map shows from {FEWEST} tokens on, and {model.name} reads a text as "
            f"{min(sizes)}. Give a longer one."
        )
    each = np.stack([_of_text(model, one, stack, wanted) for one in read])
    likely = each.mean(0)
    named = np.eye(len(TYPES))[each.argmax(-1)]
    return xr.Dataset(
        {
            "share": (("layer", "candidate"), named.mean((0, 2))),
            "type_probability": (("layer", "head", "candidate"), likely),
            "type": (("layer", "head"), np.array(TYPES)[likely.argmax(-1)]),
        },
        coords={"layer": list(wanted), "candidate_text": ("candidate", list(TYPES))},
        attrs={
            "primary": "share",
            "signed": False,
            "units": "share of the heads",
            "options": {"layers": list(wanted)},
            "notes": (NOTE.format(card()["held_out"]["accuracy"]), *_unusual(sizes)),
        },
    )


def _of_text(model: WhiteBox, text: Text, stack: str, layers: tuple[int, ...]) -> np.ndarray:
    """How likely each head's map of one text is of each type, shape (layer, head, type)."""
    found: dict[int, np.ndarray] = {}

    def listen(layer: int) -> Callable[[Tensor], Tensor]:
        def name(pattern: Tensor) -> None:
            maps = exact(pattern).cpu().numpy().astype(np.float64)
            causal = bool(np.triu(maps, 1).sum() <= AHEAD * maps.sum())
            # One head at a time: features are made of many arrays of a map's size.
            found[layer] = np.concatenate([type_probabilities(one[None], causal=causal) for one in maps])

        return heard(name)

    model.trace(text, change={site(stack, "pattern", layer): listen(layer) for layer in layers})
    return np.stack([found[layer] for layer in layers])


def _unusual(sizes: list[int]) -> tuple[str, ...]:
    """A note on texts of other lengths than the classifier knows."""
    outside = [size for size in sizes if not SIZES[0] <= size <= SIZES[1]]
    if not outside:
        return ()
    lengths = ", ".join(map(str, sorted(set(outside))))
    return (
        f"{len(outside)} of {len(sizes)} texts are shorter or longer ({lengths} tokens) than the maps that the "
        f"classifier was fitted and measured on ({SIZES[0]} to {SIZES[1]}).",
    )
