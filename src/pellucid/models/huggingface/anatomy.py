"""What stands where in a block: found by following the numbers of one short forward, never by names.

A name says what somebody called a module, not what its output means: ``post_attention_layernorm`` stands before
the MLP in one family and behind the attention in another. Arithmetic cannot lie: what reads the attention's
result is the output projection; what the block adds to its input is attention and MLP, if anything is; what
reads the sum of the two first terms stands in the middle. Where the sums do not close, the sites that they
define do not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from pellucid.core.errors import NotFinite, UnsupportedModel
from pellucid.models.huggingface.attention_tap import AttentionCall, tapped
from pellucid.models.huggingface.locate import stacks_of
from pellucid.models.huggingface.probe import TOLERANCE, Call, call_of, probe

__all__ = ["AttentionParts", "BlockParts", "anatomy_of"]

NO_KERNEL = "its attention does not go through transformers' attention functions"
NO_SUM = (
    "what its attention and MLP write does not add up to what a block adds (it normalises or scales the sum)"
)
PARALLEL = "its attention and its MLP read the same states: parallel blocks have no state between the two"
NO_PROJECTION = "no single projection of its MLP was found (a mixture of experts has many)"


@dataclass(frozen=True)
class AttentionParts:
    """One attention: the module that calls its kernel, and where its result goes.

    ``projection`` reads z; the output of ``raw`` is what it makes of it, that of ``out`` what the residual stream
    receives (another module where a norm stands between). ``out`` is None where the stream is not a sum.
    """

    module: nn.Module
    projection: nn.Module
    raw: nn.Module
    out: nn.Module | None
    heads: int
    kv_heads: int
    head_width: int


@dataclass(frozen=True)
class BlockParts:
    """One block. ``missing``: for each point that it does not have, the reason.

    ``mlp_projection`` reads the MLP's activations; ``mlp_raw`` and ``mlp_out`` as in `AttentionParts`. ``mid_reader``
    reads the residual stream between attention and MLP; ``mid_passes`` says whether the stream also passes it by.
    ``adds``: whether the block goes on with its input plus what its attention writes, before any norm.
    """

    module: nn.Module
    attention: AttentionParts | None
    cross: AttentionParts | None
    mlp_projection: nn.Module | None
    mlp_raw: nn.Module | None
    mlp_out: nn.Module | None
    mid_reader: nn.Module | None
    mid_passes: bool
    adds: bool
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Attended:
    """One run of an attention kernel: who asked, how many heads, the states, shape (row, position, head, width)."""

    module: nn.Module
    heads: int
    kv_heads: int
    z: Tensor


@dataclass
class _Heard:
    """What one block did: its input and output, its modules' calls in the order they ended, its attentions."""

    block: nn.Module
    calls: list[Call] = field(default_factory=list)
    attended: list[_Attended] = field(default_factory=list)
    entered: Tensor = field(init=False)
    left: Tensor = field(init=False)


def anatomy_of(module: Any, name: str) -> dict[str, list[BlockParts]]:
    """The parts of every block, by stack: "" for a model of one stack, else "enc" and "dec".

    Runs the model once on a handful of tokens. Raises `UnsupportedModel` where no list of blocks is found, and
    `NotFinite` where its states are no numbers: nothing adds up there.
    """
    stacks = stacks_of(module, name)
    heard = {stack: [_Heard(block) for block in blocks] for stack, blocks in stacks.items()}
    with _listening([h for found in heard.values() for h in found]):
        attended = _attended(module, name)
    if not all(bool(torch.isfinite(one.left).all()) for found in heard.values() for one in found):
        raise NotFinite(name, str(module.dtype).removeprefix("torch."))
    for found in heard.values():
        for one in found:
            inside = set(one.block.modules())
            one.attended = [a for a in attended if a.module in inside]
    return {stack: [_parts(one) for one in found] for stack, found in heard.items()}


