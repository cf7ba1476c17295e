"""The value function is fast; here it is held against a forward pass per mask."""

from __future__ import annotations

import copy
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core.errors import AblationImpossible, NotFinite
from pellucid.core.progress import metered
from pellucid.core.protocols import ABLATIONS
from pellucid.core.target import Target
from pellucid.models.huggingface import value as value_module
from pellucid.models.huggingface.model import HuggingFaceModel
from tests import twin
from tests.families import ALL, CAUSAL, PROPOSERS, family, fresh, live, question, shape_of

CLOSE = 1e-5
MASKS_OF = {"gemma2", "gemma3", "bart"}  # besides the encoders


def ablations(name: str) -> list[str]:
    has_mask = name in MASKS_OF or name.startswith(("bert", "roberta", "distilbert"))
    found = ["delete", "mask", "attention", "mean", "infill"]
    if not has_mask:
        found.remove("mask")
    if shape_of(name) in ("token-label", "question"):
        found.remove("delete")  # of the very word that is labelled, or of the answer: see test_places
    if name == "bloom":
        found.remove("attention")  # its positions are counted off the attention mask
    if name not in PROPOSERS and shape_of(name) not in ("causal", "masked"):
        found.remove("infill")
    return found


def asked(name: str) -> list[tuple[str, Target]]:
    """Texts and targets: one token, several, a contrast, a contrast of different lengths."""
    q = question(name)
    questions = [(q.text, Target(q.one)), (q.text, Target(q.one, against=q.other))]
    if q.several:
        text = q.text_of_several or q.text
        questions += [(text, Target(q.several)), (text, Target(q.several, against=q.longer))]
    return questions


def some_masks(features: int) -> np.ndarray:
    """Everything kept, nothing kept, and some in between of different sizes."""
    draws = np.random.default_rng(0).random((3, features)) < np.linspace(0.3, 0.7, 3)[:, None]
    return np.unique(
        np.concatenate([np.ones((1, features), bool), np.zeros((1, features), bool), draws]), axis=0
    )


@pytest.mark.parametrize(("name", "ablate"), [(n, a) for n in ALL for a in ablations(n)])
def test_equals_one_forward_a_mask(name: str, ablate: str) -> None:
    model = family(name)
    for unit in ("token", "word"):
        for string, target in asked(name):
            text = model.cut(string, unit)
            resolved = model.resolve(text, target)
            masks = some_masks(len(text.features))
            answers = [resolved.ids] + ([resolved.against_ids] if target.against else [])
            slow = [
                [twin.value(name, model, text, mask, ablate, ids, resolved.at) for mask in masks]
                for ids in answers
            ]
            for scale in twin.OF_ANSWERS:
                expected = [[twin.on_scale(scores, scale) for scores in answer] for answer in slow]
                if target.against:
                    expected = [[[np.sum(a) - np.sum(b)] for a, b in zip(*expected, strict=True)]]
                found = model.value(text, resolved.on(scale), ablate)(masks)
                np.testing.assert_allclose(
                    found, expected[0], atol=CLOSE, rtol=CLOSE, err_msg=f"{unit} {target} {scale}"
                )


@pytest.mark.parametrize("name", ALL)
def test_ablations_that_do_not_apply_are_refused(name: str) -> None:
    model = family(name)
    text, target = resolved(name)
    for ablate in set(ABLATIONS) - set(ablations(name)):
        with pytest.raises(AblationImpossible, match=f"Possible: {', '.join(ablations(name))}"):
            model.value(text, target, ablate)


@pytest.mark.parametrize("name", ALL)
def test_the_default_ablation_applies(name: str) -> None:
    value = family(name).value(*resolved(name))
    assert value.ablate == (
        "mask" if "mask" in ablations(name) and name not in (*CAUSAL, "bart") else ablations(name)[0]
    )


@pytest.mark.parametrize("name", ALL)
def test_batches_change_nothing(name: str) -> None:
    model = fresh(name)
    text, target = resolved(name)
    masks = some_masks(len(text.features))
    for ablate in ablations(name):
        together = model.value(text, target, ablate)(masks)
        for budget in (1, 20, 50):
            model.memo.clear()
            model.batch_tokens = budget
            np.testing.assert_allclose(model.value(text, target, ablate)(masks), together, atol=CLOSE)
        model.batch_tokens = 4096


