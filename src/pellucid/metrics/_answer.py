"""The number of an answer that metrics measure: how probable it is when some features are removed."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.score import Measurement
from pellucid.core.target import Target
from pellucid.metrics._ranked import check_moved

__all__ = ["as_probability", "asked", "log_probability", "no_answer", "probability"]


def probability(why: Explanation, model: GreyBox, masks: np.ndarray, ablate: Ablation | None) -> np.ndarray:
    """The probability of the explained answer for each mask, shape (draw,), between 0 and 1.

    Of an answer of several tokens: the geometric mean of their probabilities, else long answers would all
    score 0. Against another answer: its probability if only these two were possible. On the scale kl: exp(-KL), which
    is the probability of an answer that the model was certain of. Raises `Unmoved` where it is the same for all masks.
    """
    found = as_probability(why, _total(why, model, masks, ablate))
    check_moved(found)
    return found


def log_probability(
    why: Explanation, model: GreyBox, masks: np.ndarray, ablate: Ablation | None
) -> np.ndarray:
    """The log-probability of the explained answer for each mask, shape (draw,), in nats: of several tokens their sum.

    Against another answer the difference of both, on the scale kl minus the divergence. Raises `Unmoved` as
    `probability` does.
    """
    found = _total(why, model, masks, ablate)
    check_moved(found)
    return found


def no_answer(why: Explanation) -> Measurement | None:
    """That the metric does not apply, where what is explained is no answer's probability."""
    if why.target.scale != "entropy":
        return None
    return Measurement.does_not_apply(
        "It measures the probability of an answer, and what is explained is how unsure the model is."
    )


def asked(why: Explanation) -> Target:
    """The explained target on the scale that metrics ask for, of which `as_probability` makes a probability."""
    return why.target.on("kl" if why.target.scale == "kl" else "logprob")


def as_probability(why: Explanation, total: np.ndarray) -> np.ndarray:
    """Totals of the target of `asked` as probabilities, of the same shape."""
    if why.target.against_ids:
        return expit(total)
    return np.exp(total / len(why.target.ids[why.target.tokens]))


def _total(why: Explanation, model: GreyBox, masks: np.ndarray, ablate: Ablation | None) -> np.ndarray:
    return model.value(why.text, asked(why), ablate).total(masks)
