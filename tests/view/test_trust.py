"""Scores beside chance as data: every number of the sentence, and whose it is."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pellucid.core.figure import Trust
from pellucid.core.score import Control
from pellucid.core.verdict import Trial, Verdict, state_of
from pellucid.view.draw import draw
from pellucid.view.html import html
from pellucid.view.parts.scores import sentence
from pellucid.view.parts.trust import trust, whose
from pellucid.view.parts.verdict import verdict_parts
from pellucid.view.terminal import terminal
from tests.view.make import MADE, no_score, score, why
from tests.view.page import parse

LOW = Control("random ranking", tuple(i / 198 for i in range(99)))
HIGH = Control("position-matched", tuple(0.5 + i / 198 for i in range(99)))


def both(value: float):
    return score(value=value, controls=(LOW, HIGH))


def test_a_gauge_has_the_numbers_of_the_score():
    one = replace(both(0.6), interval=(0.5, 0.7))
    [gauge] = trust([one], [None]).gauges
    assert (gauge.metric, gauge.value, gauge.better) == ("comprehensiveness", 0.6, "higher")
    assert (gauge.bounds, gauge.interval) == ((-1.0, 1.0), (0.5, 0.7))
    assert gauge.says == sentence(one)
    for drawn, control in zip(gauge.controls, one.controls, strict=True):
        assert drawn == (control.name, control.mean, *control.interval(), control.p_value(0.6, "higher"))


@pytest.mark.parametrize(("value", "verdict"), [(1.2, "pass"), (0.6, "weak"), (0.1, "fail")])
def test_a_score_is_judged_as_its_sentence_judges(value, verdict):
    [gauge] = trust([both(value)], [None]).gauges
    assert gauge.verdict == verdict == state_of(both(value))
    unclear = gauge.says.count("not clearly better than chance")
    assert unclear == {"pass": 0, "weak": 1, "fail": 2}[verdict]


def test_what_nobody_compared_is_not_judged_and_what_does_not_apply_says_why():
    alone, missing = trust([score(controls=()), no_score()], [None, None]).gauges
    assert (alone.verdict, alone.reason) == ("", "")
    assert missing.verdict == "not measured"
    assert math.isnan(missing.value)
    assert missing.reason == "there is no rationale to compare with"
    assert missing.controls == ()


def test_a_score_is_of_the_explanation_it_stands_behind():
    a, b = why("a"), replace(why("b"), provenance=replace(MADE, by="saliency"))
    s = score()
    assert whose([s, s]) == [None, None]
    assert whose([s, a, s]) == [a, a]
    assert whose([a, s, s, b, s]) == [a, a, b]
    assert whose([a, b, s]) == [None]
    assert whose([a, s, b, a, s]) == [a, None]
    gauges = draw(a, s, b, s).plain()
    assert gauges
    [part] = [part for part in draw(a, s, b, s).parts if isinstance(part, Trust)]
    assert [gauge.of for gauge in part.gauges] == ["leave_one_out", "saliency"]
    [part] = [part for part in draw(a, s).parts if isinstance(part, Trust)]
    assert part.gauges[0].of == ""


def verdict() -> Verdict:
    none = replace(no_score(), provenance=MADE)
    trials = [Trial(both(v), by, state_of(both(v))) for v in (1.2, 0.1) for by in ("mask", "attention")]
    return Verdict(
        "use with care", "It may be used.", 0.01, 0.2, (*trials, Trial(none, "mask", "not measured")), MADE
    )


def test_a_verdict_has_its_word_its_sentence_and_every_test():
    [part] = verdict_parts(verdict())
    assert isinstance(part, Trust)
    assert (part.word, part.sentence) == ("use with care", "It may be used.")
    assert [(g.of, g.verdict) for g in part.gauges] == [
        ("removed by mask", "pass"), ("removed by attention", "pass"),
        ("removed by mask", "fail"), ("removed by attention", "fail"), ("removed by mask", "not measured"),
    ]  # fmt: skip
    assert "It may be used." in terminal(verdict(), width=80)
    parse(html(verdict()))
