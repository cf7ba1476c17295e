"""What deletion and insertion share: the area under the answer's probability as features go or come."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.integrate import trapezoid

from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.score import Measurement
from pellucid.metrics._answer import no_answer, probability
from pellucid.metrics._ranked import Measured, Rank, beside_chance
from pellucid.metrics.faithfulness._along import along

__all__ = ["area_under"]


def area_under(
    why: Explanation,
    model: GreyBox,
    *,
    keep_top: bool,
    steps: int,
    rank: Rank,
    ablate: Ablation | None,
    draws: int,
    seed: int,
) -> Measurement:
    """The area under p over the share of features that are removed, or with ``keep_top`` there, from 0 to 1."""
    if steps < 1:
        raise BadOption(f"steps={steps}: the way has at least one step.")
    ask = partial(probability, why, model, ablate=ablate)
    features = len(why.text.features)
    counts = np.rint(np.linspace(0, features, min(steps, features) + 1)).astype(int)

    def measure(credits: np.ndarray) -> Measured:
        _, curve = along(ask, credits, counts.tolist(), keep_top=keep_top)
        shares = counts / features
        parts = {"share": tuple(shares.tolist()), "probability": tuple(curve[0].tolist())}
        return Measured(trapezoid(curve, shares, axis=1), parts=parts)

    return no_answer(why) or beside_chance(why, measure, rank=rank, draws=draws, seed=seed)
