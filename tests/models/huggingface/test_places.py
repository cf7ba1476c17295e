"""Answers that stand at a place: the label of a word, the span of a context; and texts of two parts."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from pellucid.core.errors import (
    AblationImpossible,
    BadOption,
    EmptyTarget,
    EmptyText,
    TargetImpossible,
    TextTooLong,
    UnknownLabel,
    UnsupportedModel,
)
from pellucid.core.progress import metered
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface.encode import NO_FEATURE
from pellucid.models.huggingface.model import HuggingFaceModel
from tests import twin
from tests.families import (
    CAUSAL,
    ENCODER_DECODER,
    LABEL,
    PAIR,
    QUESTION,
    TOKEN_LABEL,
    family,
    fresh,
    live,
    question,
)
from tests.models.huggingface.test_value import CLOSE, some_masks

SENTENCE = "Mary went to the old store with John."
WHO, STORY = "Who went to the store?", "Mary went, and John gave a drink to Mary."
PAIRS = [*QUESTION, *PAIR, "bert-token-label"]


def whole_logits(name: str, text: Text, at: Any = None) -> np.ndarray:
    """What the twin reads of the whole text."""
    read = twin.read_of(name, family(name).tokenizer, text, [True] * len(text.features), "mask", at=at)
    return twin.logits(name, family(name).module, read, ())


# Texts of two parts


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("unit", ["token", "word", "sentence", "segment"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("A good film.", "The old film is good."),
        ("good ", " good"),
        ("film 🙂", "🙂 film\nold\n"),
        ("a\nb", "c"),
    ],
)
def test_a_pair_is_read_as_its_tokenizer_joins_two(name: str, unit: Any, first: str, second: str) -> None:
    model = family(name)
    text = model.cut(Text.pair(first, second), unit)
    encoding = model.encoding(text)
    read = model.tokenizer(first, second)
    assert encoding.ids.tolist() == read["input_ids"]
    assert (None if encoding.types is None else encoding.types.tolist()) == read.get("token_type_ids")
    expected = [NO_FEATURE if owner is None else owner for owner in twin.owners(model.tokenizer, text)]
    assert encoding.feature_of.tolist() == expected
    assert set(range(len(text.features))) == set(expected) - {NO_FEATURE}
    for f in text.features:
        assert f.end <= len(first) or f.start >= text.seam
    parts = read.sequence_ids()
    for position, owner in enumerate(encoding.feature_of):
        if owner != NO_FEATURE:  # a token belongs to a feature of its own part
            assert (text.features[owner].start >= text.seam) == (parts[position] == 1)


def test_the_second_part_has_types_of_its_own() -> None:
    encoding = family("bert-pair").encoding(family("bert-pair").cut(Text.pair("old film", "good")))
    assert encoding.types is not None
    assert encoding.types.tolist() == [0, 0, 0, 0, 1, 1]


def test_a_blank_end_goes_with_no_word_of_the_other_part() -> None:
    """GPT-2's tokenizer puts nothing between the parts."""
    model = family("gpt2-label")
    text = model.cut(Text.pair("old ", "film"), "word")
    assert model.tokenizer.convert_ids_to_tokens(model.encoding(text).ids.tolist()) == ["old", "Ġ", "film"]
    assert model.encoding(text).feature_of.tolist() == [0, NO_FEATURE, 1]


def test_the_memo_knows_a_pair_from_one_text() -> None:
    """The same ids, of other types."""
    model = fresh("bert-pair")
    texts = [model.cut(t, "word") for t in (Text.pair("old film", "good"), "old film [SEP] good")]
    ids = [model.encoding(t).ids.tolist() for t in texts]
    assert ids[0] == ids[1]
    target = model.resolve(texts[0], Target("good"))
    masks = np.ones((1, 3), bool)
    found = [model.value(t, target)(masks)[0, 0] for t in texts]
    assert abs(found[0] - found[1]) > 1e-3


