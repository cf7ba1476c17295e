"""Arithmetic that must hold inside a model, at every site that it has: the part of `pellucid doctor` that opens it.

Each invariant is read off one short forward. A point that a model does not have is no failure: the report gives the
reason. Differences are shares of the largest number beside them: the streams of large models are large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pellucid.core.errors import UnsupportedModel
from pellucid.core.site import POINTS, Patch, Site
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface.anatomy import AttentionParts, BlockParts
from pellucid.models.huggingface.inside import Inside
from pellucid.models.huggingface.places import possible_points
from pellucid.models.huggingface.rows import whole

__all__ = ["INVARIANTS", "NotThere", "Points", "points_of"]

Difference = float
Found = Iterator[tuple[Tensor, Tensor]]


class NotThere(Exception):
    """The model does not have what an invariant is about; the message says why."""


@dataclass(frozen=True)
class Points:
    """A point of the sites of one stack: the layers that have it, of how many, and why the others do not."""

    point: str
    layers: tuple[int, ...]
    of: int
    reason: str


def points_of(model: Inside) -> list[Points]:
    """Which points of sites a model has, stack by stack."""
    found = []
    for stack, blocks in model.anatomy.items():
        for point in (p for p in POINTS if p != "embed"):
            there = tuple(i for i, block in enumerate(blocks) if point not in block.missing)
            reason = next((b.missing[point] for b in blocks if point in b.missing), "")
            found.append(Points(f"{stack}.{point}" if stack else point, there, len(blocks), reason))
    return found


def patterns_give_z(model: Inside, text: Text, target: Target) -> Difference:
    """Patterns times values, each head with the values of its group, are z."""

    def of(parts: AttentionParts, read: Callable[[str], Tensor]) -> Found:
        values = read("v").repeat_interleave(parts.heads // parts.kv_heads, 1)
        yield torch.einsum("hqk,khd->qhd", read("pattern"), values), read("z")

    return _worst_of_attentions(model, text, target, ("pattern", "v", "z"), of)


def z_gives_what_attention_writes(model: Inside, text: Text, target: Target) -> Difference:
    """Z of all heads through the output projection is what the attention writes."""

    def of(parts: AttentionParts, read: Callable[[str], Tensor]) -> Found:
        yield _through(model, parts.projection, read("z").flatten(1)), read("attn_raw")

    return _worst_of_attentions(model, text, target, ("z", "attn_raw"), of)


def neurons_give_what_the_mlp_writes(model: Inside, text: Text, target: Target) -> Difference:
    """The MLP's activations through its last projection are what the MLP writes."""

    def of(block: BlockParts, read: Callable[[str], Tensor]) -> Found:
        assert block.mlp_projection is not None, "a block that has mlp_act has the projection that reads it"
        yield _through(model, block.mlp_projection, read("mlp_act")), read("mlp_raw")

    return _worst_of_blocks(model, text, target, ("mlp_act", "mlp_raw"), of)


def parts_add_up(model: Inside, text: Text, target: Target) -> Difference:
    """What enters a block, and what its attentions and MLP add, is what leaves it, and what stands between."""

    def of(block: BlockParts, read: Callable[[str], Tensor]) -> Found:
        middle = read("resid_pre") + read("attn_out")
        if block.cross is not None:
            middle = middle + read("cross.attn_out")
        yield middle + read("mlp_out"), read("resid_post")
        if "resid_mid" not in block.missing:
            yield middle, read("resid_mid")

    return _worst_of_blocks(model, text, target, ("resid_pre", "attn_out", "mlp_out", "resid_post"), of)


def last_states_give_logits(model: Inside, text: Text, target: Target) -> Difference:
    """What the last block leaves, through the final modules, is what the model says."""
    try:
        final = model.unembedding
    except UnsupportedModel as error:
        raise NotThere(_reason(error)) from error
    block = list(model.anatomy.values())[-1][-1].module
    states: list[Tensor] = []
    hook = block.register_forward_hook(lambda _, __, output: states.append(_first(output)))
    try:
        with model.session(), torch.no_grad():
            row = model.head.inputs([whole(model.encoding(text, target))], target.ids)
            row.pop("slots", None)  # the masks of the row, for the head; the module gives all positions
            logits = model.module(**row).logits
            return _share(final(states[-1]), logits)
    finally:
        hook.remove()


def changing_nothing(model: Inside, text: Text, target: Target) -> Difference:
    """Putting at every site what passes there leaves the answer's logits as they are."""
    target = replace(target, scale="logit")  # where a model is certain, probabilities hardly move
    same = model.trace(text, target, change=dict.fromkeys(_all_sites(model), torch.clone))
    return _share_of(same.outputs, model.trace(text, target).outputs)


