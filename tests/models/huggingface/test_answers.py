"""From what is wanted to the ids that are scored, and back to readable text, for each shape of output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import processors
from transformers import GenerationConfig

from pellucid.core.errors import EmptyTarget, TargetImpossible, UnknownLabel
from pellucid.core.target import Target
from pellucid.models.huggingface.decode import displayed
from pellucid.models.huggingface.model import HuggingFaceModel
from tests import twin
from tests.families import (
    ALL,
    CAUSAL,
    ENCODER_DECODER,
    LABEL,
    MASKED,
    family,
    fresh,
    live,
    question,
    shape_of,
)


def ids_of(name: str, text: str, wanted: str) -> tuple[int, ...]:
    model = family(name)
    return model.resolve(model.cut(text), Target(wanted)).ids


def tokens_of(name: str, text: str, wanted: str) -> list[str]:
    return family(name).tokenizer.convert_ids_to_tokens(ids_of(name, text, wanted))


# Causal: the answer stands behind the text


@pytest.mark.parametrize("name", CAUSAL)
@pytest.mark.parametrize(
    "text", ["The film is", "The film is ", "film\n", "The fi", "good.", "film 🙂", "你"]
)
@pytest.mark.parametrize("wanted", [" good", "good", "lm is", ", and", "\n", " 🙂", "好", "  old", "x"])
def test_text_and_answer_read_as_written(name: str, text: str, wanted: str) -> None:
    """Decoded together, text and answer are their characters, whatever merges at the seam."""
    tokenizer = family(name).tokenizer
    ids = family(name).encoding(family(name).cut(text)).ids.tolist()
    both = tokenizer.decode(ids + list(ids_of(name, text, wanted)), skip_special_tokens=True)
    assert both == text + wanted


@pytest.mark.parametrize("name", CAUSAL)
def test_the_seam_is_that_of_the_whole_text_where_it_can_be(name: str) -> None:
    tokenizer = family(name).tokenizer
    text, wanted = "The old film is", " good, and the film"
    alone, together = tokenizer(text)["input_ids"], tokenizer(text + wanted)["input_ids"]
    assert together[: len(alone)] == alone
    assert ids_of(name, text, wanted) == tuple(together[len(alone) :])


def test_sentence_pieces_at_the_seam() -> None:
    assert tokens_of("llama", "The film is", " good") == ["▁good"]
    assert tokens_of("llama", "The film is", "good")[0] != "▁good"
    assert "▁good" not in tokens_of("llama", "The film is ", "good")
    assert tokens_of("gemma3", "The film is", " good") == ["▁good"]
    assert tokens_of("gpt2", "The film is", " good") == ["Ġgood"]


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_a_tokenizer_that_ends_texts(name: str) -> None:
    """What it adds is neither read in front of the answer nor part of it; what the user wrote is read."""
    module, tokenizer = live(name)
    end, begin = tokenizer.eos_token, tokenizer.bos_token
    tokenizer._tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        special_tokens=[(begin, tokenizer.bos_token_id), (end, tokenizer.eos_token_id)],
    )
    model = HuggingFaceModel(module, tokenizer, name)
    text = model.cut("The film is")
    ids = model.encoding(text).ids.tolist()
    assert tokenizer("The film is")["input_ids"] == [*ids, tokenizer.eos_token_id]
    for wanted in (" good", " good film", None):
        assert tokenizer.eos_token_id not in model.resolve(text, Target(wanted)).ids
    assert tokenizer.decode(model.resolve(text, Target(" good")).ids).strip() == "good"
    written = model.cut(f"The film is{end}")
    assert model.encoding(written).ids.tolist() == [*ids, tokenizer.eos_token_id]


@pytest.mark.parametrize("name", ALL)
def test_an_empty_answer_is_refused(name: str) -> None:
    model = family(name)
    with pytest.raises((EmptyTarget, UnknownLabel)):
        model.resolve(model.cut(question(name).text), Target(""))


# The model's own answer


def greedy(name: str, text: Any, tokens: int) -> list[int]:
    """The most likely token, one after the other, by a forward pass each."""
    model = family(name)
    read = twin.read_of(name, model.tokenizer, text, [True] * len(text.features), "delete")
    written: list[int] = []
    while len(written) < tokens:
        written.append(int(twin.logits(name, model.module, read, [*written, 0])[-1].argmax()))
        if written[-1] == model.tokenizer.eos_token_id:
            break
    return written[:-1] if len(written) > 1 and written[-1] == model.tokenizer.eos_token_id else written


@pytest.mark.parametrize("name", [*CAUSAL, *ENCODER_DECODER])
@pytest.mark.parametrize("tokens", [1, 6])
def test_own_answers_are_greedy(name: str, tokens: int) -> None:
    model = family(name)
    text = model.cut(question(name).text)
    resolved = model.resolve(text, Target(answer_tokens=tokens))
    assert list(resolved.ids) == greedy(name, text, tokens)
    assert model.generate([question(name).text], max_tokens=tokens) == [resolved.answer]


@pytest.mark.parametrize("name", [*MASKED, *LABEL])
def test_own_answers_are_the_most_likely(name: str) -> None:
    model = family(name)
    for string in (question(name).text, question(name).text_of_several or question(name).text):
        text = model.cut(string)
        read = twin.read_of(name, model.tokenizer, text, [True] * len(text.features), "delete")
        best = twin.logits(name, model.module, read, [0] * max(1, len(read.slots))).argmax(-1)
        assert list(model.resolve(text, Target()).ids) == best.tolist()


def test_settings_of_a_checkpoint_do_not_change_its_own_answer() -> None:
    """Beams, sampling and penalties make another text than the one whose scores are explained."""
    for name in ("gpt2", "bart"):
        model = fresh(name)
        theirs = GenerationConfig(
            num_beams=3, do_sample=True, temperature=0.3, repetition_penalty=3.0, no_repeat_ngram_size=1,
            min_length=9, early_stopping=True, eos_token_id=model.tokenizer.eos_token_id, decoder_start_token_id=2,
            forced_bos_token_id=0, length_penalty=2.0, max_length=20,
        )  # fmt: skip
        model.module.generation_config = theirs
        text = model.cut(question(name).text)
        assert list(model.resolve(text, Target(answer_tokens=5)).ids) == greedy(name, text, 5)
        assert model.module.generation_config is theirs


def test_any_of_the_end_tokens_ends_an_answer() -> None:
    model = fresh("qwen3")
    text = model.cut(question("qwen3").text)
    free = model.resolve(text, Target(answer_tokens=4)).ids
    assert len(free) == 4
    model.module.generation_config.eos_token_id = [model.tokenizer.eos_token_id, free[2]]
    assert model.resolve(text, Target(answer_tokens=4)).ids == free[:2]
    model.module.generation_config.eos_token_id = [free[0]]
    assert model.resolve(text, Target(answer_tokens=4)).ids == free[:1]


def test_sentinels_are_part_of_what_t5_writes() -> None:
    model = fresh("t5")
    sentinel = model.tokenizer.convert_tokens_to_ids("<extra_id_0>")
    with torch.no_grad():
        model.module.lm_head.weight[sentinel] = 50 * model.module.lm_head.weight[greedy_row(model)]
    resolved = model.resolve(model.cut(question("t5").text), Target(answer_tokens=3))
    assert sentinel in resolved.ids
    assert "<extra_id_0>" in str(resolved.answer)


def greedy_row(model: Any) -> int:
    return model.resolve(model.cut(question("t5").text), Target(answer_tokens=1)).ids[0]


# Encoder-decoders


@pytest.mark.parametrize("name", ENCODER_DECODER)
def test_targets_of_encoder_decoders(name: str) -> None:
    tokenizer = family(name).tokenizer
    with_special = tokenizer(text_target="the film")["input_ids"]
    ids = ids_of(name, question(name).text, "the film")
    assert [i for i in with_special if i not in tokenizer.all_special_ids] == list(ids)
    assert family(name).head.start == {"t5": (0,), "bart": (2, 0)}[name]
    assert family(name).resolve(family(name).cut("The film."), Target("the film")).answer == "the film"


def test_a_start_token_may_be_said_in_two_places_or_none() -> None:
    module, tokenizer = live("t5")
    del module.config.decoder_start_token_id
    assert HuggingFaceModel(module, tokenizer, "t5").head.start == (tokenizer.pad_token_id,)
    module.generation_config.decoder_start_token_id = 3
    assert HuggingFaceModel(module, tokenizer, "t5").head.start == (3,)


# Masked language models


def test_a_mask_is_filled_as_the_words_around_it_say() -> None:
    """Behind a space RoBERTa writes a token that begins with one; at the start of a text it does not."""
    tokenizer = family("roberta-masked").tokenizer
    for text, wanted, token in (
        ("the <mask> is good", "film", "Ġfilm"),
        ("<mask> is good", "film", "film"),
        ("the <mask> is good", " film", "Ġfilm"),
        ("(<mask>)", "film", "film"),
    ):
        assert ids_of("roberta-masked", text, wanted) == (tokenizer.convert_tokens_to_ids(token),)


@pytest.mark.parametrize("name", MASKED)
def test_masks_and_tokens_must_be_as_many(name: str) -> None:
    model = family(name)
    mask = model.tokenizer.mask_token
    two = model.cut(f"the {mask} {mask} is good")
    assert len(model.resolve(two, Target("film the")).ids) == 2
    assert len(model.resolve(two, Target()).ids) == 2
    with pytest.raises(TargetImpossible, match="as 1 of its tokens, and the text has 2"):
        model.resolve(two, Target("film"))
    with pytest.raises(TargetImpossible, match="the text has none"):
        model.resolve(model.cut("the film is good"), Target())


# Labels


def test_labels_by_name_case_and_number() -> None:
    model = family("bert-label")
    text = model.cut("A good film")
    for wanted in ("good", "GOOD ", 2, "2"):
        resolved = model.resolve(text, Target.of(wanted))
        assert (resolved.ids, resolved.answer, resolved.outputs) == ((2,), "good", ("good",))
    for wanted in ("great", "3", "-1", ""):
        with pytest.raises(UnknownLabel, match="bad, neutral, good"):
            model.resolve(text, Target(wanted))


@pytest.mark.parametrize("name", ALL)
def test_an_answer_against_itself_is_refused(name: str) -> None:
    model, q = family(name), question(name)
    with pytest.raises(TargetImpossible, match="both"):
        model.resolve(model.cut(q.text), Target(q.one, against=q.one))


@pytest.mark.parametrize("name", ["bert-label", "gpt2-label"])
@pytest.mark.parametrize("problem", ["multi_label_classification", "one label"])
def test_labels_that_do_not_exclude_each_other_use_a_sigmoid(name: str, problem: str) -> None:
    model = fresh(name)
    if problem == "one label":
        module, tokenizer = live(name)
        module.config.id2label = {0: "good"}
        module = type(module)(module.config).eval()
        model = HuggingFaceModel(module, tokenizer, name)
    else:
        model.module.config.problem_type = problem
    text = model.cut("A good film")
    target = model.resolve(text, Target("good"))
    kept = np.ones((1, len(text.features)), bool)
    logit, probability = (model.value(text, target.on(s))(kept)[0, 0] for s in ("logit", "prob"))
    assert probability == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-5)
    assert model.value(text, target.on("logodds"))(kept)[0, 0] == pytest.approx(logit, rel=1e-4)


# Readable text


@pytest.mark.parametrize("name", [n for n in ALL if shape_of(n) in ("causal", "encoder-decoder")])
@pytest.mark.parametrize("words", [" good film", " the old film, and", " didn't", "\n\ngood", " café", " x"])
def test_displayed_pieces_join_to_the_answer(name: str, words: str) -> None:
    model = family(name)
    resolved = model.resolve(model.cut(question(name).text), Target(words))
    tokens = model.tokenizer.convert_ids_to_tokens(resolved.ids)
    assert len(resolved.outputs) == len(resolved.ids)
    if not any(token.startswith("<0x") or "Ã" in token or token == "<unk>" for token in tokens):
        joined = "".join(resolved.outputs)
        assert (
            joined == words
            if shape_of(name) == "causal"
            else " ".join(joined.split()) == " ".join(words.split())
        )


@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma3", "bart"])
def test_tokens_of_one_character_show_that_character(name: str) -> None:
    tokenizer = family(name).tokenizer
    ids = tokenizer("good 🙂", add_special_tokens=False)["input_ids"]
    assert [piece.strip() for piece in displayed(tokenizer, ids)[-4:]] == ["🙂"] * 4


@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma3"])
@pytest.mark.parametrize("words", [" 🙂", "🙂", " good 🙂🙂", " 好 film", "\n"])
def test_an_own_answer_is_written_out_once(name: str, words: str) -> None:
    """A character of several tokens is shown at each, and stands in the answer once."""
    model = family(name)
    ids = ids_of(name, "The film", words)
    assert model.head.written(model.encoding(model.cut("The film")), ids) == words


def test_a_character_cut_short_shows_its_tokens() -> None:
    tokenizer = family("gpt2").tokenizer
    ids = tokenizer("🙂")["input_ids"][:2]
    assert displayed(tokenizer, ids) == tuple(tokenizer.convert_ids_to_tokens(ids))


def test_word_pieces_are_joined_as_they_are_written() -> None:
    tokenizer = family("bert-masked").tokenizer
    ids = tokenizer("wonderfully", add_special_tokens=False)["input_ids"]
    assert len(ids) > 1
    assert "".join(displayed(tokenizer, ids)).strip() == "wonderfully"
    model = family("bert-masked")
    assert model.head.written(model.encoding(model.cut("The film")), tuple(ids)) == "wonderfully"
