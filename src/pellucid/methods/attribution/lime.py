"""LIME: the weights of a linear model fitted to the model's answers on texts near this one."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._coalitions import affordable
from pellucid.methods.attribution._estimate import Estimate, dataset, with_total
from pellucid.methods.attribution._stopping import check_until, drawn

__all__ = ["cosine_kernel", "lime", "neighbours", "weighted_ridge"]


@method(cost="samples forwards", paper="Ribeiro, Singh and Guestrin 2016, arXiv:1602.04938, eq. 1 and 2")
def lime(
    model: GreyBox,
    text: Text,
    target: Target,
    *,
    samples: int = 1000,
    kernel_width: float = 0.25,
    ridge: float = 1.0,
    budget: int | None = None,
    until: int | None = None,
    seed: int = 0,
    ablate: Ablation | None = None,
) -> xr.Dataset:
    """Remove random features many times, and fit a line that is right near the whole text.

    ``credit = argmin over w, b of sum over z of pi(z) (v(z) - b - w . z)^2 + ridge |w|^2`` over masks z: the whole
    text, and texts that lose a uniformly drawn number of features (1 to all). They weigh
    ``pi(z) = exp(-D(z)^2 / (2 kernel_width^2))``, where D is the cosine distance of z to the whole text,
    ``1 - sqrt(share of features kept)``; the paper's sigma is ``sqrt(2) kernel_width``. Every feature has a weight
    of its own: a word that stands twice is two features. The standard errors are of the sampling alone
    (sandwich estimator, HC3): they say how far another seed would move the credits, not how well a line
    fits.

    Returns ``attribution``, ``standard_error``, ``lower`` and ``upper``, dims (output, input), signed, in
    the target's units.

    :param samples: how many texts, the whole one among them.
    :param kernel_width: of the kernel, in cosine distance; smaller looks nearer the whole text.
    :param ridge: the penalty on the weights; it shrinks them, the less the more samples there are.
    :param budget: the most forwards; fewer texts are drawn if they would take more.
    :param until: stop before that when the top features, this many, lie apart from the rest.
    :param seed: of the texts; the same seed gives the same numbers.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    """
    if kernel_width <= 0 or ridge < 0:
        raise BadOption(
            f"kernel_width={kernel_width}, ridge={ridge}: kernel_width must be above 0, and ridge at least 0."
        )
    value = model.value(text, target, ablate)
    n = value.features
    check_until(until, n)
    count = affordable(samples, budget, n + 3, noun="texts")
    masks = neighbours(n, count, seed)
    weight = cosine_kernel(masks, kernel_width)

    def gather(start: int, stop: int) -> np.ndarray:
        return value(masks[start:stop])

    def estimate(scores: np.ndarray) -> Estimate:
        seen = len(scores)
        return weighted_ridge(masks[:seen], with_total(scores), weight[:seen], ridge)

    found, notes = drawn(gather, estimate, count, until, "texts", first=n + 3)
    return dataset(found, str(target.scale), {"ablate": value.ablate}, notes)


def neighbours(features: int, samples: int, seed: int) -> np.ndarray:
    """The whole text, then texts less a random number of features, bool, shape (sample, input)."""
    rng = np.random.default_rng(seed)
    removed = rng.integers(1, features + 1, samples - 1)
    places = rng.permuted(np.tile(np.arange(features), (samples - 1, 1)), axis=1)
    return np.concatenate([np.ones((1, features), bool), places >= removed[:, None]])


def cosine_kernel(masks: np.ndarray, kernel_width: float) -> np.ndarray:
    """The weight of each mask, shape (sample,); nothing kept is at cosine distance 1."""
    distance = 1 - np.sqrt(masks.mean(1))
    return np.exp(-(distance**2) / (2 * kernel_width**2))


def weighted_ridge(masks: np.ndarray, scores: np.ndarray, weight: np.ndarray, ridge: float) -> Estimate:
    """Weights of the features, not of the intercept, for scores of shape (sample, output)."""
    design = np.column_stack([np.ones(len(masks)), masks])
    penalty = np.diag([0.0, *[ridge] * masks.shape[1]])
    inverse = np.linalg.pinv(design.T @ (weight[:, None] * design) + penalty)
    pull = (design @ inverse) * weight[:, None]
    found = pull.T @ scores
    misses = scores - design @ found
    new = misses / np.maximum(1 - (pull * design).sum(1), 1e-9)[:, None]
    error = np.sqrt((pull**2).T @ new**2)
    return Estimate(found[1:].T, error[1:].T, len(masks) - masks.shape[1] - 1)
