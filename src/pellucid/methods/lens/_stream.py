"""The residual stream where an answer is said, as the sum of what was written to it, and how the answer reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pellucid.core.protocols import Trace, WhiteBox
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.lens._asked import Asked, asked

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Stream", "stream_of"]


@dataclass(frozen=True)
class Stream:
    """What passed at the answer's position. ``direction . state + constant`` is its logit, for the last state."""

    here: Asked
    found: Trace
    direction: Tensor
    constant: float
    logit: float

    def at(self, site: str) -> Tensor:
        """What passed at a site there, without its position."""
        return self.found.row(site, 0)[self.here.position]

    def effect(self, state: Tensor) -> float:
        """What a part of the stream adds to the logit."""
        return float(self.direction.double() @ state.double())


def stream_of(model: WhiteBox, text: Text, target: Target, by: str, points: Sequence[str]) -> Stream:
    """The stream, with what is added to it and what passes at some points of each block.

    A model whose blocks do not add to a stream is refused by the trace, with what stands in the way.
    """
    here = asked(model, text, target, by)
    layers = range(len(model.blocks[""]))
    end = f"resid_post.{layers[-1]}"
    found = model.trace(
        text, here.read, read=["resid_pre.0", *(f"{p}.{i}" for p in points for i in layers), end]
    )
    last = found.row(end, 0)[here.position]
    direction, constant = model.readout(last, here.target)
    logits = model.unembed(last).double()
    logit = float(logits[here.ids[0]] - (logits[here.ids[1]] if len(here.ids) > 1 else 0))
    return Stream(here, found, direction, constant, logit)
