"""Linear datamodeling score: do the sums of credits order random ablations as the model does."""

from __future__ import annotations

import numpy as np

from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import metric
from pellucid.core.score import Measurement
from pellucid.metrics._agreement import bootstrapped, check_samples, ranks_agree, steady, stream
from pellucid.metrics._ranked import Measured, beside_chance, check_moved

__all__ = ["linear_datamodeling_score"]


@metric(
    better="higher",
    bounds=(-1.0, 1.0),
    cost="samples forwards",
    paper="Park et al. 2023 (TRAK), arXiv:2303.14186; Cohen-Wang et al. 2024 (ContextCite), arXiv:2409.00729",
)
def linear_datamodeling_score(
    why: Explanation,
    model: GreyBox,
    *,
    samples: int = 64,
    ablate: Ablation | None = None,
    draws: int = 99,
    seed: int = 0,
) -> Measurement:
    """Spearman's correlation between the sum of the kept credits and the real value, over random ablations.

    ``spearman(sum over kept i of credit_i, v(kept))``, each feature kept with probability 1/2; v is on the scale that
    was explained. The interval is of the ablations, by bootstrap. They are others than any method draws, whatever the
    seed. The sizes of credits count, not only their order: chance is the same credits, shuffled. Higher is better.

    :param samples: how many random ablations.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    :param draws: how many shuffles, and as many position-matched ones, stand for chance.
    :param seed: of the ablations and of the shuffles.
    """
    check_samples(samples)

    def measure(credits: np.ndarray) -> Measured:
        masks = stream(seed).random((samples, credits.shape[1])) < 0.5
        real = model.value(why.text, why.target, ablate).total(masks)
        check_moved(real)
        real, sums = steady(real), steady(credits @ masks.T)
        interval = bootstrapped(lambda picks: ranks_agree(sums[0][picks], real[picks]), samples, seed)
        return Measured(ranks_agree(sums, real[None]), interval=interval)

    return beside_chance(why, measure, draws=draws, seed=seed, of_values=True)
