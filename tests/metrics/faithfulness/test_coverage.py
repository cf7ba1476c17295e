"""The interval of a sampled metric holds what it comes to in the long run about as often as it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pellucid.metrics.faithfulness.infidelity import infidelity
from pellucid.metrics.faithfulness.linear_datamodeling_score import linear_datamodeling_score
from tests.metrics.linear import MaskModel, explained

WEIGHTS = np.array([1.0, -0.5, 0.8, 0.3, 0.0, 0.6, -0.2, 0.4, 0.1, 0.7])
CREDIT = [0.9, -0.1, 0.5, 0.4, 0.2, 0.7, 0.1, 0.1, 0.3, 0.2]  # near, and not right


def pairs(masks: np.ndarray) -> np.ndarray:
    """A sum, and what three pairs of words do together."""
    return (
        masks @ WEIGHTS
        - 3
        + masks[:, 0] * masks[:, 2]
        - 0.8 * masks[:, 3] * masks[:, 5]
        + masks[:, 7] * masks[:, 9]
    )


@pytest.mark.parametrize("metric", [infidelity, linear_datamodeling_score])
def test_intervals_hold_the_long_run(metric: Any) -> None:
    why, model = explained(CREDIT), MaskModel(pairs)
    long_run = metric(why, model, samples=20000, draws=1).value
    runs = [metric(why, model, samples=64, draws=1, seed=seed) for seed in range(1, 201)]
    held = np.mean([run.interval[0] <= long_run <= run.interval[1] for run in runs])
    assert 0.90 <= held <= 0.98, held
    assert np.std([run.value for run in runs]) > 1e-3
