"""A number of a ranking of features, beside the same number of rankings that know nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.score import Control, Measurement
from pellucid.metrics.controls import position_matched_credits, random_credits, shuffled_credits

__all__ = [
    "Measured",
    "Rank",
    "Unmoved",
    "beside_chance",
    "check_moved",
    "credits_of",
    "no_credit",
    "top_features",
    "unfit",
]

Rank = Literal["signed", "size"]
"""Whether features rank by their credit, those that support the answer first, or by its size."""


@dataclass(frozen=True)
class Measured:
    """One number for each ranking, shape (ranking,); of the first also its interval, if it was sampled, and parts."""

    numbers: np.ndarray
    interval: tuple[float, float] | None = None
    parts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def beside_chance(
    why: Explanation,
    measure: Callable[[np.ndarray], Measured],
    *,
    rank: Rank = "signed",
    draws: int,
    seed: int,
    of_values: bool = False,
) -> Measurement:
    """What ``measure`` makes of the explanation's credits, and of those of two kinds of chance.

    ``measure`` is handed credits, shape (ranking, input), the explanation's own first: all rankings at once, so that
    what they share is read once. With ``of_values`` the numbers themselves count and not only their order: chance is
    then the credits themselves, shuffled. The same seed gives the same random orders to every metric.
    """
    if (problem := unfit(why, rank, draws)) is not None:
        return Measurement.does_not_apply(problem)
    credit = credits_of(why, rank)
    chance = shuffled_credits(credit, draws, seed) if of_values else random_credits(len(credit), draws, seed)
    matched = position_matched_credits(credit, draws, seed)
    try:
        found = measure(np.vstack([credit[None], chance, matched]))
    except Unmoved as unmoved:
        return Measurement.does_not_apply(str(unmoved))
    if not np.isfinite(found.numbers[0]):
        return Measurement.does_not_apply("It is no number for this explanation.")
    return Measurement(
        value=float(found.numbers[0]),
        controls=(
            Control("random ranking", tuple(found.numbers[1 : 1 + draws].tolist())),
            Control("position-matched", tuple(found.numbers[1 + draws :].tolist())),
        ),
        interval=found.interval,
        parts=found.parts,
    )


class Unmoved(Exception):
    """The answer is the same whatever is removed, so that nothing can be told of a ranking."""

    def __init__(
        self, said: str = "The answer does not move, whatever is removed: no ranking is better than another."
    ) -> None:
        super().__init__(said)


def check_moved(numbers: np.ndarray) -> None:
    """Raise `Unmoved` where the model gave one number for everything it was asked."""
    if np.ptp(numbers) <= 1e-9 * max(1.0, float(np.abs(numbers).max())):
        raise Unmoved


def credits_of(why: Explanation, rank: Rank) -> np.ndarray:
    """The credit of each input as it is ranked, shape (input,)."""
    return np.abs(why.credit()) if rank == "size" else why.credit()


def top_features(credits: np.ndarray, count: int) -> np.ndarray:
    """The ``count`` features of highest credit in each row, bool, shape (ranking, input)."""
    order = np.argsort(-credits, axis=1, kind="stable")
    top = np.zeros(credits.shape, bool)
    np.put_along_axis(top, order[:, :count], True, axis=1)
    return top


def unfit(why: Explanation, rank: Rank = "signed", draws: int = 1) -> str | None:
    """Why nothing can be said of how an explanation ranks its features, if so.

    Raises `BadOption` for options that mean nothing.
    """
    if rank not in get_args(Rank):
        raise BadOption(f'rank="{rank}" is not known. Possible: {", ".join(get_args(Rank))}.')
    if draws < 1:
        raise BadOption(f"draws={draws}: at least one random ranking stands for chance.")
    if (problem := no_credit(why)) is not None:
        return problem
    if len(why.text.features) < 2:
        return "A text of one feature has no ranking."
    if np.ptp(credits_of(why, rank)) == 0:
        return "All features have the same credit: there is no ranking."
    return None


def no_credit(why: Explanation) -> str | None:
    """Why an explanation has no number for each input, if so."""
    if "attribution" not in why.data:
        return f"{why.method} gives no credit to inputs."
    if not np.isfinite(why.credit()).all():
        return "The explanation has credits that are not numbers."
    return None
