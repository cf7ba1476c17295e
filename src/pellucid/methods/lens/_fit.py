"""The fit of a tuned lens: states are read once, then every layer's map is moved towards what the model says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pellucid.core.errors import BadOption, EmptyText, TargetImpossible
from pellucid.core.protocols import WhiteBox

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["fitted"]

TEXTS = 16  # read at once
CLIP = 1.0  # the largest norm of a layer's gradient


def fitted(
    model: WhiteBox, texts: Sequence[str], *, steps: int, positions: int, batch: int, rate: float, seed: int
) -> tuple[Tensor, Tensor, int]:
    """Weights, biases, and how many positions were read: see `TunedLens.fit`."""
    import torch

    if min(steps, positions, batch) < 1 or not rate > 0:
        raise BadOption("A lens is fitted in at least one step on at least one position, at a rate above 0.")
    if "" not in model.blocks:
        raise TargetImpossible(
            f"{model.name} has an encoder and a decoder: a tuned lens is of models of one stack."
        )
    rng = np.random.default_rng(seed)
    states = _states(model, texts, positions, rng)
    layers, read, width = len(states) - 1, *states[0].shape
    weights = torch.zeros(layers, width, width, device=states[0].device, requires_grad=True)
    biases = torch.zeros(layers, width, device=states[0].device, requires_grad=True)
    adam = torch.optim.Adam([weights, biases], lr=rate)
    for step in range(steps):
        drawn = torch.from_numpy(rng.choice(read, min(batch, read), replace=False)).to(weights.device)
        says = model.unembed(states[-1][drawn]).float().log_softmax(-1)
        weights.grad, biases.grad = torch.zeros_like(weights), torch.zeros_like(biases)
        for layer in range(layers):
            _slope(model, says, states[layer][drawn], weights, biases, layer)
        adam.param_groups[0]["lr"] = rate * (1 - step / steps)
        adam.step()
    return weights.detach().cpu(), biases.detach().cpu(), read


def _slope(
    model: WhiteBox, says: Tensor, states: Tensor, weights: Tensor, biases: Tensor, layer: int
) -> None:
    """Put the gradient of one layer's divergence, clipped, where Adam looks for it. Its graph is gone afterwards."""
    import torch

    weight, bias = (part[layer].detach().requires_grad_(True) for part in (weights, biases))
    with torch.enable_grad():
        seen = model.unembed(states + states @ weight.T + bias).float().log_softmax(-1)
        divergence = (says.exp() * (says - seen)).sum(-1).mean()
    found = torch.autograd.grad(divergence, (weight, bias))
    size = torch.sqrt(sum(slope.square().sum() for slope in found))  # type: ignore[arg-type]
    for part, slope in zip((weights, biases), found, strict=True):
        part.grad[layer] = slope * (CLIP / size).clamp(max=1.0)  # type: ignore[index]


def _states(model: WhiteBox, texts: Sequence[str], positions: int, rng: np.random.Generator) -> list[Tensor]:
    """What enters each block and what leaves the last, shape (position, width) each, float32, of texts drawn whole."""
    import torch

    if isinstance(texts, str) or not any(text.strip() for text in texts):
        raise EmptyText("There are no texts to fit a lens on (give a list of strings)")
    sites = ["resid_pre.0", *(f"resid_post.{i}" for i in range(len(model.blocks[""])))]
    kept: list[list[Tensor]] = [[] for _ in sites]
    order = [texts[i] for i in rng.permutation(len(texts)) if texts[i].strip()]
    read = 0
    for start in range(0, len(order), TEXTS):
        if read >= positions:
            break
        some = [model.cut(text, "token") for text in order[start : start + TEXTS]]
        found = model.trace(some, read=sites)
        for at in range(len(some)):
            for rows, site in zip(kept, sites, strict=True):
                rows.append(found.row(site, at).float())
            read += len(kept[0][-1])
    return [torch.cat(rows)[:positions] for rows in kept]
