"""Try to break an explanation: take features away, and see whether the answer falls as their credit says it should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.protocols import ABLATIONS, Ablation
from pellucid.metrics.controls import POSITION_BLOCKS
from pellucid.verbs.access import check_weights

__all__ = ["check_removed", "matched", "removal"]

MIDDLE = (0.025, 0.975)


def check_removed(why: Explanation, removed: Sequence[int]) -> tuple[int, ...]:
    """The numbers of the features to remove, each once. Raises `BadOption` for one that is not there."""
    there = len(why.text.features)
    beyond = [number for number in removed if number >= there]
    if beyond:
        raise BadOption(f"There is no feature {beyond[0]}: the text has {there}, from 0 to {there - 1}.")
    return tuple(sorted(set(removed)))


def removal(
    why: Explanation,
    model: Any,
    removed: Sequence[int],
    *,
    ablate: Ablation | None = None,
    draws: int = 20,
    seed: int = 0,
) -> dict[str, Any]:
    """By how much the explained number falls without some features, all numbers in the target's own units.

    ``whole`` and ``without`` are the number of the text and of the text without them; ``change`` is the first less the
    second, ``predicted`` the sum of their credit, which is what it would be if the explanation were a sum that holds.
    ``control``: the change for ``draws`` sets of as many other features from the same quarters of the text; ``low`` and
    ``high`` hold the middle 95 % of them. ``features`` has the change for each removed one alone, ``outputs`` the
    numbers of each token of the answer.

    Raises `MismatchedModel` if the weights are not those explained.
    """
    check_weights(why.provenance, model)
    value = model.value(why.text, why.target, ablate or _own(why))
    sets = [(), removed, *((number,) for number in removed), *matched(value.features, removed, draws, seed)]
    scores = value(_masks(value.features, sets))
    falls = scores[0].sum() - scores.sum(1)
    alone, control = falls[2 : 2 + len(removed)], falls[2 + len(removed) :]
    credit, reason = _credit(why)
    low, high = np.quantile(control, MIDDLE)
    return {
        "units": why.target.scale,
        "credit_units": str(why.data.attrs.get("units", "")),
        "ablate": value.ablate,
        "whole": float(scores[0].sum()),
        "without": float(scores[1].sum()),
        "change": float(falls[1]),
        "predicted": None if credit is None else float(credit[list(removed)].sum()),
        "reason": reason,
        "features": [
            {
                "index": number,
                "text": why.text.slice(why.text.features[number]),
                "start": why.text.features[number].start,
                "end": why.text.features[number].end,
                "credit": None if credit is None else float(credit[number]),
                "change": float(fall),
            }
            for number, fall in zip(removed, alone, strict=True)
        ],
        "outputs": [
            {"text": text, "whole": float(a), "without": float(b), "change": float(a - b)}
            for text, a, b in zip(_outputs(why, scores.shape[1]), scores[0], scores[1], strict=True)
        ],
        "control": {
            "mean": float(control.mean()),
            "low": float(low),
            "high": float(high),
            "changes": control.tolist(),
        },
    }


def matched(features: int, removed: Sequence[int], draws: int, seed: int) -> list[tuple[int, ...]]:
    """Random sets of features, as many from each quarter of the text as were removed there.

    Of those that were not removed, where a quarter has enough of them; else of all of it.
    """
    rng = np.random.default_rng(seed)
    blocks = np.array_split(np.arange(features), max(1, min(POSITION_BLOCKS, features // 2)))
    choices = []
    for block in blocks:
        taken = np.intersect1d(block, removed)
        others = np.setdiff1d(block, removed)
        choices.append((others if len(others) >= len(taken) else block, len(taken)))
    return [
        tuple(int(n) for pool, count in choices for n in rng.choice(pool, count, replace=False))
        for _ in range(draws)
    ]


def _masks(features: int, sets: Sequence[Sequence[int]]) -> np.ndarray:
    masks = np.ones((len(sets), features), bool)
    for mask, removed in zip(masks, sets, strict=True):
        mask[list(removed)] = False
    return masks


def _own(why: Explanation) -> Ablation | None:
    """How the explanation removed features, if it did."""
    own = why.provenance.options.get("ablate")
    return cast(Ablation, own) if own in ABLATIONS else None


def _credit(why: Explanation) -> tuple[np.ndarray | None, str]:
    """The credit of each feature, or why there is none."""
    try:
        credit = why.credit()
    except BadOption as error:
        return None, str(error)
    if not np.isfinite(credit).all():
        return None, "The explanation has credits that are not numbers."
    return credit, ""


def _outputs(why: Explanation, count: int) -> Sequence[str]:
    outputs = why.target.outputs
    return outputs if len(outputs) == count else [str(why.target.part)] * count