def test_a_part_can_be_frozen() -> None:
    model = family("bert-question")
    text = Text.pair(WHO, STORY)
    cut = model.cut(text.freeze(text.parts[0]), "word")
    assert [cut.slice(f) for f in cut.features] == "Mary went , and John gave a drink to Mary .".split()
    assert model.cut(Text.pair(Text(WHO).freeze("Who"), STORY), "word").features[0].start == WHO.index("went")


@pytest.mark.parametrize("name", [*CAUSAL, *ENCODER_DECODER])
def test_models_that_write_refuse_two_parts(name: str) -> None:
    with pytest.raises(BadOption, match=r"two parts.*from_template"):
        family(name).cut(Text.pair("old", "film"))


def test_truncation_keeps_the_first_part_whole() -> None:
    model = family("bert-question")
    text = Text.pair("Who is good?", "good film " * 40)
    with pytest.raises(TextTooLong):
        model.resolve(model.cut(text), Target())
    short = model.cut(text, "word", truncate=True)
    assert short.string.startswith("Who is good?\ngood film")
    assert (short.seam, len(model.encoding(short).ids)) == (text.seam, model.context)
    assert model.resolve(short, Target()).ids
    with pytest.raises(EmptyText, match="fits"):
        model.cut(Text.pair("good film " * 40, "good"), truncate=True)


# The label of a word


@pytest.mark.parametrize("name", TOKEN_LABEL)
@pytest.mark.parametrize("ablate", ["delete", "attention", "mean"])
def test_a_label_follows_its_word(name: str, ablate: Any) -> None:
    """The word stays, frozen; what stands before it is taken away."""
    model = family(name)
    text = model.cut(Text(SENTENCE).freeze("store"), "word")
    for against in (None, "LOC"):
        target = model.resolve(text, Target("PER", at="store", against=against, scale="logprob"))
        masks = some_masks(len(text.features))
        slow = [twin.value(name, model, text, m, ablate, target.ids, target.at)[:, 1].sum() for m in masks]
        if against:
            other = target.against_ids
            slow -= np.array(
                [twin.value(name, model, text, m, ablate, other, target.at)[:, 1].sum() for m in masks]
            )
        np.testing.assert_allclose(model.value(text, target, ablate).total(masks), slow, atol=CLOSE)


@pytest.mark.parametrize("name", TOKEN_LABEL)
@pytest.mark.parametrize("unit", ["token", "word"])
def test_a_label_is_that_of_its_first_token(name: str, unit: Any) -> None:
    model = family(name)
    string = "a wonderfully nobody"
    text = model.cut(string, unit)
    at = (2, 13)
    tokens = model.tokenizer(string, return_offsets_mapping=True)["offset_mapping"]
    inside = [p for p, (a, b) in enumerate(tokens) if a < 13 and b > 2 and string[a:b].strip()]
    assert len(inside) > 1
    out = model.module(torch.tensor([model.tokenizer(string)["input_ids"]])).logits[0, inside[0]]
    for number, label in enumerate(("O", "PER", "LOC")):
        for place in ("wonderfully", at):
            target = model.resolve(text, Target(label, at=place))
            assert (target.ids, target.at, target.outputs) == ((number,), at, (label,))
            kept = np.ones((1, len(text.features)), bool)
            assert model.value(text, target).total(kept)[0] == pytest.approx(out[number].item(), abs=CLOSE)
    assert model.resolve(text, Target(at=at)).ids == (int(out.argmax()),)


