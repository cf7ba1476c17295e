"""Norm-weighted attention: the size of what a look carries, not of the look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attention._layers import chosen_layers, site, text_stack
from pellucid.methods.attention._listen import exact, heard, kept
from pellucid.methods.attention._written import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["attention_norms"]

# Numbers that are held at once: 2**24 float64 are 128 MB.
HELD = 2**24


@method(cost="one forward", paper="Kobayashi et al. 2020, arXiv:2004.10102, eq. 6")
def attention_norms(
    model: WhiteBox, text: Text, target: Target, *, layers: tuple[int, ...] | None = None
) -> xr.Dataset:
    """The length of the vector that each position hands to each other one, in each layer's attention.

    ``norm[l, i, j] = |sum over heads h of alpha_h[i, j] . W_O^h v_h[j]|``, with alpha the attention weights and v the
    values, biases included: the vectors add up to what the attention writes at i, all but the bias of its output
    projection. A look at a position whose values are small carries little, however large its weight. It does not
    depend on the target, and stands before any norm behind the attention. On encoder-decoders it is the encoder's.

    Returns ``norm``, dims (layer, query, key), in the units of the residual stream. Layers count from 0.

    :param layers: which layers; by default all.
    """
    stack = text_stack(model)
    wanted = chosen_layers(model, layers, stack)
    found: dict[int, np.ndarray] = {}

    def listen(layer: int) -> dict[str, Callable[[Tensor], Tensor]]:
        passed: dict[str, Tensor] = {}

        def finish(pattern: Tensor) -> None:
            vectors = written(model, stack, layer, passed.pop("v"))
            found[layer] = _norms(exact(pattern), exact(vectors))

        return {site(stack, "v", layer): kept(passed, "v"), site(stack, "pattern", layer): heard(finish)}

    listeners = [listen(layer) for layer in wanted]
    model.trace(text, change={place: hear for each in listeners for place, hear in each.items()})
    return xr.Dataset(
        {"norm": (("layer", "query", "key"), np.stack([found[layer] for layer in wanted]))},
        coords={"layer": list(wanted)},
        attrs={
            "primary": "norm",
            "signed": False,
            "units": "length of what is written",
            "options": {"layers": list(wanted)},
        },
    )


def _norms(pattern: Tensor, vectors: Tensor) -> np.ndarray:
    """Lengths, shape (query, key), from weights (head, query, key) and vectors (key, head, width).

    For one key the squared length is a quadratic form of the heads' weights with the Gram matrix of their vectors, so
    that no (query, key, width) numbers are needed.
    """
    import torch

    heads, queries, keys = pattern.shape
    at_once = max(1, HELD // (heads * max(queries, heads)))
    found = []
    for start in range(0, keys, at_once):
        weights, some = pattern[:, :, start : start + at_once], vectors[start : start + at_once]
        gram = some @ some.transpose(1, 2)
        squares = (torch.einsum("hij,jhg->gij", weights, gram) * weights).sum(0)
        found.append(squares.clamp(min=0).sqrt())
    return torch.cat(found, 1).double().cpu().numpy()
