"""What evaluate hands to a metric that explains again: the same question, but for what is changed."""

from __future__ import annotations

import numpy as np

import pellucid
from pellucid.verbs.evaluate import again


def test_the_same_question_is_the_same_explanation(demo_sentiment) -> None:
    why = pellucid.explain(
        demo_sentiment, "A slow start, but the ending is wonderful.", "lime", samples=40, seed=3, unit="word"
    )
    ask = again(why, demo_sentiment)
    assert ask().data.identical(why.data)
    other = ask(seed=4)
    assert other.provenance.seed == 4
    assert other.provenance.options == why.provenance.options | {"seed": 4}
    assert not other.data.identical(why.data)


def test_another_text_is_read_in_the_same_unit_and_asked_for_the_same_answer(demo_lm) -> None:
    text = "The Eiffel Tower is located in the city of"
    why = pellucid.explain(demo_lm, text, target=" Paris", against=" Rome", unit="word")
    ask = again(why, demo_lm)
    other = ask("The Colosseum is located in the city of")
    assert (other.target.answer, other.target.against, other.target.scale) == (" Paris", " Rome", "logprob")
    assert [other.text.slice(f) for f in other.text.features][:2] == ["The", "Colosseum"]
    plain = ask(by="saliency")
    assert (plain.method, plain.text, plain.target) == ("saliency", why.text, why.target)
    again_plain = pellucid.explain(demo_lm, text, "saliency", target=" Paris", against=" Rome", unit="word")
    np.testing.assert_allclose(plain.credit(), again_plain.credit())