@pytest.mark.parametrize("name", TOKEN_LABEL)
def test_without_a_place_it_is_the_surest_word(name: str) -> None:
    model = fresh(name)
    text = model.cut(SENTENCE, "word")
    words = [(f.start, f.end) for f in text.features]
    with torch.no_grad():
        head = model.module.classifier
        head.bias[0] -= 30  # "O" is nowhere
        places = {place: model.resolve(text, Target(at=place)) for place in words}
        assert {t.answer for t in places.values()} <= {"PER", "LOC"}
        probabilities = {place: probability(model, text, t) for place, t in places.items()}
        surest = max(probabilities, key=lambda place: probabilities[place])
        assert model.resolve(text, Target()) == places[surest]
        for label in ("PER", "LOC"):
            of = {
                place: probability(model, text, model.resolve(text, Target(label, at=place)))
                for place in words
            }
            assert model.resolve(text, Target(label)).at == max(of, key=lambda place: of[place])
        assert model.generate([SENTENCE]) == [places[surest].answer]
        head.bias[0] += 60  # "O" is everywhere
        with pytest.raises(TargetImpossible, match=r'the label "O".*at='):
            model.resolve(text, Target())
        assert model.resolve(text, Target(at="John")).answer == "O"


def probability(model: Any, text: Text, target: Target) -> float:
    return float(model.value(text, target.on("prob")).total(np.ones((1, len(text.features)), bool))[0])


def test_labels_without_an_outside_one() -> None:
    """Of a tagger of parts of speech every word has a label that says something."""
    module, tokenizer = live("bert-token-label")
    module.config.id2label = {0: "DET", 1: "NOUN", 2: "VERB"}
    model = HuggingFaceModel(module, tokenizer, "tagger")
    text = model.cut(SENTENCE, "word")
    every = [model.resolve(text, Target(at=(f.start, f.end))) for f in text.features]
    assert model.resolve(text, Target()) == max(every, key=lambda t: probability(model, text, t))


@pytest.mark.parametrize("name", TOKEN_LABEL)
def test_the_labelled_word_cannot_be_left_out(name: str) -> None:
    model = family(name)
    text = model.cut(SENTENCE, "word")
    target = model.resolve(text, Target("PER", at="John"))
    with pytest.raises(AblationImpossible, match=r"stands at 'John'.*text\.freeze\('John'\)"):
        model.value(text, target, "delete")
    assert model.value(text, target).ablate == ("mask" if name != "gpt2-token-label" else "attention")
    elsewhere = model.cut(Text(SENTENCE).freeze("John"), "word")
    assert model.value(elsewhere, target, "delete").ablate == "delete"


def test_an_encoder_without_its_decoder_labels_words() -> None:
    """T5's keeps two embeddings, and reads one."""
    module, tokenizer = live("t5")
    torch.manual_seed(0)
    config = transformers.T5Config(**module.config.to_dict())
    model = HuggingFaceModel(transformers.T5ForTokenClassification(config).eval(), tokenizer, "t5")
    text = model.cut(SENTENCE, "word")
    target = model.resolve(text, Target("1", at="John"))
    gradients = model.gradients(text, target)
    kept = np.ones((1, len(text.features)), bool)
    values, slopes = gradients(gradients.inputs[None])
    np.testing.assert_allclose(values, model.value(text, target)(kept), atol=CLOSE)
    assert slopes.abs().max() > 0
    assert np.isfinite(model.value(text, target, "mean")(~kept)).all()


def test_places_are_told_apart_by_the_memo() -> None:
    model = fresh("bert-token-label")
    text = model.cut(SENTENCE, "word")
    masks = np.ones((1, len(text.features)), bool)
    found = [
        model.value(text, model.resolve(text, Target("PER", at=at)))(masks)[0, 0] for at in ("Mary", "John")
    ]
    assert abs(found[0] - found[1]) > 1e-4


@pytest.mark.parametrize(
    ("target", "error", "words"),
    [
        (Target("PER", at="Anna"), BadOption, "'Anna' does not stand"),
        (Target("PER", at="o"), BadOption, r"4 times in the text, at .*--at 11:12"),
        (Target("PER", at=(3, 99)), BadOption, "3:99"),
        (Target("PER", at=(4, 5)), TargetImpossible, "no token there"),
        (Target("DATE", at="Mary"), UnknownLabel, "O, PER, LOC"),
        (Target("DATE"), UnknownLabel, "O, PER, LOC"),
        (Target("PER", at="Mary", against="PER"), TargetImpossible, "both"),
    ],
)
def test_places_and_labels_that_are_not_there(target: Target, error: type, words: str) -> None:
    model = family("bert-token-label")
    with pytest.raises(error, match=words):
        model.resolve(model.cut(SENTENCE), target)


