"""`pellucid explain` as a person types it."""

from __future__ import annotations

import gc
import json

import numpy as np
import pytest

import pellucid

TEXT = "The Eiffel Tower is located in the city of"
pytestmark = pytest.mark.usefixtures("loaded")


def test_the_default_shows_the_explanation_and_its_scores(cli, demo_lm):
    done = cli("explain", TEXT)
    assert done.code == 0
    assert done.err == ""
    for words in ("Paris", "Eiffel", "leave_one_out", "comprehensiveness", "sufficiency", "random ranking"):
        assert words in done.out


def test_what_is_not_about_the_text_is_not_measured(cli):
    done = cli("explain", TEXT, "--by", "logit_lens", "--target", " Paris", "--layers", "4,5,6")
    assert done.code == 0
    assert "Layer by layer" in done.out
    assert "How far to trust it" not in done.out


def test_json_is_the_record_of_a_file(cli, tmp_path):
    done = cli("explain", TEXT, "--format", "json", "--out", "why.json", "-q")
    assert done.err == ""
    assert json.loads(done.out) == json.loads((tmp_path / "why.json").read_text())
    assert [s["metric"] for s in json.loads(done.out)["scores"]] == ["comprehensiveness", "sufficiency"]


def test_it_says_what_python_says(cli, tmp_path, demo_lm):
    asked = "--samples 8 --seed 5 --unit word --scale logit --no-evaluate --out a.json".split()
    cli("explain", TEXT, "--by", "shapley_sampling", "--target", " Paris", "--against", " London", *asked)
    read = pellucid.read(tmp_path / "a.json")
    why = pellucid.explain(
        demo_lm, TEXT, by="shapley_sampling", samples=8, seed=5, target=" Paris", against=" London",
        unit="word", scale="logit",
    )  # fmt: skip
    np.testing.assert_array_equal(read.credit(), why.credit())
    assert (read.target, read.text) == (why.target, why.text)
    assert read.provenance.options == why.provenance.options


@pytest.mark.parametrize(("typed", "span"), [("Paris", "Paris"), ("1:3", (1, 3))])
def test_a_part_of_the_answer(cli, tmp_path, demo_lm, typed, span):
    done = cli("explain", TEXT, "--target", " Paris.", "--span", typed, "--no-evaluate", "--out", "a.json")
    assert "Why “Paris” in “Paris.”?" in done.out
    read = pellucid.read(tmp_path / "a.json")
    why = pellucid.explain(demo_lm, TEXT, target=" Paris.", span=span)
    assert read.target == why.target
    np.testing.assert_array_equal(read.credit(), why.credit())


def test_a_span_that_is_not_there_says_what_to_type(cli):
    done = cli("explain", TEXT, "--target", " to be or to do", "--span", "to")
    assert done.code == 2
    assert "--span 1:3" in done.err
    done = cli("explain", TEXT, "--by", "saliency", "--scale", "kl")
    assert done.code == 2
    assert "leave_one_out" in done.err


def test_every_out_is_written_and_told(cli, tmp_path):
    outs = ["a.html", "b.json", "c.safetensors", "d.txt"]
    done = cli("explain", TEXT, *(word for out in outs for word in ("--out", out)))
    assert done.code == 0
    assert done.err == "".join(f"Wrote {out}\n" for out in outs)
    assert sorted(p.name for p in tmp_path.iterdir()) == outs
    assert (tmp_path / "a.html").read_text().lstrip().lower().startswith("<!doctype html")


def test_a_classifier_explains_its_own_label(cli):
    done = cli("explain", "A touching, funny film", "-m", "demo-sentiment", "--no-evaluate")
    assert done.code == 0
    assert "POSITIVE" in done.out
    assert "comprehensiveness" not in done.out


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_standard_input_and_files_lose_their_line_end(cli, tmp_path, end):
    words = ("--no-evaluate", "--format", "json")
    argument = json.loads(cli("explain", TEXT, *words).out)["text"]
    piped = json.loads(cli("explain", "-", *words, stdin=(TEXT + end).encode()).out)["text"]
    (tmp_path / "text.txt").write_bytes((TEXT + end).encode())
    from_file = json.loads(cli("explain", "--file", "text.txt", *words).out)["text"]
    assert argument == piped == from_file


def test_truncate_keeps_what_fits_and_says_so(cli):
    done = cli("explain", "hello " * 300, "--truncate", "--no-evaluate", "--unit", "sentence")
    assert done.code == 0
    assert "Truncated" in done.out


def test_width_is_kept(cli):
    out = cli("explain", TEXT, "--width", "60").out
    assert max(map(len, out.splitlines())) <= 60


def test_help_lists_the_methods_own_options(cli, no_model):
    out = cli("explain", "--by", "shapley_sampling", "--help").out
    for words in (
        "--samples INTEGER",
        "[default: 64]",
        "--seed INTEGER",
        "Cost: ",
        "Paper: ",
        "arXiv:2104.12199",
    ):
        assert words in " ".join(out.split())


def test_evaluate_measures_a_file_again(cli, tmp_path):
    cli("explain", TEXT, "--no-evaluate", "--out", "a.json", "-q")
    done = cli("evaluate", "a.json", "--by", "sufficiency", "--draws", "9", "--out", "b.json", "-q")
    assert done.code == 0
    assert "sufficiency" in done.out
    one = cli("show", "b.json", "--format", "json").out
    (score,) = json.loads(one)["scores"]
    assert score["provenance"]["options"]["draws"] == 9
    cli("evaluate", "b.json", "--by", "comprehensiveness", "--draws", "9", "--out", "c.json", "-q")
    both = json.loads(cli("show", "c.json", "--format", "json").out)["scores"]
    assert [s["metric"] for s in both] == ["sufficiency", "comprehensiveness"]


def test_show_draws_what_explain_drew(cli, tmp_path):
    drawn = cli("explain", TEXT, "--out", "a.json", "-q").out
    assert cli("show", "a.json").out == drawn
    assert cli("show", "a.json", "--out", "a.html").err == "Wrote a.html\n"
    assert (tmp_path / "a.html").stat().st_size > 1000


def test_garbage_is_collected_again_after_loading(cli):
    cli("explain", TEXT, "-m", "nobody/nothing")
    assert gc.isenabled()