def _attended(module: Any, name: str) -> list[_Attended]:
    """The attentions of one probe; none where a model computes its attention itself."""
    found: list[_Attended] = []

    def listen(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
        z, pattern = call.run()
        found.append(_Attended(call.module, call.query.shape[1], call.key.shape[1], z.clone()))
        return z, pattern

    with ExitStack() as tap:
        with suppress(UnsupportedModel):
            tap.enter_context(tapped(module, name, listen))
        probe(module)
    return found


@contextmanager
def _listening(heard: Sequence[_Heard]) -> Iterator[None]:
    """Inside, the calls of every block's modules are noted."""
    with ExitStack() as hooks:
        for one in heard:
            for inner in one.block.modules():
                hooks.callback(inner.register_forward_hook(_note(one), with_kwargs=True).remove)
        yield


def _note(heard: _Heard) -> Any:
    def note(module: nn.Module, args: tuple, kwargs: dict[str, Any], output: Any) -> None:
        call = call_of(module, args, kwargs, output)
        if call is None:
            return
        if module is heard.block:
            heard.entered, heard.left = call.read, call.wrote
        else:
            heard.calls.append(call)

    return note


def _parts(heard: _Heard) -> BlockParts:
    missing: dict[str, str] = {}
    found = [_attention(heard, attended) for attended in heard.attended]
    if not found:
        missing |= dict.fromkeys(("z", "q", "k", "v", "pattern", "attn_raw"), NO_KERNEL)
    outs, mlp_out = _terms(heard, found)
    attentions = [_with_out(a, out) for a, out in zip(found, outs, strict=True)]
    if mlp_out is None:
        missing |= dict.fromkeys(("attn_out", "mlp_out", "resid_mid"), NO_SUM if found else NO_KERNEL)
    mid = None if mlp_out is None else _mid_reader(heard, outs)
    if mlp_out is not None and mid is None:
        missing["resid_mid"] = PARALLEL
    raw = _raw_of(heard, mlp_out) if mlp_out is not None else _last_projection(heard, found)
    if raw is None:
        missing["mlp_raw"] = NO_PROJECTION
    projection = raw if raw is not None and _is_projection(raw.module) else None
    if projection is None:
        missing["mlp_act"] = NO_PROJECTION
    return BlockParts(
        module=heard.block,
        attention=attentions[0] if attentions else None,
        cross=attentions[1] if len(attentions) > 1 else None,
        mlp_projection=None if projection is None else projection.module,
        mlp_raw=None if raw is None else raw.module,
        mlp_out=None if mlp_out is None else mlp_out.module,
        mid_reader=None if mid is None else mid.module,
        mid_passes=mid is not None and not _close(mid.wrote, heard.left),
        adds=mlp_out is not None or _adds(heard, found),
        missing=missing,
    )


def _attention(heard: _Heard, attended: _Attended) -> tuple[_Attended, Call]:
    """What the kernel was asked, and the projection that reads its result."""
    z = attended.z.flatten(2)
    return attended, next(c for c in heard.calls if _is_projection(c.module) and _same(c.read, z))


def _terms(heard: _Heard, found: Sequence[tuple[_Attended, Call]]) -> tuple[list[Call | None], Call | None]:
    """What of each attention, and of the MLP, adds up to the block's output less its input; Nones if nothing does."""
    chains = [_chain(heard, projected) for _, projected in found]
    used = {id(call) for chain in chains for call in chain}
    rest = [c for c in heard.calls if id(c) not in used and c.wrote.numel() == heard.left.numel()]
    best: tuple[float, list[Call | None], Call | None] = (_tolerance(heard.left), [None] * len(found), None)
    for outs in product(*chains) if found else ():
        left = heard.left.double() - heard.entered.double() - sum(_like(c.wrote, heard.left) for c in outs)
        for call in rest:
            miss = float((left - _like(call.wrote, heard.left)).abs().max())
            if miss < best[0]:
                best = (miss, list(outs), call)
    return best[1], best[2]


def _chain(heard: _Heard, projected: Call) -> list[Call]:
    """The projection of an attention, and what reads its output and nothing else: dropouts, a norm behind it."""
    chain = [projected]
    for call in heard.calls[heard.calls.index(projected) + 1 :]:
        if _same(call.read, chain[-1].wrote) and call.wrote.numel() == projected.wrote.numel():
            chain.append(call)
    return chain


def _with_out(found: tuple[_Attended, Call], out: Call | None) -> AttentionParts:
    attended, projected = found
    return AttentionParts(
        module=attended.module,
        projection=projected.module,
        raw=projected.module,
        out=None if out is None else out.module,
        heads=attended.heads,
        kv_heads=attended.kv_heads,
        head_width=attended.z.shape[-1],
    )


def _mid_reader(heard: _Heard, outs: Sequence[Call | None]) -> Call | None:
    """The outermost call behind the attentions that reads the block's input plus what they add.

    Behind them, since an attention may add nothing: then what reads the block's input reads the same numbers.
    """
    behind = max(i for i, call in enumerate(heard.calls) if any(call is out for out in outs))
    mid = heard.entered + sum(_like(c.wrote, heard.entered) for c in outs if c is not None)
    found: Call | None = None
    for call in heard.calls[behind + 1 :]:
        if _close(call.read, mid) and (found is None or _holds(call.module, found.module)):
            found = call
    return found


def _adds(heard: _Heard, found: Sequence[tuple[_Attended, Call]]) -> bool:
    """Whether something reads the block's input plus what its attention writes: the norm of a sum, behind it."""
    return bool(found) and _mid_reader(heard, [found[0][1]]) is not None


def _raw_of(heard: _Heard, out: Call) -> Call | None:
    """The projection that writes what the MLP adds, or what a norm makes into it; the call itself without one."""
    if _is_projection(out.module):
        return out
    writes = (c for c in heard.calls if _same(c.wrote, out.read))
    return next(writes, None) if _is_norm(out.module) else out


def _last_projection(heard: _Heard, found: Sequence[tuple[_Attended, Call]]) -> Call | None:
    """Where nothing adds up: the last projection of the block back to its width."""
    attentions = {id(projected) for _, projected in found}
    fitting = [
        c
        for c in heard.calls
        if _is_projection(c.module) and id(c) not in attentions and c.wrote.numel() == heard.left.numel()
    ]
    return fitting[-1] if fitting else None


def _is_projection(module: nn.Module) -> bool:
    weight = getattr(module, "weight", None)
    return weight is not None and weight.ndim == 2 and not any(True for _ in module.children())


def _is_norm(module: nn.Module) -> bool:
    weight = getattr(module, "weight", None)
    return weight is not None and weight.ndim == 1


def _same(one: Tensor, other: Tensor) -> bool:
    """Whether they hold the same numbers; some layers read all rows and positions in one dim."""
    return one.numel() == other.numel() and torch.equal(one.flatten(), other.flatten())


def _like(one: Tensor, shape: Tensor) -> Tensor:
    return one.reshape(shape.shape)


def _close(one: Tensor, other: Tensor) -> bool:
    if one.numel() != other.numel():
        return False
    return float((_like(one, other).double() - other.double()).abs().max()) <= _tolerance(other)


def _holds(outer: nn.Module, inner: nn.Module) -> bool:
    return any(m is inner for m in outer.modules())


def _tolerance(numbers: Tensor) -> float:
    return TOLERANCE[numbers.dtype] * float(numbers.abs().max())
