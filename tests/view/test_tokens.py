from __future__ import annotations

import pytest

from pellucid.core.figure import Highlight, Mark
from pellucid.view.tokens import lines, named, pieces, ranked, visible
from tests.view.make import FAMILY, TEXTS, bytes_as_tokens, characters, words

SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


def highlight(string: str, features) -> Highlight:
    return Highlight(string, tuple(Mark(f.start, f.end, float(i)) for i, f in enumerate(features)), True, "")


@pytest.mark.parametrize("cut", [bytes_as_tokens, characters, words])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_pieces_are_the_text_and_every_mark_is_there_once(text, cut):
    whole = highlight(text, cut(text))
    found = pieces(whole)
    assert "".join(p.text for p in found) == text
    assert sorted(p.mark.value for p in found if p.mark) == [m.value for m in whole.marks]
    assert [m.value for _, m in named(whole)] == [m.value for m in whole.marks]


def test_tokens_that_share_an_emoji_show_it_once():
    features = bytes_as_tokens(FAMILY)
    found = pieces(highlight(FAMILY, features))
    assert len(found) == len(FAMILY.encode()) == 18
    assert found[0].text == FAMILY
    assert [p.text for p in found[1:]] == [""] * 17
    assert [(p.part, p.parts) for p in found] == [(i, 18) for i in range(1, 19)]
    shown = [f.shown for f in lines(highlight(FAMILY, features))[0]]
    assert shown[:3] == [FAMILY, "·2", "·3"]
    assert named(highlight(FAMILY, features))[3][0] == f"{FAMILY} ·4/18"


def test_tokens_of_whole_graphemes_stay_apart():
    assert [p.text for p in pieces(highlight("中文", characters("中文")))] == ["中", "文"]


def test_a_mark_that_splits_a_grapheme_joins_its_neighbour():
    string = "cafe\u0301s"  # the accent is a token of its own
    whole = Highlight(string, (Mark(0, 4, 1.0), Mark(4, 5, 2.0), Mark(5, 6, 3.0)), True, "")
    assert [(p.text, p.part, p.parts) for p in pieces(whole)] == [
        ("cafe\u0301", 1, 2),
        ("", 2, 2),
        ("s", 1, 1),
    ]


@pytest.mark.parametrize(
    ("string", "shown"),
    [
        (" ", "␣"),
        ("\t", "⇥"),
        ("\n", "⏎"),
        (" a", " a"),
        ("a\nb", "a⏎b"),
        ("\x00", "‹U+0000›"),
        ("\x1b[31m", "‹U+001B›[31m"),
        ("\u200b", "‹U+200B›"),
        ("\u202eab", "‹U+202E›ab"),
        ("\u00a0", "‹U+00A0›"),
        ("\ud800", "‹U+D800›"),
        ("\u0301", "◌\u0301"),
        ("a\u200d", "a‹U+200D›"),
        ("x\U000e0041\U000e0042", "x‹U+E0041›‹U+E0042›"),
        (FAMILY, FAMILY),
        ("❤️", "❤️"),
        (SCOTLAND, SCOTLAND),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_named(string, shown):
    assert visible(string) == shown


def test_a_blank_token_shows_glyphs_and_breaks_the_line():
    string = "a\n\n\tb"
    whole = Highlight(string, (Mark(0, 1, 1.0), Mark(1, 4, 2.0), Mark(4, 5, 3.0)), True, "")
    assert [[f.shown for f in line] for line in lines(whole)] == [["a", "⏎"], ["⏎"], ["⇥", "b"]]
    assert [f.first for line in lines(whole) for f in line] == [True, True, False, False, True]


def test_text_between_marks_breaks_without_a_glyph():
    whole = Highlight("a\nb", (Mark(0, 1, 1.0), Mark(2, 3, 2.0)), True, "")
    assert [[f.shown for f in line] for line in lines(whole)] == [["a"], ["b"]]


def test_ranked_by_magnitude_what_is_no_number_last():
    marks = (Mark(0, 1, 0.1), Mark(1, 2, float("nan")), Mark(2, 3, -0.9), Mark(3, 4, 0.5))
    assert [name for name, _ in ranked(Highlight("abcd", marks, True, ""))] == ["c", "d", "a", "b"]


def test_repeated_names_say_which_one_they_are():
    string = "the cat and the dog and the bird"
    names = [name for name, _ in ranked(highlight(string, words(string)))]
    assert names == ["bird", "the (3rd)", "and (2nd)", "dog", "the (2nd)", "and (1st)", "cat", "the (1st)"]
