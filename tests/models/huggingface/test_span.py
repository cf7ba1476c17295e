"""A span of the answer: which tokens it is, that they alone count, and that they cost no forward of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.progress import metered
from pellucid.core.registry import find, names
from pellucid.core.target import Target
from pellucid.models.huggingface.decode import written
from pellucid.models.huggingface.span import placed_span, places
from tests import twin
from tests.families import (
    CAUSAL,
    ENCODER_DECODER,
    LABEL,
    MASKED,
    QUESTION,
    TOKEN_LABEL,
    family,
    fresh,
    question,
)
from tests.models.huggingface.test_value import CLOSE, ablations, some_masks

WRITE = (*CAUSAL, *MASKED, *ENCODER_DECODER)


def spanned(name: str, word: str | None = None) -> tuple[Any, Target, Target]:
    """A text, its answer of several tokens, and the same at its last word (or another)."""
    model, q = family(name), question(name)
    text = model.cut(q.text_of_several or q.text)
    whole = model.resolve(text, Target(q.several))
    return text, whole, model.resolve(text, Target(q.several, span=word or q.several.split()[-1]))


@pytest.mark.parametrize("name", WRITE)
def test_the_span_is_the_tokens_of_its_words(name: str) -> None:
    text, whole, span = spanned(name)
    assert whole.span_tokens is None
    assert span.ids == whole.ids
    assert span.outputs == whole.outputs[span.tokens]
    assert "".join(span.outputs).strip() == span.part == question(name).several.split()[-1]
    assert 0 < len(span.outputs) < len(whole.outputs)
    assert span.resolved
    assert family(name).resolve(text, span) == span
    assert family(name).resolve(text, replace(span, span=None)) == whole


@pytest.mark.parametrize("name", WRITE)
def test_its_tokens_alone_are_the_number_and_the_outputs(name: str) -> None:
    text, _, span = spanned(name)
    ablate: Any = ablations(name)[0]
    masks = some_masks(len(text.features))
    for scale in twin.OF_ANSWERS:
        slow = [twin.value(name, family(name), text, mask, ablate, span.ids)[span.tokens] for mask in masks]
        expected = [twin.on_scale(scores, scale) for scores in slow]
        found = family(name).value(text, span.on(scale), ablate)(masks)  # type: ignore[arg-type]
        np.testing.assert_allclose(found, expected, atol=CLOSE, rtol=CLOSE, err_msg=scale)


@pytest.mark.parametrize("name", WRITE)
@pytest.mark.parametrize("scale", ["logprob", "entropy", "kl"])
def test_another_span_of_an_answer_costs_no_forward(name: str, scale: Any) -> None:
    text, whole, span = spanned(name)
    model = family(name)
    masks = some_masks(len(text.features))
    every = model.value(text, whole.on(scale))(masks)
    with metered() as meter:
        found = model.value(text, span.on(scale))(masks)
    assert meter.forwards == 0
    np.testing.assert_array_equal(found, every[:, span.tokens])


@pytest.mark.parametrize("name", WRITE)
@pytest.mark.parametrize("scale", ["logprob", "entropy"])
def test_its_gradient_is_that_of_its_tokens_in_one_backward(name: str, scale: Any) -> None:
    text, whole, span = spanned(name)
    model = family(name)
    gradients = model.gradients(text, whole.on(scale))
    values, rows = gradients(gradients.inputs[None], per_output=True)
    with metered() as meter:
        found, gradient = model.gradients(text, span.on(scale))(gradients.inputs[None])
    assert (meter.forwards, meter.backwards) == (1, 1)
    np.testing.assert_allclose(found, values[:, span.tokens], atol=CLOSE)
    torch.testing.assert_close(gradient, rows[:, span.tokens].sum(1), atol=CLOSE, rtol=1e-4)


REMOVE = [by for by in names("method") if "ablate" in find("method", by).options]


@pytest.mark.parametrize("by", REMOVE)
def test_methods_that_remove_features_explain_another_span_for_nothing(by: str) -> None:
    model = fresh("gpt2")
    asked: dict[str, Any] = {"text": "The old film is good, and", "by": by, "unit": "word"}
    if "samples" in find("method", by).options:
        asked["samples"] = 128
    first = pellucid.explain(model, **asked, target=" great cast")
    with metered() as meter:
        again = pellucid.explain(model, **asked, target=first.target, span="cast")
    assert meter.forwards == 0 or by in ADAPTIVE
    assert again.target.part == "cast"
    assert again.data.sizes.get("output", 1) in (1, len(again.target.outputs))


# What they ask next depends on what they have heard, and another span says other things.
ADAPTIVE = {"hierarchical_shapley", "partition_shap"}


def test_the_models_own_answer_keeps_its_tokens() -> None:
    """Though its tokenizer would read the same words as other tokens."""
    model = fresh("gpt2")
    text = model.cut("The old film is good, and")
    usual = model.resolve(text, Target(" great cast"))
    letters = tuple(model.tokenizer.convert_tokens_to_ids(list("Ġgreat")))
    unusual = replace(usual, ids=letters + usual.ids[1:], answer=" great cast")
    if written(model.tokenizer, unusual.ids) == " great cast":
        assert model.resolve(text, unusual).ids == unusual.ids
    for stale in (replace(unusual, answer=" story"), replace(unusual, ids=(10**6,))):
        assert model.resolve(text, stale).ids == model.resolve(text, Target(stale.answer)).ids
    span = model.resolve(text, replace(unusual, span="cast"))
    assert span.ids[span.tokens] == usual.ids[1:]
    part = model.resolve(text, replace(unusual, span="rea"))
    assert "".join(part.outputs) == part.part == "rea"


def test_a_part_of_a_token_is_the_whole_token() -> None:
    text, _, span = spanned("gpt2", "as")
    assert span.part in "great cast"
    assert "as" in str(span.part)
    assert "".join(span.outputs).strip() == span.part
    blank = family("gpt2").resolve(text, Target(" great cast", span=(6, 7)))
    assert blank.span_tokens is not None


@pytest.mark.parametrize("name", WRITE)
def test_every_character_has_its_tokens_whoever_wrote_the_answer(name: str) -> None:
    """The tokenizer's own offsets and the pieces written one by one say the same where both can."""
    tokenizer = family(name).tokenizer
    _, whole, _ = spanned(name)
    answer = str(whole.answer)
    said = places(tokenizer, "", answer, whole.ids, name)
    silent = NoOffsets(tokenizer)
    spelled = places(silent, "", answer.strip(), whole.ids, name)
    moved = len(answer) - len(answer.lstrip())
    for (a, b), (c, d) in zip(said, spelled, strict=True):
        seen = answer[c + moved : d + moved].strip()
        assert answer[a:b].strip() == seen or (name, seen) == (
            "t5",
            "",
        )  # a space alone is put at the word behind it


