"""A comparison tells equal from unequal, and never counts as equal what it could not compare."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from benchmarks import equality
from benchmarks.equality.comparison import Comparison, compared
from benchmarks.equality.points import our_points
from benchmarks.equality.same_samples import kernel_shap_of, lime_of
from benchmarks.peer import PeerFailed

OURS = np.array([1.0, -2.0, 0.5])


def comparison():
    return Comparison(
        "someone", "Their way", "our_way", "all of it", "work", lambda theirs: (np.array(theirs), OURS)
    )


def answering(numbers):
    return lambda work, **task: (numbers, None)


def failing(work, **task):
    raise PeerFailed("Traceback\n  somewhere\nMemoryError: no room\n")


@pytest.mark.parametrize(
    ("theirs", "equal"),
    [
        ([1.0, -2.0, 0.5], True),
        ([1.0, -2.00019, 0.5], True),
        ([1.0, -2.0003, 0.5], False),
        ([1, np.nan, 0.5], False),
    ],
)
def test_equal_is_a_ten_thousandth_of_the_largest(theirs, equal):
    assert compared(comparison(), answering(theirs))["equal"] is equal


def test_other_shapes_are_not_equal():
    found = compared(comparison(), answering([1.0, -2.0]))
    assert found["equal"] is False
    assert (
        equality.table({"comparisons": [found], "tolerance": 1e-4}).count("other shapes: (2,) and (3,)") == 1
    )


@pytest.mark.parametrize(
    ("peer", "why"), [(None, "someone is not installed here"), (failing, "MemoryError: no room")]
)
def test_what_could_not_be_compared_is_skipped_with_its_reason(peer, why):
    found = compared(comparison(), peer)
    assert found["skipped"] == why
    assert "equal" not in found
    shown = equality.table({"comparisons": [found], "tolerance": 1e-4})
    assert f"skipped: {why}" in shown
    assert "0 of 1 are equal" in shown


def test_without_peers_it_does_not_hold(tmp_path):
    from benchmarks.asked import Asked

    found = equality.measured(Asked(1, 1, (), tmp_path))
    assert found["holds"] is False
    assert {one["peer"] for one in found["comparisons"]} == {"captum", "inseq", "shap", "lime"}
    assert all("skipped" in one for one in found["comparisons"])


def test_our_points_add_up_to_the_integral():
    points = our_points(200)
    a, weights = np.array(points["alphas"]), np.array(points["weights"])
    assert weights.sum() == pytest.approx(1)
    assert (weights * a**2).sum() == pytest.approx(1 / 3, abs=1e-4)


@pytest.fixture
def subsets():
    rng = np.random.default_rng(0)
    masks = np.vstack([np.ones((1, 5), bool), np.zeros((1, 5), bool), rng.random((120, 5)) < 0.5])
    inner = masks[(masks.sum(1) > 0) & (masks.sum(1) < 5)]
    masks = np.vstack([masks[:2], inner[: len(inner) // 2 * 2]])
    scores = masks @ rng.normal(size=5) + 0.3 * masks[:, 0] * masks[:, 1] + 0.7
    return masks, scores[:, None]


def test_kernel_shap_of_is_least_squares_held_at_both_ends(subsets):
    masks, scores = subsets
    weight = np.where(np.isin(masks.sum(1), (0, 5)), 1e9, 1.0)
    design = np.column_stack([np.ones(len(masks)), masks])
    twin = np.linalg.solve(design.T @ (weight[:, None] * design), design.T @ (weight * scores[:, 0]))
    np.testing.assert_allclose(kernel_shap_of(masks, scores), twin[None, 1:], atol=1e-6)


def test_lime_of_is_a_weighted_ridge(subsets):
    masks, scores = subsets
    cosine = 1 - masks.sum(1) / np.sqrt(np.maximum(masks.sum(1), 1) * 5)
    weight = np.exp(-(cosine**2) / (2 * 0.4**2))
    twin = Ridge(alpha=1.0).fit(masks, scores[:, 0], sample_weight=weight)
    np.testing.assert_allclose(lime_of(masks, scores, 0.4)[0], twin.coef_, atol=1e-9)
