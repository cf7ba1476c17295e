"""`pellucid benchmark`."""

from __future__ import annotations

import json

import pytest

from pellucid.truth.benchmark import PARTS


def test_it_prints_writes_and_says_the_same_as_json(cli, tmp_path):
    quick = (
        "benchmark",
        "--only",
        "known",
        "--by",
        "kernel_shap",
        "--items",
        2,
        "--cache",
        tmp_path / "cache",
    )
    done = cli(*quick, "--out", "found.json", "--out", "found.html")
    assert done.code == 0, done.err
    assert "kernel_shap" in done.out
    assert "Wrote found.json" in done.err
    data = json.loads(cli(*quick, "--format", "json").out)
    kept = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    scores = [[(r["name"], r["scores"]) for r in d["studies"][0]["rows"]] for d in (data, kept)]
    assert scores[0] == scores[1]
    assert "<html" in (tmp_path / "found.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--only", "golden"], "Did you mean gold"),
        (["--by", "kernal_shap"], "Did you mean kernel_shap"),
        (["--out", "found.png"], "Formats: .json, .html, .txt"),
        (["--items", "0"], "--items"),
    ],
)
def test_mistakes_are_one_line(cli, no_model, flags, says):
    assert says in cli("benchmark", *flags).mistake


def test_help_names_every_part(cli):
    out = cli("benchmark", "--help").out
    assert all(part in out for part in PARTS)
