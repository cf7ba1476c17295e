"""Texts of two parts and answers at a place, as a person types them."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.core.text import Text
from tests.families import family

WHO, STORY = "Who went to the store?", "Mary went, and John gave a drink to Mary."


@pytest.fixture
def tiny(monkeypatch):
    """The models of the families under their names."""
    monkeypatch.setattr("pellucid.models.load.load", lambda name, **_: family(name))


def same(path, why):
    read = pellucid.read(path)
    assert (read.text, read.target) == (why.text, why.target)
    np.testing.assert_array_equal(read.credit(), why.credit())


def test_a_question_and_its_context(cli, tmp_path, tiny):
    words = "-m bert-question --unit word --target Mary --no-evaluate -q --out a.json".split()
    where = Text.pair(WHO, STORY).string.rindex("Mary")
    done = cli("explain", WHO, "--second", STORY, "--at", f"{where}:{where + 4}", *words)
    assert done.code == 0, done.err
    assert "start" in done.out
    assert "end" in done.out
    text = Text.pair(WHO, STORY)
    same(
        tmp_path / "a.json",
        pellucid.explain(family("bert-question"), text, unit="word", target="Mary", at=(where, where + 4)),
    )
    measured = cli("evaluate", "a.json", "-m", "bert-question", "--draws", "9", "-q")
    assert measured.code == 0, measured.err


def test_a_pair_of_a_classifier_from_a_file(cli, tmp_path, tiny):
    (tmp_path / "premise.txt").write_text("A good old film.\n")
    words = "-m bert-pair --unit segment --no-evaluate -q --out a.json".split()
    done = cli("explain", "--file", "premise.txt", "--second", "It was great.", *words)
    assert done.code == 0, done.err
    text = Text.pair("A good old film.", "It was great.")
    same(tmp_path / "a.json", pellucid.explain(family("bert-pair"), text, unit="segment"))
    assert [f.name for f in pellucid.read(tmp_path / "a.json").text.features] == ["first", "second"]


@pytest.mark.parametrize("at", ["John", "21:25"])
def test_the_label_of_a_word(cli, tmp_path, tiny, at):
    text = "Mary went to the old John."
    words = "-m bert-token-label --unit word --target PER --no-evaluate -q --out a.json".split()
    done = cli("explain", text, "--at", at, *words)
    assert done.code == 0, done.err
    assert "Why “PER” at “John”?" in done.out
    same(
        tmp_path / "a.json",
        pellucid.explain(family("bert-token-label"), text, unit="word", target="PER", at="John"),
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a", "--second", "b"], "demo-lm reads one text"),
        ([WHO, "-m", "bert-question"], "--second"),
        ([WHO, "--second", STORY, "-m", "bert-question", "--target", "Mary"], "2 times"),
        ([WHO, "--second", "  ", "-m", "bert-pair"], "second part of the pair is empty"),
        (["a", "--at", "a", "--target", "b"], "leave out at"),
        (["Mary", "-m", "bert-token-label", "--at", "John"], "'John' does not stand"),
    ],
)
def test_mistakes(cli, tiny, demo_lm, monkeypatch, words, said):
    ready = {"demo-lm": demo_lm}
    monkeypatch.setattr("pellucid.models.load.load", lambda name, **_: ready.get(name) or family(name))
    assert said in cli("explain", *words, "-q").mistake


@pytest.mark.parametrize(
    ("name", "output", "ablations"),
    [
        ("bert-question", "extractive", "delete, mask, attention"),
        ("bert-token-label", "O, PER, LOC", "delete, mask, attention"),
        ("bert-pair", "bad, neutral, good", "delete, mask, attention"),
    ],
)
def test_doctor_knows_the_shapes(cli, tiny, name, output, ablations):
    done = cli("doctor", name, "--width", "200")
    assert done.code == 0, done.out
    for words in (output, ablations):
        assert words in done.out
    assert "FAILED" not in done.out
