"""Texts are cut exactly: every feature is a slice, none is blank, none overlaps, in order."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core import text as module
from pellucid.core.errors import BadOption, EmptyText
from pellucid.core.text import Feature, Text

# Much white space, punctuation and joiners, so that the seams are met often; and any character at all.
STRINGS = st.text(st.sampled_from("ab .!?\n\t\u200d\u0301猫。」ا👩👧🏽🇫'’\"") | st.characters(), max_size=30)


def pieces(string: str, unit: str) -> list[str]:
    text = Text(string).cut(unit)
    return [text.slice(f) for f in text.features]


@pytest.mark.parametrize(
    ("string", "words"),
    [
        ("The cat sat.", ["The", "cat", "sat", "."]),
        ("cat cat cat", ["cat", "cat", "cat"]),
        ("  spaced \t out\r\n", ["spaced", "out"]),
        ("It's John's, can’t", ["It's", "John's", ",", "can’t"]),
        ("costs $5,000 or 3.14", ["costs", "$", "5,000", "or", "3.14"]),
        ("snake_case", ["snake_case"]),
        ("👩‍👩‍👧‍👦 and 🇫🇷🇩🇪 👍🏽", ["👩‍👩‍👧‍👦", "and", "🇫🇷", "🇩🇪", "👍🏽"]),
        ("猫は hat", ["猫", "は", "hat"]),
        ("我爱北京。", ["我", "爱", "北", "京", "。"]),
        ("カタカナ", ["カタカナ"]),
        ("한국어 단어", ["한국어", "단어"]),
        ("مرحبا بالعالم.", ["مرحبا", "بالعالم", "."]),
        ("שלום עולם", ["שלום", "עולם"]),
        ('צה"ל', ['צה"ל']),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("https://example.com/a", ["https", ":", "/", "/", "example.com", "/", "a"]),
        ("x", ["x"]),
    ],
)
def test_words(string, words):
    assert pieces(string, "word") == words


@pytest.mark.parametrize(
    ("string", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("no end", ["no end"]),
        ("It is 3.14 now. Yes.", ["It is 3.14 now.", "Yes."]),
        (
            "Dr. Smith met mrs. Jones, e.g. here. He left.",
            ["Dr. Smith met mrs. Jones, e.g. here.", "He left."],
        ),
        ("good film. bad end. fine.", ["good film.", "bad end.", "fine."]),
        ('"Yes." She left. (Really.) Ok', ['"Yes."', "She left.", "(Really.)", "Ok"]),
        ("one\n\ntwo\r\n  three", ["one", "two", "three"]),
        ("我爱你。你呢？好！", ["我爱你。", "你呢？", "好！"]),
        ("「行く。」と言った。本当！？はい", ["「行く。」", "と言った。", "本当！？", "はい"]),
        ("مرحبا. كيف حالك؟ نعم", ["مرحبا.", "كيف حالك؟", "نعم"]),
        ("Wait... what? Right.", ["Wait...", "what?", "Right."]),
    ],
)
def test_sentences(string, sentences):
    assert pieces(string, "sentence") == sentences


@pytest.mark.parametrize("unit", ["word", "sentence"])
@given(STRINGS)
def test_features_are_ordered_slices_that_hold_all_but_white_space(unit, string):
    if not string.strip():
        with pytest.raises(EmptyText):
            Text(string).cut(unit)
        return
    text = Text(string).cut(unit)
    ends = [0, *(f.end for f in text.features)]
    assert all(end <= f.start for end, f in zip(ends, text.features, strict=False))
    assert all(text.slice(f) == string[f.start : f.end] and text.slice(f).strip() for f in text.features)
    assert "".join("".join(map(text.slice, text.features)).split()) == "".join(string.split())


@given(STRINGS, st.data())
def test_frozen_spans_are_in_no_feature(string, data):
    if not string.strip():
        return
    start = data.draw(st.integers(0, len(string) - 1))
    end = data.draw(st.integers(start + 1, len(string)))
    words = Text(string).cut("word").features
    free = tuple(f for f in words if f.end <= start or end <= f.start)
    if not free:
        with pytest.raises(EmptyText, match="no feature that may change"):
            Text(string).freeze((start, end)).cut("word")
        return
    assert Text(string).freeze((start, end)).cut("word").features == free
    assert Text(string).cut("word").freeze((start, end)).features == free


def test_freezing_a_string_freezes_each_place_where_it_stands():
    text = Text("the cat saw the cat").freeze("the cat").cut("word")
    assert [text.slice(f) for f in text.features] == ["saw"]
    with pytest.raises(BadOption, match="'dog' cannot be frozen: it does not occur"):
        Text("the cat").freeze("dog")
    with pytest.raises(BadOption, match="not inside a text of 3 characters"):
        Text("cat").freeze((1, 4))


@pytest.mark.parametrize("string", ["", " ", "\n\t\r", "\u3000\u2003"])
@pytest.mark.parametrize("unit", ["word", "sentence"])
def test_a_blank_text_is_refused(string, unit):
    with pytest.raises(EmptyText, match="The text is empty"):
        Text(string).cut(unit)


def test_a_template_names_its_features_and_freezes_the_rest():
    text = Text.from_template("Q: {q}\nUse {{json}}: {c}!", q="Who?", c="Ada {x}")
    assert text.string == "Q: Who?\nUse {json}: Ada {x}!"
    assert [(f.name, text.slice(f)) for f in text.features] == [("q", "Who?"), ("c", "Ada {x}")]
    assert [text.string[a:b] for a, b in text.frozen] == ["Q: ", "\nUse {json}: ", "!"]
    assert text.cut("segment") is text
    assert [text.cut("word").slice(f) for f in text.cut("word").features] == [
        "Who",
        "?",
        "Ada",
        "{",
        "x",
        "}",
    ]


def test_a_slot_may_stand_twice_and_may_be_empty():
    text = Text.from_template("{a}{b}{a}", a="x", b="")
    assert [(f.name, f.start, f.end) for f in text.features] == [("a", 0, 1), ("a", 1, 2)]
    assert text.frozen == ()


@pytest.mark.parametrize(
    ("template", "slots", "words"),
    [
        ("{a} {b}", {"a": "x"}, "no value for b. Its slots: a, b."),
        ("{a}", {"a": "x", "c": "y"}, "no slot for the value of c. Its slots: a."),
        ("{a} {b} {b}", {"c": "y"}, "no value for a, b; no slot for the value of c. Its slots: a, b."),
        ("none", {"c": "y"}, "no slot for the value of c. Its slots: none."),
        ("{a", {"a": "x"}, "cannot be read: expected '}' before end of string. Write a plain brace twice"),
        ("a}", {}, "cannot be read: Single '}'"),
        ("{}", {}, 'the slot "{}": write a name alone'),
        ("{0}", {}, 'the slot "{0}": write a name alone'),
        ("{a:>9}", {"a": "x"}, 'the slot "{a}": write a name alone'),
        ("{a!r}", {"a": "x"}, 'the slot "{a}": write a name alone'),
        ("{a.b}", {"a": "x"}, 'the slot "{a.b}": write a name alone'),
    ],
)
def test_templates_that_do_not_fit_are_refused(template, slots, words):
    with pytest.raises(BadOption) as caught:
        Text.from_template(template, **slots)
    assert words in str(caught.value)


def test_a_template_with_nothing_in_it_is_refused():
    with pytest.raises(EmptyText, match="Every slot of the template is empty"):
        Text.from_template("Q: {a}", a="")


@given(st.dictionaries(st.sampled_from("abcde"), STRINGS.filter(bool), min_size=1), STRINGS)
def test_any_template_holds_its_values_exactly(slots, fixed):
    literal = fixed.replace("{", "{{").replace("}", "}}")
    text = Text.from_template(literal.join(f"{{{name}}}" for name in slots), **slots)
    assert [(f.name, text.slice(f)) for f in text.features] == list(slots.items())
    assert text.string == fixed.join(slots.values())


def test_units_that_need_something_else_say_what():
    with pytest.raises(BadOption, match="Only a model can cut tokens"):
        Text("a").cut("token")
    with pytest.raises(BadOption, match="from_template"):
        Text("a").cut("segment")
    with pytest.raises(BadOption, match="Units: token, word, sentence, segment"):
        Text("a").cut("verse")
    with pytest.raises(BadOption, match="Units: token, word, sentence, segment"):
        Text("a", "verse")


@pytest.mark.parametrize("span", [(-1, 1), (1, 1), (2, 1), (0, 4)])
def test_spans_outside_the_text_are_refused(span):
    with pytest.raises(BadOption, match="not inside a text of 3 characters"):
        Text("abc", features=(Feature(*span),))


@pytest.mark.parametrize(
    ("string", "removed", "left"),
    [
        ("a b c", [], "a b c"),
        ("a b c", [1], "a c"),
        ("a b c", [0], "b c"),
        ("a b c", [2], "a b"),
        ("a b c ", [2], "a b "),
        ("a b c d", [1, 2], "a d"),
        ("a b", [0, 1], ""),
        ("one\n\n  two three", [1], "one\n\n  three"),
        ("我爱你", [1], "我你"),
        ("a, b", [1], "a b"),
        ("a  b  c", [], "a  b  c"),
    ],
)
def test_keep_removes_a_word_and_one_space_and_no_other_layout(string, removed, left):
    text = Text(string).cut("word")
    assert text.keep([i not in removed for i in range(len(text.features))]) == left


@given(STRINGS.filter(str.strip), st.data())
def test_keep_loses_nothing_that_was_kept(string, data):
    text = Text(string).cut("word")
    mask = data.draw(st.lists(st.booleans(), min_size=len(text.features), max_size=len(text.features)))
    kept = [text.slice(f) for f, keep in zip(text.features, mask, strict=True) if keep]
    assert "".join(text.keep(mask).split()) == "".join("".join(kept).split())
    if all(mask):
        assert text.keep(mask) == string


def test_keep_with_tokens_that_share_a_character():
    text = Text("a猫b", "token", (Feature(0, 1), Feature(1, 2), Feature(1, 2), Feature(2, 3)))
    assert text.keep([True, False, True, True]) == "ab"
    assert text.keep([True, True, False, False]) == "a"
    inside = Text("abcd", "token", (Feature(0, 4), Feature(1, 2)))
    assert inside.keep([False, False]) == ""


@given(STRINGS.filter(str.strip), st.sampled_from(["word", "sentence"]))
def test_plain_data_and_back(string, unit):
    text = Text(string).cut(unit)
    assert Text.from_dict(text.as_dict()) == text


def test_the_examples_of_the_docstrings():
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0


def test_slots_may_have_baselines():
    text = Text.from_template("{name} and {self} in {name}", name="Dave", self="she")
    given = text.with_baselines(name=["Anna", "Ben"], self="he")
    assert [f.baselines for f in given.features] == [("Anna", "Ben"), ("he",), ("Anna", "Ben")]
    assert given.with_baselines(name="Eve").features[1].baselines == ("he",)
    assert (given.string, given.frozen) == (text.string, text.frozen)
    assert Text.from_dict(given.as_dict()) == given
    assert Text.from_dict(text.as_dict()) == text
    assert given.freeze("Dave").features[0].baselines == ("he",)
    assert not any(f.baselines for f in given.cut("word").features)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"nam": "Anna"}, "no slot for the baseline of nam. Slots: name, city."),
        ({"name": []}, "The slot name has no baseline"),
    ],
)
def test_baselines_without_a_slot_or_a_string_are_refused(given, words):
    text = Text.from_template("{name} lives in {city}", name="Dave", city="Rome")
    with pytest.raises(BadOption, match=words):
        text.with_baselines(**given)
    with pytest.raises(BadOption, match=r"Slots: none; they come with Text\.from_template"):
        Text("Dave lives").cut("word").with_baselines(**given)
