"""Every error a user can cause is one line that says what was asked and what is possible."""

from __future__ import annotations

import inspect

import pytest

from pellucid.core import errors
from pellucid.core.errors import PellucidError

EXAMPLES = [
    errors.AblationImpossible("mask", "demo-lm", "it has no mask token", ["delete", "attention"]),
    errors.BadOption("No."),
    errors.BrokenPlugIn("method", "mine", "pkg:mine", ImportError("No module\nnamed pkg")),
    errors.CannotRead("why.json", "it is not JSON."),
    errors.CannotWrite("why.json", "it is a folder"),
    errors.Cancelled(),
    errors.EmptyTarget("", "demo-lm"),
    errors.EmptyText(),
    errors.MismatchedModel("demo-lm", "gpt2", "01", "02"),
    errors.MissingExtra("PNG", "matplotlib", "image"),
    errors.NeedsAccess("saliency", "WhiteBox", "an API", "GreyBox", ["leave_one_out"]),
    errors.NotFinite("demo-lm", "float16"),
    errors.TargetImpossible("No."),
    errors.TextTooLong(600, 512, "demo-lm"),
    errors.UnknownLabel("angry", "demo-sentiment", ["negative", "positive"]),
    errors.UnknownName("method", "leave_one_ut", ["leave_one_out", "saliency"]),
    errors.UnsupportedModel("x", "a folder", "Give a path."),
]


def test_every_error_has_an_example_here():
    made = {type(e).__name__ for e in EXAMPLES} | {"PellucidError"}
    assert made == set(errors.__all__)
    defined = {n for n, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, PellucidError)}
    assert defined == set(errors.__all__)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda e: type(e).__name__)
def test_every_error_is_one_sentence_line(error):
    words = str(error)
    assert isinstance(error, PellucidError)
    assert "\n" not in words
    assert "  " not in words
    assert words.strip() == words
    assert words.endswith((".", "?", "'pellucid[image]'"))


def test_errors_offer_what_is_near_or_all_there_is():
    names = ["integrated_gradients", "leave_one_out", "saliency"]
    assert "Did you mean leave_one_out?" in str(errors.UnknownName("method", "leaveoneout", names))
    assert "There are: integrated_gradients, leave_one_out, saliency." in str(
        errors.UnknownName("method", "zzz", names)
    )
    assert "Did you mean beta or beto?" in str(errors.UnknownName("x", "beta", ["beto", "beta", "zzz"]))
    assert str(errors.UnknownName("x", "a", [])) == '"a" is not a x.'


def test_long_lists_of_labels_are_cut():
    words = str(errors.UnknownLabel("x", "m", [f"label-{i}" for i in range(1000)]))
    assert "label-19, ... (1000 in all)" in words
    assert len(words) < 400
