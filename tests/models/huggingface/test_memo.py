"""The memo forgets the oldest, counts what it holds, and never holds more than it may."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.core.progress import metered
from pellucid.core.target import Target
from pellucid.models.huggingface.memo import Memo
from tests.families import family, fresh, question


def scores(number: float = 0.0) -> np.ndarray:
    return np.full((1, 2), number, np.float32)


def test_the_oldest_question_is_forgotten_first() -> None:
    memo = Memo(limit=6)
    for question_ in "abc":
        memo.remember(question_, b"x", scores())
    memo.answers("a")  # asked again: b is the oldest now
    memo.remember("d", b"x", scores())
    assert [q for q in "abcd" if b"x" in memo.answers(q)] == ["a", "c", "d"]


def test_one_question_is_bounded_too() -> None:
    memo = Memo(limit=6)
    for mask in (b"1", b"2", b"3", b"4", b"5"):
        memo.remember("a", mask, scores())
    assert list(memo.answers("a")) == [b"3", b"4", b"5"]


def test_the_same_mask_counts_once() -> None:
    memo = Memo(limit=6)
    for number in range(10):
        memo.remember("a", b"x", scores(number))
        memo.remember("b", b"x", scores(number))
    assert memo.answers("a")[b"x"][0, 0] == 9
    assert memo.answers("b")[b"x"][0, 0] == 9


def test_what_is_larger_than_the_limit_is_still_answered() -> None:
    model = fresh("gpt2")
    model.memo = Memo(limit=3)
    text = model.cut(question("gpt2").text)
    target = model.resolve(text, Target(" the", against=" a"))
    masks = np.random.default_rng(0).random((9, len(text.features))) < 0.5
    expected = family("gpt2").value(text, target)(masks)
    np.testing.assert_allclose(model.value(text, target)(masks), expected, atol=1e-5)
    np.testing.assert_allclose(model.value(text, target)(masks), expected, atol=1e-5)


def test_afresh_nothing_is_known_and_afterwards_everything(demo_sentiment) -> None:
    model, text = demo_sentiment, demo_sentiment.cut("A slow start, but wonderful.", "word")
    value = model.value(text, model.resolve(text, Target()))
    one, other = np.eye(len(text.features), dtype=bool)[:2]
    expected = value.total(one)

    def forwards(mask: np.ndarray) -> int:
        with metered() as spent:
            np.testing.assert_allclose(value.total(one), expected, rtol=1e-5)
            value.total(mask)
        return spent.forwards

    assert forwards(one) == 0
    with model.afresh():
        assert forwards(other) == 2
    assert forwards(other) == 0


def test_what_was_known_is_known_again_after_an_error(demo_sentiment) -> None:
    known = demo_sentiment.memo
    with pytest.raises(RuntimeError), demo_sentiment.afresh():
        raise RuntimeError
    assert demo_sentiment.memo is known
