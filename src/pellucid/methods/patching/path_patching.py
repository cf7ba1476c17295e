"""Path patching: what each part says to one reader, or to the logits, directly and past all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption, UnknownName
from pellucid.core.protocols import Block, Edges, WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._pair import Direction, Pair, beside, check_direction, share

__all__ = ["path_patching"]

FLAGS_AT_ONCE = 2**27
"""Of the circuits that are handed over together: a flag is a byte, and a large model has millions of edges."""


@method(
    cost="two forwards, and about two for each part that writes before the receiver reads",
    paper="Wang et al. 2022, arXiv:2211.00593; Goldowsky-Dill et al. 2023, arXiv:2304.05969",
)
def path_patching(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    corrupt: str | None = None,
    to: tuple[str, ...] | str = "logits",
    direction: Direction = "noise",
) -> xr.Dataset:
    """Let a receiver hear one sender from the other text, all else as it was, and see how far the answer follows.

    A receiver reads the sum of what was written before it: ``x_r = sum over senders s of w_s``. For each sender s,
    ``x_r - w_s + w_s(other text)`` is read instead, by the receivers in ``to`` alone, at all positions. Everything
    between them, heads and MLPs, stays as in the text that is patched; from the receivers on everything is run anew,
    later receivers of ``to`` included. Noising patches the clean text x: ``effect = v(x) - v(patched)``; denoising the
    corrupted one x': ``effect = v(patched) - v(x')``. Both are positive where this path carries the answer.

    This is the direct path of Goldowsky-Dill et al., an edge of the residual stream. Wang et al. also let MLPs between
    sender and receiver answer: here a path through an MLP is two edges, one ``to="mlp 5"`` and one from it. Where a
    norm stands behind the sum of all heads (Gemma 2 and 3), a head's part is taken at the norm's scale in each text.

    Returns ``effect`` of heads, dims (layer, head), ``mlp_effect``, dims (layer), and the scalar ``embed_effect``, in
    the target's units; the same as shares of ``v(x) - v(x')``, ``recovered``, ``mlp_recovered`` and
    ``embed_recovered``; and ``clean`` and ``corrupted``, v of the two texts. NaN for what writes behind all receivers.
    Layers count from 0. Refuses the models that `edge_attribution` refuses.

    :param corrupt: the second text: as many tokens, with the fact changed that the answer hangs on.
    :param to: the receivers, patched together: logits, or e.g. 9.h6 q,7.h3 v,mlp 5 (a head's query, the key or value
        of a key-value head, an MLP).
    :param direction: noise puts what the corrupted text says into the clean one, denoise the other way round.
    """
    check_direction(direction)
    receivers = _checked(model, (to,) if isinstance(to, str) else to)
    texts = beside(model, text, target, corrupt)
    other_way = (texts.corrupt, texts.clean, texts.corrupt_target, texts.target)
    edges = model.edges(*(texts[:4] if direction == "noise" else other_way))
    value, corrupted = edges.clean, edges.corrupted
    if direction == "denoise":
        value, corrupted = corrupted, value
    places = tuple(texts.counterparts)
    pair = Pair(*texts[:4], len(places), first=0, counterparts=places, value=value, corrupted=corrupted)
    effect = pair.effect(_heard(edges, [edges.dests.index(name) for name in receivers]), direction)
    shares = share(effect, pair.value - pair.corrupted, pair.value)
    blocks = model.blocks[""]
    arrays = {**_arrays("effect", effect, blocks), **_arrays("recovered", shares, blocks)}
    return xr.Dataset(
        {**arrays, "clean": pair.value, "corrupted": pair.corrupted},
        attrs={
            "primary": "effect",
            "signed": True,
            "units": str(target.scale),
            "options": {"to": tuple(receivers)},
            "notes": (*pair.notes, *_notes(effect, edges.sources)),
        },
    )


def _checked(model: WhiteBox, to: Sequence[str]) -> list[str]:
    """The receivers, each once, before any work. A model of two stacks has none, and is refused by its edges."""
    names = list(dict.fromkeys(to))
    if not names:
        raise BadOption('to names no receiver. Name one, e.g. to="logits" or to="9.h6 q".')
    blocks = model.blocks.get("")
    there = names if blocks is None else _readers(blocks)
    for name in names:
        if name not in there:
            raise UnknownName(
                f"receiver in {model.name}",
                name,
                there,
                "Receivers are logits, and of each layer e.g. 5.h3 q, 5.h3 k, 5.h3 v and mlp 5.",
            )
    if all(name.startswith("0.") for name in names):
        raise BadOption(
            f'to="{",".join(names)}": before attention reads in layer 0 nothing but the embedding has written, so '
            "there are no paths to compare. Name a receiver behind it, e.g. mlp 0 or one of layer 1."
        )
    return names


def _readers(blocks: Sequence[Block]) -> list[str]:
    """The names of what reads the residual stream, as edges have them."""
    names = []
    for i, block in enumerate(blocks):
        names += [f"{i}.h{head} q" for head in range(block.heads)]
        names += [f"{i}.h{head} {kind}" for kind in "kv" for head in range(block.kv_heads)] + [f"mlp {i}"]
    return [*names, "logits"]


def _heard(edges: Edges, receivers: Sequence[int]) -> np.ndarray:
    """The target's number by sender, shape (source,), when all edges but its own to the receivers stay as they are.

    NaN for what no receiver hears.
    """
    senders = np.flatnonzero(edges.exists[:, receivers].any(1))
    found = np.full(len(edges.sources), np.nan)
    size = max(1, FLAGS_AT_ONCE // edges.exists.size)
    for start in range(0, len(senders), size):
        some = senders[start : start + size]
        kept = np.stack([edges.exists] * len(some))
        kept[np.arange(len(some))[:, None], some[:, None], receivers] = False
        found[some] = edges.run(kept)
    return found


def _arrays(
    name: str, found: np.ndarray, blocks: Sequence[Block]
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Numbers by source as arrays: of heads, of MLPs, and of the embedding, which is the first source."""
    heads = np.full((len(blocks), max(block.heads for block in blocks)), np.nan)
    mlps = np.full(len(blocks), np.nan)
    at = 1
    for i, block in enumerate(blocks):
        heads[i, : block.heads], mlps[i] = found[at : at + block.heads], found[at + block.heads]
        at += block.heads + 1
    return {
        name: (("layer", "head"), heads),
        f"mlp_{name}": (("layer",), mlps),
        f"embed_{name}": ((), found[0]),
    }


def _notes(effect: np.ndarray, sources: Sequence[str]) -> tuple[str, ...]:
    unheard = int(np.isnan(effect).sum())
    if not unheard:
        return ()
    return (f"{unheard} of {len(sources)} parts write behind all receivers: they have no number (NaN).",)