@pytest.mark.parametrize("name", ["gpt2", "t5", "bert-masked", *LABEL[:1]])
def test_other_models_have_no_places(name: str) -> None:
    model, q = family(name), question(name)
    with pytest.raises(TargetImpossible, match="text as a whole"):
        model.resolve(model.cut(q.text), Target(q.one, at="old"))


# The span of a context


@pytest.mark.parametrize("name", QUESTION)
@pytest.mark.parametrize("most", [1, 2, 5, None])
def test_the_own_answer_is_the_best_span(name: str, most: int | None) -> None:
    """Every span of the context, one by one."""
    model = family(name)
    text = model.cut(Text.pair(WHO, STORY))
    start, end = whole_logits(name, text)
    parts = model.tokenizer(WHO, STORY).sequence_ids()
    inside = [p for p, part in enumerate(parts) if part == 1]
    spans = [(a, b) for a, b in product(inside, inside) if a <= b < a + (most or 15)]
    best = max(spans, key=lambda s: start[s[0]] + end[s[1]])
    target = model.resolve(text, Target(answer_tokens=most))
    assert target.ids == best
    assert target.outputs == ("start", "end")
    at = twin.spans(model.tokenizer, text)[best[0]][0], twin.spans(model.tokenizer, text)[best[1]][1]
    assert text.string[slice(*target.at)] == target.answer == text.string[slice(*at)].strip()
    assert model.generate([text], max_tokens=most or 15) == [target.answer]
    assert model.resolve(text, target) == target


@pytest.mark.parametrize("name", QUESTION)
@pytest.mark.parametrize("ablate", ["delete", "mask", "attention", "mean"])
@pytest.mark.parametrize("scale", ["logit", "logprob", "prob", "logodds"])
def test_an_answer_follows_its_words(name: str, ablate: Any, scale: Any) -> None:
    """The answers stay, frozen; the question and the rest of the context come and go."""
    model = family(name)
    text = model.cut(Text.pair(WHO, STORY).freeze("John gave", "drink"), "word")
    masks = some_masks(len(text.features))
    target = model.resolve(text, Target("John gave", scale=scale))
    slow = [twin.on_scale(twin.value(name, model, text, m, ablate, target.ids), scale) for m in masks]
    np.testing.assert_allclose(model.value(text, target, ablate)(masks), slow, atol=CLOSE)
    contrast = model.resolve(text, Target("John gave", against="drink", scale=scale))
    other = [
        twin.on_scale(twin.value(name, model, text, m, ablate, contrast.against_ids), scale) for m in masks
    ]
    expected = np.sum(slow, 1) - np.sum(other, 1)
    np.testing.assert_allclose(model.value(text, contrast, ablate).total(masks), expected, atol=CLOSE)


def test_both_answers_are_read_at_once() -> None:
    model = fresh("bert-question")
    text = model.cut(Text.pair(WHO, STORY), "word")
    target = model.resolve(text, Target("John", against="a drink"))
    masks = some_masks(len(text.features))
    with metered() as meter:
        model.value(text, target)(masks)
    assert meter.forwards == len(masks)


def test_probabilities_of_starts_and_ends_add_up_to_one() -> None:
    model = family("bert-question")
    text = model.cut(Text.pair(WHO, STORY))
    encoding = model.encoding(text, model.resolve(text, Target("John")))
    kept = np.ones((1, len(text.features)), bool)
    ends = np.zeros(2)
    for position in range(len(encoding.ids)):
        target = replace(model.resolve(text, Target("John", scale="logprob")), ids=(position, position))
        ends += np.exp(model.value(text, target)(kept)[0])
    np.testing.assert_allclose(ends, 1, atol=1e-5)


