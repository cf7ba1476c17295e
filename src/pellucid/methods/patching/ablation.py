"""Ablation: what is lost of the answer when heads, sublayers or neurons write something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Block, WhiteBox
from pellucid.core.registry import method
from pellucid.core.site import Patch, Site
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._ablated import Instead, Written, lost
from pellucid.methods.patching._grid import reading_stack

__all__ = ["ablation"]

Parts = Literal["head", "attention", "mlp", "layer"]


@dataclass(frozen=True)
class _Places:
    """What is ablated: the patch of each place of an array; NaN stands where there is none (a layer of fewer heads)."""

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    patches: Mapping[Any, Patch]

    def filled(self, found: np.ndarray) -> np.ndarray:
        """Numbers of the patches as that array."""
        array = np.full(self.shape, np.nan)
        array[tuple(np.transpose(list(self.patches)))] = found
        return array


@method(
    cost="two forwards and those of the texts, and about half a forward for each part",
    paper="Michel et al. 2019, arXiv:1905.10650; Wang et al. 2022, arXiv:2211.00593; Chan et al. 2022",
)
def ablation(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    part: Parts = "head",
    sites: tuple[str, ...] = (),
    instead: Instead = "mean",
    texts: tuple[str, ...] = (),
    corrupt: str | None = None,
) -> xr.Dataset:
    """Put something without the text's own meaning in the place of each part, and see what the answer loses.

    ``effect = v(x) - v(x with the part ablated)``, at all positions, the answer's own included; positive where the
    part supported the answer. What stands instead is half of the question: ``mean`` keeps what the part always says,
    ``zero`` takes that too and leaves states that no text has, ``resample`` says what another text would have made
    the part say. Later parts repair much of what is taken out: a part of no effect here may matter all the same.

    Returns ``effect``, in the target's units: dims (layer, head) for heads, (layer) for attention, mlp and layer,
    (candidate) for ``sites``, named by the coordinate ``candidate_text``; and the scalar ``clean``, v(x). Layers
    count from 0; of an encoder and a decoder they are the encoder's.

    :param part: what is ablated, one after the other: each head, what the attention or the MLP of each layer adds, or
        both of them.
    :param sites: ablate these places instead, e.g. z.9.h9,mlp_act.5.n123.
    :param instead: mean (over positions), zero, or resample (the states of the text given as corrupt).
    :param texts: whose positions the mean is over; none is the text's own.
    :param corrupt: for resample, the other text: as many tokens.
    """
    written = Written(instead, texts, corrupt)
    places = _listed(sites) if sites else _parts(model, part)
    clean, effect = lost(model, text, target, list(places.patches.values()), written)
    data = xr.Dataset(
        {"effect": (places.dims, places.filled(effect)), "clean": clean},
        attrs={
            "primary": "effect",
            "signed": True,
            "units": str(target.scale),
            "notes": (written.specification,),
        },
    )
    return data.assign_coords(candidate_text=("candidate", list(sites))) if sites else data


def _listed(sites: Sequence[str]) -> _Places:
    """Places as they were spelled."""
    for site in sites:
        if Site.parse(site).point == "pattern":
            raise BadOption(
                f'"{site}": rows of a pattern add up to 1, and a mean or zeros would not. Ablate z, or patch it.'
            )
    patches = {(i,): Patch.at(site) for i, site in enumerate(sites)}
    return _Places(("candidate",), (len(sites),), patches)


def _parts(model: WhiteBox, part: str) -> _Places:
    """All heads, attentions, MLPs or layers of the stack that reads the text."""
    if part not in get_args(Parts):
        raise BadOption(f'part="{part}" is not known. Parts: {", ".join(get_args(Parts))}.')
    prefix, blocks = reading_stack(model)
    if part == "head":
        _has(model, blocks, "z", part)
        heads = {
            (i, head): Patch.at(f"{prefix}z.{i}.h{head}")
            for i, block in enumerate(blocks)
            for head in range(block.heads)
        }
        return _Places(("layer", "head"), (len(blocks), max(block.heads for block in blocks)), heads)
    wanted = {"attention": ("attn",), "mlp": ("mlp",), "layer": ("attn", "mlp")}[part]
    # Where the stream is no sum, a norm stands behind it: what is written into that is raw.
    points = [f"{w}_out" if all(f"{w}_out" in b.points for b in blocks) else f"{w}_raw" for w in wanted]
    for point in points:
        _has(model, blocks, point, part)
    layers = {(i,): Patch.at(*(f"{prefix}{p}.{i}" for p in points)) for i in range(len(blocks))}
    return _Places(("layer",), (len(blocks),), layers)


def _has(model: WhiteBox, blocks: Sequence[Block], point: str, part: str) -> None:
    lacking = [i for i, block in enumerate(blocks) if point not in block.points]
    if lacking:
        there = ", ".join(blocks[lacking[0]].points)
        raise BadOption(
            f'part="{part}": block {lacking[0]} of {model.name} has no {point} that could be ablated. '
            f"Name places of what it has with sites: {there}."
        )
