"""`pellucid compare`: what it prints and writes is what the verb gives; mistakes are found before any work."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from pellucid.cli import compare as command
from pellucid.verbs import compare as verb
from pellucid.verbs.comparison_files import read_comparison

TEXTS = ("A slow start, but the ending is wonderful.", "The film is dull and far too long.")
WORDS = (
    "--by",
    "leave_one_out",
    "--by",
    "saliency",
    "-m",
    "demo-sentiment",
    "--draws",
    "5",
    "--unit",
    "word",
    "-q",
)
METRICS = ("--metric", "comprehensiveness", "--metric", "sufficiency")


def test_the_defaults_are_those_of_the_verb() -> None:
    assert command.DEFAULT_METHODS == verb.DEFAULT_METHODS


@pytest.mark.usefixtures("loaded")
def test_it_prints_and_writes_what_the_verb_gives(cli, tmp_path, demo_sentiment) -> None:
    outs = [word for name in ("a.json", "a.html", "a.txt") for word in ("--out", name)]
    done = cli("compare", *TEXTS, *WORDS, *METRICS, *outs)
    assert (done.code, done.err) == (0, "")
    assert "2 methods by 2 metrics on 2 texts" in done.out
    read = read_comparison(tmp_path / "a.json")
    found = verb.compare(
        demo_sentiment, list(TEXTS), ["leave_one_out", "saliency"], list(METRICS[1::2]), unit="word", draws=5
    )
    np.testing.assert_allclose(read.measured["value"], found.measured["value"], rtol=1e-4, atol=1e-6)
    assert (tmp_path / "a.txt").read_text().startswith("2 methods by 2 metrics")
    assert "on the frontier" in (tmp_path / "a.html").read_text()


@pytest.mark.usefixtures("loaded")
def test_json_is_what_the_file_holds(cli, tmp_path) -> None:
    done = cli("compare", TEXTS[0], *WORDS, *METRICS, "--format", "json", "--out", "a.json")
    assert json.loads(done.out) == json.loads((tmp_path / "a.json").read_text())
    assert json.loads(done.out)["pellucid"] == "comparison"


@pytest.mark.usefixtures("loaded")
def test_what_was_written_is_shown_again_without_a_model(cli, tmp_path, monkeypatch) -> None:
    done = cli("compare", *TEXTS, *WORDS, *METRICS, "--out", "a.json", "--out", "a.html")
    monkeypatch.setattr("pellucid.models.load.load", None)
    assert cli("show", "a.json").out == done.out
    assert cli("show", "a.json", "--format", "json").out == (tmp_path / "a.json").read_text()
    assert cli("show", "a.json", "--out", "b.html", "-q") == (0, "", "")
    assert (tmp_path / "b.html").read_text() == (tmp_path / "a.html").read_text()
    assert ".parquet" in cli("show", "a.json", "--out", "b.safetensors").mistake


@pytest.mark.usefixtures("loaded")
def test_rows_of_files_say_their_own_target(cli, tmp_path) -> None:
    rows = [{"text": TEXTS[0], "target": "NEGATIVE"}, {"text": TEXTS[1]}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "rows.txt").write_text(f"{TEXTS[0]}\n\n{TEXTS[1]}\n")
    targets = {}
    for name in ("rows.jsonl", "rows.txt"):
        done = cli("compare", "--file", name, *WORDS, *METRICS, "--target", "POSITIVE", "--format", "json")
        record = json.loads(done.out)
        assert record["text"] == list(TEXTS)
        targets[name] = record["target"]
    assert targets == {"rows.jsonl": ["NEGATIVE", "POSITIVE"], "rows.txt": ["POSITIVE", "POSITIVE"]}


@pytest.mark.usefixtures("loaded")
def test_options_go_to_the_methods_that_have_them_and_the_seed_to_all(cli) -> None:
    asked = ("--by", "lime", "--by", "leave_one_out", "--samples", "40", "--ablate", "mask", "--seed", "7")
    done = cli(
        "compare", TEXTS[0], *asked, "-m", "demo-sentiment", *METRICS, "--draws", "3", "--format", "json"
    )
    record = json.loads(done.out)
    lime, leave_one_out, *_ = record["method"]
    assert sorted(lime.removeprefix("lime (").removesuffix(")").split(", ")) == ["ablate=mask", "samples=40"]
    assert leave_one_out == "leave_one_out (ablate=mask)"
    assert record["seed"] == 7
    assert "--seed" in cli("compare", "--by", "lime", "--help").out
    assert cli("compare", "--by", "lime", "--help").out.count("--seed") == 1


@pytest.mark.usefixtures("loaded")
def test_standard_input_is_a_text(cli) -> None:
    done = cli("compare", "-", *WORDS, *METRICS, "--format", "json", stdin=TEXTS[0].encode() + b"\n")
    assert json.loads(done.out)["text"] == [TEXTS[0]]


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], ["Give texts"]),
        (["a", "--file", "b.txt"], ["Give texts"]),
        ([""], ["The text is empty"]),
        (["--file", "gone.txt"], ["Cannot read gone.txt"]),
        (["--file", "gone.doc"], ["rows are read from"]),
        (["a", "--by", "leave_on_out"], ["Did you mean leave_one_out"]),
        (["a", "--by", "lime", "--by", "lime"], ["lime is asked for twice"]),
        (["a", "--metric", "sufficency"], ["Did you mean sufficiency"]),
        (["a", "--by", "lime", "--sample", "3"], ['"--sample" is not an option', "Did you mean --samples"]),
        (["a", "--draws", "0"], ["--draws"]),
        (["a", "--seed", "-1"], ["--seed"]),
        (["a", "--out", "x.docx"], [".json, .parquet, .html, .txt"]),
        (["a", "--out", "gone/x.html"], ["no folder gone"]),
    ],
)
def test_found_before_a_model_is_loaded(cli, tmp_path, argv, says) -> None:
    mistake = cli("compare", *argv).mistake
    for words in says:
        assert words in mistake
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_model")
def test_parquet_without_its_package_is_one_clear_line(cli, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    mistake = cli("compare", "a", "--out", "a.parquet").mistake
    assert "needs pyarrow" in mistake
    assert "pip install 'pellucid[data]'" in mistake


@pytest.mark.usefixtures("loaded")
def test_found_by_the_model(cli) -> None:
    assert '"HAPPY" is not a label' in cli("compare", *TEXTS, *WORDS, "--target", "HAPPY").mistake


@pytest.mark.usefixtures("loaded")
def test_parquet_has_a_row_for_every_number(cli, tmp_path) -> None:
    from pyarrow import parquet

    cli("compare", *TEXTS, *WORDS, *METRICS, "--out", "a.parquet", "--out", "a.json")
    table = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    found = read_comparison(tmp_path / "a.json")
    assert len(table) == found.measured["value"].size == 4 * 2 * 2
    assert {row["value"] for row in table} == set(found.measured["value"].values.ravel().tolist())
