"""From one matrix of who draws on whom a layer to the credit of the text for its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attention._listen import heard

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["credited", "followed", "mean_patterns", "mixed", "rolled", "shares"]

ANY_ANSWER = (
    "This follows where the answer's positions look, whichever answer is meant: it is the same for every answer "
    "that is read at the same places, and says nothing for or against one."
)


def followed(
    model: WhiteBox, text: Text, target: Target, listeners: Mapping[str, Callable[[Tensor], Tensor]]
) -> np.ndarray:
    """Run the text with its answer under ``listeners``; returns the positions at which the answer is read.

    They are those of the last block's output that the answer's logits have a gradient at: the last one of a text
    that is continued, the first of a classifier that reads [CLS], all of them where they are averaged.
    """
    last = f"resid_post.{len(model.blocks['']) - 1}"
    plain = replace(target, against=None, against_ids=(), scale="logit")
    found = model.trace(text, plain, change=listeners, gradients=[last])
    return np.flatnonzero((found.gradient(last)[0] != 0).any(-1).cpu().numpy())


def mean_patterns(
    model: WhiteBox, text: Text, target: Target, layers: range
) -> tuple[np.ndarray, np.ndarray]:
    """The patterns averaged over heads, float64, shape (layer, query, key), and the positions of the answer."""
    found: dict[int, np.ndarray] = {}

    def listen(layer: int) -> Callable[[Tensor], Tensor]:
        def keep(pattern: Tensor) -> None:
            found[layer] = pattern.float().mean(0).double().cpu().numpy()

        return heard(keep)

    at = followed(model, text, target, {f"pattern.{layer}": listen(layer) for layer in layers})
    return np.stack([found[layer] for layer in layers]), at


def mixed(patterns: np.ndarray, residual: float) -> np.ndarray:
    """Each position keeps ``residual`` of itself and takes the rest from where it looks; rows add up to 1."""
    both = residual * np.eye(patterns.shape[-1]) + (1 - residual) * patterns
    return both / both.sum(-1, keepdims=True)


def rolled(layers: np.ndarray, at: np.ndarray) -> np.ndarray:
    """What the positions ``at`` draw from each position of the input, on average, shape (position,).

    ``layers``: shape (layer, query, key), first layer first. One row goes down through all of them: length² numbers
    of work a layer, where the product of the matrices would need length³.
    """
    row = np.zeros(layers.shape[-1])
    row[at] = 1 / len(at)
    for layer in layers[::-1]:
        row = row @ layer
    return row


def shares(credit: np.ndarray, owners: np.ndarray, features: int) -> np.ndarray:
    """The credit of positions added up to features, shape (input,)."""
    of_the_text = credit[: len(owners)]
    own = owners >= 0
    return np.bincount(owners[own], of_the_text[own], minlength=features)


def credited(
    attribution: np.ndarray, unassigned: float | None, units: str, notes: tuple[str, ...] = ()
) -> xr.Dataset:
    """``attribution``, dims (input), and what went to positions that are no feature, where that is known."""
    data: dict = {"attribution": ("input", attribution)}
    if unassigned is not None:
        data["unassigned"] = unassigned
    attributes = {"primary": "attribution", "signed": False, "units": units, "notes": (*notes, ANY_ANSWER)}
    return xr.Dataset(data, attrs=attributes)
