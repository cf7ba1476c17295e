"""Banzhaf values: a feature's mean gain over all company, every set of companions equally likely."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.protocols import Ablation, GreyBox, ValueFunction
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._coalitions import affordable, complement_pairs, every_subset
from pellucid.methods.attribution._estimate import Estimate, dataset, mean_of, with_total
from pellucid.methods.attribution._stopping import check_until, drawn

__all__ = ["banzhaf"]


@method(
    cost="samples forwards, however many features there are",
    paper="Banzhaf 1965; Wang and Jia 2023, arXiv:2205.15466 (maximum sample reuse)",
)
def banzhaf(
    model: GreyBox,
    text: Text,
    target: Target,
    *,
    samples: int = 512,
    budget: int | None = None,
    until: int | None = None,
    seed: int = 0,
    ablate: Ablation | None = None,
) -> xr.Dataset:
    """Give each feature its mean gain over all subsets of the others.

    ``credit_i = 2^-(n - 1) . sum over S without i of v(S and i) - v(S)``. Estimated by maximum sample reuse:
    every subset, drawn by tossing a fair coin for each feature, counts for all features at once,
    ``credit_i = mean of v(S) over S with i - mean of v(S) over S without i``. Subsets come in pairs, one and
    its complement, so that what v is at all cancels; the spread of the independent pairs gives the standard
    error. If all subsets are no more than the samples, all are used and the values are exact.

    Of all such averages this one keeps its ranking best when v is noisy. Its credits do not add up to
    v(all) - v(none), as Shapley values do.

    Returns ``attribution``, ``standard_error``, ``lower`` and ``upper``, dims (output, input), signed, in
    the target's units.

    :param samples: how many subsets, at least 16, in pairs.
    :param budget: the most forwards; fewer subsets are drawn if they would take more.
    :param until: stop before that when the top features, this many, lie apart from the rest.
    :param seed: of the subsets; the same seed gives the same numbers.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    """
    value = model.value(text, target, ablate)
    check_until(until, value.features)
    options = {"ablate": value.ablate}
    count = affordable(samples, budget, min(16, 2**value.features))
    if 2**value.features <= count:
        return dataset(_exact(value), str(target.scale), options)
    rng = np.random.default_rng(seed)
    sizes = rng.binomial(value.features, 0.5, count // 2)
    pairs = complement_pairs(rng, sizes, value.features)

    def gather(start: int, stop: int) -> np.ndarray:
        return _differences(value, pairs[start:stop])

    found, notes = drawn(gather, mean_of, len(pairs), until, "pairs of subsets")
    return dataset(found, str(target.scale), options, notes)


def _differences(value: ValueFunction, pairs: np.ndarray) -> np.ndarray:
    """v(S) - v(complement), with the sign that says whether the feature is in S, shape (pair, output, input)."""
    scores = value(pairs.reshape(-1, value.features)).reshape(len(pairs), 2, -1)
    sides = np.where(pairs[:, 0], 1.0, -1.0)
    return (scores[:, 0] - scores[:, 1])[:, :, None] * sides[:, None, :]


def _exact(value: ValueFunction) -> Estimate:
    masks = every_subset(value.features)
    credit = with_total(value(masks)).T @ np.where(masks, 2.0, -2.0) / len(masks)
    return Estimate(credit, np.zeros_like(credit), np.inf)
