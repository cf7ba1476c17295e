"""Ablation: what is lost of the answer when heads, sublayers or neurons write something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Block, WhiteBox
from pellucid.core.registry import method
from pellucid.core.site import Patch, Site
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._grid import reading_stack
from pellucid.methods.patching._pair import Pair, pair_of, totals

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ablation"]

Parts = Literal["head", "attention", "mlp", "layer"]
Instead = Literal["mean", "zero", "resample"]


@dataclass(frozen=True)
class _Places:
    """What is ablated: the patch of each place, in the order of an array of this shape."""

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    patches: Sequence[Patch]

    @property
    def sites(self) -> list[str]:
        """The whole sites that are written over."""
        every = (Site(s.point, s.layer, stack=s.stack) for patch in self.patches for s in patch.sites)
        return [str(site) for site in dict.fromkeys(every)]


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
    if instead not in get_args(Instead):
        raise BadOption(f'instead="{instead}" is not known. Possible: {", ".join(get_args(Instead))}.')
    if texts and instead != "mean":
        raise BadOption(f'texts are what a mean is over, and instead="{instead}" takes none.')
    if corrupt and instead != "resample":
        raise BadOption(f'corrupt is what is resampled from, and instead="{instead}" takes none.')
    places = _listed(model, sites) if sites else _parts(model, part)
    pair = pair_of(model, text, target, corrupt) if instead == "resample" else None
    source = _source(model, text, target, places.sites, instead, texts, pair)
    clean = float(totals(model.trace(text, target).outputs)[0])
    effect = clean - totals(model.sweep(text, target, places.patches, source))
    data = xr.Dataset(
        {"effect": (places.dims, effect.reshape(places.shape)), "clean": clean},
        attrs={
            "primary": "effect",
            "signed": True,
            "units": str(target.scale),
            "notes": (_specification(instead, texts, corrupt),),
        },
    )
    return data.assign_coords(candidate_text=("candidate", list(sites))) if sites else data


def _listed(model: WhiteBox, sites: Sequence[str]) -> _Places:
    """Places as they were spelled."""
    for site in sites:
        if Site.parse(site).point == "pattern":
            raise BadOption(
                f'"{site}": rows of a pattern add up to 1, and a mean or zeros would not. Ablate z, or patch it.'
            )
    return _Places(("candidate",), (len(sites),), [Patch.at(site) for site in sites])


def _parts(model: WhiteBox, part: str) -> _Places:
    """All heads, attentions, MLPs or layers of the stack that reads the text."""
    if part not in get_args(Parts):
        raise BadOption(f'part="{part}" is not known. Parts: {", ".join(get_args(Parts))}.')
    prefix, blocks = reading_stack(model)
    layers = range(len(blocks))
    if part == "head":
        _has(model, blocks, "z", part)
        heads = max(block.heads for block in blocks)
        patches = [Patch.at(f"{prefix}z.{i}.h{head}") for i in layers for head in range(heads)]
        return _Places(("layer", "head"), (len(blocks), heads), patches)
    wanted = {"attention": ("attn",), "mlp": ("mlp",), "layer": ("attn", "mlp")}[part]
    # Where the stream is no sum, a norm stands behind it: what is written into that is raw.
    points = [f"{w}_out" if all(f"{w}_out" in b.points for b in blocks) else f"{w}_raw" for w in wanted]
    for point in points:
        _has(model, blocks, point, part)
    return _Places(
        ("layer",), (len(blocks),), [Patch.at(*(f"{prefix}{p}.{i}" for p in points)) for i in layers]
    )


def _has(model: WhiteBox, blocks: Sequence[Block], point: str, part: str) -> None:
    lacking = [i for i, block in enumerate(blocks) if point not in block.points]
    if lacking:
        there = ", ".join(blocks[lacking[0]].points)
        raise BadOption(
            f'part="{part}": block {lacking[0]} of {model.name} has no {point} that could be ablated. '
            f"Name places of what it has with sites: {there}."
        )


def _source(
    model: WhiteBox,
    text: Text,
    target: Target,
    sites: Sequence[str],
    instead: str,
    texts: Sequence[str],
    pair: Pair | None,
) -> dict[str, Tensor]:
    """What is written at each whole site, shape (position, ...) of the text and the answer behind it."""
    if pair is not None:
        other = model.trace(pair.corrupt, pair.corrupt_target, read=sites)
        return {site: other.row(site, 0) for site in sites}
    own = model.trace(text, target, read=sites)
    states = {site: own.row(site, 0) for site in sites}
    if instead == "zero":
        return {site: numbers.new_zeros(numbers.shape) for site, numbers in states.items()}
    if texts:
        read = [model.cut(Text(one), "token") for one in texts]
        given = model.trace(read, read=sites)
        rows = {site: [given.row(site, i) for i in range(len(read))] for site in sites}
    else:
        rows = {site: [numbers] for site, numbers in states.items()}
    means = {
        site: sum(r.double().sum(0) for r in some) / sum(len(r) for r in some) for site, some in rows.items()
    }
    return {
        site: means[site].to(numbers).expand(numbers.shape)  # type: ignore[union-attr]
        for site, numbers in states.items()
    }


def _specification(instead: str, texts: Sequence[str], corrupt: str | None) -> str:
    """What stood in the place of each part, in words: a number of an ablation means nothing without."""
    if instead == "zero":
        return "Ablated: zeros at all positions."
    if instead == "resample":
        return f"Ablated: the states of {corrupt!r} at all positions."
    over = " and ".join(map(repr, texts)) if len(texts) in (1, 2) else f"{len(texts)} texts"
    over = over if texts else "this text"
    return f"Ablated: at all positions the mean over the positions of {over}."
