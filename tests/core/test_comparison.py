"""Comparisons built by hand: means, ranks, intervals and frontiers are those of a slow, obvious twin."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core.comparison import COSTS, Comparison
from pellucid.core.errors import BadOption, UnknownName
from pellucid.core.paired import paired, resampled
from pellucid.core.provenance import Provenance

MADE = Provenance("demo-lm", "0" * 16, "compare", {"seed": 0}, 0, seconds=1.0, forwards=9)
NAN = float("nan")


def compared(value, cost=None, *, better=("higher",), baselines: int = 0, **more) -> Comparison:
    """Of values, shape (method, metric, example); the last ``baselines`` methods are of chance."""
    value = np.asarray(value, dtype=float)
    methods, metrics, examples = value.shape
    cost = (
        np.ones((methods, examples))
        if cost is None
        else np.repeat(np.array(cost, float)[:, None], examples, 1)
    )
    dims = ("method", "metric", "example")
    arrays = {
        "value": (dims, value),
        "reason": (dims, np.where(np.isnan(value), "It does not apply.", "").astype(object)),
    }
    arrays |= dict.fromkeys(COSTS, (dims[::2], cost))
    names = [chr(97 + i) for i in range(methods)]
    coords = {
        "method": names,
        "baseline": ("method", np.arange(methods) >= methods - baselines),
        "metric": [f"m{i}" for i in range(metrics)],
        "better": ("metric", np.array([*better][:metrics])),
        "text": ("example", [f"text {i}" for i in range(examples)]),
        "target": ("example", ["yes"] * examples),
        "against": ("example", [""] * examples),
    }
    return Comparison(xr.Dataset(arrays, coords), MADE, **more)


def test_means_ranks_and_costs_of_hand() -> None:
    found = compared([[[1, 3]], [[2, 4]], [[0, 0]]], cost=[5, 7, 0], baselines=1)
    assert found.methods == ("a", "b")
    np.testing.assert_allclose(found.data["mean"].values[:, 0], [2, 3, 0])
    np.testing.assert_array_equal(found.ranks["rank"].values[:, 0], [2, 1, NAN])
    np.testing.assert_allclose(found.ranks["behind"].values[:, 0], [1, 0, 3])
    np.testing.assert_array_equal(found.ranks["best"].values[:, 0], [0, 1, NAN])
    rows = found.table()
    assert [row["seconds"] for row in rows] == [5, 7, 0]
    assert (rows[1]["method"], rows[1]["rank"], rows[1]["texts"]) == ("b", 1, 2)
    assert len(found.rows()) == 6
    assert found.rows()[1] | {"method": "a", "value": 3.0, "text": "text 1", "reason": ""} == found.rows()[1]


def test_what_a_text_does_to_all_methods_cancels() -> None:
    """b is better by 0.1 on every text, and texts differ by far more: paired intervals see it, means do not."""
    easy = np.random.default_rng(0).normal(0, 5, 20)
    found = compared([[easy], [easy + 0.1]])
    one, other = found.data.isel(method=0, metric=0), found.data.isel(method=1, metric=0)
    assert one["high"] > other["low"]
    np.testing.assert_allclose([one["behind_low"], one["behind_high"]], 0.1)
    assert (one["best"], other["best"]) == (0, 1)
    assert (other["rank_low"], other["rank_high"]) == (1, 1)


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_paired_intervals_are_of_drawn_texts(better) -> None:
    values = np.random.default_rng(2).normal(size=(4, 9))
    found = paired(values, better, np.array([True, True, True, False]), draws=300, seed=5)
    sign = 1 if better == "higher" else -1
    best = int(np.argmax(sign * values[:3].mean(1)))
    ranks, behind, wins = [], [], np.zeros(3)
    for texts in np.random.default_rng(5).integers(9, size=(300, 9)):
        means = sign * values[:, texts].mean(1)
        ranks.append([1 + sum(m > one for m in means[:3]) for one in means[:3]])
        behind.append(means[best] - means)
        wins[np.argmax(means[:3])] += 1 / 300
    np.testing.assert_allclose(found["rank_low"][:3], np.quantile(ranks, 0.025, axis=0))
    np.testing.assert_allclose(found["rank_high"][:3], np.quantile(ranks, 0.975, axis=0))
    np.testing.assert_allclose(found["behind_low"], np.quantile(behind, 0.025, axis=0))
    np.testing.assert_allclose(found["behind_high"], np.quantile(behind, 0.975, axis=0))
    np.testing.assert_allclose(found["best"][:3], wins)
    assert np.isnan([found["rank"][3], found["best"][3]]).all()
    low, high = np.quantile(
        [values[0, t].mean() for t in np.random.default_rng(5).integers(9, size=(300, 9))], [0.025, 0.975]
    )
    np.testing.assert_allclose(np.quantile(resampled(9, 300, 5) @ values[0], [0.025, 0.975]), [low, high])


def test_the_difference_is_covered_as_often_as_promised() -> None:
    """Of 200 comparisons of two methods on 40 texts, 95% intervals hold the true difference 180 to 198 times."""
    rng, held = np.random.default_rng(3), 0
    for _ in range(200):
        texts = rng.normal(0, 2, 40)
        values = np.stack([texts + rng.normal(0, 1, 40), texts + 1.0 + rng.normal(0, 1, 40)])
        found = paired(values, "higher", np.ones(2, bool), draws=300)
        held += found["behind_low"][0] <= 1.0 <= found["behind_high"][0]
    assert 180 <= held <= 198


def test_equals_share_their_rank_and_the_chance_of_being_best() -> None:
    found = compared([[[1, 2, 3]], [[1, 2, 3]], [[0, 1, 1]]]).ranks.isel(metric=0)
    assert found["rank"].values.tolist() == [1.5, 1.5, 3]
    assert found["best"].values.tolist() == [0.5, 0.5, 0]
    assert found["behind"].values[:2].tolist() == [0, 0]


def test_one_text_has_an_order_and_nothing_of_how_sure_it_is() -> None:
    data = compared([[[0.5]], [[0.7]]]).data
    assert data["rank"].values[:, 0].tolist() == [2, 1]
    for name in ("low", "high", "rank_low", "rank_high", "best", "behind_low", "behind_high"):
        assert np.isnan(data[name].values).all(), name


def test_ranks_are_over_the_texts_that_all_have() -> None:
    """On its own texts a looks better; on the one that both have, b is."""
    data = compared([[[1, 9, 9]], [[2, 1, NAN]], [[NAN, NAN, NAN]]]).data.isel(metric=0)
    assert data["texts"].values.tolist() == [3, 2, 0]
    assert data["paired_texts"] == 2
    assert data["rank"].values[:2].tolist() == [1, 2]
    assert np.isnan(data["rank"].values[2])
    assert np.isnan(data["mean"].values[2])
    none = compared([[[1, NAN]], [[NAN, 1]]]).data.isel(metric=0)
    assert none["paired_texts"] == 0
    assert np.isnan(none["rank"].values).all()
    assert none["mean"].values.tolist() == [1, 1]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=7),
    st.sampled_from(["higher", "lower"]),
)
def test_the_frontier_is_what_no_other_beats(pairs, better) -> None:
    found = compared([[[worth]] for worth, _ in pairs], [price for _, price in pairs], better=(better,))
    sign = 1 if better == "higher" else -1
    free = {
        found.methods[i]
        for i, (worth, price) in enumerate(pairs)
        if not any(sign * w >= sign * worth and p <= price and (w, p) != (worth, price) for w, p in pairs)
    }
    front = found.pareto("m0")
    assert set(front) == free
    prices = [pairs[found.methods.index(name)][1] for name in front]
    assert prices == sorted(prices)
    assert set(found.pareto("m0", "forwards")) == free


def test_what_the_frontier_cannot_be_asked() -> None:
    found = compared([[[1.0]]])
    with pytest.raises(UnknownName, match="m0"):
        found.pareto("m1")
    with pytest.raises(BadOption, match="seconds, forwards"):
        found.pareto("m0", "money")


@pytest.mark.parametrize(("metrics", "examples"), product([1, 3], [1, 4]))
def test_plain_data_and_back(metrics, examples) -> None:
    value = np.random.default_rng(1).normal(size=(3, metrics, examples))
    value[0, 0, 0] = NAN
    found = compared(value, better=("higher", "lower", "lower"), baselines=1, resamples=50, seed=3)
    back = Comparison.from_dict(found.as_dict())
    assert back.data.identical(found.data)
    assert (back.provenance, back.resamples, back.seed) == (MADE, 50, 3)
    assert json.dumps(found.as_dict())


def test_it_cannot_be_changed_nor_lack_a_reason() -> None:
    found = compared([[[1.0]]])
    with pytest.raises(ValueError, match="read-only"):
        found.measured["value"].values[0] = 2
    with pytest.raises(ValueError, match="reason"):
        Comparison(found.measured.assign(value=found.measured["value"] * NAN), MADE)


def test_the_same_seed_gives_the_same_numbers() -> None:
    value = np.random.default_rng(1).normal(size=(3, 1, 8))
    assert compared(value, seed=4).data.identical(compared(value, seed=4).data)
    assert not compared(value, seed=4).data.identical(compared(value, seed=5).data)
