"""AttnLRP and LRP: what they return and say. The rules themselves: tests/models/huggingface/test_relevance.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption, NeedsAccess, UnsupportedModel
from pellucid.core.explanation import Explanation
from pellucid.core.protocols import Relevance
from pellucid.core.registry import find
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution.attn_lrp import attn_lrp
from pellucid.methods.attribution.lrp import lrp
from tests.families import family, question
from tests.models.huggingface.lrp_by_hand import gpt2_by_hand, llama_by_hand

METHODS = ("attn_lrp", "lrp")


def explained(by: str, name: str, **given: Any) -> Explanation:
    q = question(name)
    return pellucid.explain(family(name), q.text, by=by, target=q.one, **given)


@pytest.mark.parametrize("name", ["gpt2", "llama"])
@pytest.mark.parametrize("by", METHODS)
def test_words_get_the_relevance_that_the_rules_give_by_hand(by: str, name: str) -> None:
    model, hand = family(name), {"gpt2": gpt2_by_hand, "llama": llama_by_hand}[name]
    why = explained(by, name, unit="word", scale="logit")
    encoding = model.encoding(why.text)
    embedded = model.gradients(why.text, why.target).inputs.double().cpu().numpy()
    rule = "products" if by == "attn_lrp" else "constant"
    positions = hand(model.module, embedded, why.target.ids[0], rule)
    by_hand = [positions[encoding.feature_of == i].sum() for i in range(len(why.text.features))]
    np.testing.assert_allclose(why.credit(), by_hand, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["gpt2", "gemma3", "bert-label", "roberta-masked", "t5", "bart"])
@pytest.mark.parametrize("by", METHODS)
def test_the_balance_is_returned(by: str, name: str) -> None:
    data = explained(by, name, epsilon=0.01).data
    arrived = float(data["attribution"].sum() + data["unassigned"])
    kept = float(data["kept_by_biases"] + data["kept_by_softmax"] + data["kept_by_epsilon"])
    assert float(data["conservation_gap"]) == pytest.approx(arrived - float(data["entered"]), abs=1e-6)
    assert arrived + kept == pytest.approx(float(data["entered"]), abs=1e-5)


@pytest.mark.parametrize("by", METHODS)
def test_a_frozen_part_is_not_credited_and_not_lost(by: str) -> None:
    model, words = family("gpt2"), "The old film is good, and"
    whole = pellucid.explain(model, words, by=by, target=" the", unit="token")
    frozen = pellucid.explain(model, Text(words).freeze("The old"), by=by, target=" the", unit="token")
    ours = dict(zip(frozen.data["input_start"].values, frozen.credit(), strict=True))
    for start, credit in zip(whole.data["input_start"].values, whole.credit(), strict=True):
        if start in ours:
            assert ours[start] == pytest.approx(credit, abs=1e-6)
    lost = whole.credit().sum() - frozen.credit().sum()
    assert float(frozen.data["unassigned"]) == pytest.approx(float(lost), abs=1e-6)
    assert abs(lost) > 1e-4


@dataclass
class Told:
    """A model whose relevance is what a test says."""

    relevance_: Relevance

    def relevance(self, *_: Any, **__: Any) -> Relevance:
        return self.relevance_


def notes_of(**parts: Any) -> tuple[str, ...]:
    usual = {"unassigned": 0.0, "entered": 1.0, "biases": 0.0, "softmax": 0.0, "epsilon": 0.0}
    told = Told(Relevance(features=np.array([0.25, 0.75]), **(usual | parts)))
    data = attn_lrp(told, Text("a b"), Target(scale="logit"))  # type: ignore[arg-type]
    return data.attrs["notes"]


def test_every_result_says_that_lrp_is_patented() -> None:
    for by in METHODS:
        assert "patented" in explained(by, "gpt2").provenance.notes[0]
        assert "patented" in str(find("method", by).function.__doc__)


def test_a_balance_that_closes_is_no_news() -> None:
    assert len(notes_of()) == 1
    assert len(notes_of(biases=0.005, unassigned=-0.005)) == 1


def test_what_did_not_arrive_is_said() -> None:
    _, lost = notes_of(entered=1.5, biases=0.3, softmax=0.2)
    assert "0.5 did not arrive: kept 0.3 by biases and position embeddings, 0.2 by softmax" in lost


def test_what_no_rule_explains_is_a_warning() -> None:
    _, _, warning = notes_of(entered=1.5, biases=0.3)
    assert "No rule accounts for -0.2" in warning
    assert "integrated_gradients" in warning


@pytest.mark.parametrize("method", [attn_lrp, lrp])
def test_a_negative_epsilon_is_refused_before_any_work(method: Any) -> None:
    with pytest.raises(BadOption, match=r"epsilon=-0\.1"):
        method(None, Text("a"), Target(), epsilon=-0.1)


@pytest.mark.parametrize("by", METHODS)
def test_models_that_do_not_open_are_refused(by: str) -> None:
    with pytest.raises(UnsupportedModel, match="bloom"):
        explained(by, "bloom")

    class Grey:
        name = "grey"

        def cut(self) -> None: ...
        def generate(self) -> None: ...
        def resolve(self) -> None: ...
        def value(self) -> None: ...

    with pytest.raises(NeedsAccess):
        pellucid.explain(Grey(), "text", by=by)


@pytest.mark.parametrize("by", METHODS)
def test_relevance_finds_the_fact(by: str) -> None:
    """On a model that knows: the town of the tower hangs on the tower."""
    model = pellucid.load("demo-lm")
    text = "The Eiffel Tower is located in the city of"
    why = pellucid.explain(model, text, by=by, target=" Paris", against=" Rome", scale="logit", unit="word")
    assert why.data["input_text"].values[int(why.credit().argmax())] in ("Eiffel", "Tower")
    assert abs(float(why.data["entered"])) > 1
