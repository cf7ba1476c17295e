"""The correlations that metrics share are scipy's."""

from __future__ import annotations

import numpy as np
from scipy.stats import kendalltau, spearmanr

from pellucid.metrics._agreement import pairs_agree, ranks_agree


def test_both_equal_scipy_with_ties_and_without() -> None:
    rng = np.random.default_rng(0)
    for kinds in (3, 1000):
        rows, order = (
            rng.integers(kinds, size=(20, 12)).astype(float),
            rng.integers(kinds, size=12).astype(float),
        )
        np.testing.assert_allclose(
            pairs_agree(rows, order), [kendalltau(row, order).statistic for row in rows]
        )
        np.testing.assert_allclose(
            ranks_agree(rows, np.broadcast_to(order, rows.shape)),
            [spearmanr(row, order).statistic for row in rows],
        )


def test_nothing_agrees_with_what_is_constant() -> None:
    rows = np.array([[1.0, 1, 1], [1, 2, 3]])
    assert np.isnan(pairs_agree(rows, np.array([3.0, 1, 2]))).tolist() == [True, False]
    assert np.isnan(pairs_agree(rows, np.ones(3))).all()