def test_an_answer_that_stands_twice_needs_its_place() -> None:
    model = family("bert-question")
    text = model.cut(Text.pair(WHO, STORY), "word")
    first, second = (i for i in range(len(text.string)) if text.string.startswith("Mary", i))
    with pytest.raises(BadOption, match=rf"2 times.*--at {first}:{first + 4}"):
        model.resolve(text, Target("Mary"))
    for place, start in (
        ((first, first + 4), first),
        ((second, second + 4), second),
        ("drink to Mary", second),
    ):
        target = model.resolve(text, Target("Mary", at=place))
        assert (target.at, target.answer) == ((start, start + 4), "Mary")
    assert model.resolve(text, Target("Mary", at="drink to Mary", against="John")).against_ids
    own = model.resolve(text, Target(at="John gave"))
    assert str(own.answer) in ("John", "gave", "John gave")


@pytest.mark.parametrize("name", QUESTION)
def test_an_answer_cannot_be_left_out(name: str) -> None:
    model = family(name)
    text = model.cut(Text.pair(WHO, STORY), "word")
    for target in (Target("John"), Target("a drink", against="John")):
        with pytest.raises(AblationImpossible, match=r"the answer stands at '(John|a)'"):
            model.value(text, model.resolve(text, target), "delete")
    frozen = model.cut(Text.pair(WHO, STORY).freeze("a drink"), "word")
    with pytest.raises(AblationImpossible, match="stands at 'John'"):
        model.value(frozen, model.resolve(frozen, Target("a drink", against="John")), "delete")


@pytest.mark.parametrize(
    ("target", "error", "words"),
    [
        (Target("Anna"), BadOption, "'Anna' does not stand in 'Mary went"),
        (Target("Who"), BadOption, "'Who' does not stand in 'Mary went"),
        (Target(" "), EmptyTarget, "no token"),
        (Target("John", at="Who"), BadOption, "'Who' does not stand"),
        (Target("John", at="Mary went"), BadOption, "'John' does not stand in 'Mary went'"),
        (Target("John", against="John"), TargetImpossible, "both"),
    ],
)
def test_answers_that_are_not_there(target: Target, error: type, words: str) -> None:
    model = family("bert-question")
    with pytest.raises(error, match=words):
        model.resolve(model.cut(Text.pair(WHO, STORY)), target)


def test_a_question_needs_a_context() -> None:
    model = family("bert-question")
    with pytest.raises(TargetImpossible, match=r"Text\.pair\(question, context\).*--second"):
        model.resolve(model.cut(WHO), Target())


def test_models_that_search_or_look_at_pictures_are_refused() -> None:
    _, tokenizer = live("bert-question")
    small = {"vocab_size": 20, "d_model": 8, "n_layer": 1, "n_head": 2, "d_inner": 8}
    searching = transformers.XLNetForQuestionAnswering(transformers.XLNetConfig(**small))
    with pytest.raises(UnsupportedModel, match="as start and as end; found XLNetForQuestionAnswering"):
        HuggingFaceModel(searching, tokenizer, "xlnet")


def test_an_encoder_decoder_answers_from_its_context_too() -> None:
    _, tokenizer = live("bart")
    torch.manual_seed(0)
    module = transformers.BartForQuestionAnswering(family("bart").module.config).eval()
    model = HuggingFaceModel(module, tokenizer, "bart")
    text = model.cut(Text.pair(WHO, STORY), "word")
    target = model.resolve(text, Target("John"))
    kept = np.ones((1, len(text.features)), bool)
    out = module(torch.tensor([tokenizer(WHO, STORY)["input_ids"]]))
    expected = out.start_logits[0, target.ids[0]] + out.end_logits[0, target.ids[1]]
    assert model.value(text, target).total(kept)[0] == pytest.approx(expected.item(), abs=CLOSE)
    with pytest.raises(TargetImpossible, match="reads the text twice"):
        model.gradients(text, target)
