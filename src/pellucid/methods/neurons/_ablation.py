"""What a target loses when parts of a model write nothing, or always the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from pellucid.core.errors import BadOption, UnsupportedModel
from pellucid.core.protocols import Trace, WhiteBox
from pellucid.core.site import Patch, Site, Stack
from pellucid.core.target import Target
from pellucid.core.text import Text

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Instead", "check_instead", "estimated_losses", "layer_of", "losses", "put", "reading_stack"]

Instead = Literal["zero", "mean"]


def check_instead(instead: str) -> None:
    """Refuse a value that is none, before any work."""
    if instead not in get_args(Instead):
        raise BadOption(f'instead="{instead}" is not known. Values: {", ".join(get_args(Instead))}.')


def reading_stack(model: WhiteBox, point: str, what: str) -> Stack:
    """The stack that reads the text. Refuses a model none of whose blocks there has a point."""
    stack, blocks = next(iter(model.blocks.items()))
    if not any(point in block.points for block in blocks):
        raise UnsupportedModel(
            model.name,
            f"{what} that can be reached; pellucid doctor says why it has none",
            "Use another method.",
        )
    return stack  # type: ignore[return-value]


def layer_of(model: WhiteBox, stack: Stack, layer: int) -> int:
    """A layer counted from 0; negative ones count from behind."""
    layers = len(model.blocks[stack])
    if not -layers <= layer < layers:
        raise BadOption(
            f"layer={layer}: {model.name} has {layers} layers, 0 to {layers - 1}; -1 is the last."
        )
    return layer % layers


def losses(
    model: WhiteBox, text: Text, target: Target, parts: Sequence[Site], instead: Instead
) -> np.ndarray:
    """The target's number less that without each part, shape (part,).

    The parts are heads or neurons. Each is put out at every position that is read, those of the answer included.
    """
    whole = list(dict.fromkeys(Site(part.point, part.layer, stack=part.stack) for part in parts))
    lost = np.zeros(len(parts))
    for sign, answer in _answers(target):
        trace = model.trace(text, answer, read=[str(site) for site in whole])
        source = {str(site): put(trace, site, instead) for site in whole}
        without = model.sweep(text, answer, [Patch((part,)) for part in parts], source)
        lost += sign * (trace.outputs.sum() - without.sum(1))
    return lost


def estimated_losses(model: WhiteBox, text: Text, target: Target, site: Site, instead: Instead) -> np.ndarray:
    """The losses of all neurons of a site to first order, shape (neuron,): gradient times what is taken away."""
    lost = np.zeros(())
    for sign, answer in _answers(target):
        trace = model.trace(text, answer, read=[str(site)], gradients=[str(site)])
        taken = trace.row(str(site), 0) - put(trace, site, instead)
        lost = lost + sign * (trace.gradient(str(site))[0] * taken).sum(0).double().cpu().numpy()
    return lost


def put(trace: Trace, site: Site, instead: Instead) -> Tensor:
    """What stands at a site in place of what the model has there, shape (position, ...)."""
    numbers = trace.row(str(site), 0)
    return 0 * numbers if instead == "zero" else numbers.mean(0, keepdim=True).expand_as(numbers)


def _answers(target: Target) -> list[tuple[int, Target]]:
    """The targets whose numbers add up, with their signs, to that of one: each is read in one pass."""
    if not target.against_ids or target.ids[:-1] == target.against_ids[:-1]:
        return [(1, target)]
    alone = replace(target, against=None, against_ids=())
    # Of the other answer the tokens are not known as text, and their sum needs none.
    other = replace(
        alone, answer=target.against, ids=target.against_ids, outputs=("",) * len(target.against_ids)
    )
    return [(1, alone), (-1, other)]
