"""A removed slot reads as if its baseline had been written there; nothing else of the text changes."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import AblationImpossible, TextTooLong
from pellucid.core.progress import metered
from pellucid.core.target import Target
from pellucid.core.text import Text
from tests import twin
from tests.families import CAUSAL, ENCODER_DECODER, LABEL, MASKED, family, fresh, question, shape_of

CLOSE = 1e-5
KINDS = ("gpt2", "llama", "gemma3", "opt", "bert-label", "roberta-label", "t5")


def template(name: str) -> Text:
    """Two slots of words, one of them with two baselines of other lengths than its own."""
    mask = getattr(family(name).tokenizer, "mask_token", None) if name in MASKED else None
    text = Text.from_template(
        f"The {{what}} is {{how}} and {mask or 'old'} to Mary", what="old film", how="good"
    )
    return text.with_baselines(what="store", how=["weak", "a wonderful story"])


def written(text: Text, mask: Any, way: int) -> Text:
    """The text with the baselines written into it."""
    string = text.string
    for feature, kept in reversed(list(zip(text.features, mask, strict=True))):
        if not kept:
            baseline = feature.baselines[way % len(feature.baselines)]
            string = string[: feature.start] + baseline + string[feature.end :]
    return Text(string)


def asked(name: str) -> list[Target]:
    q = question(name)
    targets = [Target(q.one), Target(q.one, against=q.other)]
    return targets + [Target(q.several)] * (shape_of(name) in ("causal", "encoder-decoder"))


@pytest.mark.parametrize("name", [*CAUSAL, *MASKED, *LABEL, *ENCODER_DECODER])
def test_equals_the_text_with_the_baselines_in_it(name: str) -> None:
    """The value of a mask is the mean, on the target's scale, over its texts, each written out and read alone."""
    model = family(name)
    text = model.cut(template(name))
    masks = np.array(list(product([True, False], repeat=2)))
    ways = [1, 2, 1, 2]  # the slot with two baselines is kept, removed, kept, removed
    for target in asked(name):
        resolved = model.resolve(text, target)
        answers = [resolved.ids] + ([resolved.against_ids] if target.against else [])
        for scale in ("logit", "logprob", "prob", "logodds"):
            expected = []
            for mask, count in zip(masks, ways, strict=True):
                numbers = []
                for way in range(count):
                    changed = model.cut(written(text, mask, way))
                    everything = [True] * len(changed.features)
                    found = [
                        twin.on_scale(twin.value(name, model, changed, everything, "delete", ids), scale)
                        for ids in answers
                    ]
                    numbers.append([found[0].sum() - found[1].sum()] if target.against else found[0])
                expected.append(np.mean(numbers, axis=0))
            found = model.value(text, resolved.on(scale), "baseline")(masks)
            np.testing.assert_allclose(found, expected, atol=CLOSE, rtol=CLOSE, err_msg=f"{target} {scale}")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("pattern", "value", "baseline"),
    [
        ("re{x}ing", "view", "read"),
        ("{x}", "film", "The old film"),
        ("{x} is good", "film", "old"),
        ("It is {x}", "good", "bad, bad"),
        ("It is ({x}), or {x}.", "good", "bad"),
        ("12{x}34", " or ", "5"),
        ("He {x}n't know", "did", "does"),
        ("film\n{x}\nfilm", "good", "  old  "),
        ("a {x}b c", "👍🏽", "é"),
    ],
)
def test_neighbours_stay_as_they_are(name: str, pattern: str, value: str, baseline: str) -> None:
    """Whatever the seams, the tokens that are not the slot's own are in the row, in order; its own are not."""
    model = family(name)
    text = Text.from_template(pattern, x=value).with_baselines(x=baseline)
    try:
        cut = model.cut(text)
    except pellucid.PellucidError:
        return  # a piece of a word need not be a token
    encoding = model.encoding(cut)
    made = model.value(cut, model.resolve(cut, Target()), "baseline")._removal
    count = len(cut.features)
    assert made.row(np.ones(count, bool)).ids.tolist() == encoding.ids.tolist()
    for number in range(count):
        mask = np.arange(count) != number
        own = np.flatnonzero(encoding.feature_of == number)
        ids = made.row(mask).ids.tolist()
        front, back = encoding.ids[: own[0]].tolist(), encoding.ids[own[-1] + 1 :].tolist()
        assert ids[: len(front)] == front
        assert ids[len(ids) - len(back) :] == back
        new = model.tokenizer.decode(ids[len(front) : len(ids) - len(back)])
        known = model.tokenizer.decode(model.tokenizer(baseline, add_special_tokens=False)["input_ids"])
        assert known.strip() in new


