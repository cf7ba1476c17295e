"""Trained models that only some checkouts have beside them: the invariants hold on real weights too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import pellucid

STORY = "Once upon a time, there was a little girl named Lily. She loved to play with her"
REVIEW = "A gripping, beautifully acted film, let down by a weak ending."


@pytest.fixture(scope="module")
def stories(shared_model: Any) -> Any:
    return shared_model("stories260K")


@pytest.fixture(scope="module")
def sentiment(shared_model: Any) -> Any:
    return shared_model("minilm-sst2")


def by_hand(model: Any, ids: list[int], answer: list[int]) -> float:
    """Log-probability of an answer behind a text, one row, nothing padded."""
    with torch.no_grad():
        logits = model.module(torch.tensor([ids + answer])).logits[0].double()
    logprobs = logits.log_softmax(-1)[len(ids) - 1 : -1]
    return float(logprobs[torch.arange(len(answer)), torch.tensor(answer)].sum())


def test_leaving_out_a_token_of_a_story(stories: Any) -> None:
    why = pellucid.explain(stories, STORY, by="leave_one_out", answer_tokens=4)
    ids = stories.tokenizer(STORY)["input_ids"]
    answer = list(why.target.ids)
    owners = stories.encoding(why.text).feature_of
    full = by_hand(stories, ids, answer)
    for feature, credit in enumerate(why.credit()):
        left = [i for i, owner in zip(ids, owners, strict=True) if owner != feature]
        assert credit == pytest.approx(full - by_hand(stories, left, answer), abs=2e-4)


def test_the_story_goes_on_as_the_model_would(stories: Any) -> None:
    (written,) = stories.generate([STORY], max_tokens=8)
    ids = stories.tokenizer(STORY, return_tensors="pt")["input_ids"]
    said = stories.module.generate(ids, max_new_tokens=8, do_sample=False)[0]
    assert stories.tokenizer.decode(said, skip_special_tokens=True).endswith(written)


def test_masking_a_word_of_a_review(sentiment: Any) -> None:
    why = pellucid.explain(sentiment, REVIEW, by="leave_one_out", unit="word")
    ids = torch.tensor([sentiment.tokenizer(REVIEW)["input_ids"]])
    owners = torch.from_numpy(sentiment.encoding(why.text).feature_of)
    with torch.no_grad():
        full = sentiment.module(ids).logits[0, why.target.ids[0]]
        for feature, credit in enumerate(why.credit()):
            masked = torch.where(owners == feature, sentiment.tokenizer.mask_token_id, ids)
            expected = full - sentiment.module(masked).logits[0, why.target.ids[0]]
            assert credit == pytest.approx(float(expected), abs=1e-4)


@pytest.mark.parametrize("which", ["stories", "sentiment"])
@pytest.mark.parametrize("ablate", ["delete", "attention"])
def test_padding_changes_nothing(which: str, ablate: Any, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(which)
    text = model.cut(STORY if which == "stories" else REVIEW)
    target = model.resolve(text, pellucid.Target())
    masks = np.tril(np.ones((len(text.features), len(text.features)), bool))
    together = model.value(text, target, ablate)(masks)
    model.memo.clear()
    alone = np.concatenate([model.value(text, target, ablate)(mask[None]) for mask in masks])
    np.testing.assert_allclose(together, alone, atol=2e-4)


@pytest.mark.parametrize("which", ["stories", "sentiment"])
def test_integrated_gradients_add_up(which: str, request: pytest.FixtureRequest) -> None:
    """The credit is the difference between the text and the baseline, to the hundredth that the method aims at."""
    model = request.getfixturevalue(which)
    why = pellucid.explain(model, STORY if which == "stories" else REVIEW, by="integrated_gradients")
    gradients = model.gradients(why.text, why.target)
    ends = torch.stack([gradients.inputs, gradients.baseline(gradients.default_baseline)])
    values, _ = gradients(ends)
    difference = float(values[0].sum() - values[1].sum())
    credit = why.credit()
    assert abs(credit.sum() - difference) <= 0.011 * max(abs(difference), 0.1 * np.abs(credit).sum())
