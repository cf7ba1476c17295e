"""What comprehensiveness and sufficiency share: the top features at five levels, and chance beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.score import Control, Measurement
from pellucid.core.target import Scale
from pellucid.metrics.controls import position_matched_credits, random_credits

__all__ = ["LEVELS", "area", "probability", "top_features"]

LEVELS = (0.01, 0.05, 0.1, 0.2, 0.5)


def area(
    why: Explanation,
    model: GreyBox,
    *,
    keep_top: bool,
    levels: Sequence[float],
    ablate: Ablation | None,
    draws: int,
    seed: int,
) -> Measurement:
    """Mean over levels of p(text) - p(changed text), for the explanation and for draws of chance.

    The changed text keeps only the top features (``keep_top``) or loses them. All masks of all rankings are
    asked for at once, so that equal ones are read once.
    """
    if (problem := _unfit(why, levels, draws)) is not None:
        return Measurement.does_not_apply(problem)
    credit = why.credit()
    random = random_credits(len(credit), draws, seed)
    matched = position_matched_credits(credit, draws, seed)
    credits = np.vstack([credit[None], random, matched])
    tops = np.stack([top_features(credits, level) for level in levels], axis=1)  # (ranking, level, input)
    masks = tops if keep_top else ~tops
    asked = np.vstack([np.ones((1, len(credit)), bool), masks.reshape(-1, len(credit))])
    whole, *changed = probability(why, model, asked, ablate)
    falls = whole - np.reshape(changed, tops.shape[:2])
    means = falls.mean(1)
    return Measurement(
        value=float(means[0]),
        controls=(
            Control("random ranking", tuple(means[1 : 1 + draws].tolist())),
            Control("position-matched", tuple(means[1 + draws :].tolist())),
        ),
        parts={"level": tuple(levels), "fall": tuple(falls[0].tolist()), "whole": (float(whole),)},
    )


def top_features(credits: np.ndarray, level: float) -> np.ndarray:
    """The ceil(level x features) features of highest credit in each row, bool, shape (ranking, input)."""
    count = int(np.ceil(level * credits.shape[1]))
    order = np.argsort(-credits, axis=1, kind="stable")
    top = np.zeros(credits.shape, bool)
    np.put_along_axis(top, order[:, :count], True, axis=1)
    return top


def probability(why: Explanation, model: GreyBox, masks: np.ndarray, ablate: Ablation | None) -> np.ndarray:
    """The probability of the explained answer for each mask, shape (draw,), between 0 and 1.

    Of an answer of several tokens: the geometric mean of their probabilities, else long answers would all
    score 0. Against another answer: its probability if only these two were possible. On the scale kl: exp(-KL), which
    is the probability of an answer that the model was certain of.
    """
    scale: Scale = "kl" if why.target.scale == "kl" else "logprob"
    total = model.value(why.text, why.target.on(scale), ablate).total(masks)
    if why.target.against_ids:
        return expit(total)
    return np.exp(total / len(why.target.ids[why.target.tokens]))


def _unfit(why: Explanation, levels: Sequence[float], draws: int) -> str | None:
    if not levels or not all(0 < level <= 1 for level in levels) or draws < 1:
        raise BadOption(
            f"levels={list(levels)}, draws={draws}: levels lie in (0, 1], and there is at least one draw."
        )
    if "attribution" not in why.data:
        return f"{why.method} gives no credit to inputs."
    if why.target.scale == "entropy":
        return "It measures the probability of an answer, and what is explained is how unsure the model is."
    if len(why.text.features) < 2:
        return "A text of one feature has no ranking."
    if not np.isfinite(why.credit()).all():
        return "The explanation has credits that are not numbers."
    return None
