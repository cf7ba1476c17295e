"""A clean text and a corrupted one, position by position: what patching compares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.protocols import WhiteBox
from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["Beside", "Direction", "Pair", "beside", "check_direction", "pair_of", "share", "totals"]

Direction = Literal["denoise", "noise"]
NO_DIFFERENCE = 1e-5
"""Relative to the numbers themselves: what a rounding makes."""


class Beside(NamedTuple):
    """Two texts, the question asked of each, the first position whose tokens differ, and which positions are one.

    ``counterparts``: (position of the clean text, of the corrupted one); all of them where both have as many tokens.
    """

    clean: Text
    corrupt: Text
    target: Target
    corrupt_target: Target
    differs_from: int
    counterparts: list[tuple[int, int]]


@dataclass(frozen=True)
class Pair:
    """Two texts laid beside each other, the question asked of each, and its number for each.

    ``length``: the tokens of the clean one. ``first``: the first position whose states can differ: in a model that
    reads from the left those before the first other token are the same in both texts. ``counterparts``: from there
    on, (position of the clean text, of the corrupted one).
    """

    clean: Text
    corrupt: Text
    target: Target
    corrupt_target: Target
    length: int
    first: int
    counterparts: tuple[tuple[int, int], ...]
    value: float
    corrupted: float

    def roles(self, direction: Direction) -> tuple[Text, Target, Text]:
        """The text that is patched and its target, and the text that the numbers come from."""
        if direction == "denoise":
            return self.corrupt, self.corrupt_target, self.clean
        return self.clean, self.target, self.corrupt

    def moves(self, direction: Direction) -> dict[int, tuple[int, int]]:
        """By position of the clean text, where it stands in the text that is patched, and where in the other one."""
        if direction == "denoise":
            return {ours: (theirs, ours) for ours, theirs in self.counterparts}
        return {ours: (ours, theirs) for ours, theirs in self.counterparts}

    def effect(self, patched: np.ndarray, direction: Direction) -> np.ndarray:
        """How far the number has come from that of the text that was patched, towards that of the other."""
        return patched - self.corrupted if direction == "denoise" else self.value - patched

    def found(self, dims: tuple[str, ...], effect: np.ndarray) -> xr.Dataset:
        """What patching gives: effects, shares, and the numbers of both texts."""
        whole = self.value - self.corrupted
        return xr.Dataset(
            {
                "effect": (dims, effect),
                "recovered": (dims, share(effect, whole, self.value)),
                "clean": self.value,
                "corrupted": self.corrupted,
            },
            attrs={"primary": "effect", "signed": True, "units": str(self.target.scale), "notes": self.notes},
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What one should know of the pair before any number is read."""
        found: tuple[str, ...] = ()
        if self.first:
            found += (
                f"Positions before {self.first} are the same in both texts and read from the left: their effect is 0, "
                "and no forward was spent on them.",
            )
        if np.isclose(self.value, self.corrupted, rtol=1e-3, atol=1e-3):
            found += (
                f"The answer hardly differs between the texts ({self.value:.3g} and {self.corrupted:.3g}): no place "
                "can matter much, and shares of the difference say little.",
            )
        if alone := self.length - self.first - len(self.counterparts):
            found += (
                f"The texts are not of as many tokens: {alone} of the clean text's have no counterpart, and no number.",
            )
        return found


def check_direction(direction: str) -> None:
    """Refuse a direction that there is not."""
    if direction not in get_args(Direction):
        raise BadOption(
            f'direction="{direction}" is not known. Directions: {", ".join(get_args(Direction))}.'
        )


def pair_of(
    model: WhiteBox, clean: Text, target: Target, corrupt: str | None, *, align: bool = False
) -> Pair:
    """The pair of a text and its corruption. Raises `BadOption` where they cannot be laid beside each other."""
    texts = beside(model, clean, target, corrupt, align=align)
    value, corrupted = (
        float(totals(model.trace(text, on).outputs)[0])
        for text, on in ((texts.clean, target), (texts.corrupt, texts.corrupt_target))
    )
    first = texts.differs_from if model.continues else 0
    return Pair(
        texts.clean,
        texts.corrupt,
        target,
        texts.corrupt_target,
        length=len(model.tokens(texts.clean)),
        first=first,
        counterparts=tuple(pair for pair in texts.counterparts if pair[0] >= first),
        value=value,
        corrupted=corrupted,
    )


