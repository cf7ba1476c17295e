"""The experiment on SST-2: labels are scored, not parsed, and the page shows the figures that are kept."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from benchmarks import sst2_experiment as experiment
from benchmarks.sst2_experiment import PAGE, PROMPT, RESULTS, Reader, Row, page_with, read_rows, tables
from training.little_world.markup import without_marks
from training.little_world.reviews import review


def test_the_page_shows_the_figures_that_are_kept():
    page = PAGE.read_text(encoding="utf-8")
    assert page_with(page, json.loads(RESULTS.read_text(encoding="utf-8"))) == page
    stale = page.replace("| `demo-lm` |", "| `demo-ml` |", 1)
    assert page_with(stale, json.loads(RESULTS.read_text(encoding="utf-8"))) == page != stale


def test_rows_are_a_sample_without_the_shortest(tmp_path):
    file = tmp_path / "dev.tsv"
    file.write_text('a "fine , odd film\t1\nbad\t0\n' + "one two three four\t0\n" * 5, encoding="utf-8")
    rows = read_rows(file, 4)
    assert rows == read_rows(file, 4)
    assert len(rows) == 4
    assert set(read_rows(file, 99)) == {Row('a "fine , odd film', True), Row("one two three four", False)}


@pytest.fixture
def prompted(demo_lm):
    return Reader(demo_lm, (" negative", " positive"), PROMPT)


def test_the_instruction_is_frozen(prompted):
    text = prompted.text("the plot was dull.")
    assert text.string.startswith("Classify the following sentence")
    assert text.string.endswith("The sentence is")
    assert [text.slice(f) for f in text.features] == ["the", "plot", "was", "dull", "."]


def test_in_its_own_world_the_prompted_model_is_right(prompted):
    """So what it gets wrong on SST-2 is the world, and not the way it is asked."""
    rng = random.Random(0)
    rows = [(without_marks(review(rng, "test", good).markup), good) for good in [True, False] * 10]
    right = [(prompted.positive(t := prompted.text(said), whole(t))[0] > 0) == good for said, good in rows]
    assert np.mean(right) >= 0.95


def whole(text) -> np.ndarray:
    return np.ones((1, len(text.features)), bool)


def test_the_log_odds_are_those_of_the_labels(prompted):
    """Twin: the two labels' log-probabilities, each asked alone."""
    import pellucid

    text = prompted.text("the plot was dull.")
    alone = {}
    for label in (" positive", " negative"):
        target = prompted.model.resolve(text, pellucid.Target(label, scale="logprob"))
        alone[label] = prompted.model.value(text, target).total(whole(text))[0]
    assert prompted.positive(text, whole(text))[0] == pytest.approx(
        alone[" positive"] - alone[" negative"], abs=1e-4
    )


def test_what_is_kept_and_shown(demo_sentiment, monkeypatch):
    monkeypatch.setattr(experiment, "METHODS", {"leave_one_out": {}})
    monkeypatch.setattr(experiment.pellucid, "load", lambda name: demo_sentiment)
    rows = [
        Row("a wonderful , moving film with a great cast .", True),
        Row("a dull and tedious mess of a film .", False),
    ]
    found = experiment.measured("some/demo-sentiment", rows)
    assert (found["model"], found["prompted"]) == ("demo-sentiment", False)
    assert found["accuracy"]["mean"] == 1
    (method,) = found["methods"]
    assert method["rationale"]["mean"] == 1
    assert method["forwards"] > 8
    assert method["comprehensiveness"]["mean"] > found["random"]["comprehensiveness"]["mean"]
    drawn = tables({"rows": 2, "positive": 1, "models": [found]})
    assert drawn["accuracy"].startswith("2 sentences, 1 of them positive.")
    assert "| `demo-sentiment` | *random ranking* |" in drawn["sst2"]