def sweep_is_one_forward_a_patch(model: Inside, text: Text, target: Target) -> Difference:
    """Patches read together, from the block and position on that they change, give the logits of whole forwards."""
    target = replace(target, scale="logit")
    stack, blocks = next(iter(model.anatomy.items()))
    sites = [
        Site(point, layer, stack=stack)  # type: ignore[arg-type]
        for layer in sorted({0, len(blocks) - 1})
        for point in ("resid_pre", "z", "mlp_act")
        if point not in blocks[layer].missing
    ]
    read = model.trace(text, target, read=sites)
    source: dict[str | Site, Tensor] = {site: 1.5 * read.row(site, 0) for site in sites}
    length = len(model.tokens(text))
    patches = [Patch((site,), (at,)) for site in sites for at in (length // 2, length - 1)]

    def alone(patch: Patch) -> np.ndarray:
        ((site,), (at,)) = patch.sites, patch.positions or ()

        def change(numbers: Tensor) -> Tensor:
            numbers = numbers.clone()
            numbers[:, at] = source[site][at]
            return numbers

        return model.trace(text, target, change={site: change}).outputs[0]

    found = model.sweep(text, target, patches, source)
    return _share_of(found, np.stack([alone(patch) for patch in patches]))


INVARIANTS: Sequence[tuple[str, Callable[[Inside, Text, Target], Difference]]] = (
    ("patterns times values are z", patterns_give_z),
    ("z through the projection is what attention writes", z_gives_what_attention_writes),
    ("neurons through the projection are what the MLP writes", neurons_give_what_the_mlp_writes),
    ("residual parts add up", parts_add_up),
    ("the last states unembed to the logits", last_states_give_logits),
    ("a change of nothing changes nothing", changing_nothing),
    ("a sweep scores as one forward a patch", sweep_is_one_forward_a_patch),
)


def _worst_of_attentions(
    model: Inside,
    text: Text,
    target: Target,
    points: Sequence[str],
    of: Callable[[AttentionParts, Callable[[str], Tensor]], Found],
) -> Difference:
    """The largest miss of any attention that has the points, cross-attention included."""
    found: list[tuple[AttentionParts, Mapping[str, Site]]] = []
    for stack, layer, block in _blocks_with(model, points):
        for parts, there in ((block.attention, stack), (block.cross, "cross")):
            if parts is not None:
                found.append((parts, {p: Site(p, layer, stack=there) for p in points}))  # type: ignore[arg-type]
    return _worst(model, text, target, found, of)


def _worst_of_blocks(
    model: Inside,
    text: Text,
    target: Target,
    points: Sequence[str],
    of: Callable[[BlockParts, Callable[[str], Tensor]], Found],
) -> Difference:
    """The largest miss of any block that has the points."""
    found: list[tuple[BlockParts, Mapping[str, Site]]] = []
    for stack, layer, block in _blocks_with(model, points):
        there = [*points, *(["resid_mid"] if "resid_mid" not in block.missing else [])]
        sites = {p: Site(p, layer, stack=stack) for p in there}  # type: ignore[arg-type]
        if block.cross is not None and "attn_out" in points:
            sites["cross.attn_out"] = Site("attn_out", layer, stack="cross")
        found.append((block, sites))
    return _worst(model, text, target, found, of)


def _blocks_with(model: Inside, points: Sequence[str]) -> list[tuple[Any, int, BlockParts]]:
    """Stack, layer and parts of every block that has some points. Raises `NotThere` where none has."""
    every = [(stack, i, block) for stack, blocks in model.anatomy.items() for i, block in enumerate(blocks)]
    found = [one for one in every if not any(point in one[2].missing for point in points)]
    if not found:
        missing = every[0][2].missing
        raise NotThere(next(missing[point] for point in points if point in missing))
    return found


def _worst(
    model: Inside,
    text: Text,
    target: Target,
    found: Sequence[tuple[Any, Mapping[str, Site]]],
    of: Callable[[Any, Callable[[str], Tensor]], Found],
) -> Difference:
    trace = model.trace(text, target, read=list({s: None for _, sites in found for s in sites.values()}))
    misses = [
        _share(one, other)
        for parts, sites in found
        for one, other in of(parts, lambda point, at=sites: trace.row(at[point], 0))  # type: ignore[misc]
    ]
    return float(np.max(misses))  # not max: NaN must be the worst


def _all_sites(model: Inside) -> list[Site]:
    """Every site of every layer, and of cross-attentions what they have."""
    found = []
    for stack, blocks in model.anatomy.items():
        for layer, block in enumerate(blocks):
            found += [Site(p, layer, stack=stack) for p in possible_points(block)]  # type: ignore[arg-type]
            if block.cross is not None:
                found += [Site(p, layer, stack="cross") for p in ("q", "k", "v", "z", "pattern")]
    return found


@torch.no_grad()
def _through(model: Inside, module: nn.Module, numbers: Tensor) -> Tensor:
    with model.session():
        return module(numbers)


def _share(one: Tensor, other: Tensor) -> Difference:
    """The largest difference, as a share of the largest number (of 1, if that is less)."""
    one, other = one.double(), other.double()
    return float((one - other).abs().max() / other.abs().max().clamp(min=1))


def _share_of(one: np.ndarray, other: np.ndarray) -> Difference:
    return _share(torch.from_numpy(one), torch.from_numpy(other))


def _first(output: Any) -> Tensor:
    return output if isinstance(output, Tensor) else output[0]


def _reason(error: UnsupportedModel) -> str:
    return str(error).strip().partition("\n")[0]