def beside(
    model: WhiteBox, clean: Text, target: Target, corrupt: str | None, *, align: bool = False
) -> Beside:
    """A text and its corruption, before either is read.

    With ``align`` they may have several lengths. Raises `BadOption` where they cannot be laid beside each other.
    """
    if not corrupt:
        raise BadOption(
            "Patching compares two texts. Give the second as corrupt: the same text with the fact changed that the "
            'answer hangs on, e.g. corrupt="The capital of Italy is" for "The capital of France is".'
        )
    if target.scale == "kl":
        raise TargetImpossible(
            'scale="kl" is a distance from what the model says to one text, and patching compares two. Use logit, '
            "logprob, prob or entropy."
        )
    clean, other = model.cut(_bare(clean, clean.string), "token"), model.cut(_bare(clean, corrupt), "token")
    ours, theirs = model.tokens(clean), model.tokens(other)
    if len(ours) != len(theirs) and not align:
        raise BadOption(
            f"The two texts must have as many tokens, so that each position has its counterpart: {len(ours)} and "
            f"{len(theirs)}. {_difference(ours, theirs)} Choose words of as many tokens, or let activation_patching "
            "align them: align=True (--align)."
        )
    if ours == theirs:
        raise BadOption(
            "The clean text and the corrupt one are the same to the model: there is nothing to patch."
        )
    start, _ = _shared_ends(ours, theirs)
    return Beside(clean, other, target, _asked_of(other, clean, target), start, _counterparts(ours, theirs))


def totals(outputs: np.ndarray) -> np.ndarray:
    """The target's one number of each row of outputs."""
    return outputs.sum(-1)


def share(effect: np.ndarray, whole: float, size: float) -> np.ndarray:
    """The effect as a share of the whole difference; NaN where that is nothing beside numbers of this size."""
    if abs(whole) <= NO_DIFFERENCE * max(1.0, abs(size)):
        return np.full(effect.shape, np.nan)
    return effect / whole


def _bare(like: Text, string: str) -> Text:
    """A string that is read as ``like`` is: as two sequences, or as a chat whose template is written out."""
    if like.seam is None:
        return Text(string, turns=None if like.turns is None else ())
    first, broken, second = string.partition("\n")
    if not broken:
        raise BadOption("The text has two parts: give both in corrupt, with a line break between them.")
    return Text.pair(first, second)


def _asked_of(other: Text, clean: Text, target: Target) -> Target:
    """The target, its place in the text moved to where the same tokens stand in the other one."""
    if not isinstance(target.at, tuple):
        return target
    if len(other.features) != len(clean.features):
        raise BadOption(
            "A model that answers at a place of the text needs the same place in the other one: two texts of as many "
            "tokens."
        )
    start, end = target.at
    there = [i for i, f in enumerate(clean.features) if f.start < end and start < f.end]
    return replace(target, at=(other.features[there[0]].start, other.features[there[-1]].end))


def _shared_ends(ours: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[int, int]:
    """How many tokens two rows share at their beginning, and behind that at their end."""
    shorter = min(len(ours), len(theirs))
    start = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), shorter)
    end = 0
    while end < shorter - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
    return start, end


def _counterparts(ours: tuple[str, ...], theirs: tuple[str, ...]) -> list[tuple[int, int]]:
    """Which positions are one: counted from the beginning up to the first other token, from the end behind it.

    So of two names of several tokens the last ones are counterparts, where a model gathers what a name says.
    """
    start, _ = _shared_ends(ours, theirs)
    behind = min(len(ours), len(theirs)) - start
    ends = [(len(ours) - i, len(theirs) - i) for i in range(behind, 0, -1)]
    return [*((i, i) for i in range(start)), *ends]


def _difference(ours: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    """Where two rows of tokens part, up to where they meet again."""
    start, end = _shared_ends(ours, theirs)
    one, other = ("|".join(tokens[start : len(tokens) - end]) for tokens in (ours, theirs))
    return f"From token {start} on, {one!r} stands against {other!r}."
