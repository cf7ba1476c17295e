"""What explain adds to a method: the target, the text, provenance, and what a reader must know."""

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption, UnknownName
from pellucid.core.target import Target

TEXT = "The city of Rome is in"


def test_everything_said_is_recorded(demo_lm):
    demo_lm.memo.clear()  # other tests ask of this text, too
    why = pellucid.explain(demo_lm, TEXT, "shapley_sampling", target=" Italy", samples=4, seed=7, unit="word")
    made = why.provenance
    assert (made.model, made.by, made.seed) == ("demo-lm", "shapley_sampling", 7)
    assert made.fingerprint == demo_lm.fingerprint
    assert made.options["samples"] == 4
    assert made.options["ablate"] == "delete"
    assert made.forwards > 0
    assert made.tokens > made.forwards
    assert why.text.unit == "word"
    assert why.target.outputs == (" Italy",)


def test_a_target_can_be_said_in_parts_or_as_one(demo_lm):
    parts = pellucid.explain(demo_lm, TEXT, target=" Italy", against=" France", scale="logit")
    whole = pellucid.explain(demo_lm, TEXT, target=Target(" Italy", against=" France", scale="logit"))
    np.testing.assert_array_equal(parts.credit(), whole.credit())


def test_no_target_is_the_models_own_answer(demo_lm):
    assert pellucid.explain(demo_lm, TEXT).target.answer == demo_lm.generate([TEXT], max_tokens=1)[0]


def test_an_answer_that_continues_a_word_is_noted(demo_lm, demo_sentiment):
    (note,) = pellucid.explain(demo_lm, TEXT, target="Italy").provenance.notes
    assert note == 'The answer continues the last word: "inItaly". For a word of its own, write " Italy".'
    assert pellucid.explain(demo_lm, TEXT, target=" Italy").provenance.notes == ()
    assert pellucid.explain(demo_lm, "Risk:", target="high").provenance.notes == ()
    assert pellucid.explain(demo_sentiment, "a warm film", target="POSITIVE").provenance.notes == ()


def test_what_was_truncated_is_noted(demo_lm):
    why = pellucid.explain(demo_lm, "Rome " * 400 + TEXT, target=" Italy", truncate=True)
    assert why.text.string.endswith(TEXT)
    assert why.provenance.notes[0].startswith("Truncated: ")


def test_mistakes_are_refused_before_any_forward(demo_lm):
    with pytest.raises(UnknownName, match="leave_one_out"):
        pellucid.explain(demo_lm, TEXT, "leave_one")
    with pytest.raises(BadOption, match='leave_one_out has no option "steps"'):
        pellucid.explain(demo_lm, TEXT, "leave_one_out", steps=3)
