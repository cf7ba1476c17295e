"""Types of attention maps: pure ones, a known circuit, maps that a reader can name, and the card of the classifier."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption, UnsupportedModel
from pellucid.methods.attention._map_features import FEATURES, features
from pellucid.methods.attention._map_types import TYPES, card, type_probabilities
from tests.families import family, question
from tests.known.induction import CLEAN, COPY, PREVIOUS, induction_model

STORY = "When Mary and John went to the store, John gave a drink to Mary. The Eiffel Tower is located in the city of"
REVIEW = (
    "A slow start, but the ending is wonderful. I would not have believed that a film like this could be made, and it "
    "made me laugh."
)


def pure(kind: str, size: int, causal: bool) -> np.ndarray:
    """A map that is nothing but its type, written down by hand."""
    half = np.arange(size) >= size // 2
    first = np.zeros((size, size))
    first[:, 0] = 1.0
    weights = {
        "vertical": first,
        "diagonal": np.eye(size, k=-1) + first * np.eye(size),
        "vertical+diagonal": (first + np.eye(size)) / 2,
        "block": (half[:, None] == half[None]) * 1.0,
        "heterogeneous": np.ones((size, size)),
    }[kind]
    weights = np.tril(weights) if causal else weights
    return weights / weights.sum(-1, keepdims=True)


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "bidirectional"])
@pytest.mark.parametrize("size", [8, 12, 31, 128])
@pytest.mark.parametrize("kind", TYPES)
def test_a_pure_map_is_named(kind: str, size: int, causal: bool) -> None:
    """Even rows are heterogeneous, and not a block because none looks ahead."""
    likely = type_probabilities(pure(kind, size, causal)[None], causal=causal)[0]
    assert TYPES[int(likely.argmax())] == kind
    assert likely.sum() == pytest.approx(1)


def test_looking_at_oneself_is_diagonal() -> None:
    for size in (8, 40):
        for causal in (True, False):
            assert TYPES[int(type_probabilities(np.eye(size)[None], causal=causal).argmax())] == "diagonal"


def test_features_by_hand() -> None:
    """A causal map of four tokens: only its last row counts."""
    rows = np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.2, 0.3, 0.5, 0], [0.1, 0.2, 0.4, 0.3]])
    found = dict(zip(FEATURES, features(rows[None], causal=True)[0], strict=True))
    assert found["best_diagonal"] == pytest.approx(0.4)
    assert found["second_diagonal"] == pytest.approx(0.3)
    assert found["near"] == pytest.approx(0.9)
    assert found["near_if_uniform"] == pytest.approx(0.75)
    assert found["far"] == pytest.approx(0.1)
    assert found["largest"] == pytest.approx(0.4)
    entropy = -(rows[3] * np.log(rows[3])).sum() / np.log(4)
    assert found["entropy"] == pytest.approx(entropy)
    assert (found["causal"], found["size"]) == (1, pytest.approx(2 / 7))


def test_the_heads_of_a_known_circuit() -> None:
    why = pellucid.explain(induction_model(), CLEAN, by="attention_pattern_types", target=" lamps")
    for layer, head in (PREVIOUS, COPY):
        assert str(why.data["type"].isel(layer=layer, head=head).values) == "diagonal"
    assert (
        str(why.data["type"].isel(layer=0, head=0).values) == "heterogeneous"
    )  # its weights are zero: rows are even


@pytest.mark.parametrize(
    ("model", "text", "kind", "heads"),
    [
        ("demo-lm", STORY, "diagonal", [(0, 0), (0, 1), (0, 2), (0, 7)]),
        (
            "demo-lm",
            STORY,
            "vertical",
            [(1, 1), (2, 3), (2, 4), (3, 0), (3, 1), (3, 2), (3, 3), (3, 6), (3, 7)],
        ),
        ("demo-lm", STORY, "heterogeneous", [(0, 6), (3, 5), (5, 1)]),
        ("demo-sentiment", REVIEW, "diagonal", [(0, 2), (0, 5)]),
        ("demo-sentiment", REVIEW, "vertical", [(3, 4), (3, 6), (3, 9)]),
        ("demo-sentiment", REVIEW, "vertical+diagonal", [(1, 6), (1, 9)]),
        ("demo-sentiment", REVIEW, "heterogeneous", [(0, 7), (0, 8), (0, 11)]),
    ],
)
def test_maps_that_a_reader_can_name(model: str, text: str, kind: str, heads: list[tuple[int, int]]) -> None:
    """Those of the bundled models whose type is clear to the eye."""
    named = pellucid.explain(model, text, by="attention_pattern_types").data["type"].values
    assert {place: str(named[place]) for place in heads} == dict.fromkeys(heads, kind)


def test_shares_are_means_over_heads_and_texts() -> None:
    model = family("bert-masked")
    texts = [
        question("bert-masked").text,
        "the story of the old film is good.",
        "a great cast [MASK] a film.",
    ]
    one = [
        pellucid.explain(model, text, by="attention_pattern_types", target=_filling(text)).data
        for text in texts[::2]
    ]
    both = pellucid.explain(model, texts[0], by="attention_pattern_types", texts=(texts[2],)).data
    for data in one:
        counted = [[(row == kind).mean() for kind in TYPES] for row in data["type"].values]
        np.testing.assert_allclose(data["share"], counted)
    np.testing.assert_allclose(both["share"], (one[0]["share"] + one[1]["share"]) / 2)
    np.testing.assert_allclose(
        both["type_probability"], (one[0]["type_probability"] + one[1]["type_probability"]) / 2, atol=1e-6
    )
    assert tuple(both["candidate_text"].values) == TYPES


def _filling(text: str) -> str | None:
    return "film" if "[MASK]" in text else None


def test_some_layers_and_what_is_drawn() -> None:
    why = pellucid.explain("demo-lm", STORY, by="attention_pattern_types", target=" Paris", layers=(3, 0))
    whole = pellucid.explain("demo-lm", STORY, by="attention_pattern_types", target=" Paris")
    np.testing.assert_array_equal(why.data["type"], whole.data["type"].sel(layer=[3, 0]))
    assert "0 1 2 3" in str(why)
    assert "Heads of each layer by type" in str(why)
    assert "not what the model uses it for" in why.provenance.notes[0]


def test_what_is_refused_and_what_is_noted() -> None:
    with pytest.raises(BadOption, match="from 4 tokens on, and gpt2 reads a text as 1"):
        pellucid.explain(family("gpt2"), " the", by="attention_pattern_types", target=" the")
    with pytest.raises(BadOption, match="layers=9"):
        pellucid.explain(family("gpt2"), question("gpt2").text, by="attention_pattern_types", layers=(9,))
    with pytest.raises(UnsupportedModel, match="bloom"):
        pellucid.explain(family("bloom"), question("bloom").text, by="attention_pattern_types")
    short = pellucid.explain("demo-lm", "The Eiffel Tower is in", by="attention_pattern_types")
    assert "1 of 1 texts are shorter or longer (5 tokens)" in short.provenance.notes[-1]


def test_the_card_says_what_was_measured() -> None:
    held_out = card()["held_out"]
    said = np.array([list(row.values()) for row in held_out["said_of_each"].values()])
    assert said.sum() == held_out["maps"]
    assert held_out["accuracy"] == pytest.approx(np.trace(said) / said.sum(), abs=1e-4)
    assert tuple(card()["types"]) == TYPES
    assert tuple(card()["features"]) == FEATURES
