"""What is lost of a target when parts of a model write something else: what they write, and the loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.site import Patch
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._pair import pair_of, totals

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Instead", "Written", "answers", "lost"]

Instead = Literal["mean", "zero", "resample"]


@dataclass(frozen=True)
class Written:
    """What stands in the place of a part that is ablated: see `ablation` for the three kinds.

    Raises `BadOption`, before any work, for a kind that there is not and for texts that its kind does not take.
    """

    instead: str
    texts: tuple[str, ...] = ()
    corrupt: str | None = None

    def __post_init__(self) -> None:
        if self.instead not in get_args(Instead):
            raise BadOption(
                f'instead="{self.instead}" is not known. Possible: {", ".join(get_args(Instead))}.'
            )
        if self.texts and self.instead != "mean":
            raise BadOption(f'texts are what a mean is over, and instead="{self.instead}" takes none.')
        if self.corrupt and self.instead != "resample":
            raise BadOption(f'corrupt is what is resampled from, and instead="{self.instead}" takes none.')

    def at(self, model: WhiteBox, text: Text, target: Target, sites: Sequence[str]) -> dict[str, Tensor]:
        """What is written at each whole site, shape (position, ...) of the text and the answer behind it."""
        if self.instead == "resample":
            pair = pair_of(model, text, target, self.corrupt)
            other = model.trace(pair.corrupt, pair.corrupt_target, read=sites)
            return {site: other.row(site, 0) for site in sites}
        own = model.trace(text, target, read=sites)
        states = {site: own.row(site, 0) for site in sites}
        if self.instead == "zero":
            return {site: numbers.new_zeros(numbers.shape) for site, numbers in states.items()}
        rows = {site: [numbers] for site, numbers in states.items()}
        if self.texts:
            read = [model.cut(Text(one), "token") for one in self.texts]
            given = model.trace(read, read=sites)
            rows = {site: [given.row(site, i) for i in range(len(read))] for site in sites}
        return {site: _mean(rows[site]).to(numbers).expand(numbers.shape) for site, numbers in states.items()}

    @property
    def specification(self) -> str:
        """What stood in the place of each part, in words: a number of an ablation means nothing without."""
        if self.instead == "zero":
            return "Ablated: zeros at all positions."
        if self.instead == "resample":
            return f"Ablated: the states of {self.corrupt!r} at all positions."
        count = len(self.texts)
        over = " and ".join(map(repr, self.texts)) if count in (1, 2) else f"{count} texts"
        return f"Ablated: at all positions the mean over the positions of {over if count else 'this text'}."


def lost(
    model: WhiteBox, text: Text, target: Target, patches: Sequence[Patch], written: Written
) -> tuple[float, np.ndarray]:
    """The target's number, and that less its number with each part ablated, shape (part,).

    Parts are written over at every position that is read, those of the answer included.
    """
    sites = [str(site) for site in dict.fromkeys(site.whole for patch in patches for site in patch.sites)]
    clean, effect = 0.0, np.zeros(len(patches))
    for sign, answer in answers(target):
        source = written.at(model, text, answer, sites)
        number = float(totals(model.trace(text, answer).outputs)[0])
        clean += sign * number
        effect += sign * (number - totals(model.sweep(text, answer, patches, source)))
    return clean, effect


def answers(target: Target) -> list[tuple[int, Target]]:
    """The targets whose numbers add up, with their signs, to that of one: each is read in one pass."""
    if not target.against_ids or target.ids[:-1] == target.against_ids[:-1]:
        return [(1, target)]
    alone = replace(target, against=None, against_ids=())
    # Of the other answer the tokens are not known as text, and their sum needs none.
    other = replace(
        alone, answer=target.against, ids=target.against_ids, outputs=("",) * len(target.against_ids)
    )
    return [(1, alone), (-1, other)]


def _mean(rows: Sequence[Tensor]) -> Tensor:
    """The mean over the positions of some texts."""
    import torch

    return torch.cat([row.double() for row in rows]).mean(0)
