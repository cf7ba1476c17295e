"""Which token belongs to which feature, on every kind of tokenizer and on texts that are awkward to cut."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from pellucid.core.errors import EmptyText, TextTooLong
from pellucid.core.target import Target
from pellucid.core.text import Feature, Text
from pellucid.models.huggingface.encode import NO_FEATURE, encode, read, truncated
from pellucid.models.huggingface.removal import Removal
from tests import twin
from tests.families import ALL, QUESTION, family, shape_of

KINDS = ("gpt2", "llama", "gemma3", "opt", "bert-label", "roberta-label", "t5")
TEXTS = {
    "plain": "The old film is good.",
    "repeated": "good good, good film film good",
    "emoji": "A good film 🙂👍🏽 was 🎬!",
    "family": "👨‍👩‍👧‍👦 film",
    "han": "这部电影很好 film 日本",
    "right to left": "the film שלום עולם مرحبا is good",
    "spaces": "  The   old\tfilm \n\n is good  ",
    "combining": "cafe\u0301 and cafe\u0301s",
    "punctuation": "He didn't... (really?) — no!",
    "one character": "x",
    "control": "a\u200bb\u00a0c",
}


def encoding_of(name: str, text: Text) -> Any:
    return family(name).encoding(text)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("string", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("unit", ["token", "word", "sentence"])
def test_tokens_belong_to_the_feature_they_stand_in(name: str, string: str, unit: Any) -> None:
    model = family(name)
    text = model.cut(string, unit)
    encoding = encoding_of(name, text)
    assert encoding.ids.tolist() == model.tokenizer(string)["input_ids"]
    expected = [NO_FEATURE if owner is None else owner for owner in twin.owners(model.tokenizer, text)]
    assert encoding.feature_of.tolist() == expected
    assert set(range(len(text.features))) == set(expected) - {NO_FEATURE}
    assert text.string == string


@pytest.mark.parametrize(
    ("name", "string", "expected"),
    [
        ("gpt2", "good film", ["good", "film"]),
        ("gpt2", "film 🙂", ["film", "🙂", "🙂", "🙂", "🙂", "🙂"]),
        ("gpt2", "The\n\nfilm", ["The", "film", "film", "film"]),
        ("gpt2", "film  ", ["film", None, None]),
        ("gpt2", "good<|endoftext|>film", ["good", None, "film"]),
        ("llama", "film 你", [None, "film", "你", "你", "你", "你"]),
        ("llama", "🙂", [None, "🙂", "🙂", "🙂", "🙂", "🙂"]),
        ("roberta-label", "film 🙂", [None, "film", "🙂", "🙂", "🙂", "🙂", "🙂", None]),
        ("roberta-label", "the <mask> film", [None, "the", None, None, "film", None]),
        ("bert-label", "film [MASK] 🙂", [None, "film", None, "🙂", None]),
        ("t5", "is <extra_id_0> is", ["is", "is", None, "is", "is", None]),
    ],
)
def test_words_own_these_tokens(name: str, string: str, expected: list[str | None]) -> None:
    text = family(name).cut(string, "word")
    owners = encoding_of(name, text).feature_of
    assert [None if o == NO_FEATURE else text.slice(text.features[o]) for o in owners] == expected


def test_repeated_words_are_features_of_their_own() -> None:
    text = family("gpt2").cut("good film good", "word")
    assert encoding_of("gpt2", text).feature_of.tolist() == [0, 1, 2]
    assert [f.start for f in text.features] == [0, 5, 10]


TEMPLATES = {
    "spaces": Text.from_template("Film: {what} It is {how}.", what="The old one.", how="good"),
    "lines": Text.from_template("Review:\n{what}\n\nAnswer:", what="A good film"),
    "joined": Text.from_template("re{what}ing", what="view"),
    "chat": Text.from_template("<s>[INST] {what} [/INST]", what="Was it 🙂?"),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("text", TEMPLATES.values(), ids=TEMPLATES)
@pytest.mark.parametrize("unit", ["segment", "word", "token"])
@pytest.mark.parametrize("ablate", ["delete", "mask", "attention"])
def test_frozen_tokens_are_in_every_row(name: str, text: Text, unit: Any, ablate: Any) -> None:
    """A token whose visible characters are frozen is never removed; the rows are what the obvious way reads."""
    model = family(name)
    try:
        cut = model.cut(text, unit)
    except EmptyText:
        assert text is TEMPLATES["joined"]  # a piece of a word need not be a token
        return
    encoding = encoding_of(name, cut)
    spans = read(model.tokenizer, cut.string, closed=True).spans
    for (start, end), owner in zip(spans, encoding.feature_of, strict=True):
        visible = [at for at in range(start, end) if not cut.string[at].isspace()]
        if owner != NO_FEATURE and visible:
            assert not any(a <= at < b for a, b in text.frozen for at in visible)
    for mask in np.random.default_rng(0).random((4, len(cut.features))) < 0.5:
        instead = np.full(len(encoding.ids), 1) if ablate == "mask" else None
        made = Removal(encoding, ablate, instead=instead).row(mask)
        frozen = encoding.ids[encoding.feature_of == NO_FEATURE]
        kept = np.append(mask, True)[encoding.feature_of]
        if ablate == "delete":
            assert made.ids.tolist() == encoding.ids[kept].tolist()
        elif ablate == "mask":
            assert made.ids.tolist() == np.where(kept, encoding.ids, 1).tolist()
            assert made.ids[encoding.feature_of == NO_FEATURE].tolist() == frozen.tolist()
        else:
            assert made.ids.tolist() == encoding.ids.tolist()
            assert made.attended[encoding.feature_of == NO_FEATURE].all()


def test_the_first_word_of_a_slot_is_free_though_its_space_is_frozen() -> None:
    text = family("gpt2").cut(TEMPLATES["spaces"], "token")
    assert [text.slice(f) for f in text.features][:2] == ["The", " old"]
    assert not any(text.is_frozen(f.start, f.end) for f in text.features)


def test_a_line_break_in_front_of_a_slot_is_frozen() -> None:
    text = family("gpt2").cut(TEMPLATES["lines"], "segment")
    encoding = encoding_of("gpt2", text)
    kept = encoding.ids[encoding.feature_of == NO_FEATURE].tolist()
    assert family("gpt2").tokenizer.decode(kept) == "Review:\n\n\nAnswer:"


@pytest.mark.parametrize("name", KINDS)
def test_special_tokens_in_the_text_stay(name: str) -> None:
    tokenizer = family(name).tokenizer
    for token in tokenizer.all_special_tokens:
        if token != tokenizer.unk_token or token in (tokenizer.bos_token, tokenizer.eos_token):
            for unit in ("token", "word"):
                text = family(name).cut(f"good {token} film", unit)
                encoding = encoding_of(name, text)
                there = encoding.ids == tokenizer.convert_tokens_to_ids(token)
                assert there.any()
                assert (encoding.feature_of[there] == NO_FEATURE).all()
                assert {text.slice(f).strip() for f in text.features} & set("<>[]") == set()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("string", ["", " ", "\n\t ", "\u00a0"])
def test_a_blank_text_is_refused(name: str, string: str) -> None:
    with pytest.raises(EmptyText):
        family(name).cut(string)


def test_a_text_of_special_tokens_alone_is_refused() -> None:
    for unit in ("token", "word"):
        with pytest.raises(EmptyText):
            family("gpt2").cut("<|endoftext|>", unit)


def test_a_text_cut_by_another_model_is_refused() -> None:
    text = family("gpt2").cut("The film is François", "token")
    with pytest.raises(ValueError, match="not cut into the tokens of this model"):
        encoding_of("bert-label", text)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("string", [*TEXTS.values(), "🙂" * 5, "good film " * 8], ids=str)
@pytest.mark.parametrize("keep_end", [True, False])
def test_truncation_respects_the_limit(name: str, string: str, keep_end: bool) -> None:
    tokenizer = family(name).tokenizer
    reader = partial(read, tokenizer, closed=True)
    added = len(tokenizer("")["input_ids"])
    for limit in (added + 2, added + 5, added + 9):
        try:
            short = truncated(reader, Text(string), limit, keep_end=keep_end)
        except EmptyText:
            continue
        assert len(tokenizer(short.string)["input_ids"]) <= limit
        assert string.endswith(short.string) if keep_end else string.startswith(short.string)
        if len(tokenizer(string)["input_ids"]) <= limit:
            assert short.string == string


def test_truncation_keeps_what_fits() -> None:
    reader = partial(read, family("gpt2").tokenizer, closed=True)
    words = "good film " * 8
    assert truncated(reader, Text(words), 4, keep_end=True).string == " film good film "
    assert truncated(reader, Text(words), 4, keep_end=False).string == "good film good film"


def test_truncation_moves_features_and_frozen_parts() -> None:
    reader = partial(read, family("gpt2").tokenizer, closed=True)
    text = Text.from_template("good film good: {a} {b}", a="old film", b="good")
    short = truncated(reader, text, 4, keep_end=True)
    assert short.string == ": old film good"
    assert [(short.slice(f), f.name) for f in short.features] == [("old film", "a"), ("good", "b")]
    assert [short.string[a:b] for a, b in short.frozen] == [": ", " "]
    with pytest.raises(EmptyText, match="fits into 0 tokens"):
        truncated(reader, text, 0, keep_end=True)


@pytest.mark.parametrize("name", [n for n in ALL if family(n).context is not None and n not in QUESTION])
def test_the_context_is_what_the_model_can_read(name: str) -> None:
    """A text of exactly that length is scored; one token more is refused, or truncated on request."""
    model = family(name)
    assert model.context == 64
    first = model.tokenizer.mask_token if shape_of(name) == "masked" else "good"
    others = 64 - len(model.tokenizer(first)["input_ids"])
    string = first + " good" * others
    assert len(model.tokenizer(string)["input_ids"]) == 64
    text = model.cut(string)
    asked = Target("PER" if shape_of(name) == "token-label" else None)
    target = model.resolve(text, asked)
    assert np.isfinite(model.value(text, target)(np.ones((1, len(text.features)), bool))).all()
    longer = model.cut(string + " good")
    with pytest.raises(TextTooLong, match=r"65 tokens; .* reads at most 64"):
        model.resolve(longer, asked)
    fitting = model.cut(string + " good", truncate=True)
    assert len(model.tokenizer(fitting.string)["input_ids"]) == 64
    assert model.resolve(fitting, asked).ids


def test_relative_positions_have_no_end() -> None:
    model = family("t5")
    assert model.context is None
    text = model.cut("good " * 300)
    assert model.resolve(text, Target("the")).ids


def test_truncation_leaves_room_for_the_answer() -> None:
    model = family("gpt2")
    string = "good film " * 40
    for target in (
        Target(" the old film"),
        Target(answer_tokens=5),
        Target(" the", against=" the old film is"),
    ):
        text = model.cut(string, truncate=True, target=target)
        resolved = model.resolve(text, target)
        assert len(resolved.ids) == {" the old film": 3, " the": 1}.get(target.answer or "", 5)
        assert np.isfinite(model.value(text, resolved)(np.ones((1, len(text.features)), bool))).all()


def test_an_answer_shares_the_context_with_the_text() -> None:
    model = family("gpt2")
    text = model.cut("good film " * 31 + "good")
    assert len(encoding_of("gpt2", text).ids) == 63
    assert len(model.resolve(text, Target(" the old")).ids) == 2
    with pytest.raises(TextTooLong, match="65 tokens"):
        model.resolve(text, Target(" the old film"))
    assert len(model.resolve(text, Target(answer_tokens=10)).ids) <= 2


def test_an_answer_longer_than_the_context_leaves_no_room() -> None:
    model = family("gpt2")
    with pytest.raises(TextTooLong, match="at most 64"):
        model.cut("good film", truncate=True, target=Target(" good" * 80))


def test_features_are_exact_ranges() -> None:
    text = family("roberta-label").cut(" good  film", "word")
    assert text.features == (Feature(1, 5), Feature(7, 11))
    encoding = encode(
        partial(read, family("roberta-label").tokenizer, closed=True), text, frozenset({0, 2}), None
    )
    assert encoding.slots.size == 0
