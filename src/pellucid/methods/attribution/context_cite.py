"""ContextCite: a sparse linear model of the answer's log-odds, fitted to random halves of the text."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._coalitions import affordable
from pellucid.methods.attribution._lasso import lasso

__all__ = ["context_cite", "halves", "standardised_lasso"]

FEWEST = 4


@method(cost="samples forwards", paper="Cohen-Wang et al. 2024, arXiv:2409.00729")
def context_cite(
    model: GreyBox,
    text: Text,
    target: Target,
    *,
    samples: int = 64,
    penalty: float = 0.01,
    budget: int | None = None,
    seed: int = 0,
    ablate: Ablation | None = None,
) -> xr.Dataset:
    """Keep each feature with probability 1/2, many times, and fit the log-odds of the answer with few features.

    ``credit = argmin over w, b of 1/(2 samples) . sum over z of (f(z) / T - b - w . z)^2 + penalty |w|_1``, times T,
    where z says which features are kept (standardised for the fit), and ``f(z) = log p / (1 - p)`` with p the
    probability of the T tokens that are explained. The log-odds are used for all scales of an answer, because a
    line can fit them at both ends; entropy and kl are refused. Most features get exactly 0: many features take far
    fewer samples than features if few of them matter.

    Another span of the answer (the target's ``span``), with the same seed, needs no new forwards: the model
    remembers the scores of each token.

    Returns ``attribution``, dims (input), and the scalar ``intercept``; signed, in log-odds. There is no
    standard error: the lasso's choice of features has none that holds.

    :param samples: how many texts.
    :param penalty: on the weights of standardised features; 0 is plain least squares.
    :param budget: the most forwards; fewer texts are drawn if they would take more.
    :param seed: of the texts; the same seed gives the same numbers.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    """
    if penalty < 0:
        raise BadOption(f"penalty={penalty}: it must be at least 0.")
    target.check_answer("context_cite")
    masks = halves(len(text.features), affordable(samples, budget, FEWEST, noun="texts"), seed)
    if target.against_ids:
        value = model.value(text, target.on("logodds"), ablate)
        scores = value(masks).sum(1)
    else:
        value = model.value(text, target.on("logprob"), ablate)
        scores = _log_odds(value.total(masks))
    credit, intercept = standardised_lasso(masks, scores, len(target.ids[target.tokens]), penalty)
    attributes = {
        "primary": "attribution",
        "signed": True,
        "units": "logodds",
        "options": {"ablate": value.ablate},
    }
    return xr.Dataset({"attribution": ("input", credit), "intercept": intercept}, attrs=attributes)


def halves(features: int, samples: int, seed: int) -> np.ndarray:
    """Texts that keep each feature with probability 1/2, bool, shape (sample, input)."""
    return np.random.default_rng(seed).random((samples, features)) < 0.5


def standardised_lasso(
    masks: np.ndarray, scores: np.ndarray, tokens: int, penalty: float
) -> tuple[np.ndarray, float]:
    """Weights and intercept for the features as they are, fitted on features of mean 0 and spread 1."""
    spread = masks.std(0)
    spread[spread == 0] = 1  # a feature that was never removed, or never kept, has no say
    weights, intercept = lasso(masks / spread, scores / tokens, penalty)
    return weights / spread * tokens, intercept * tokens


def _log_odds(logprob: np.ndarray) -> np.ndarray:
    """``log p - log(1 - p)``, exact near p = 1, and finite at it."""
    below_one = np.minimum(logprob, -np.finfo(np.float64).eps)
    return logprob - np.log(-np.expm1(below_one))
