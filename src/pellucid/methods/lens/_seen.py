"""What every lens does: it looks at the states behind each layer at every position, and says what was read there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.protocols import WhiteBox
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.lens._asked import Asked, asked, check_count
from pellucid.methods.lens._vocabulary import Reading, named, read

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Look", "look_at", "seen_through", "site_of", "told"]


@dataclass(frozen=True)
class Look:
    """What is looked for, and behind which layers: layer 0 is what enters the first block."""

    here: Asked
    layers: tuple[int, ...]

    @property
    def sites(self) -> dict[int, str]:
        """Where the states of each layer pass."""
        return {layer: site_of(layer) for layer in self.layers}


def site_of(layer: int) -> str:
    """Where the states of a layer pass."""
    return f"resid_post.{layer - 1}" if layer else "resid_pre.0"


def seen_through(
    translate: Callable[[Tensor, int], Tensor],
    model: WhiteBox,
    text: Text,
    target: Target,
    by: str,
    layers: tuple[int, ...] | None,
    top_k: int,
) -> xr.Dataset:
    """What the model would say at each layer and position if ``translate(states, layer)`` left its last block.

    ``states``, shape (position, width), are what enters block ``layer``, or what leaves the last one.
    """
    import torch

    look = look_at(model, text, target, by, layers, top_k)
    found = model.trace(text, read=list(look.sites.values()))
    states = torch.cat([translate(found.row(site, 0), layer) for layer, site in look.sites.items()])
    return told(model, look, read(model, states, look.here.ids, top_k).split(len(look.layers)))


def look_at(
    model: WhiteBox, text: Text, target: Target, by: str, layers: tuple[int, ...] | None, top_k: int
) -> Look:
    """What a lens is asked, before any work. Raises what `asked` raises, and `BadOption` for layers there are not."""
    check_count(top_k)
    here = asked(model, text, target, by)
    wanted = _layers(layers, len(model.blocks[""]), model.name)
    if here.position >= len(model.tokens(text)):
        raise TargetImpossible(
            f"{by} reads the positions of the text, and {target.part!r} is said behind them. Put what the answer "
            "says before it at the end of the text."
        )
    return Look(here, wanted)


def told(model: WhiteBox, look: Look, rows: list[Reading]) -> xr.Dataset:
    """What a lens gives: what was read at each layer, of all positions."""
    data = _data(rows, named(model, np.stack([row.top for row in rows])))
    data = data.assign({"answer_position": ((), look.here.position)}).assign_coords(layer=list(look.layers))
    options = {"layers": list(look.layers)}
    return data.assign_attrs(
        primary="probability", signed=False, units="prob", options=options, notes=look.here.notes
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
