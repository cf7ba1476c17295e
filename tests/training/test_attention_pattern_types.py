"""Generated attention maps, and whether the shipped classifier keeps what its card promises."""

import json

import numpy as np
import pytest

from pellucid.methods.attention._map_types import FILE, TYPES, card
from training.attention_pattern_types import card as readme
from training.attention_pattern_types import train
from training.attention_pattern_types.maps import LARGEST, SMALLEST, drawn, sample


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("kind", TYPES)
def test_maps_are_attention(kind, causal):
    rng = np.random.default_rng(3)
    for size in (SMALLEST, 9, 30, LARGEST):
        weights = drawn(rng, kind, size, causal)
        assert weights.shape == (size, size)
        assert weights.min() >= 0
        np.testing.assert_allclose(weights.sum(-1), 1)
        assert bool(np.triu(weights, 1).any()) != causal


def test_one_seed_gives_the_same_maps():
    one, same = (sample(np.random.default_rng(5), 10) for _ in range(2))
    assert all((a[0] == b[0]).all() and a[1:] == b[1:] for a, b in zip(one, same, strict=True))
    assert [kind for *_, kind in one] == [0, 1, 2, 3, 4] * 2


def test_the_shipped_network_keeps_its_accuracy_on_fresh_maps():
    again = train.measured(card()["weights"], *train.read(seed=77, count=1500))
    promised = card()["held_out"]["accuracy"]
    error = (promised * (1 - promised) / 1500) ** 0.5
    assert abs(again["accuracy"] - promised) < 4 * error


def test_the_recipe_learns_from_few_maps():
    found, kinds, causal = train.read(seed=train.SEED, count=1500)
    weights = train.fitted(found[:1000], kinds[:1000])
    assert train.measured(weights, found[1000:], kinds[1000:], causal[1000:])["accuracy"] > 0.85


def test_the_readme_shows_the_card():
    assert readme.table(json.loads(FILE.read_text(encoding="utf-8"))["held_out"]) in readme.README.read_text(
        encoding="utf-8"
    )
