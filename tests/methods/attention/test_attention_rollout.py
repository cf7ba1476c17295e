"""Attention rollout, against the product of matrices of transformers' own patterns."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption, TargetImpossible, UnsupportedModel
from pellucid.core.progress import metered
from pellucid.methods.attention._rolled import mixed, rolled
from tests.families import family, question
from tests.methods.attention.looked import SOME, asked, patterns, read_at, to_features


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("residual", [0.5, 0.2])
@pytest.mark.parametrize("name", SOME)
def test_it_is_the_product_of_the_layers(name: str, residual: float, several: bool) -> None:
    model, text, target = asked(name, question(name).several if several else None)
    why = pellucid.explain(model, text, by="attention_rollout", target=target, residual=residual)
    product = None
    for pattern in patterns(model, text, target):
        mean = pattern.double().numpy().mean(0)
        layer = residual * np.eye(len(mean)) + (1 - residual) * mean
        product = layer if product is None else layer @ product
    assert product is not None
    credit = product[read_at(name, model, text, target)].mean(0)
    np.testing.assert_allclose(why.credit(), to_features(model, text, credit), atol=1e-6)
    assert why.credit().sum() + float(why.data["unassigned"]) == pytest.approx(1)


def test_the_layers_are_gone_through_from_the_answer_down() -> None:
    """Known by hand: the answer looks at 1, which looked at 0 in the layer below."""
    first = np.array([[1, 0, 0], [1, 0, 0], [0, 0, 1]], float)
    second = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]], float)
    both = np.stack([first, second])
    np.testing.assert_allclose(rolled(both, np.array([2])), [1, 0, 0])
    np.testing.assert_allclose(rolled(mixed(both, 0.5), np.array([2])), [0.25, 0.25, 0.5])


def test_which_answer_is_meant_changes_nothing_where_it_is_read_at_the_same_place() -> None:
    q, model = question("llama"), family("llama")
    one, other = (pellucid.explain(model, q.text, by="attention_rollout", target=t) for t in (q.one, q.other))
    np.testing.assert_array_equal(one.credit(), other.credit())
    assert "whichever answer" in one.provenance.notes[-1]


def test_it_costs_one_forward() -> None:
    model, text, target = asked("gpt2")
    with metered() as spent:
        pellucid.explain(model, text, by="attention_rollout", target=target)
    assert spent.forwards == 1


def test_what_cannot_be_followed_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="in every layer; layer 0 has none"):
        pellucid.explain(family("bloom"), question("bloom").text, by="attention_rollout")
    with pytest.raises(TargetImpossible, match=r"reads with an encoder .* Use attention_x_gradient"):
        pellucid.explain(family("t5"), question("t5").text, by="attention_rollout")
    with pytest.raises(BadOption, match="residual=2"):
        pellucid.explain(family("gpt2"), question("gpt2").text, by="attention_rollout", residual=2)


def test_it_says_that_looking_is_not_using() -> None:
    model, text, target = asked("gpt2", None)
    notes = pellucid.explain(model, text, by="attention_rollout", target=target).provenance.notes
    assert any("not what it used" in note for note in notes)
    assert any("the same for every answer" in note for note in notes)
