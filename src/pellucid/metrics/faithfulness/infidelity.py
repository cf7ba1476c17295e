"""Infidelity: how far sums of credits are from what the model loses when the same features are removed."""

from __future__ import annotations

import numpy as np

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._agreement import bootstrapped, check_samples, stream
from pellucid.metrics._ranked import Measured, beside_chance, check_moved

__all__ = ["infidelity"]


@metric(
    better="lower",
    bounds=(0.0, np.inf),
    cost="samples forwards, and one",
    paper="Yeh et al. 2019, arXiv:1901.09392, eq. 1",
)
def infidelity(
    why: Explanation,
    model: GreyBox,
    *,
    samples: int = 64,
    scaled: bool = True,
    ablate: Ablation | None = None,
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Mean squared difference between the credits removed and what the explained number loses by it.

    ``E[(b sum over I of credit_i - (v(x) - v(x without I)))^2] / E[(v(x) - v(x without I))^2]`` over random sets I of
    features: their number is uniform from 1 to N. 0 is best, 1 is what credits of 0 would get. b is the scale that
    fits best, so that units do not matter (b = 1 without ``scaled``); never below 0, for credits that say the opposite
    explain nothing. The interval is of the random sets, by bootstrap. Chance is the same credits, shuffled.

    :param samples: how many random sets.
    :param scaled: whether the credits are multiplied by the scale that fits best; then 1 is the worst.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    :param draws: how many shuffles, and as many position-matched ones, stand for chance.
    :param seed: of the random sets and of the shuffles.
    """
    check_samples(samples)

    def measure(credits: np.ndarray) -> Measured:
        removed = _sets(credits.shape[1], samples, seed)
        masks = np.vstack([np.zeros_like(removed[:1]), removed])
        whole, *changed = model.value(why.text, why.target, ablate).total(~masks)
        check_moved(np.array([whole, *changed]))
        falls, sums = whole - np.array(changed), credits @ removed.T
        interval = bootstrapped(lambda picks: _missed(sums[0][picks], falls[picks], scaled), samples, seed)
        return Measured(_missed(sums, falls[None], scaled), interval=interval)

    return beside_chance(why, measure, draws=draws, seed=seed, of_values=True)


def _sets(features: int, samples: int, seed: int) -> np.ndarray:
    """Random sets of a random size from 1 to all, bool, shape (sample, input)."""
    random = stream(seed)
    sizes = random.integers(1, features + 1, size=(samples, 1))
    return random.random((samples, features)).argsort(1).argsort(1) < sizes


def _missed(sums: np.ndarray, falls: np.ndarray, scaled: bool) -> np.ndarray:
    """The share of the squared falls that the sums miss, by row; NaN where nothing falls."""
    size, whole = (sums * sums).mean(-1), (falls * falls).mean(-1)
    best = np.maximum((sums * falls).mean(-1), 0) / np.where(size == 0, 1, size)
    scale = best if scaled else np.ones_like(best)
    missed = ((scale[..., None] * sums - falls) ** 2).mean(-1)
    return np.where(whole == 0, np.nan, missed / np.where(whole == 0, 1, whole))