@pytest.mark.parametrize("name", [n for n in ALL if "attention" in ablations(n)])
def test_a_removed_token_cannot_be_seen(name: str) -> None:
    """Under attention ablation another token in its place gives the same number."""
    model = family(name)
    text, target = resolved(name)
    mask = np.ones(len(text.features), bool)
    place = target.at or (0, 0)  # the labelled word itself is read where it stands
    hidden = [i for i, f in enumerate(text.features) if f.end <= place[0] or place[1] <= f.start]
    mask[[hidden[0], hidden[2]]] = False
    read = twin.read_of(name, model.tokenizer, text, mask, "attention", at=target.at)
    ids = [i if seen else (i + 7) % 60 + 20 for i, seen in zip(read.ids, read.attended, strict=True)]
    before = twin.logits(name, model.module, read, target.ids)
    after = twin.logits(name, model.module, replace(read, ids=ids), target.ids)
    assert ids != read.ids
    # A token that nobody may attend to still has its own scores as start and end of an answer.
    of = list(target.ids) if shape_of(name) == "question" else slice(None)
    np.testing.assert_allclose(after[:, of], before[:, of], atol=CLOSE)


def test_the_memo_answers_what_was_asked() -> None:
    model = fresh("gpt2")
    q = question("gpt2")
    text = model.cut(q.text)
    one, other = (model.resolve(text, Target(answer)) for answer in (q.one, q.other))
    contrast = model.resolve(text, Target(q.one, against=q.other))
    masks = some_masks(len(text.features))
    expected = model.value(text, one.on("logit"))(masks) - model.value(text, other.on("logit"))(masks)
    with metered() as meter:
        found = model.value(text, contrast.on("logit"))(masks)
        model.value(text, one.on("prob"))(masks[3:])
        model.value(text, other.on("logodds"))(np.concatenate([masks, masks]))
    assert meter.forwards == 0
    np.testing.assert_array_equal(found, expected)


def test_a_mask_is_read_once() -> None:
    model = fresh("bert-label")
    text, target = resolved("bert-label")
    masks = some_masks(len(text.features))
    with metered() as meter:
        model.value(text, target)(np.concatenate([masks, masks]))
    assert meter.forwards == len(masks)


EDITS = {
    "a weight": lambda module: module.transformer.h[1].mlp.c_fc.weight[3, 5].add_(0.5),
    "a head, through .data": lambda module: module.transformer.h[0].attn.c_proj.weight.data[4:8].zero_(),
    "two neurons exchanged": lambda module: exchange(module.transformer.h[0].mlp.c_fc.weight.data),
    "a weight replaced": lambda module: setattr(
        module.transformer.ln_f, "bias", torch.nn.Parameter(module.transformer.ln_f.bias + 0.1)
    ),
}


def exchange(weight: torch.Tensor) -> None:
    weight[:, [1, 2]] = weight[:, [2, 1]].clone()


@pytest.mark.parametrize("edit", EDITS)
@torch.no_grad()
def test_an_edited_model_is_asked_again(edit: str) -> None:
    model = fresh("gpt2")
    text, target = resolved("gpt2")
    masks = some_masks(len(text.features))
    value, before = model.value(text, target), model.fingerprint
    value(masks)
    EDITS[edit](model.module)
    assert model.fingerprint != before
    expected = [twin.value("gpt2", model, text, mask, "delete", target.ids)[:, 1] for mask in masks]
    np.testing.assert_allclose(value(masks), expected, atol=CLOSE)


@pytest.mark.parametrize("name", ["gpt2", "t5", "bert-masked", "llama-label"])
@pytest.mark.parametrize("ablate", ["delete", "mean", "infill"])
def test_out_of_memory_reads_smaller_batches(name: str, ablate: Any) -> None:
    if ablate not in ablations(name):
        ablate = "attention"
    model = fresh(name)
    text, target = resolved(name)
    masks = some_masks(len(text.features))
    expected = family(name).value(text, target, ablate)(masks)
    most = 2

    def refuse(module: Any, args: Any, inputs: dict[str, Any]) -> None:
        if len(inputs["input_ids"]) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with model.module.register_forward_pre_hook(refuse, with_kwargs=True):
        np.testing.assert_allclose(model.value(text, target, ablate)(masks), expected, atol=CLOSE)
        model.memo.clear()
        most = 0
        with pytest.raises(torch.OutOfMemoryError):
            model.value(text, target, ablate)(masks)


def test_another_error_is_not_taken_for_out_of_memory() -> None:
    model = fresh("gpt2")
    text, target = resolved("gpt2")

    def fail(*_: Any) -> None:
        raise RuntimeError("device-side assert")

    with (
        model.module.register_forward_pre_hook(fail),
        pytest.raises(RuntimeError, match="device-side assert"),
    ):
        model.value(text, target)(some_masks(len(text.features)))


@pytest.mark.parametrize("name", ["gpt2", "bert-label", "bert-masked", "t5"])
@torch.no_grad()
def test_broken_weights_are_refused(name: str) -> None:
    model = fresh(name)
    text, target = resolved(name)
    for weight in model.module.parameters():
        weight.fill_(torch.nan)
    with pytest.raises(NotFinite, match="float32"):
        model.value(text, target)(some_masks(len(text.features)))


