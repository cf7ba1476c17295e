"""`pellucid verdict` says what the verb says."""

from __future__ import annotations

import json

import pellucid


def test_a_verdict_on_a_saved_explanation(cli, tmp_path, loaded, demo_sentiment) -> None:
    why = pellucid.explain(demo_sentiment, "A slow start, but the ending is wonderful.", unit="word")
    pellucid.save(why, tmp_path / "why.json")
    said = cli("verdict", "why.json", "-q")
    assert said.code == 0, said.err
    found = pellucid.verdict(why, demo_sentiment)
    assert str(found)[:30] in " ".join(said.out.split())
    assert "The tests" in said.out
    plain = json.loads(cli("verdict", "why.json", "-q", "--format", "json").out)
    assert plain["verdict"] == found.word
    assert len(plain["trials"]) == len(found.trials)


def test_mistakes(cli, tmp_path, no_model) -> None:
    assert "Cannot read" in cli("verdict", "nothing.json").mistake
