"""Logit lens: what the model would answer if a layer were its last."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.lens._asked import asked, check_count
from pellucid.methods.lens._vocabulary import Reading, named, read

__all__ = ["logit_lens"]


@method(cost="one forward", paper="nostalgebraist 2020, interpreting GPT: the logit lens")
def logit_lens(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    layers: tuple[int, ...] | None = None,
    top_k: int = 5,
) -> xr.Dataset:
    """Read the residual stream behind every block with the model's own final norm and unembedding.

    For the state h behind block l, ``softmax(W_U . norm(h))``, soft cap and logit scale included. A layer's answer is
    what it would be if the later ones added nothing; early layers need not be readable so, and a target that is not
    there yet need not be unknown.

    Returns ``probability`` and ``rank`` of the answer's first token, dims (layer, position), rank 0 for the likeliest
    (``against_probability`` and ``against_rank`` with a second answer); ``candidate_token`` and
    ``candidate_probability``, dims (layer, position, candidate); ``answer_position``, where the answer is said. Layer 0
    is what enters the first block, layer l what leaves the l-th, so the last is what the model says.

    Raises `TargetImpossible` for models that answer with labels and for encoder-decoders.

    :param layers: which layers; by default all.
    :param top_k: how many of the likeliest tokens to name at each place.
    """
    check_count(top_k)
    here = asked(model, text, target, "logit_lens")
    wanted = _layers(layers, len(model.blocks[""]), model.name)
    positions = len(model.tokens(text))
    if here.position >= positions:
        raise TargetImpossible(
            f"logit_lens reads the positions of the text, and {target.part!r} is said behind them. Put what the answer "
            "says before it at the end of the text."
        )
    sites = [f"resid_post.{layer - 1}" if layer else "resid_pre.0" for layer in wanted]
    found = model.trace(text, read=sites)
    rows = [read(model, found.row(site, 0), here.ids, top_k) for site in sites]
    data = _data(rows, named(model, np.stack([row.top for row in rows])))
    return (
        data.assign({"answer_position": ((), here.position)})
        .assign_coords(layer=list(wanted))
        .assign_attrs(
            primary="probability",
            signed=False,
            units="prob",
            options={"layers": list(wanted)},
            notes=here.notes,
        )
    )


def _data(rows: list[Reading], tokens: np.ndarray) -> xr.Dataset:
    places = ("layer", "position")
    probability, rank = (np.stack([getattr(row, name) for row in rows]) for name in ("probability", "rank"))
    of = {
        f"{prefix}{name}": (places, values[..., i])
        for name, values in (("probability", probability), ("rank", rank))
        for i, prefix in enumerate(("", "against_")[: values.shape[-1]])
    }
    return xr.Dataset(
        {
            **of,
            "candidate_token": ((*places, "candidate"), tokens),
            "candidate_probability": (
                (*places, "candidate"),
                np.stack([row.top_probability for row in rows]),
            ),
        }
    )


def _layers(chosen: tuple[int, ...] | None, depth: int, name: str) -> tuple[int, ...]:
    wanted = tuple(range(depth + 1)) if chosen is None else tuple(chosen)
    outside = [layer for layer in wanted if not 0 <= layer <= depth]
    if outside or not wanted or len(set(wanted)) < len(wanted):
        raise BadOption(
            f"layers={','.join(map(str, wanted))}: {name} has {depth} blocks, so layers are 0 to {depth}, each once."
        )
    return wanted