@pytest.mark.parametrize("name", ["gpt2", "bert-label", "bart"])
def test_training_mode_is_left_as_it_was(name: str) -> None:
    model = fresh(name)
    text, target = resolved(name)
    masks = some_masks(len(text.features))
    expected = model.value(text, target)(masks)
    model.memo.clear()
    model.module.train()
    frozen = list(model.module.modules())[4].eval()
    modes = [m.training for m in model.module.modules()]
    np.testing.assert_allclose(model.value(text, target)(masks), expected, atol=CLOSE)
    assert [m.training for m in model.module.modules()] == modes
    assert not frozen.training


def test_two_threads_at_once() -> None:
    model = fresh("gpt2")
    texts = [" ".join(question("gpt2").text.split()[:n]) for n in (3, 4, 5, 6)] * 3
    found: dict[int, np.ndarray] = {}

    def ask(which: int) -> None:
        text = model.cut(texts[which])
        target = model.resolve(text, Target(" the"))
        found[which] = model.value(text, target)(some_masks(len(text.features)))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for which, string in enumerate(texts):
        text = family("gpt2").cut(string)
        target = family("gpt2").resolve(text, Target(" the"))
        expected = family("gpt2").value(text, target)(some_masks(len(text.features)))
        np.testing.assert_allclose(found[which], expected, atol=CLOSE)


@pytest.mark.parametrize("ablate", ["delete", "mean", "infill"])
def test_half_precision_is_scored_in_float32(ablate: Any) -> None:
    module, tokenizer = live("llama")
    module = module.bfloat16()
    half = HuggingFaceModel(module, tokenizer, "half")
    rounded = HuggingFaceModel(copy.deepcopy(module).float(), tokenizer, "the same weights")
    text, target = resolved("llama")
    masks = some_masks(len(text.features))
    if ablate == "infill":  # the nearest of two proposals may change places in 16 bits
        half.proposer = rounded.proposer
    found = half.value(text, target, ablate)(masks)
    np.testing.assert_allclose(found, rounded.value(text, target, ablate)(masks), atol=0.2)
    assert not np.array_equal(found, rounded.value(text, target, ablate)(masks))


def resolved(name: str) -> tuple[Any, Target]:
    q = question(name)
    text = family(name).cut(q.text)
    return text, family(name).resolve(text, Target(q.one))


def test_an_unresolved_target_is_refused() -> None:
    text, _ = resolved("gpt2")
    for ask in (family("gpt2").value, family("gpt2").gradients):
        with pytest.raises(ValueError, match="not resolved"):
            ask(text, Target(" the"))


def test_without_any_special_token_nothing_stands_for_an_empty_text() -> None:
    model = fresh("gpt2")
    for role in ("bos_token", "eos_token", "unk_token"):
        setattr(model.tokenizer, role, None)
    model.module.config.bos_token_id = None
    text = model.cut("The film is")
    target = model.resolve(text, Target(" good"))
    with pytest.raises(AblationImpossible, match=r"empty text\. Possible: attention, mean\."):
        model.value(text, target, "delete")
    assert model.value(text, target).ablate == "attention"
    frozen = model.cut(text.freeze("The"), "word")
    assert np.isfinite(model.value(frozen, target, "delete")(np.zeros((1, len(frozen.features)), bool))).all()


def test_masks_of_another_length_are_refused() -> None:
    text, target = resolved("gpt2")
    with pytest.raises(ValueError, match="features"):
        family("gpt2").value(text, target)(np.ones((1, len(text.features) + 1), bool))


def test_every_shape_is_here() -> None:
    shapes = {"causal", "masked", "label", "encoder-decoder", "token-label", "question"}
    assert {shape_of(name) for name in ALL} == shapes


@pytest.mark.parametrize("name", ["gpt2", "bert-label"])
def test_rows_are_read_some_at_a_time_as_all_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    q = question(name)
    masks = np.random.default_rng(0).random((20, len(family(name).cut(q.text, "token").features))) < 0.5
    heard: list[tuple[int, int]] = []

    def numbers() -> np.ndarray:
        model = fresh(name)
        text = model.cut(q.text, "token")
        value = model.value(text, model.resolve(text, Target(q.one, against=q.other)))
        with metered(lambda meter: heard.append((meter.done, meter.total))):
            return value(masks)

    together = numbers()
    monkeypatch.setattr(value_module, "ROWS", 3)
    heard.clear()
    np.testing.assert_allclose(numbers(), together, atol=CLOSE, rtol=CLOSE)
    told = [done for done, total in heard if total]
    assert told == sorted(told)
    assert heard[-1] == (len(np.unique(masks, axis=0)),) * 2
