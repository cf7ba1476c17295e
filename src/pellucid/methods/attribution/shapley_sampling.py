"""Shapley values by sampling permutations, in antithetic pairs, with standard errors."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Ablation, GreyBox, ValueFunction
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._coalitions import affordable
from pellucid.methods.attribution._estimate import dataset, mean_of
from pellucid.methods.attribution._stopping import check_until, drawn

__all__ = ["permutation_pairs", "shapley_sampling"]

# Masks asked for at once: enough to fill the model's batches, few enough to hold.
MASKS_AT_ONCE = 4096


@method(
    cost="samples x (features - 1) forwards, and two",
    paper="Strumbelj and Kononenko 2010; Mitchell et al. 2022, arXiv:2104.12199 (antithetic pairs)",
)
def shapley_sampling(
    model: GreyBox,
    text: Text,
    target: Target,
    *,
    samples: int = 64,
    budget: int | None = None,
    until: int | None = None,
    seed: int = 0,
    ablate: Ablation | None = None,
) -> xr.Dataset:
    """Give each feature its mean gain when features join in a random order.

    ``credit_i = E over orders of v(before i, and i) - v(before i)``; the credits add up to v(all) - v(none)
    for every order. Orders come in pairs, one and its reverse, whose errors partly cancel; the pairs are
    independent, so their spread gives the standard error, and Student's t with pairs - 1 degrees of freedom
    the 95% interval.

    Returns ``attribution``, ``standard_error``, ``lower`` and ``upper``, dims (output, input), signed, in
    the target's units.

    :param samples: how many orders, an even number from 4 on.
    :param budget: the most forwards; fewer orders are drawn if they would take more.
    :param until: stop before that when the top features, this many, lie apart from the rest.
    :param seed: of the orders; the same seed gives the same numbers.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    """
    if samples < 4 or samples % 2:
        raise BadOption(f"samples={samples}: orders come in pairs, so give an even number from 4 on.")
    value = model.value(text, target, ablate)
    check_until(until, value.features)
    each = max(1, 2 * (value.features - 1))
    count = affordable(samples // 2, budget, 2, each=each, fixed=2, noun="pairs of orders")
    pairs = permutation_pairs(value.features, count, seed)
    found, notes = drawn(partial(_gains, value, pairs), mean_of, count, until, "pairs of orders")
    return dataset(found, str(target.scale), {"ablate": value.ablate}, notes)


def permutation_pairs(features: int, pairs: int, seed: int) -> np.ndarray:
    """Orders of the features and their reverses, int, shape (pair, 2, input)."""
    rng = np.random.default_rng(seed)
    orders = np.stack([rng.permutation(features) for _ in range(pairs)])
    return np.stack([orders, orders[:, ::-1]], axis=1)


def _gains(value: ValueFunction, pairs: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Mean gain of each feature over the two orders of these pairs, shape (pair, output, input)."""
    size = max(1, MASKS_AT_ONCE // (2 * (pairs.shape[2] + 1)))
    chunks = [pairs[at : min(at + size, stop)] for at in range(start, stop, size)]
    return np.concatenate([_gains_at_once(value, chunk) for chunk in chunks])


def _gains_at_once(value: ValueFunction, pairs: np.ndarray) -> np.ndarray:
    n = value.features
    orders = pairs.reshape(-1, n)
    places = np.argsort(orders, axis=1)  # when each feature joins
    kept = places[:, None, :] < np.arange(n + 1)[None, :, None]  # (order, size, input)
    scores = value(kept.reshape(-1, n)).reshape(len(orders), n + 1, -1)
    gained = np.diff(scores, axis=1)  # (order, place, output)
    by_feature = np.take_along_axis(gained, places[:, :, None], axis=1)
    return by_feature.reshape(len(pairs), 2, n, -1).mean(1).swapaxes(1, 2)
