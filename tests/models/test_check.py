"""The invariants of a loaded model hold on the bundled ones, and each fails when what it guards is broken."""

from __future__ import annotations

import pytest
import torch

from pellucid.models.huggingface import check
from pellucid.models.huggingface.gradients import HuggingFaceGradients
from pellucid.models.huggingface.heads.causal import CausalHead
from pellucid.models.huggingface.memo import Memo


@pytest.fixture(autouse=True)
def _forget(demo_lm):
    """What a broken model answered must not stay in the memo."""
    demo_lm.memo.clear()
    yield
    demo_lm.memo.clear()


def failed(model) -> list[str]:
    return [c.name for c in check.check(model) if not c.ok]


def test_the_bundled_models_are_sound(demo_lm, demo_sentiment):
    assert failed(demo_lm) == []
    assert failed(demo_sentiment) == []


def test_attending_to_padding_is_noticed(demo_lm, monkeypatch):
    inputs = CausalHead.inputs

    def careless(self, rows, answer):
        made = inputs(self, rows, answer)
        return {**made, "attention_mask": torch.ones_like(made["attention_mask"])}

    monkeypatch.setattr(CausalHead, "inputs", careless)
    assert "a padded row scores as the row alone" in failed(demo_lm)


def test_a_gradient_of_another_score_is_noticed(demo_lm, monkeypatch):
    value = HuggingFaceGradients._value
    monkeypatch.setattr(HuggingFaceGradients, "_value", lambda self, *a: value(self, *a) + 1)
    assert failed(demo_lm) == ["the gradient path scores as the value function"]


def test_a_memo_that_forgets_is_noticed(demo_lm, monkeypatch):
    monkeypatch.setattr(Memo, "answers", lambda self, question: {})
    assert failed(demo_lm) == ["the memo answers as the model does"]


def test_what_can_be_removed(demo_lm, demo_sentiment):
    assert check.possible_ablations(demo_lm) == ("delete", "attention", "mean", "infill")
    assert check.possible_ablations(demo_sentiment) == ("delete", "mask", "attention", "mean")