class NoOffsets:
    """A tokenizer that reads everything as something else."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def __call__(self, *_: Any, **__: Any) -> dict[str, list]:
        return {"input_ids": [], "offset_mapping": []}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)


@pytest.mark.parametrize("name", ["gpt2", "llama", "roberta-masked"])
@pytest.mark.parametrize("silent", [False, True])
def test_tokens_that_are_parts_of_a_character_belong_together(name: str, silent: bool) -> None:
    tokenizer = family(name).tokenizer
    ids = tokenizer(" a film 猫 good", add_special_tokens=False)["input_ids"]
    answer = written(tokenizer, ids)
    where = places(NoOffsets(tokenizer) if silent else tokenizer, "", answer, ids, name)
    start = answer.index("猫")
    span, (first, stop) = placed_span(answer, "猫", where, name)
    assert stop - first >= 3
    assert answer[slice(*span)] == "猫"
    assert span == (start, start + 1)
    assert "猫" in tokenizer.decode(ids[first:stop])


def test_words_that_a_tokenizer_changes_are_found_by_its_offsets() -> None:
    """Capitals, and an apostrophe with no space around it; what is read as unknown has its place too."""
    model = family("bert-masked")
    mask = model.tokenizer.mask_token
    ids = model.tokenizer("FILM", add_special_tokens=False)["input_ids"]
    text = model.cut(f"the {' '.join([mask] * (len(ids) + 1))} is good.")
    for answer, span, part, read in (
        ("FILM 猫", "FILM", "FILM", "film"),
        ("FILM 猫", "猫", "猫", "[UNK]"),
        ("猫 FILM", "IL", "FILM", "film"),
    ):
        target = model.resolve(text, Target(answer, span=span))
        assert target.part == part
        assert "".join(target.outputs).strip() == read


def test_a_span_that_is_not_there_is_refused_with_what_is() -> None:
    model, q = family("gpt2"), question("gpt2")
    text = model.cut(q.text)

    def ask(span: Any, answer: str = " the old the new") -> Target:
        return model.resolve(text, Target(answer, span=span))

    with pytest.raises(BadOption, match="'Rome' does not stand in the answer ' the old the new'"):
        ask("Rome")
    with pytest.raises(BadOption, match=r"2 times .* at \(1, 4\), \(9, 12\).*span=\(1, 4\), or --span 1:4"):
        ask("the")
    assert ask((9, 12)).part == "the"
    assert ask((9, 12)).span_tokens != ask((1, 4)).span_tokens
    for outside in ((0, 0), (3, 2), (0, 17), (-1, 2)):
        with pytest.raises(BadOption, match="of 16 characters"):
            ask(outside)


@pytest.mark.parametrize("name", [LABEL[0], TOKEN_LABEL[0], QUESTION[0]])
def test_a_label_has_no_parts(name: str) -> None:
    model, q = family(name), question(name)
    with metered() as meter, pytest.raises(TargetImpossible, match="leave out span"):
        model.resolve(model.cut(q.text), Target(q.one, span=q.one))
    assert meter.forwards == 0


def test_an_answer_that_is_written_otherwise_has_no_spans() -> None:
    tokenizer = family("gpt2").tokenizer
    with pytest.raises(TargetImpossible, match="Give the answer as the model writes it"):
        places(NoOffsets(tokenizer), "", "something else", tokenizer(" film")["input_ids"], "gpt2")


def test_an_unplaced_span_is_not_taken_for_all_of_the_answer() -> None:
    text, whole, _ = spanned("gpt2")
    with pytest.raises(ValueError, match="not resolved"):
        family("gpt2").value(text, replace(whole, span="cast"))
