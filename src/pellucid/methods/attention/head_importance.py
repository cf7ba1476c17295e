"""Head importance: what the target would feel if a head were turned down."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attention._layers import chosen_layers, site, text_stack
from pellucid.methods.attention._listen import exact

__all__ = ["head_importance"]


@method(cost="one forward and one backward", paper="Michel et al. 2019, arXiv:1905.10650, eq. 2")
def head_importance(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    stack: Literal["enc", "dec", "cross"] | None = None,
    signed: bool = False,
) -> xr.Dataset:
    """The slope of the target at a gate on each head, where the gate is open.

    Put ``gate . z`` in place of what a head hands to the output projection, z; then
    ``importance = |df/dgate| = |sum over positions of z . df/dz|`` at gate = 1. It is what turning the head down would
    change, to first order. The paper takes its mean over a data set; this is one text's.

    Returns ``importance``, dims (layer, head), in the target's units a gate; layers and heads count from 0. Raises
    `UnsupportedModel` where attention cannot be looked into.

    :param stack: of an encoder-decoder, whose heads: enc (the default), dec, or cross (from decoder to encoder).
    :param signed: keep the sign: positive where the head raises the target.
    """
    target.check_slope()
    at = _stack(model, stack)
    layers = chosen_layers(model, None, "dec" if at == "cross" else at)
    sites = [site(at, "z", layer) for layer in layers]
    slopes = sum(sign * _slopes(model, text, one, sites) for one, sign in _passes(target))
    return xr.Dataset(
        {"importance": (("layer", "head"), slopes if signed else np.abs(slopes))},
        coords={"layer": list(layers)},
        attrs={"primary": "importance", "signed": signed, "units": str(target.scale)},
    )


def _slopes(model: WhiteBox, text: Text, target: Target, sites: list[str]) -> np.ndarray:
    """The target's slope at every gate, float64, shape (layer, head)."""
    found = model.trace(text, target, read=sites, gradients=sites)
    per_head = [(exact(found[s]) * exact(found.gradient(s))).sum((0, 1, 3)) for s in sites]
    return np.stack([numbers.double().cpu().numpy() for numbers in per_head])


def _passes(target: Target) -> list[tuple[Target, int]]:
    """The answers of a contrast, each read in a pass of its own: slopes at gates can be subtracted."""
    alone = replace(target, against=None, against_ids=())
    if not target.against_ids:
        return [(alone, 1)]
    return [(alone, 1), (replace(alone, answer=target.against, ids=target.against_ids), -1)]


def _stack(model: WhiteBox, asked: str | None) -> str:
    if asked is None:
        return text_stack(model)
    if "" in model.blocks:
        raise BadOption(f'stack="{asked}": {model.name} has one stack of layers. Leave out stack.')
    if asked not in ("enc", "dec", "cross"):
        raise BadOption(f'stack="{asked}" is not known. Stacks of an encoder-decoder: enc, dec, cross.')
    return asked
