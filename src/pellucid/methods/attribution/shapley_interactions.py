"""Shapley interactions: what two features bring together beyond what each brings alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import comb
from typing import Literal, get_args

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._coalitions import FEWEST_PAIRS, Coalitions, affordable, coalitions
from pellucid.methods.attribution._estimate import Estimate
from pellucid.methods.attribution._stopping import check_until, drawn

__all__ = ["Index", "shapley_interactions", "size_weights"]

Index = Literal["shapley", "faith"]
DIMS = ("input", "input_b")
PAIRS_AT_ONCE = 256
MOST = 160  # features: the fit holds a number for each subset and each pair, which are 4 GB then


@method(
    cost="samples forwards; by default 3 for each pair of features, and 1024",
    paper="Grabisch and Roubens 1999 (shapley); Tsai, Yeh and Ravikumar 2023, arXiv:2203.00870 (faith); "
    "Fumagalli et al. 2023, arXiv:2303.01179 (one sample for all pairs)",
)
def shapley_interactions(
    model: GreyBox,
    text: Text,
    target: Target,
    *,
    index: Index = "shapley",
    samples: int | None = None,
    budget: int | None = None,
    until: int | None = None,
    seed: int = 0,
    ablate: Ablation | None = None,
) -> xr.Dataset:
    """For each pair of features: what both bring together, less what each brings without the other.

    ``I_ij = sum over S without i, j of p(s) (v(S, i, j) - v(S, i) - v(S, j) + v(S))``, with s = |S| of n features
    and ``p(s) = s! (n - s - 2)! / (n - 1)!`` for the Shapley interaction index, or
    ``p(s) = 6 (s + 1)! (n - s - 1)! / (n + 1)!`` for ``faith``, the pairs of the best fit by single features and
    pairs that keeps v(none) and v(all) (Faith-SHAP of order 2). Above 0 the two need each other, below 0 one
    can stand in for the other, and 0 means that they add up.

    If all subsets are no more than the samples, the values are exact. Else the outer sizes are used whole and
    of the inner ones subsets are drawn with their complements. A game of single features and pairs is fitted to
    them first, whose interactions are its own weights; only what it misses is left to the sampling. The spread
    of the pairs of subsets gives the standard error (to first order, HC3).

    Returns ``interaction``, ``standard_error``, ``lower`` and ``upper`` (95%), dims (input, input_b), symmetric
    and 0 on the diagonal, of the sum over the outputs; signed, in the target's units.

    :param index: shapley, the mean over all company; or faith, the best fit.
    :param samples: how many subsets; by default 3 for each pair of features, and 1024.
    :param budget: the most forwards; fewer subsets are drawn if they would take more.
    :param until: stop before that when the top pairs, this many, lie apart from the rest.
    :param seed: of the subsets; the same seed gives the same numbers.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    """
    if index not in get_args(Index):
        raise BadOption(f'index="{index}" is not known. Indices: {", ".join(get_args(Index))}.')
    value = model.value(text, target, ablate)
    n = value.features
    if n < 2:
        raise BadOption("Interactions are of pairs, and the text has one feature. Give a finer unit.")
    if n > MOST:
        raise BadOption(
            f"{n} features have {comb(n, 2):,} pairs, and a fit of all of them does not fit the memory: up to {MOST} "
            "features are possible. Use a larger unit (--unit sentence), or freeze what is not in question."
        )
    check_until(until, comb(n, 2), "pairs")
    fewest = 3 * (1 + n + comb(n, 2)) + 2 * FEWEST_PAIRS
    asked = max(fewest, 3 * comb(n, 2) + 1024) if samples is None else samples
    count = affordable(asked, budget, min(2**n, fewest))
    options = {"ablate": value.ablate, "samples": count}
    chosen = coalitions(n, count, seed)
    fit = _Fit(chosen, value.total(chosen.fixed), size_weights(n, index))
    if chosen.exact:
        return _dataset(fit.exact(), n, str(target.scale), options)

    def gather(start: int, stop: int) -> np.ndarray:
        return value.total(chosen.drawn[start:stop].reshape(-1, n)).reshape(stop - start, 2)

    first = (fewest - len(chosen.fixed)) // 2
    found, notes = drawn(gather, fit, len(chosen.drawn), until, "pairs of subsets", first=first)
    return _dataset(found, n, str(target.scale), options, notes)


def size_weights(features: int, index: Index) -> np.ndarray:
    """p(s) of a set of s companions, s = 0..n-2, shape (input - 1,); over all sets they add up to 1."""
    n, s = features, np.arange(features - 1)
    of_a_size = np.full(n - 1, 1 / (n - 1)) if index == "shapley" else 6 * (s + 1) * (n - s - 1) / (n**3 - n)
    return of_a_size / [comb(n - 2, int(size)) for size in s]


@dataclass(frozen=True)
class _Fit:
    """The index as a weighted sum over subsets: the fixed ones, and as many drawn pairs as have scores.

    A subset T of t features counts for the pair i, j by ``p(t - 2)`` if it holds both, ``-p(t - 1)`` if one,
    ``p(t)`` if none, and a drawn one by as much more as it was unlikely to be drawn.
    """

    chosen: Coalitions
    fixed: np.ndarray
    weights: np.ndarray

    def exact(self) -> Estimate:
        masks = self.chosen.fixed
        found = [self._counts(masks, pairs) @ self.fixed for pairs in _pairs_at_once(masks.shape[1])]
        interaction = np.concatenate(found)[None]
        return Estimate(interaction, np.zeros_like(interaction), np.inf)

    def __call__(self, scores: np.ndarray) -> Estimate:
        """``scores`` of the drawn pairs, shape (pair, 2).

        For fitted weights b of a game X: the interaction is ``b + C (y - X b) = E y``. What a drawn subset adds
        to its error is its column of E times how far the fit of all others misses it.
        """
        draws, n = len(scores), self.chosen.fixed.shape[1]
        masks = np.concatenate([self.chosen.fixed, self.chosen.drawn[:draws].reshape(-1, n)])
        answers = np.concatenate([self.fixed, scores.ravel()])
        game = _pairwise_game(masks)
        solve = np.linalg.pinv(game.T @ game, hermitian=True) @ game.T  # (term, subset)
        leverage = np.einsum("st,ts->s", game, solve)
        misses = (answers - game @ (solve @ answers)) / np.maximum(1 - leverage, 1e-9)
        found, errors, own = [], [], 1 + n
        for pairs in _pairs_at_once(n):
            counts = self._counts(masks, pairs)
            unmet = -counts @ game
            unmet[np.arange(len(counts)), own + np.arange(len(counts))] += 1
            own += len(counts)
            pull = counts + unmet @ solve
            found.append(pull @ answers)
            pulled = (pull * misses)[:, -2 * draws :].reshape(len(counts), draws, 2).sum(2)
            errors.append(np.sqrt(draws) * pulled.std(1, ddof=1))
        return Estimate(np.concatenate(found)[None], np.concatenate(errors)[None], draws - 1)

    def _counts(self, masks: np.ndarray, pairs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """By how much each subset counts for these pairs of features, shape (pair, subset)."""
        p, n = self.weights, masks.shape[1]
        by_size = np.array([[*p, 0, 0], [0, *-p, 0], [0, 0, *p]])  # if it holds none, one, both
        sizes, known = masks.sum(1), len(self.fixed)
        each = np.ones(len(masks))
        chance = self.chosen.chance[sizes[known:]] / [comb(n, int(t)) for t in sizes[known:]]
        each[known:] = 1 / (chance * max(1, len(masks) - known))
        held = masks[:, pairs[0]].astype(int) + masks[:, pairs[1]]
        return (by_size[held, sizes[:, None]] * each[:, None]).T


def _pairs_at_once(features: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The pairs i < j in order, few enough at once to hold a number for each and each subset."""
    i, j = np.triu_indices(features, 1)
    for at in range(0, len(i), PAIRS_AT_ONCE):
        yield i[at : at + PAIRS_AT_ONCE], j[at : at + PAIRS_AT_ONCE]


def _pairwise_game(masks: np.ndarray) -> np.ndarray:
    """Columns of a game of a constant, single features and pairs, shape (subset, 1 + input + pair)."""
    i, j = np.triu_indices(masks.shape[1], 1)
    return np.column_stack([np.ones(len(masks)), masks, masks[:, i] & masks[:, j]])


def _dataset(
    found: Estimate, features: int, units: str, options: Mapping[str, object], notes: tuple[str, ...] = ()
) -> xr.Dataset:
    reach = found.reach(0.05)
    rows = {
        "interaction": found.credit,
        "standard_error": found.error,
        "lower": found.credit - reach,
        "upper": found.credit + reach,
    }
    arrays = {}
    for name, row in rows.items():
        matrix = np.zeros((features, features))
        matrix[np.triu_indices(features, 1)] = row[0]
        arrays[name] = (DIMS, matrix + matrix.T)
    attributes = {
        "primary": "interaction",
        "signed": True,
        "units": units,
        "options": options,
        "notes": notes,
    }
    return xr.Dataset(arrays, attrs=attributes)
