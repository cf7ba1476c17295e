"""`pellucid shortcuts`: a file of texts, its columns, its files, its mistakes."""

from __future__ import annotations

import json

import pytest

from pellucid.cli import shortcuts
from pellucid.verbs.explain import DEFAULT_METHOD
from tests.verbs.test_shortcuts import WEIGHTS, BagOfWords, rows


@pytest.fixture(autouse=True)
def _bag(monkeypatch):
    monkeypatch.setattr("pellucid.cli.shortcuts.loaded", lambda name, **_: BagOfWords(WEIGHTS))


def written(tmp_path, text="text", label="target"):
    lines = [f"{text}\t{label}\tmore", *(f"{said}\t{asked}\tx" for said, asked in rows())]
    (tmp_path / "rows.tsv").write_text("\n".join(lines), encoding="utf-8")
    return "rows.tsv"


def test_a_file_of_texts(cli, tmp_path):
    done = cli("shortcuts", written(tmp_path), "--width", "80")
    assert done.code == 0, done.err
    assert "gift" in done.out
    assert "shortcut" in done.out
    assert "other answer" not in done.err


def test_columns_of_other_names_and_files(cli, tmp_path):
    file = written(tmp_path, "sentence", "class")
    columns = ("--text-column", "sentence", "--label-column", "class")
    outs = ("--out", "a.json", "--out", "a.html", "--out", "a.txt", "--expected", "Gift")
    done = cli("shortcuts", file, *columns, *outs, "--format", "json", "-q")
    assert done.code == 0, done.err
    suspects = json.loads(done.out)["suspects"]
    assert {s["word"]: s["verdict"] for s in suspects}["gift"] == "expected"
    assert json.loads((tmp_path / "a.json").read_text())["suspects"] == suspects
    assert "gift" in (tmp_path / "a.html").read_text()
    assert "gift" in (tmp_path / "a.txt").read_text()


def test_without_labels_the_model_says_them(cli, tmp_path):
    done = cli("shortcuts", written(tmp_path, label="other"), "--width", "80")
    assert "labels are the model's own answers" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--text-column", "sentence"), 'no column "sentence" (found: text, target, more)'),
        (("--label-column", "class"), 'no column "class"'),
        (("--out", "a.safetensors"), "Formats of a report: .json, .html, .txt"),
        (("--by", "leave_two_out"), "Did you mean leave_one_out"),
    ],
)
def test_mistakes(cli, tmp_path, arguments, words):
    assert words in cli("shortcuts", written(tmp_path), *arguments).mistake


def test_the_default_is_that_of_explain():
    assert shortcuts.DEFAULT_METHOD == DEFAULT_METHOD
