"""A case is of one prediction: what belongs together is put together, what does not is refused with the difference."""

from __future__ import annotations

from dataclasses import replace

import pytest

import pellucid
from pellucid.core.errors import BadOption
from pellucid.core.figure import Heading, Highlight, Record, Table, Trust
from tests.view.make import MADE, array_of, score, why

TEXT = "The Eiffel Tower is located in the city of"


def made_by(found, **changes):
    return replace(found, provenance=replace(found.provenance, **changes))


def headings(figure) -> list[str]:
    return [part.words for part in figure.parts if isinstance(part, Heading)]


def test_explanations_stand_by_what_they_are_about():
    """Parts of the text first, then what layers would say, where they look, what of them matters; records last."""
    text = "a b c"
    found = [
        made_by(replace(array_of("layer", "head"), target=why(text).target), by="z_patching"),
        made_by(replace(array_of("layer", "query", "key"), target=why(text).target), by="y_attention"),
        made_by(replace(array_of("layer", "position", "candidate"), target=why(text).target), by="x_lens"),
        why(text),
    ]
    figure = pellucid.show(pellucid.report(found))
    assert headings(figure) == [
        "How far to trust it", "leave_one_out", "x_lens", "y_attention", "z_patching", "Where these come from",
    ]  # fmt: skip
    assert figure.title == "Why “Paris”?"
    assert "0123456789abcdef" in figure.subtitle
    assert len([part for part in figure.parts if isinstance(part, Record)]) == 4
    assert all(isinstance(part, Record) for part in figure.parts[-4:])


def test_every_score_says_whose_it_is_and_what_is_not_measured_is_said():
    one, other = why("a b c"), made_by(why("a b c"), by="saliency")
    case = pellucid.report([one, other], scores=[[score()], []])
    [summary] = [part for part in pellucid.show(case).parts if isinstance(part, Table)][:1]
    assert summary.rows == (
        ("leave_one_out", "not measured", "comprehensiveness"),
        ("saliency", "not measured", "not measured"),
    )
    [trust] = [part for part in pellucid.show(case).parts if isinstance(part, Trust)]
    assert trust.caption.startswith("leave_one_out")
    assert any(isinstance(part, Table) and part.caption == trust.caption for part in trust.plain)


def test_what_credits_no_part_of_the_text_says_why_it_is_not_measured():
    layers = replace(array_of("layer", "head"), target=why("a b c").target)
    [summary] = [part for part in pellucid.show(pellucid.report([layers])).parts if isinstance(part, Table)][
        :1
    ]
    assert "layer, head" in summary.rows[0][2]


def test_a_method_that_stands_there_twice_says_what_is_different():
    again = made_by(why("a b c"), options={"ablate": "mask"})
    assert headings(pellucid.show(pellucid.report([why("a b c"), again])))[1:3] == [
        "leave_one_out (by token, ablate=delete, seed=7)",
        "leave_one_out (by token, ablate=mask, seed=7)",
    ]
    twice = headings(pellucid.show(pellucid.report([why("a b c"), why("a b c")])))[1:3]
    assert twice[0] != twice[1]


def test_all_differences_are_said_together():
    target = replace(why(TEXT).target, answer=" Rome")
    others = [
        why(TEXT.replace("city", "town")),
        made_by(why(TEXT), model="other", fingerprint="fedcba9876543210"),
        replace(why(TEXT), target=target),
    ]
    with pytest.raises(BadOption) as refused:
        pellucid.report([why(TEXT), *others])
    said = str(refused.value)
    assert "Explanation 2 (leave_one_out)" in said
    assert "from character 35: " in said
    assert "town of" in said
    assert "city of" in said
    assert "other (weights fedcba987654), not demo-lm (weights 0123456789ab)" in said
    assert "' Rome', not ' Paris'" in said


def test_another_unit_and_another_scale_are_the_same_prediction():
    one = why("a b c")
    other = replace(
        one,
        text=one.text.cut("sentence"),
        _data=why("a b c", summed=True, features=list(one.text.cut("sentence").features)).data,
    )
    logits = replace(one, target=replace(one.target, scale="logit"))
    assert len(pellucid.report([one, other, logits]).findings) == 3


def test_scores_of_other_weights_are_refused():
    elsewhere = replace(score(), provenance=replace(MADE, fingerprint="fedcba9876543210"))
    with pytest.raises(BadOption, match="measured on other weights"):
        pellucid.report([why("a b")], scores=[[elsewhere]])


@pytest.mark.parametrize("given", [{"scores": [[]]}, {"verdicts": [None] * 3}])
def test_what_was_measured_is_of_each(given):
    with pytest.raises(BadOption, match="for 2 explanations"):
        pellucid.report([why("a b"), why("a b")], **given)


def test_nothing_is_no_case():
    with pytest.raises(BadOption, match="at least one"):
        pellucid.report([])


def test_with_the_model_what_is_missing_is_measured(demo_sentiment):
    text = "A slow start, but the ending is wonderful."
    one = pellucid.explain(demo_sentiment, text, "leave_one_out", unit="word")
    other = pellucid.explain(demo_sentiment, text, "attention_weights")
    kept = pellucid.evaluate(one, demo_sentiment, "gini")
    case = pellucid.report([one, other], demo_sentiment, scores=[kept, []])
    assert list(case.findings[0].scores) == kept  # what was measured is not measured again
    assert case.findings[0].verdict.word == pellucid.verdict(one, demo_sentiment).word
    assert case.findings[1].scores == ()
    assert case.findings[1].verdict is None
    figure = pellucid.show(case)
    assert sum(isinstance(part, Trust) for part in figure.parts) == 2
    tested = pellucid.show(
        pellucid.report(
            [one], scores=[case.findings[0].verdict.scores[:1]], verdicts=[case.findings[0].verdict]
        )
    )
    assert sum(isinstance(part, Trust) for part in tested.parts) == 1  # a test of the verdict stands in it
    assert any(isinstance(part, Highlight) for part in figure.parts)


def test_a_case_is_written_as_pages_and_pictures(tmp_path):
    case = pellucid.report([why("a b"), why("a b")])
    for suffix in (".html", ".txt", ".png"):
        assert pellucid.save(case, tmp_path / f"case{suffix}").stat().st_size > 500
    with pytest.raises(BadOption, match="keep the files of its explanations"):
        pellucid.save(case, tmp_path / "case.json")
