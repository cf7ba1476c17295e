"""Parts of a text that have names are called by them in every list, and long ones do not flood it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from pellucid.core.explanation import Explanation, label
from pellucid.core.text import Text
from pellucid.view.draw import draw
from pellucid.view.html import bars, html
from pellucid.view.on_terminal.matrix import _labels
from pellucid.view.terminal import terminal
from pellucid.view.tokens import called, named, ranked
from tests.view import make
from tests.view.page import parse

LONG = "It rained in Paris all day. " * 40


def of_documents(dims=("input",), second=("ada\u202e.txt", "It was Ada.")):
    text = Text.from_documents("Who?", [LONG, second])
    why = make.array_of("input")
    target = replace(why.target, answer="ab", outputs=("a", "b"), ids=(1, 2))
    shape = [2] * len(dims)
    data = xr.Dataset(
        {"attribution": (dims, np.arange(1.0, 1.0 + 2 ** len(dims)).reshape(shape))},
        attrs={"primary": "attribution", "signed": True, "units": "logprob"},
    )
    return Explanation(label(data, text, target), text, target, why.provenance)


def test_a_part_is_called_by_its_name_and_how_it_begins():
    assert called("", LONG) == LONG
    assert called("user", "Hello") == "user: Hello"
    assert called("user", "x" * 40) == "user: " + "x" * 40
    assert called("user", "x" * 41) == "user: " + "x" * 39 + "…"


def test_lists_say_the_names():
    figure = draw(of_documents())
    names = [name for name, _ in named(figure.parts[0])]
    assert names == ["document 1: It rained in Paris all day. It rained i…", "ada‹U+202E›.txt: It was Ada."]
    assert [name for name, _ in ranked(figure.parts[0])] == names[::-1]
    assert [bar.name for bar in bars(figure.parts[0], None)] == names


def test_a_matrix_and_a_pair_matrix_say_them_too():
    figure = draw(of_documents(("output", "input")))
    assert figure.parts[1].columns == ("document 1", "ada\u202e.txt")
    pairs = draw(of_documents(("input", "input_b"))).parts[0]
    assert pairs.rows == pairs.columns
    assert pairs.rows == figure.parts[1].columns


def test_labels_that_begin_alike_show_how_they_end():
    numbers = tuple(f"document {i}" for i in range(9, 12))
    assert _labels((*numbers, "question"), 6) == ("doc… 9", "doc…10", "doc…11", "quest…")
    assert _labels(("文文文文文甲", "文文文文文乙"), 6) == ("…文甲", "…文乙")
    assert _labels(numbers, 16) == numbers
    assert "docu… 1" in terminal(of_documents(("output", "input"), "It was Ada."))


def test_a_page_says_a_long_part_once():
    page = html(of_documents(("output", "input")))
    assert parse(page).words.count(LONG.strip()) == 1
    assert 'aria-label="document 1: It rained in Paris' in page
