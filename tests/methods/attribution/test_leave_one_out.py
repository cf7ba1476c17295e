"""leave_one_out against the obvious: one text after another, one forward each, nothing shared."""

import numpy as np
import pytest
import torch

import pellucid


def log_probability(model, ids: list[int], answer: int) -> float:
    with torch.no_grad():
        logits = model.module(torch.tensor([ids])).logits[0, -1].double()
    return float(torch.log_softmax(logits, -1)[answer])


def test_equals_one_forward_at_a_time_on_a_writer(demo_lm):
    text = "The city of Rome is in"
    why = pellucid.explain(demo_lm, text, "leave_one_out", target=" Italy")
    ids = demo_lm.tokenizer(text)["input_ids"]
    (italy,) = demo_lm.tokenizer(" Italy")["input_ids"]
    full = log_probability(demo_lm, ids, italy)
    slow = [full - log_probability(demo_lm, ids[:i] + ids[i + 1 :], italy) for i in range(len(ids))]
    np.testing.assert_allclose(why.data["attribution"].values[0], slow, atol=1e-5)


def test_equals_one_forward_at_a_time_on_a_classifier(demo_sentiment):
    text = "a warm and funny film"
    why = pellucid.explain(demo_sentiment, text, "leave_one_out", target="POSITIVE")
    ids = demo_sentiment.tokenizer(text)["input_ids"]

    def logit(ids: list[int]) -> float:
        with torch.no_grad():
            return float(demo_sentiment.module(torch.tensor([ids])).logits[0, 1])

    mask = demo_sentiment.tokenizer.mask_token_id
    slow = [logit(ids) - logit([*ids[:i], mask, *ids[i + 1 :]]) for i in range(1, len(ids) - 1)]
    np.testing.assert_allclose(why.data["attribution"].values[0], slow, atol=1e-5)


def test_one_row_for_each_token_of_the_answer(demo_lm):
    why = pellucid.explain(demo_lm, "The city of Rome is in", "leave_one_out", answer_tokens=3)
    assert why.data.sizes["output"] == len(why.target.ids)
    total = demo_lm.value(why.text, why.target).total
    everything, without_rome = np.ones((2, 6), bool)
    without_rome[3] = False
    fall = total(everything[None]) - total(without_rome[None])
    assert why.credit()[3] == pytest.approx(float(fall[0]), abs=1e-6)


def test_the_landmark_is_what_decides_its_city(demo_lm):
    why = pellucid.explain(
        demo_lm, "The Eiffel Tower is located in the city of", "leave_one_out", target=" Paris", unit="word"
    )
    credit = dict(zip(why.data["input_text"].values, why.credit(), strict=True))
    top = sorted(credit, key=lambda word: -credit[word])[:3]
    assert {"Eiffel", "Tower"} & set(top)
