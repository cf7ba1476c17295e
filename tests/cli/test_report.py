"""`pellucid report`: saved explanations of one prediction, put on one page."""

from __future__ import annotations

import pytest

import pellucid
from pellucid.cli import report
from tests.view.make import score, why
from tests.view.page import parse

TEXT = "a b c"


@pytest.fixture
def saved(tmp_path):
    pellucid.save(why(TEXT), tmp_path / "a.json", scores=[score()])
    pellucid.save(why(TEXT, outputs=(" Par", "is")), tmp_path / "other.json")
    pellucid.save(why(TEXT, summed=True), tmp_path / "b.safetensors")


def test_one_page_of_several_files(cli, tmp_path, saved, no_model):
    done = cli("report", "a.json", "b.safetensors", "--out", "case.html")
    assert done.code == 0, done.err
    assert done.out == ""
    assert done.err == "Wrote case.html\n"
    parsed = parse((tmp_path / "case.html").read_text(encoding="utf-8"))
    assert "2 explanations of demo-lm, weights 0123456789abcdef" in parsed.words
    assert "comprehensiveness" in parsed.words
    links = [value for tag, name, value in parsed.attributes if (tag, name) == ("a", "href")]
    ids = {"#" + value for _, name, value in parsed.attributes if name == "id"}
    assert len(links) == 4
    assert set(links) <= ids


def test_without_a_file_it_is_drawn_here(cli, saved, no_model):
    done = cli("report", "a.json", "b.safetensors", "--width", 80)
    assert done.code == 0
    assert "How far to trust it" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_large_page_is_said(cli, saved, monkeypatch):
    monkeypatch.setattr(report, "HEAVY", 1000)
    assert "MB: large for a page" in cli("report", "a.json", "--out", "case.html").err
    assert cli("report", "a.json", "--out", "case.html", "--quiet").err == ""


def test_mistakes(cli, tmp_path, saved, no_model):
    pellucid.save(why("a b d"), tmp_path / "d.json")
    said = cli("report", "a.json", "d.json").mistake
    assert "differs from the first" in said
    assert "Cannot read" in cli("report", "nothing.json").mistake
    assert "A case is written as" in cli("report", "a.json", "--out", "case.json").mistake


def test_measure_loads_the_model_and_measures(cli, tmp_path, loaded, demo_sentiment):
    found = pellucid.explain(demo_sentiment, "A slow start, but the ending is wonderful.", unit="word")
    pellucid.save(found, tmp_path / "why.json")
    assert "not measured" in cli("report", "why.json", "-q").out
    measured = cli("report", "why.json", "-q", "--measure").out
    assert "comprehensiveness" in measured
    assert str(pellucid.verdict(found, demo_sentiment))[:20] in " ".join(measured.split())
