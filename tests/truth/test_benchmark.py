"""The whole benchmark on few questions: a classifier trained once, outside methods, refusals, and going on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import pellucid
from pellucid.core.errors import BadOption, CannotWrite, UnknownName
from pellucid.truth import benchmark as module
from pellucid.truth.bundled import clinic, verified
from pellucid.truth.planted import SIGNS
from pellucid.truth.results import Benchmark, cells, interval, mean_of
from pellucid.truth.shortcuts import shortcut
from pellucid.truth.words import mean_rank


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("truth")


@pytest.fixture(autouse=True)
def _ready(monkeypatch: pytest.MonkeyPatch, demo_lm, demo_sentiment) -> None:
    """The bundled models are loaded once, and of the shortcuts only the quickest to learn is trained."""
    ready = {"demo-lm": demo_lm, "demo-sentiment": demo_sentiment}
    monkeypatch.setattr("pellucid.truth.rationales.load", ready.__getitem__)
    monkeypatch.setattr("pellucid.truth.planted.KINDS", ("single_token",))
    monkeypatch.setattr("pellucid.truth.shortcuts.TEXTS", 40)


def knows(model, text, target):
    return np.array([float(text.slice(f) in SIGNS) for f in text.features])


def knows_not(model, text, target):
    return -knows(model, text, target)


def as_dataset(model, text, target):
    return xr.Dataset({"attribution": (("output", "input"), knows(model, text, target)[None])})


def test_shortcuts_are_learned_checked_and_found(cache: Path):
    methods = {
        "knows": knows,
        "knows not": knows_not,
        "dataset": as_dataset,
        "leave_one_out": "leave_one_out",
    }
    found = pellucid.benchmark(methods, only="shortcuts", items=4, cache=cache)
    study = found.study("single_token")
    assert not study.unfit
    assert study.items == 4
    assert all(share >= 0.95 for share in study.checks.values())
    assert study.row("knows").scores["precision"].mean == 1
    assert study.row("knows").scores["rank"].mean == 1
    assert study.row("dataset").scores == study.row("knows").scores
    assert study.row("knows not").scores["precision"].mean == 0
    assert study.row("leave_one_out").scores["precision"].mean == 1
    assert study.row("leave_one_out").scores["precision"].beats
    assert study.row("leave_one_out").forwards > 4
    assert 0 < study.row("random ranking").scores["precision"].mean < 0.4
    assert study.rows[-1].chance
    assert not study.row("knows").chance
    assert "attention of the last layer" in str(found)


def test_a_classifier_is_trained_once_and_the_same_again(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first = shortcut("single_token", "bert", 2, 0, cache)
    monkeypatch.setattr("pellucid.truth.classifier._trained", lambda *_: pytest.fail("trained again"))
    again = shortcut("single_token", "bert", 2, 0, cache)
    assert again.fingerprint == first.fingerprint
    assert [q.text for q in again.questions] == [q.text for q in first.questions]


def test_an_untrained_classifier_is_reported_and_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pellucid.truth.classifier.MOST", 1)
    found = pellucid.benchmark(["leave_one_out"], only="shortcuts", items=2, cache=tmp_path)
    study = found.study("single_token")
    assert study.rows == ()
    assert "does not use what was planted" in study.unfit
    assert study.unfit in str(found).replace("\n", " ")


def test_gold_and_clinic_ask_verified_texts(cache: Path):
    found = pellucid.benchmark(
        ["saliency", "attention_weights"], only=("clinic", "gold"), items=2, cache=cache
    )
    assert [study.name for study in found.studies] == ["demo-lm", "demo-sentiment", "clinic"]
    for study in found.studies:
        assert study.checks["answers right"] == 1
        assert study.row("saliency").scores["precision"].mean > 0
        assert "no attribution" in study.row("attention_weights").refused
    assert found.study("clinic").checks["turns with the stamp"] == 1
    assert "These give no number a word: attention_weights." in str(found)


def test_bundled_rows_are_those_that_hold():
    assert len(verified("demo-sentiment")) == 137
    assert len(verified("demo-lm")) > 400
    for item, restamped in clinic():
        assert "Ward 7" in item.prompt
        assert restamped != item.prompt


def test_exact_values_and_saving(cache: Path, tmp_path: Path):
    found = pellucid.benchmark(only="known", items=6, cache=cache)
    games = found.study("games")
    for name in ("shapley_sampling", "kernel_shap"):
        row = games.row(name)
        assert row.scores["mean_error"].mean < games.row("equal shares").scores["mean_error"].mean
        assert row.scores["inside"].mean > 0.5
        assert 0 < row.forwards <= 64
    assert "needs WhiteBox access" in games.row("gradient_shap").refused
    again = pellucid.benchmark(only="known", items=6, cache=cache)
    same = [[(r.name, r.scores) for r in b.study("games").rows] for b in (found, again)]
    assert same[0] == same[1]
    other = pellucid.benchmark(only="known", items=6, seed=1, cache=cache)
    assert other.study("games").row("kernel_shap").scores != games.row("kernel_shap").scores
    file = found.save(tmp_path / "found.json")
    assert Benchmark.from_dict(json.loads(file.read_text())) == found
    assert "kernel_shap" in found.save(tmp_path / "found.html").read_text(encoding="utf-8")
    assert "kernel_shap" in found.save(tmp_path / "found.txt").read_text(encoding="utf-8")
    with pytest.raises(BadOption, match=r"Formats: \.json"):
        found.save(tmp_path / "found.png")


def test_what_was_measured_before_an_interruption_is_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []
    plain = module._asked

    def counted(study, ask, *, drawn):
        asked.append(study.name)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return plain(study, ask, drawn=drawn)

    monkeypatch.setattr(module, "_asked", counted)
    with pytest.raises(KeyboardInterrupt):
        pellucid.benchmark(["kernel_shap", "leave_one_out", "lime"], only="known", items=2, cache=tmp_path)
    assert list((tmp_path / "unfinished").iterdir())
    found = pellucid.benchmark(
        ["kernel_shap", "leave_one_out", "lime"], only="known", items=2, cache=tmp_path
    )
    # Two, the one that was interrupted, then that one and equal shares; of the other study all four.
    assert asked == ["games"] * 5 + ["transformer"] * 4
    assert len(found.study("games").rows) == 4
    assert not list((tmp_path / "unfinished").iterdir())


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"only": "golden"}, UnknownName, "Did you mean gold"),
        ({"methods": ["kernal_shap"]}, UnknownName, "Did you mean kernel_shap"),
        ({"methods": {"mine": 3}}, BadOption, "function"),
        ({"items": 0}, BadOption, "at least one"),
    ],
)
def test_mistakes_are_refused_before_any_work(arguments, error, says, tmp_path: Path):
    with pytest.raises(error, match=says):
        pellucid.benchmark(**arguments, cache=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite):
        pellucid.benchmark(only="known", items=1, cache=tmp_path / "file")


@pytest.mark.parametrize("wrong", [lambda m, t, y: [1.0], lambda m, t, y: "no", lambda m, t, y: xr.Dataset()])
def test_a_function_that_gives_something_else_has_no_line(wrong, cache: Path):
    row = pellucid.benchmark({"mine": wrong}, only="known", items=1, cache=cache).study("games").row("mine")
    assert row.refused.startswith("mine gives")
    assert not row.scores


def test_ranks_share_ties():
    gold = np.array([True, False, True, False])
    assert mean_rank(np.array([4.0, 3, 2, 1]), gold) == 2
    assert mean_rank(np.zeros(4), gold) == 2.5
    assert mean_rank(np.array([4.0, 0, 3, 0]), gold) == 1.5


def test_means_leave_out_what_is_not_there_and_know_which_way_is_better():
    found = mean_of("rank", [1.0, float("nan"), 2.0], [5.0, 5.0, 5.0])
    assert found is not None
    assert (found.mean, found.beats) == (1.5, True)
    assert mean_of("precision", [0.1, 0.1], [0.5, 0.5]).beats is False
    assert mean_of("inside", [float("nan")], None) is None
    assert interval([2.0, 2.0]) == (2.0, 2.0)


def test_a_table_has_a_cell_for_every_heading(cache: Path):
    study = pellucid.benchmark(["kernel_shap", "lime"], only="known", items=2, cache=cache).study("games")
    heads, rows = cells(study)
    assert "in its interval" in heads
    assert {len(row) for row in rows} == {len(heads)}
    assert [row[0] for row in rows][-1] == "equal shares"
