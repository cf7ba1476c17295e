"""Metrics that explain again: by hand on explanations that are known, and on a model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

import pellucid
from pellucid.core.errors import BadOption, UnknownName, UnsupportedModel
from pellucid.core.explanation import Explanation
from pellucid.core.score import Measurement
from pellucid.core.text import Text
from pellucid.metrics.robustness._words import in_common, worded
from pellucid.metrics.robustness.max_sensitivity import max_sensitivity
from pellucid.metrics.robustness.method_agreement import method_agreement
from pellucid.metrics.robustness.rephrasing_stability import rephrasing_stability
from pellucid.metrics.robustness.seed_stability import seed_stability
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.metrics.linear import explained

FILM = "it is a wonderful film that they made in the autumn of that year in a small town"
Credits = Sequence[float]


class Nearby:
    """A model that is near itself; its explanations inside are those given, one after the other."""

    def __init__(self, *credits: Credits) -> None:
        self.credits = list(credits)
        self.inside = False

    @contextmanager
    def noised(self, text: Text, radius: float, *, seed: int = 0) -> Iterator[None]:
        self.inside = True
        yield
        self.inside = False

    def explain(self, *_: Any, **__: Any) -> Explanation:
        assert self.inside
        return explained(self.credits.pop(0))


def sensitivity(own: Credits, *nearby: Credits) -> Measurement:
    model = Nearby(*nearby)
    return max_sensitivity(explained(own), model, model.explain, samples=len(nearby))  # type: ignore[arg-type]


def seeded(own: Credits, others: Sequence[Credits], **options: Any) -> Measurement:
    why = explained(own)
    drew = replace(why.provenance, options={"seed": 0}, seed=0)
    why = Explanation(why.data, why.text, why.target, drew)
    left = [explained(credit) for credit in others]
    asked: list[int] = []

    def explain(text: Any = None, *, by: str | None = None, seed: int | None = None) -> Explanation:
        assert seed is not None
        asked.append(seed)
        return left[len(asked) - 1]

    found = seed_stability(why, None, explain, runs=len(others), **options)  # type: ignore[arg-type]
    assert len(set(asked)) == len(asked)
    return found


def test_the_largest_relative_change() -> None:
    found = sensitivity([3.0, 4.0], [3.0, 4.5], [0.0, 4.0], [3.0, 4.0])
    assert found.parts["change"] == pytest.approx((0.1, 0.6, 0))
    assert found.value == pytest.approx(0.6)
    assert found.interval is None
    assert set(np.round(found.controls[0].values, 6)) == {0, round(math.sqrt(2) / 5, 6)}


def test_an_explanation_that_stays_is_better_than_one_that_is_shuffled() -> None:
    own = np.random.default_rng(0).normal(size=10)
    still, moved = sensitivity(own, own * 1.01), sensitivity(own, own[::-1])
    assert still.value == pytest.approx(0.01)
    chance = still.controls[0]
    assert chance.p_value(still.value, "lower") == 0.01
    assert chance.p_value(moved.value, "lower") > 0.05


def test_correlation_with_other_seeds() -> None:
    found = seeded([1.0, 2.0, 3.0, 4.0], [[1, 2, 3, 4], [1, 2, 4, 3], [4, 3, 2, 1]])
    assert found.parts["runs"] == pytest.approx((1, 0.8, -1))
    assert found.value == pytest.approx(0.8 / 3)
    assert found.interval is not None
    low, high = found.interval
    assert low < found.value < high
    by_size = seeded([1.0, 2.0, 3.0, -4.0], [[1, 2, 3, 4]], rank="size")
    assert by_size.value == pytest.approx(1)
    assert by_size.interval is None


def test_the_same_ranking_beats_chance_and_the_reverse_does_not() -> None:
    own = np.random.default_rng(1).normal(size=10)
    same, reverse = seeded(own, [own, own]), seeded(own, [-own, -own])
    assert same.value == pytest.approx(1)
    assert reverse.value == pytest.approx(-1)
    assert same.controls[0].p_value(same.value, "higher") == 0.01
    assert reverse.controls[0].p_value(reverse.value, "higher") == 1


def others_say(own: Explanation, said: dict[str, Explanation], **options: Any) -> Measurement:
    def explain(text: Any = None, *, by: str | None = None, seed: int | None = None) -> Explanation:
        assert by is not None
        if by not in said:
            raise UnsupportedModel("known", f"what {by} needs")
        return said[by]

    return method_agreement(own, None, explain, others=tuple(options.pop("others", said)), **options)  # type: ignore[arg-type]


def test_agreement_with_other_methods() -> None:
    said = {"a": explained([1, 2, 3, 4]), "b": explained([4, 3, 2, 1])}
    found = others_say(explained([1.0, 2.0, 4.0, 3.0]), said, others=("a", "b", "c"), top=0.5)
    assert found.parts["a"] == pytest.approx((0.8, 1))
    assert found.parts["b"] == pytest.approx((-0.8, 0))
    assert np.isnan(found.parts["c"]).all()
    assert found.value == pytest.approx(0)


def test_without_a_sign_sizes_are_compared() -> None:
    plain = explained([4, 3, 2, 1])
    unsigned = Explanation(plain.data.assign_attrs(signed=False), plain.text, plain.target, plain.provenance)
    assert others_say(explained([-4.0, 3.0, -2.0, 1.0]), {"a": unsigned}).value == pytest.approx(1)
    assert others_say(unsigned, {"a": explained([-4.0, 3.0, -2.0, 1.0])}).value == pytest.approx(1)
    assert others_say(plain, {"a": explained([-4.0, 3.0, -2.0, 1.0])}).value == pytest.approx(-0.4)


def text_explained(string: str, credit: Callable[[str], float]) -> Explanation:
    text = Text(string).cut("word")
    credits = [credit(text.slice(f)) for f in text.features]
    why = explained(credits)
    return Explanation(why.data.drop_vars(list(why.data.coords)), text, why.target, why.provenance)


class Answers:
    """Says yes unless the text begins with not."""

    def cut(self, text: str | Text, unit: str | None = None) -> Text:
        return Text.of(text).cut("word")

    def resolve(self, text: Text, target: Any) -> Any:
        return replace(target, answer="no" if text.string.startswith("not") else "yes")


def rephrased(
    string: str, rephrasings: tuple[str, ...], credit: Callable[[str], float], **options: Any
) -> Measurement:
    def explain(text: Any = None, **_: Any) -> Explanation:
        return text_explained(text, options.get("theirs", credit))

    given = {name: value for name, value in options.items() if name != "theirs"}
    why = text_explained(string, credit)
    return rephrasing_stability(why, Answers(), explain, rephrasings=rephrasings, **given)  # type: ignore[arg-type]


def length(word: str) -> float:
    return float(len(word))


def test_only_shared_words_and_texts_with_the_same_answer_count() -> None:
    texts = (
        "the pictures, an elderly man noticed",
        "not the elderly man noticed a picture",
        "THE elderly man NOTICED many films",
        "a b",
    )
    found = rephrased("The elderly man noticed a picturesque town", texts, length)
    assert found.parts["same answer"] == (3, 4)
    assert found.parts["words"] == (4, 4, 1)
    assert np.isfinite(found.parts["agreement"]).tolist() == [True, True, False]
    assert found.value == pytest.approx(1)
    other = rephrased("The elderly man noticed a picturesque town", texts, length, theirs=lambda w: -len(w))
    assert other.value == pytest.approx(-1)


def test_other_texts_are_a_control() -> None:
    found = rephrased(
        "one three five seventeen",
        ("one three five seventeen",),
        length,
        others=("one three x five seventeen",),
    )
    assert [c.name for c in found.controls] == ["random ranking", "position-matched", "other texts"]
    assert found.controls[2].values == pytest.approx((1,))


def test_tokens_are_added_up_to_words(demo_lm: HuggingFaceModel) -> None:
    text = demo_lm.cut("The Colosseum is in Rome, unquestionably.")
    words = worded(text)
    assert "".join(words.words) == "thecolosseumisinrome,unquestionably."
    ones = words.credits(np.ones((1, len(text.features))))[0]
    assert ones.sum() == len(text.features)
    ours, theirs = in_common(words, worded(Text("Rome is in the Colosseum").cut("word")))
    assert [words.words[i] for i in ours] == ["the", "colosseum"]
    assert theirs.tolist() == [3, 4]


def test_says_why_it_does_not_apply() -> None:
    assert "draws nothing at random" in seed_stability(explained([1.0, 2.0]), None, None).reason  # type: ignore[arg-type]
    assert "all features have the same credit" in seeded([1.0, 2.0], [[1, 1]]).reason
    refused = others_say(explained([1.0, 2.0]), {}, others=("a",))
    assert refused.reason.startswith("No other method answers. ")
    assert "what a needs" in refused.reason
    missing = rephrased("one three five", (), length)
    assert missing.reason.startswith("No rephrasings were given. Give texts that say the same")
    assert "answers otherwise to all 1" in rephrased("one three five", ("not one",), length).reason
    assert "shares 4 words" in rephrased("one three five", ("one three",), length).reason
    why = text_explained("one three five. six", length)
    sentences = Explanation(why.data, replace(why.text, unit="sentence"), why.target, why.provenance)
    found = rephrasing_stability(sentences, Answers(), None, rephrasings=("x",))  # type: ignore[arg-type]
    assert 'unit="word"' in found.reason
    for metric, options in ((max_sensitivity, {"radius": 0.0}), (seed_stability, {"runs": 0})):
        with pytest.raises(BadOption):
            metric(explained([1.0, 2.0]), None, None, **options)  # type: ignore[operator]


some = st.lists(st.floats(-5, 5), min_size=4, max_size=4)


@settings(max_examples=350)  # each for three metrics and one more
@given(some, some)
def test_bounds(own: list[float], other: list[float]) -> None:
    for found in (
        seeded(own, [other], draws=1),
        others_say(explained(own), {"a": explained(other)}, draws=1),
        rephrased(
            "a b c d", ("a b c d",), lambda w: own["abcd".index(w)], theirs=lambda w: other["abcd".index(w)]
        ),
    ):
        assert found.reason or -1 - 1e-9 <= found.value <= 1 + 1e-9
        assert all(-1 - 1e-9 <= v <= 1 + 1e-9 for c in found.controls for v in c.values)
    if np.linalg.norm(own) > 1e-6:
        moved = sensitivity(own, other)
        assert moved.reason or moved.value >= 0


def test_on_a_model(demo_sentiment: HuggingFaceModel) -> None:
    why = pellucid.explain(demo_sentiment, FILM, "lime", target="POSITIVE", samples=60, seed=3)
    stable, moved, alike, same = (
        pellucid.evaluate(why, demo_sentiment, "seed_stability", runs=2)[0],
        *(
            pellucid.evaluate(why, demo_sentiment, by, **options)[0]
            for by, options in (
                ("max_sensitivity", {"samples": 2}),
                ("method_agreement", {}),
                (
                    "rephrasing_stability",
                    {"rephrasings": ("a wonderful film, made in the autumn in a small town",)},
                ),
            )
        ),
    )
    asked: Any = {"target": "POSITIVE", "samples": 60}
    seeds = np.random.default_rng([0, 2]).integers(2**31, size=2).tolist()
    again = [pellucid.explain(demo_sentiment, FILM, "lime", seed=s, **asked).credit() for s in seeds]
    assert stable.value == pytest.approx(
        np.mean([spearmanr(why.credit(), c).statistic for c in again]), abs=1e-3
    )
    changes = []
    for s in seeds:
        with demo_sentiment.noised(why.text, 0.1, seed=s):
            credit = pellucid.explain(demo_sentiment, FILM, "lime", seed=3, **asked).credit()
        changes.append(np.linalg.norm(credit - why.credit()) / np.linalg.norm(why.credit()))
    assert moved.value == pytest.approx(max(changes), rel=1e-4)
    assert set(alike.parts) == {"leave_one_out", "saliency", "integrated_gradients", "lrp"}
    lrp = pellucid.explain(demo_sentiment, FILM, "lrp", target="POSITIVE").credit()
    assert alike.parts["lrp"][0] == pytest.approx(spearmanr(why.credit(), lrp).statistic, abs=1e-3)
    assert same.parts["same answer"] == (1, 1)
    assert same.applies
    (none,) = pellucid.evaluate(why, demo_sentiment, "rephrasing_stability")
    assert none.reason.startswith("No rephrasings were given")
    with pytest.raises(UnknownName):
        pellucid.evaluate(why, demo_sentiment, "method_agreement", others=("leave_on_out",))


def test_more_samples_are_stabler(demo_sentiment: HuggingFaceModel) -> None:
    few, many = (
        pellucid.evaluate(
            pellucid.explain(demo_sentiment, FILM, "lime", target="POSITIVE", samples=n),
            demo_sentiment,
            "seed_stability",
            runs=3,
        )[0]
        for n in (24, 160)
    )
    assert many.value > few.value
