"""``python -m benchmarks``: what is asked for is measured, kept where it was asked, and shown."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks import __main__ as command
from benchmarks import gpu, speed
from benchmarks.asked import Asked
from benchmarks.report import README


def run(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["benchmarks", *arguments])
    return command.main()


@pytest.fixture
def study(monkeypatch):
    """A study that is measured at once, in place of all others; speed is not measured at all."""
    found = {"holds": True, "figure": 3}
    one = SimpleNamespace(
        NAME="small study",
        TITLE="a small one",
        measured=lambda asked: found,
        table=lambda kept: str(kept["figure"]),
    )
    monkeypatch.setattr(command, "STUDIES", (one,))
    monkeypatch.setattr(speed, "measure", lambda asked, words: pytest.fail("no row was asked for"))
    return found


def test_a_study_is_kept_and_shown_and_the_page_left_alone(study, monkeypatch, tmp_path, capsys):
    before = README.read_bytes()
    assert run(monkeypatch, "small", "--results", str(tmp_path)) == 0
    assert '"figure": 3' in (tmp_path / "small_study.json").read_text(encoding="utf-8")
    assert "small study\n\n3" in capsys.readouterr().out
    assert README.read_bytes() == before


def test_what_does_not_hold_ends_with_1(study, monkeypatch, tmp_path):
    study["holds"] = False
    assert run(monkeypatch, "small", "--results", str(tmp_path)) == 1


def test_words_that_name_no_study_are_rows(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(command, "STUDIES", ())
    monkeypatch.setattr(speed, "measure", lambda asked_for, words: asked.append(words))
    run(monkeypatch, "Shapley", "--results", str(tmp_path))
    assert asked == [["shapley"]]


def test_peers_that_were_not_asked_for_are_left_out(tmp_path):
    assert Asked(1, 1, None, tmp_path).peers_of(["shap", "lime", "shap"]) == ["lime", "shap"]
    assert Asked(1, 1, ("shap",), tmp_path).peers_of(["shap", "lime"]) == ["shap"]


def test_without_a_gpu_one_line_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert gpu.measured(Asked(1, 1, None, tmp_path)) is None
    assert capsys.readouterr().out == "gpu: skipped, PyTorch finds no CUDA device here.\n"
