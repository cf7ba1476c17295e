"""Kernel SHAP: Shapley values as the best additive fit under Shapley's kernel, with standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._coalitions import FEWEST_PAIRS, Coalitions, affordable, coalitions
from pellucid.methods.attribution._estimate import Estimate, dataset, with_total
from pellucid.methods.attribution._stopping import check_until, drawn

__all__ = ["kernel_shap"]

MORE_SAMPLES = 1024


@method(
    cost="samples forwards; by default 2 x features + 1024",
    paper="Lundberg and Lee 2017, arXiv:1705.07874, theorem 2; Covert and Lee 2021, arXiv:2012.01536 (pairs)",
)
def kernel_shap(
    model: GreyBox,
    text: Text,
    target: Target,
    *,
    samples: int | None = None,
    budget: int | None = None,
    until: int | None = None,
    seed: int = 0,
    ablate: Ablation | None = None,
) -> xr.Dataset:
    """Fit an additive game to the model by least squares; its weights are the Shapley values.

    ``credit = argmin over w of sum over S of k(S) (v(S) - v(none) - sum of w_i over i in S)^2`` with the kernel
    ``k(S) = (n - 1) / (C(n, s) s (n - s))`` for subsets of s of n features, under the constraint that the
    credits add up to v(all) - v(none), which they do exactly. The outer sizes 0, 1, n - 1 and n, and further
    ones while there are samples for all of their subsets, are used whole; of the others subsets are drawn by
    the kernel's weight, each with its complement. If all subsets are no more than the samples, the values
    are exact; else the pairs' spread gives standard errors (of the fit, to first order).

    Returns ``attribution``, ``standard_error``, ``lower`` and ``upper``, dims (output, input), signed, in
    the target's units.

    :param samples: how many subsets; by default 2 x features + 1024.
    :param budget: the most forwards; fewer subsets are drawn if they would take more.
    :param until: stop before that when the top features, this many, lie apart from the rest.
    :param seed: of the subsets; the same seed gives the same numbers.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    """
    value = model.value(text, target, ablate)
    n = value.features
    check_until(until, n)
    least = min(2**n, 2 * (n + 1 + FEWEST_PAIRS))
    count = affordable(2 * n + MORE_SAMPLES if samples is None else samples, budget, least)
    options = {"ablate": value.ablate, "samples": count}
    chosen = coalitions(n, count, seed)
    fit = _Fit(chosen, with_total(value(chosen.fixed)))
    if chosen.exact:
        return dataset(fit(np.zeros((0, 2, value.outputs))), str(target.scale), options)

    def gather(start: int, stop: int) -> np.ndarray:
        return value(chosen.drawn[start:stop].reshape(-1, n)).reshape(stop - start, 2, -1)

    found, notes = drawn(gather, fit, len(chosen.drawn), until, "pairs of subsets")
    return dataset(found, str(target.scale), options, notes)


@dataclass(frozen=True)
class _Fit:
    """The constrained least squares of the fixed subsets and of as many drawn pairs as there are scores for."""

    chosen: Coalitions
    fixed: np.ndarray

    def __call__(self, scores: np.ndarray) -> Estimate:
        """``scores`` of the drawn pairs, shape (pair, 2, output)."""
        none, everything = self.fixed[0], self.fixed[-1]
        n = self.chosen.fixed.shape[1]
        if n == 1:
            credit = (everything - none)[:, None]
            return Estimate(credit, np.zeros_like(credit), np.inf)
        pairs = self.chosen.drawn[: len(scores)]
        scores = with_total(scores.reshape(2 * len(pairs), scores.shape[-1]))
        masks = np.concatenate([self.chosen.fixed[1:-1], pairs.reshape(-1, n)]).astype(np.float64)
        gains = np.concatenate([self.fixed[1:-1], scores]) - none
        weight = self._weights(len(pairs))
        credit, spread = _constrained(masks, weight, gains, everything - none)
        error = np.zeros_like(credit)
        if len(pairs):
            misses = (gains - masks @ credit.T)[-2 * len(pairs) :]
            error = _errors(masks[-2 * len(pairs) :], weight[-2 * len(pairs) :], misses, spread)
        return Estimate(credit, error, len(pairs) - 1)

    def _weights(self, pairs: int) -> np.ndarray:
        """Shapley's kernel of each subset but the empty and the whole; the drawn share what is left of it."""
        sizes = self.chosen.fixed[1:-1].sum(1)
        n = self.chosen.fixed.shape[1]
        kernel = 1 / (np.arange(1, n) * (n - np.arange(1, n)))  # of all subsets of a size together
        each = kernel[sizes - 1] / np.bincount(sizes, minlength=n)[sizes]
        rest = kernel[self.chosen.chance[1:-1] > 0].sum()
        return np.concatenate([each, np.full(2 * pairs, rest / max(1, 2 * pairs))])


def _constrained(
    masks: np.ndarray, weight: np.ndarray, gains: np.ndarray, whole: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Credits, shape (output, input), that add up to ``whole``, and how they move with the normal equations."""
    inverse = np.linalg.inv(masks.T @ (weight[:, None] * masks))
    sums = inverse.sum(1)
    spread = inverse - np.outer(sums, sums) / sums.sum()
    credit = spread @ (masks.T @ (weight[:, None] * gains)) + np.outer(sums, whole) / sums.sum()
    return credit.T, spread


def _errors(masks: np.ndarray, weight: np.ndarray, misses: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Standard errors, shape (output, input): the spread of how far each drawn pair pulls the credits.

    A pair misses the fit by less than a new one would, because the fit was made on it too; dividing by one minus
    its leverage makes up for that (HC3, MacKinnon and White 1985).
    """
    pairs = len(masks) // 2
    pull = (masks @ spread) * weight[:, None]
    leverage = (pull * masks).sum(1).reshape(pairs, 2).sum(1)
    pulled = (pull[:, None, :] * misses[:, :, None]).reshape(pairs, 2, *misses.shape[1:], -1).sum(1)
    new = pulled / np.maximum(1 - leverage, 1e-9)[:, None, None]
    return np.sqrt(pairs) * new.std(0, ddof=1)
