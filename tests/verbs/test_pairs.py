"""A method over pairs: the numbers of each pair are those of explain, and intervals are the bootstrap's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption, UnknownName
from pellucid.core.over_pairs import bootstrap
from pellucid.view.html import html
from pellucid.view.terminal import terminal
from tests.families import family

PAIRS = [
    ("The old film is good, and", "The old story is good, and", " the", " a"),
    ("When Mary went to the store, Mary gave", "When Mary went to the store, John gave", " the", " a"),
    ("The film is good, and Mary went to", "The film is good, and John went to", " the", " a"),
]


def over(**options: Any) -> Any:
    return pellucid.explain_pairs(family("gpt2"), PAIRS, scale="logit", **options)


@pytest.mark.parametrize(
    "asked", [{"point": "z"}, {"point": "z", "direction": "noise"}, {"by": "edge_attribution", "steps": 1}]
)
def test_every_pair_is_an_explanation_of_its_own(asked: dict[str, Any]) -> None:
    found = over(**asked).data
    asked = {"by": "activation_patching"} | asked
    whys = [
        pellucid.explain(
            family("gpt2"), c, corrupt=k, target=t, against=a, scale="logit", unit="token", **asked
        )
        for c, k, t, a in PAIRS
    ]
    np.testing.assert_allclose(found["each"], [why.primary.values for why in whys], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["mean"], np.mean(found["each"], 0))
    clean, corrupted = ([float(why.data[name]) for why in whys] for name in ("clean", "corrupted"))
    whole = np.mean(clean) - np.mean(corrupted)
    np.testing.assert_allclose(found["recovered"], found["mean"] / whole, rtol=1e-4)


def test_intervals_are_of_means_over_drawn_pairs() -> None:
    rng = np.random.default_rng(0)
    values, whole = rng.normal(size=(12, 3, 2)), rng.uniform(1, 2, size=12)
    low, high = bootstrap(values, draws=400, seed=3)
    shares = bootstrap(values, over=whole, draws=400, seed=3)
    sample = np.random.default_rng(3).integers(12, size=(400, 12))
    drawn = np.stack([values[rows].mean(0) for rows in sample])
    np.testing.assert_allclose([low, high], np.quantile(drawn, [0.025, 0.975], axis=0))
    drawn = np.stack([values[rows].mean(0) / whole[rows].mean() for rows in sample])
    np.testing.assert_allclose(shares, np.quantile(drawn, [0.025, 0.975], axis=0))


def test_the_interval_covers_the_mean_of_all_pairs() -> None:
    """Drawn from a known distribution, 95% intervals of 60 examples hold its mean 90 to 98 times of 100."""
    rng = np.random.default_rng(1)
    values = rng.normal(0.3, 1, size=(300, 60))
    held = [low <= 0.3 <= high for low, high in (bootstrap(row, draws=500) for row in values)]
    assert 0.9 <= np.mean(held) <= 0.98


def test_what_was_found_is_drawn_with_its_intervals() -> None:
    found = over(point="z")
    said = terminal(found, width=100, colour=False)
    assert "3 pairs of texts" in said
    assert "95% interval" in said
    assert "of 3" in said
    strongest = np.unravel_index(np.abs(found.data["mean"].values).argmax(), found.data["mean"].shape)
    assert f"{strongest[0]}.h{strongest[1]}" in said
    assert "95% interval" in html(found)
    edges = terminal(over(by="edge_attribution", steps=1), width=100, colour=False)
    assert " -> " in edges
    assert found.provenance.options["pairs"] == 3


def test_what_cannot_be_asked() -> None:
    with pytest.raises(
        BadOption, match=r"looks at one text. Methods that compare a pair: .*activation_patching"
    ):
        over(by="logit_lens")
    with pytest.raises(BadOption, match="no pairs"):
        pellucid.explain_pairs(family("gpt2"), [])
    with pytest.raises(BadOption, match="pair 2 has another number of tokens"):
        over(point="resid_pre")
    with pytest.raises(UnknownName):
        over(by="activation_patchin")


def test_any_array_of_the_method_can_be_asked_for() -> None:
    found = over(by="path_patching", array="mlp_effect").data
    each = [
        pellucid.explain(
            family("gpt2"), c, "path_patching", corrupt=k, target=t, against=a, scale="logit", unit="token"
        ).data["mlp_effect"]
        for c, k, t, a in PAIRS
    ]
    assert found["mean"].dims == ("layer",)
    np.testing.assert_allclose(found["mean"], np.mean(each, 0), rtol=1e-4, atol=1e-6)
    with pytest.raises(BadOption, match=r"gives none of that name. Arrays: effect, mlp_effect"):
        over(by="path_patching", array="mlp")


def test_pairs_of_one_length_have_positions() -> None:
    found = pellucid.explain_pairs(family("gpt2"), [PAIRS[0], PAIRS[0]], draws=50).data
    assert found["mean"].dims == ("layer", "position")
    np.testing.assert_allclose(found["low"], found["high"])
