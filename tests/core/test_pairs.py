"""Texts of two parts: one string with a seam, and places in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core.errors import BadOption, EmptyText
from pellucid.core.text import Feature, Text

PARTS = st.text(max_size=20).filter(str.strip)


@given(PARTS, PARTS, st.sampled_from(["word", "sentence", "segment"]))
def test_the_parts_of_a_pair_are_what_was_given_and_no_feature_crosses(first, second, unit):
    text = Text.pair(first, second)
    assert [text.string[a:b] for a, b in text.parts] == [first, second]
    cut = text.cut(unit)
    assert all(f.end <= len(first) or f.start >= cut.seam for f in cut.features)
    alone = Text(first).cut(unit).features if unit != "segment" else (Feature(0, len(first), "first"),)
    assert cut.features[: len(alone)] == alone
    assert Text.from_dict(json.loads(json.dumps(cut.as_dict()))) == cut


def test_segments_of_a_pair():
    text = Text.pair("Who?", "Ada.").cut("segment")
    assert [(f.name, text.slice(f)) for f in text.features] == [("first", "Who?"), ("second", "Ada.")]
    template = Text.from_template("{one} and {two}.", one="Ada", two="Bob")
    both = Text.pair("Who?", template)
    assert both.unit == "segment"
    assert [(f.name, both.slice(f)) for f in both.features] == [
        ("first", "Who?"),
        ("one", "Ada"),
        ("two", "Bob"),
    ]
    assert [both.string[a:b] for a, b in both.frozen] == [" and ", "."]
    front = Text.pair(template, "Who?")
    assert [(f.name, front.slice(f)) for f in front.features] == [
        ("one", "Ada"),
        ("two", "Bob"),
        ("second", "Who?"),
    ]


def test_frozen_parts_stay_frozen():
    text = Text.pair(Text("Who wrote it?").freeze("wrote"), Text("It was Ada.").freeze("was"))
    assert [text.string[a:b] for a, b in text.frozen] == ["wrote", "was"]
    frozen = Text.pair("Who?", "It was Ada.")
    cut = frozen.freeze(frozen.parts[0]).cut("word")
    assert [cut.slice(f) for f in cut.features] == ["It", "was", "Ada", "."]


@pytest.mark.parametrize(("first", "second", "which"), [("", "a", "first"), ("a", " \n", "second")])
def test_an_empty_part_is_refused(first, second, which):
    with pytest.raises(EmptyText, match=f"The {which} part"):
        Text.pair(first, second)


def test_a_seam_that_is_none_is_refused():
    for seam in (0, 1, 3, 9):
        with pytest.raises(BadOption, match="no seam"):
            Text("ab\ncd", seam=seam if seam != 3 else 4)
    with pytest.raises(BadOption, match="crosses the seam"):
        Text("ab\ncd", "word", (Feature(1, 4),), seam=3)


def test_a_text_of_one_part_has_one():
    assert Text("abc").parts == ((0, 3),)
    with pytest.raises(BadOption, match=r"Text\.pair\(first, second\)"):
        Text("abc").cut("segment")


def test_files_from_before_pairs_have_no_seam():
    plain = Text("a b").cut("word")
    data = {name: value for name, value in plain.as_dict().items() if name != "seam"}
    assert Text.from_dict(data) == plain


def test_places():
    text = Text("Ada met Bob and Ada")
    assert text.place("Bob") == text.place((8, 11)) == (8, 11)
    assert text.place("Ada", within=(8, 19)) == (16, 19)
    with pytest.raises(BadOption, match=r"2 times in the text, at \(0, 3\), \(16, 19\).*--at 0:3"):
        text.place("Ada")
    for part in ("Eve", ""):
        with pytest.raises(BadOption, match="does not stand"):
            text.place(part)
    for bad in ((3, 3), (-1, 2), (5, 99)):
        with pytest.raises(BadOption, match="not inside"):
            text.place(bad)
