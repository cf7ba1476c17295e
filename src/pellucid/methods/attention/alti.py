"""ALTI: how much of each position's next state comes from each position, rolled out over the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from pellucid.core.errors import UnsupportedModel
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attention._layers import all_layers
from pellucid.methods.attention._listen import heard, kept
from pellucid.methods.attention._rolled import credited, followed, rolled, shares
from pellucid.methods.attention._written import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["alti"]

# Numbers that are held at once: 2**24 float32 are 64 MB.
HELD = 2**24


@method(
    cost="one forward, and a backward of the head alone",
    paper="Ferrando et al. 2022, arXiv:2203.04212, eq. 9 to 11",
)
def alti(model: WhiteBox, text: Text, target: Target) -> xr.Dataset:
    """Aggregate, over all layers, how near each position's part comes to the state that it becomes a part of.

    In a layer the state of position i behind the attention is a sum of vectors, one from each position:
    ``y_i = bias + sum over j of T_j``, with ``T_j = sum over heads of alpha_h[i, j] . W_O^h v_h[j]``, and x_i itself
    for j = i (the residual stream). ``c_ij = max(0, |y_i|_1 - |y_i - T_j|_1)``, rows divided by their sum. The
    product of these matrices over the layers is read at the positions of the answer, as in `attention_rollout`.

    A norm behind the attention, before the sum (Gemma), is taken as the factor that it is at this state. Where the sum
    itself is normalised (BERT), y_i is the sum before its norm; the paper looks behind it.

    Returns ``attribution``, dims (input), and ``unassigned``, what went to tokens that are no feature; shares that add
    up to 1. Raises `UnsupportedModel` where a layer does not add its attention to its input, and as
    `attention_rollout` does.
    """
    layers = all_layers(model, "alti")
    for layer in layers:
        if not model.blocks[""][layer].adds:
            raise UnsupportedModel(
                model.name,
                f"attention whose result is added to the states; layer {layer} scales one of the two",
                "Use attention_rollout.",
            )
    found: dict[int, np.ndarray] = {}
    listeners = [_listeners(model, layer, found) for layer in layers]
    change = {place: hear for each in listeners for place, hear in each.items()}
    at = followed(model, text, target, change)
    credit = rolled(np.stack([found[layer] for layer in layers]), at)
    attribution = shares(credit, model.owners(text), len(text.features))
    return credited(attribution, float(credit.sum() - attribution.sum()), "share of the answer's state")


def _listeners(
    model: WhiteBox, layer: int, found: dict[int, np.ndarray]
) -> dict[str, Callable[[Tensor], Tensor]]:
    """Changes that change nothing; the last of them puts the layer's contributions into ``found``."""
    passed: dict[str, Tensor] = {}

    def finish(added: Tensor) -> None:
        vectors = written(model, "", layer, passed["v"])
        factor = _factor(passed.get("attn_raw", added), added)
        found[layer] = _contributions(passed["pattern"], vectors, passed["resid_pre"], added, factor)
        passed.clear()

    points = ("resid_pre", "v", "pattern", "attn_raw")
    added = "attn_out" if "attn_out" in model.blocks[""][layer].points else "attn_raw"
    kept_ones = {f"{point}.{layer}": kept(passed, point) for point in points}
    return {**kept_ones, f"{added}.{layer}": heard(finish)}


def _factor(raw: Tensor, added: Tensor) -> Tensor | None:
    """What a norm between the attention and the sum multiplies with, number by number; None without one."""
    import torch

    return None if torch.equal(raw, added) else torch.where(raw == 0, 1, added / raw)


def _contributions(
    pattern: Tensor, vectors: Tensor, entered: Tensor, added: Tensor, factor: Tensor | None
) -> np.ndarray:
    """Rows that add up to 1, shape (query, key), some queries at a time.

    ``pattern``: (head, query, key); ``vectors``: (key, head, width); the others: (query, width).
    """
    import torch

    _, queries, keys = pattern.shape
    width = entered.shape[-1]
    states = (entered.float() + added.float())[:, None]
    rows = []
    for some in torch.arange(queries).split(max(1, HELD // (keys * width))):
        moved = torch.einsum("hij,jhd->ijd", pattern[:, some].float(), vectors.float())
        if factor is not None:
            moved = moved * factor[some, None].float()
        moved[torch.arange(len(some)), some] += entered[some].float()
        near = states[some].abs().sum(-1) - (states[some] - moved).abs().sum(-1)
        rows.append(near.clamp(min=0).double().cpu())
    found = torch.cat(rows).numpy()
    total = found.sum(1, keepdims=True)
    # A state that no part comes near is all bias: it stays with its own position.
    return np.where(total > 0, found / np.where(total > 0, total, 1), np.eye(queries, keys))