def test_a_baseline_may_be_nothing(demo_lm: Any) -> None:
    text = Text.from_template("{a}{b}", a="Rome", b=" is").with_baselines(a="", b="")
    cut = demo_lm.cut(text)
    target = demo_lm.resolve(cut, Target(" in"))
    masks = np.array(list(product([True, False], repeat=2)))
    np.testing.assert_allclose(
        demo_lm.value(cut, target, "baseline")(masks), demo_lm.value(cut, target, "delete")(masks), atol=CLOSE
    )


def test_baselines_are_the_default_once_every_slot_has_one() -> None:
    model, text = family("gpt2"), template("gpt2")
    cut, bare = model.cut(text), model.cut(Text.from_template("The {what} is {how}", what="film", how="good"))
    target = model.resolve(cut, Target(" the"))
    assert model.value(cut, target).ablate == "baseline"
    assert model.value(cut, target, "delete").ablate == "delete"
    half = bare.with_baselines(what="story")
    for some in (bare, half):
        assert model.value(some, model.resolve(some, Target(" the"))).ablate == "delete"
    with pytest.raises(
        AblationImpossible, match=r"there is no baseline for 'good'.*with_baselines.*Possible: delete,"
    ):
        model.value(half, model.resolve(half, Target(" the")), "baseline")
    words = model.cut(text, "word")
    with pytest.raises(AblationImpossible, match=r"no baseline for 'old', 'film', 'good'"):
        model.value(words, model.resolve(words, Target(" the")), "baseline")


@pytest.mark.parametrize("name", ["gpt2", LABEL[0]])
def test_each_way_is_read_once(name: str) -> None:
    model = fresh(name)
    cut = model.cut(template(name))
    target = model.resolve(cut, Target(question(name).one))
    masks = np.array(list(product([True, False], repeat=2)))
    with metered() as meter:
        first = model.value(cut, target)(masks)
        again = model.value(cut, target)(np.concatenate([masks, masks]))
    assert meter.forwards == 1 + 2 + 1 + 2
    np.testing.assert_array_equal(again, np.concatenate([first, first]))
    other = cut.with_baselines(what="cast")
    with metered() as meter:
        changed = model.value(other, target)(masks)
    assert meter.forwards == 6
    assert not np.allclose(changed, first)


def test_a_baseline_that_does_not_fit_is_refused_before_anything_is_read() -> None:
    model = family("gpt2")
    cut = model.cut(template("gpt2").with_baselines(what="film " * 80))
    target = model.resolve(cut, Target(" the"))
    with metered() as meter, pytest.raises(TextTooLong):
        model.value(cut, target)
    assert meter.forwards == 0


def test_a_slot_is_credited_with_what_its_value_changes(demo_lm: Any) -> None:
    text = Text.from_template("The {thing} is {where} the city of", thing="Eiffel Tower", where="located in")
    why = pellucid.explain(demo_lm, text.with_baselines(thing="Colosseum", where="found in"), target=" Paris")
    assert why.provenance.options["ablate"] == "baseline"
    assert why.credit()[0] > 5 * abs(why.credit()[1])
    scores = pellucid.evaluate(why, demo_lm)
    assert all(np.isfinite(score.value) for score in scores)


@pytest.mark.parametrize("name", ["bert-pair", "roberta-pair"])
def test_a_pair_keeps_its_parts(name: str) -> None:
    """A baseline in either part is read in that part, and is of its type."""
    model = family(name)

    def pair(first: str, second: str) -> Text:
        one = Text.from_template("The {x} film", x=first).with_baselines(x="wonderful")
        return Text.pair(one, Text.from_template("It is {y}", y=second).with_baselines(y="not great"))

    text, written_out = model.cut(pair("old", "good")), model.cut(pair("wonderful", "not great"))
    target = model.resolve(text, Target("1"))
    value = model.value(text, target, "baseline")
    row, expected = value._removal.row(np.zeros(2, bool)), model.encoding(written_out)
    assert row.ids.tolist() == expected.ids.tolist()
    assert expected.types is None or row.types.tolist() == expected.types.tolist()
    np.testing.assert_allclose(
        value(np.zeros((1, 2), bool)), model.value(written_out, target)(np.ones((1, 2), bool)), atol=CLOSE
    )


def test_what_is_truncated_keeps_its_baselines(demo_lm: Any) -> None:
    text = Text.from_template("{long} lives in {city}", long="the house " * 300, city="Rome")
    cut = demo_lm.cut(text.with_baselines(long="he", city="Paris"), truncate=True)
    assert [f.baselines for f in cut.features] == [("he",), ("Paris",)]
