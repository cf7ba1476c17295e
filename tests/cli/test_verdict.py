"""`pellucid verdict` says what the verb says."""

from __future__ import annotations

import json
import math

import pytest

import pellucid
from pellucid.core.verdict import Trial, Verdict
from tests.view.make import MADE, no_score, why
from tests.view.page import parse


@pytest.fixture
def a_verdict() -> Verdict:
    trials = (Trial(no_score(), "delete", "not measured"),)
    return Verdict("cannot tell", "It cannot be told.", math.nan, math.nan, trials, MADE)


def test_a_verdict_on_a_saved_explanation(cli, tmp_path, loaded, demo_sentiment) -> None:
    explained = pellucid.explain(demo_sentiment, "A slow start, but the ending is wonderful.", unit="word")
    pellucid.save(explained, tmp_path / "why.json")
    said = cli("verdict", "why.json", "-q")
    assert said.code == 0, said.err
    found = pellucid.verdict(explained, demo_sentiment)
    assert str(found)[:30] in " ".join(said.out.split())
    assert "The tests" in said.out
    plain = json.loads(cli("verdict", "why.json", "-q", "--format", "json").out)
    assert plain["verdict"] == found.word
    assert len(plain["trials"]) == len(found.trials)


def test_it_is_kept_in_a_file_and_shown_again(cli, tmp_path, loaded, demo_sentiment) -> None:
    explained = pellucid.explain(demo_sentiment, "A slow start, but the ending is wonderful.", unit="word")
    scores = pellucid.evaluate(explained, demo_sentiment, "gini")
    pellucid.save(explained, tmp_path / "why.json", scores=scores)
    out = ("--out", "judged.json", "--out", "judged.safetensors", "--out", "judged.html")
    said = cli("verdict", "why.json", *out)
    assert said.err.endswith("Wrote judged.json\nWrote judged.safetensors\nWrote judged.html\n")
    kept = pellucid.read_verdict(tmp_path / "judged.json")
    assert pellucid.read_verdict(tmp_path / "judged.safetensors").as_dict() == kept.as_dict()
    assert pellucid.read_scores(tmp_path / "judged.json") == scores
    assert kept.sentence in parse((tmp_path / "judged.html").read_text(encoding="utf-8")).words
    shown = " ".join(cli("show", "judged.json").out.split())
    assert kept.sentence[:30] in shown
    assert "gini" in shown
    assert (
        json.loads(cli("show", "judged.json", "--format", "json").out)["verdict"]["sentence"] == kept.sentence
    )
    assert cli("evaluate", "judged.json", "--by", "entropy", "--out", "more.json", "-q").code == 0
    assert pellucid.read_verdict(tmp_path / "more.json").as_dict() == kept.as_dict()
    assert kept.sentence[:30] in " ".join(cli("report", "more.json").out.split())


def test_what_could_not_be_told_is_json_too(cli, tmp_path, loaded, monkeypatch, a_verdict) -> None:
    """A chance that is no number is no reason to fail."""
    pellucid.save(why("a b c"), tmp_path / "why.json")
    monkeypatch.setattr("pellucid.verbs.verdict.verdict", lambda *_, **__: a_verdict)
    said = cli("verdict", "why.json", "-q", "--format", "json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["p_random"] == {"$float": "NaN"}


def test_mistakes(cli, tmp_path, no_model) -> None:
    assert "Cannot read" in cli("verdict", "nothing.json").mistake
    pellucid.save(why("a b c"), tmp_path / "why.json")
    assert '"why.doc" ends in ".doc"' in cli("verdict", "why.json", "--out", "why.doc").mistake
