"""Sites to places: which module a site's numbers pass, on which side, and in what shape.

Every site is read and changed in one shape, whatever the family passes around: (row, position, width), with a head dim
before the width for z, q, k and v, and (row, head, query, key) for patterns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

from pellucid.core.errors import BadOption
from pellucid.core.site import POINTS, Site
from pellucid.models.huggingface.anatomy import AttentionParts, BlockParts
from pellucid.models.huggingface.embeddings import embedding_of

__all__ = ["Place", "place_of", "possible_points"]

Side = Literal["in", "out", "kernel"]


@dataclass(frozen=True)
class Place:
    """Where a site is: what goes into a module, what comes out of it, or what its attention kernel reads.

    ``heads``: how many heads the last dim falls into, 0 for none. ``back``: a module whose output a change of the
    residual stream has to be added to, where the stream passes by the module that reads it. ``first_call_only``: a
    layer that encoder and decoder share is meant where the text is read.
    """

    module: nn.Module
    side: Side
    heads: int = 0
    back: nn.Module | None = None
    first_call_only: bool = False

    def shaped(self, raw: Tensor, rows: int) -> Tensor:
        """The numbers that pass here in the shape of the site; a view where that can be."""
        if self.side == "kernel":
            return raw
        found = raw.reshape(rows, -1, raw.shape[-1])
        return found.unflatten(-1, (self.heads, -1)) if self.heads else found


def place_of(site: Site, stacks: dict[str, list[BlockParts]], module: Any, name: str) -> Place:
    """The place of a site. Raises `BadOption` with the reason and what there is instead."""
    stack = _stack(site, stacks, name)
    if site.point == "embed":
        if stack == "dec":
            raise BadOption(
                f'"{site}": the decoder of {name} has no embedding of its own. Use dec.resid_pre.0.'
            )
        return Place(embedding_of(module), "out", first_call_only=stack == "enc")
    blocks = stacks[stack]
    if site.layer is None or site.layer >= len(blocks):
        raise BadOption(f'"{site}": {name} has {len(blocks)} layers there, 0 to {len(blocks) - 1}.')
    block = blocks[site.layer]
    if site.point in block.missing:
        there = ", ".join(possible_points(block))
        raise BadOption(f'{name} has no "{site}": {block.missing[site.point]}. What it has: {there}.')
    attention = block.cross if site.stack == "cross" else block.attention
    if site.stack == "cross" and attention is None:
        raise BadOption(f'{name} has no "{site}": its blocks have no cross-attention.')
    place = _place(site, block, attention)
    _check_coordinate(site, place, attention, name)
    return place


def possible_points(block: BlockParts) -> Sequence[str]:
    """The points that a block has."""
    return [point for point in POINTS if point not in block.missing and point != "embed"]


def _stack(site: Site, stacks: dict[str, list[BlockParts]], name: str) -> str:
    stack = "dec" if site.stack == "cross" else site.stack
    if stack in stacks:
        return stack
    if "" in stacks:
        raise BadOption(
            f'"{site}": {name} has one stack. Write {site.point}{"" if site.layer is None else f".{site.layer}"}.'
        )
    raise BadOption(f'"{site}": {name} has an encoder and a decoder. Write enc.{site} or dec.{site}.')


def _place(site: Site, block: BlockParts, attention: AttentionParts | None) -> Place:
    if site.point == "resid_pre":
        return Place(block.module, "in")
    if site.point == "resid_post":
        return Place(block.module, "out")
    if site.point == "resid_mid":
        return Place(_there(block.mid_reader), "in", back=block.mlp_out if block.mid_passes else None)
    if site.point == "mlp_act":
        return Place(_there(block.mlp_projection), "in")
    if site.point in ("mlp_out", "mlp_raw"):
        return Place(_there(block.mlp_out if site.point == "mlp_out" else block.mlp_raw), "out")
    assert attention is not None, "a block without attention says so in its missing points"
    if site.point in ("attn_out", "attn_raw"):
        return Place(_there(attention.out if site.point == "attn_out" else attention.raw), "out")
    if site.point == "z":
        return Place(attention.projection, "in", heads=attention.heads)
    return Place(attention.module, "kernel")


def _there(module: nn.Module | None) -> nn.Module:
    assert module is not None, "a point without its module is among the missing ones"
    return module


def _check_coordinate(site: Site, place: Place, attention: AttentionParts | None, name: str) -> None:
    if site.head is not None and attention is not None:
        heads = attention.kv_heads if site.point in ("k", "v") else attention.heads
        if site.head >= heads:
            kind = "key-value heads" if site.point in ("k", "v") else "heads"
            raise BadOption(f'"{site}": layer {site.layer} of {name} has {heads} {kind}, 0 to {heads - 1}.')
    if site.neuron is not None:
        neurons = _width_read_by(place.module)
        if site.neuron >= neurons:
            raise BadOption(
                f'"{site}": layer {site.layer} of {name} has {neurons} neurons, 0 to {neurons - 1}.'
            )


def _width_read_by(projection: Any) -> int:
    """How many numbers a projection reads; GPT-2's is transposed and has no name for it."""
    return int(getattr(projection, "in_features", 0) or projection.weight.shape[0])
