"""What the two soft metrics share: embeddings of which each number is kept with a probability, never whole features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.explanation import Explanation
from pellucid.core.protocols import WhiteBox
from pellucid.core.score import Measurement
from pellucid.metrics._answer import as_probability, asked, no_answer
from pellucid.metrics._interval import mean_interval
from pellucid.metrics._ranked import Measured, Rank, Unmoved, beside_chance

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["soft"]

NO_ROOM = (
    "The answer is no less probable when all features' embeddings are zero than it is of the text: there is nothing "
    "that a ranking could keep or lose."
)


def soft(
    why: Explanation, model: WhiteBox, *, sufficiency: bool, samples: int, rank: Rank, draws: int, seed: int
) -> Measurement:
    """The normalised fall of the answer, or what is left of it, when embeddings are thinned out by their credits.

    For ``sufficiency`` a number is kept with its feature's share a, else with 1 - a.
    """
    if samples < 2:
        raise BadOption(f"samples={samples}: at least two draws of what is kept say how far draws differ.")

    def measure(credits: np.ndarray) -> Measured:
        share = _shares(credits)
        whole, empty, thinned = _answers(why, model, share if sufficiency else 1 - share, samples, seed)
        if whole - empty <= 1e-9:
            raise Unmoved(NO_ROOM)
        falls = np.maximum(0, whole - thinned) / (whole - empty)  # (ranking, sample)
        numbers = np.maximum(0, 1 - falls) if sufficiency else falls
        parts = {"draws": tuple(numbers[0].tolist()), "whole": (whole,), "empty": (empty,)}
        return Measured(numbers.mean(1), mean_interval(numbers[0]), parts)

    def found() -> Measurement:
        return beside_chance(why, measure, rank=rank, draws=draws, seed=seed, of_values=True)

    try:
        return no_answer(why) or found()
    except TargetImpossible as impossible:
        return Measurement.does_not_apply(str(impossible))


def _shares(credits: np.ndarray) -> np.ndarray:
    """The credits of each ranking from 0, its lowest, to 1, its highest."""
    low, high = credits.min(1, keepdims=True), credits.max(1, keepdims=True)
    return (credits - low) / (high - low)


def _answers(
    why: Explanation, model: WhiteBox, kept: np.ndarray, samples: int, seed: int
) -> tuple[float, float, np.ndarray]:
    """The answer's probability of the text, of features of zeros, and of each ranking's draws, (ranking, sample).

    A draw is the same noise for all rankings, so that they differ by what they rank alone.
    """
    import torch

    states = model.gradients(why.text, asked(why))
    owner = states.feature_of
    by_position = np.where(owner >= 0, kept[:, owner], 1.0)  # no feature: always there
    chance = torch.from_numpy(by_position).to(states.inputs)[..., None]
    nothing = torch.from_numpy(owner < 0).to(states.inputs)[:, None]

    def probabilities(points: Tensor) -> np.ndarray:
        return as_probability(why, states.values(points).sum(1))

    whole, empty = probabilities(torch.stack([states.inputs, states.inputs * nothing]))
    rng = np.random.default_rng(seed)
    found = np.empty((len(kept), samples))
    for sample in range(samples):
        noise = torch.from_numpy(rng.random(states.inputs.shape)).to(states.inputs)
        for some in np.array_split(np.arange(len(kept)), -(-len(kept) // states.at_once)):
            found[some, sample] = probabilities(states.inputs * (noise < chance[some]))
    return float(whole), float(empty), found
