"""Entropy and divergence of all that could be said, held against plain formulas on every family."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import TargetImpossible
from pellucid.core.progress import metered
from pellucid.core.target import Target
from pellucid.models.huggingface.heads import head as heads
from pellucid.models.huggingface.heads.head import in_pieces, softmax_logprobs
from pellucid.models.huggingface.measures import measure_of
from tests import twin
from tests.families import ALL, family, fresh, live, question, shape_of
from tests.models.huggingface.test_value import CLOSE, ablations, some_masks

ANY = [name for name in ALL if shape_of(name) != "question"]  # kl is refused for what chooses among positions


def resolved(name: str, scale: Any, span: Any = None) -> tuple[Any, Target]:
    """The longest answer that a family is asked for, on a scale."""
    model, q = family(name), question(name)
    text = model.cut(q.text_of_several or q.text)
    return text, model.resolve(text, Target(q.several or q.one, scale=scale, span=span))


def slow(name: str, text: Any, target: Target, masks: np.ndarray, ablate: str) -> np.ndarray:
    """One forward a mask, each logit, and the formula, shape (mask, T)."""
    model = family(name)

    def logits(mask: np.ndarray) -> np.ndarray:
        read = twin.read_of(name, model.tokenizer, text, mask, ablate, at=target.at)
        return twin.logits(name, model.module, read, target.ids)

    whole = logits(np.ones(len(text.features), bool))
    return np.stack([twin.spread(logits(mask), whole, str(target.scale)) for mask in masks])


@pytest.mark.parametrize("ablate", ["delete", "mask", "attention"])
@pytest.mark.parametrize("name", ANY)
@pytest.mark.parametrize("scale", ["entropy", "kl"])
def test_equals_the_formula(name: str, scale: Any, ablate: Any) -> None:
    if ablate not in ablations(name):
        ablate = "attention" if name != "bloom" else "delete"
    text, target = resolved(name, scale)
    masks = some_masks(len(text.features))
    found = family(name).value(text, target, ablate)(masks)
    assert found.shape == (len(masks), len(target.ids))
    np.testing.assert_allclose(found, slow(name, text, target, masks, ablate), atol=CLOSE, rtol=CLOSE)


@pytest.mark.parametrize("name", ANY)
def test_leaving_out_a_feature_is_the_divergence_without_it(name: str) -> None:
    """And it is 0 for the text itself, to the last digit that counts."""
    text, target = resolved(name, "kl")
    ablate: Any = ablations(name)[0]
    why = pellucid.explain(family(name), text, "leave_one_out", target=target, ablate=ablate)
    masks = ~np.eye(len(text.features), dtype=bool)
    expected = -slow(name, text, target, masks, ablate)
    np.testing.assert_allclose(why.data["attribution"].values, expected.T, atol=CLOSE, rtol=CLOSE)
    assert (why.credit() >= -1e-9).all()
    at_text = family(name).value(text, target, ablate)(np.ones((1, len(text.features)), bool))
    np.testing.assert_allclose(at_text, 0, atol=1e-9)


@pytest.mark.parametrize("name", ["bert-question", "roberta-question"])
def test_entropy_of_where_an_answer_starts_and_ends(name: str) -> None:
    text, target = resolved(name, "entropy")
    masks = some_masks(len(text.features))
    found = family(name).value(text, target, "mask")(masks)
    np.testing.assert_allclose(found, slow(name, text, target, masks, "mask"), atol=CLOSE, rtol=CLOSE)
    with pytest.raises(TargetImpossible, match="chooses among the positions"):
        resolved(name, "kl")


@pytest.mark.parametrize("labels", [1, 3])
def test_independent_labels_are_a_yes_or_no_each(labels: int) -> None:
    """All of them together, whichever label is asked about: a sum over the labels."""
    import transformers

    from pellucid.models.huggingface.model import HuggingFaceModel

    module, tokenizer = live("bert-label")
    names = {i: f"L{i}" for i in range(labels)}
    config = transformers.BertConfig(
        **{**module.config.to_dict(), "id2label": names, "label2id": {n: i for i, n in names.items()}},
    )
    config.problem_type = "multi_label_classification"
    torch.manual_seed(0)
    model = HuggingFaceModel(
        transformers.BertForSequenceClassification(config).eval(), tokenizer, "several-labels"
    )
    with torch.no_grad():
        for weight in model.module.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.3)
    text = model.cut("A good old film.")
    masks = some_masks(len(text.features))
    whole = np.ones(len(text.features), bool)
    found = {
        (scale, label): model.value(text, model.resolve(text, Target(label, scale=scale)), "mask")(masks)[
            :, 0
        ]
        for scale in ("entropy", "kl")
        for label in (names[0], names[labels - 1])
    }

    def chances(mask: np.ndarray) -> np.ndarray:
        read = twin.read_of("bert-label", tokenizer, text, mask, "mask")
        with torch.no_grad():
            return torch.sigmoid(model.module(torch.tensor([read.ids])).logits[0].double()).numpy()

    q = chances(whole)
    for i, mask in enumerate(masks):
        p = chances(mask)
        entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p)).sum()
        divergence = (q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))).sum()
        for label in (names[0], names[labels - 1]):
            assert found["entropy", label][i] == pytest.approx(entropy, abs=CLOSE)
            assert found["kl", label][i] == pytest.approx(-divergence, abs=CLOSE)


def test_nothing_is_read_twice_and_the_answers_memo_is_left_alone() -> None:
    model = fresh("gpt2")
    text, target = resolved("gpt2", "logprob")
    masks = some_masks(len(text.features))
    logprobs = model.value(text, target)(masks)
    with metered() as first:
        entropies = model.value(text, target.on("entropy"))(masks)
    with metered() as second:
        divergences = model.value(text, target.on("kl"))(masks)
    assert (first.forwards, second.forwards) == (len(masks), len(masks) + 1)  # and the text as it is
    with metered() as again:
        np.testing.assert_array_equal(model.value(text, target)(masks), logprobs)
        np.testing.assert_array_equal(model.value(text, target.on("entropy"))(masks), entropies)
        np.testing.assert_array_equal(model.value(text, target.on("kl"))(masks[::-1]), divergences[::-1])
    assert again.forwards == 0


def test_the_whole_text_is_read_once_for_all_masks() -> None:
    model = fresh("gpt2")
    text, target = resolved("gpt2", "kl")
    masks = some_masks(len(text.features))
    value = model.value(text, target)
    with metered() as meter:
        for mask in masks:
            value(mask)
    assert meter.forwards == len(masks) + 1


@torch.no_grad()
def test_an_edited_model_has_another_reference() -> None:
    model = fresh("gpt2")
    text, target = resolved("gpt2", "kl")
    value, whole = model.value(text, target), np.ones((1, len(text.features)), bool)
    np.testing.assert_allclose(value(whole), 0, atol=1e-9)
    model.module.transformer.h[1].mlp.c_fc.weight[3, 5].add_(0.5)
    np.testing.assert_allclose(value(whole), 0, atol=1e-9)


STEP = 3e-3


@pytest.mark.parametrize("name", ["gpt2", "gemma3", "bert-masked", "bert-label", "t5"])
@pytest.mark.parametrize("scale", ["entropy", "kl"])
def test_gradients_equal_differences(name: str, scale: Any) -> None:
    """Away from the text, where the divergence has a slope."""
    text, target = resolved(name, scale)
    gradients = family(name).gradients(text, target)
    point = (gradients.inputs + gradients.baseline("zero")) / 2
    values, found = gradients(point[None], per_output=True)
    _, whole = gradients(point[None])
    assert found.shape == (1, len(target.ids), *gradients.inputs.shape)
    torch.testing.assert_close(found.sum(1), whole, atol=CLOSE, rtol=1e-4)
    place = int(np.flatnonzero(gradients.feature_of >= 0)[0])
    for width in (0, 3, 7):
        up, down = point.clone(), point.clone()
        up[place, width] += STEP
        down[place, width] -= STEP
        above, below = gradients.values(torch.stack([up, down])).sum(1)
        assert float(whole[0, place, width]) == pytest.approx(
            (above - below) / (2 * STEP), abs=2e-3, rel=1e-2
        )
    np.testing.assert_allclose(values, gradients.values(point[None]), atol=CLOSE)


@pytest.mark.parametrize("name", ["gpt2", "roberta-masked", "bart"])
@pytest.mark.parametrize("scale", ["entropy", "kl"])
def test_the_text_itself_scores_as_the_value_function(name: str, scale: Any) -> None:
    text, target = resolved(name, scale)
    gradients = family(name).gradients(text, target)
    expected = family(name).value(text, target)(np.ones((1, len(text.features)), bool))
    np.testing.assert_allclose(gradients.values(gradients.inputs[None]), expected, atol=CLOSE)


def test_the_slope_of_the_divergence_is_nothing_at_the_text() -> None:
    """Which is why methods that ask for it there are refused, and those that start elsewhere add up."""
    model = family("gpt2")
    text, target = resolved("gpt2", "kl")
    gradients = model.gradients(text, target)
    assert gradients(gradients.inputs[None])[1].abs().max() < 1e-6
    for by, options in (("saliency", {}), ("input_x_gradient", {}), ("smoothgrad", {"samples": 4})):
        with metered() as meter, pytest.raises(TargetImpossible, match="integrated_gradients"):
            pellucid.explain(model, text, by, target=target, **options)
        assert meter.forwards == 0
    smooth = pellucid.explain(model, text, "smoothgrad", target=target, of="saliency", samples=4)
    assert (smooth.credit() > 0).all()
    why = pellucid.explain(model, text, "integrated_gradients", target=target, steps=256)
    assert why.credit().sum() == pytest.approx(float(why.data["difference"]), rel=0.05)
    assert float(why.data["difference"]) > 0


def test_methods_of_an_answers_probability_refuse_other_numbers() -> None:
    text, target = resolved("gpt2", "entropy")
    with metered() as meter, pytest.raises(TargetImpossible, match="context_cite follows the probability"):
        pellucid.explain(family("gpt2"), text, "context_cite", target=target)
    assert meter.forwards == 0


def test_pieces_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = torch.randn(5, 4, 11) * 3
    head: Any = family("gpt2").head
    measures = [measure_of(head, scale, lambda: logits[2]) for scale in ("logprob", "entropy", "kl")]
    whole = [measure(logits, (3, 1, 0, 10)) for measure in measures]
    seen: list[int] = []
    for piece in (1, 11, 30, 60):
        monkeypatch.setattr(heads, "PIECE", piece)
        for measure, expected in zip(measures, whole, strict=True):
            torch.testing.assert_close(measure(logits, (3, 1, 0, 10)), expected)
        in_pieces(logits, lambda some, at: seen.append(some.numel()) or some[..., 0])  # type: ignore[func-returns-value]
        assert max(seen) <= max(piece, 11)


def test_what_is_never_said_has_no_part() -> None:
    """Logits of minus infinity are as if they were not there, also for gradients."""
    head: Any = family("gpt2").head
    some = torch.tensor([[[0.3, -1.0, 2.0]]])
    for scale in ("entropy", "kl"):
        never = torch.tensor([[[0.3, -1.0, 2.0, -math.inf]]], requires_grad=True)
        reference = torch.tensor([[1.0, 0.0, -1.0, -math.inf]])
        found = measure_of(head, scale, lambda r=reference: r)(never, (0,))
        plain = measure_of(head, scale, lambda r=reference: r[:, :3])(some, (0,))
        torch.testing.assert_close(found, plain)
        found.sum().backward()
        assert never.grad is not None
        assert torch.isfinite(never.grad).all()


def test_near_certainty_float64_keeps_the_digits_that_float32_loses() -> None:
    """A probability of 1 - 1e-7, off logits of about 20: in float32 its log, and the slope of it, are mostly noise."""
    rng = torch.Generator().manual_seed(0)
    errors: dict[str, list[float]] = {"float32": [], "ours": []}
    for _ in range(50):
        logits = torch.rand(1, 1, 200, generator=rng) * 2
        logits[0, 0, 7] = 22.3
        exact = float(torch.log_softmax(logits[0, 0].double(), -1)[7])
        slope = -torch.expm1(
            torch.tensor(exact, dtype=torch.float64)
        )  # of the log-probability by its logit: 1 - p
        assert -1e-6 < exact < -1e-8
        for name, logprob in (("float32", in_float32), ("ours", softmax_logprobs)):
            leaf = logits.clone().requires_grad_(True)
            value = logprob(leaf, (7,))
            value.sum().backward()
            assert leaf.grad is not None
            errors[name] += [abs(value.item() / exact - 1), abs(float(leaf.grad[0, 0, 7] / slope) - 1)]
    assert max(errors["float32"]) > 0.05
    assert max(errors["ours"]) < 1e-6


def in_float32(logits: torch.Tensor, answer: tuple[int, ...]) -> torch.Tensor:
    """As it was before: the logit less the log of the sum, in float32."""
    return logits[0, :, list(answer)] - torch.logsumexp(logits[0], -1)
