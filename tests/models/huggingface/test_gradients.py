"""Gradients at the input embeddings, held against differences of a float64 copy of each model."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core.errors import BadOption, NotFinite, TargetImpossible
from pellucid.core.progress import metered
from pellucid.core.target import Target
from pellucid.models.huggingface.gradients import _of_each
from tests import twin
from tests.families import ALL, family, fresh, question, shape_of
from tests.models.huggingface.test_value import CLOSE, asked

# Small enough for a straight line, large enough for norms that are computed in float32 whatever the model is.
STEP = 3e-3


def gradients_of(name: str, string: str, target: Target, unit: str = "token") -> tuple[Any, Any, Target]:
    model = family(name)
    text = model.cut(string, unit)
    resolved = model.resolve(text, target)
    return model.gradients(text, resolved), text, resolved


@pytest.mark.parametrize("name", ALL)
def test_the_text_itself_scores_as_the_value_function(name: str) -> None:
    for string, target in asked(name):
        for scale in twin.OF_ANSWERS:
            gradients, text, resolved = gradients_of(name, string, target.on(scale))
            values, _ = gradients(gradients.inputs[None])
            kept = np.ones((1, len(text.features)), bool)
            expected = family(name).value(text, resolved)(kept)
            assert values.shape == (1, gradients.outputs) == expected.shape
            np.testing.assert_allclose(values, expected, atol=CLOSE, rtol=CLOSE, err_msg=f"{target} {scale}")


@pytest.mark.parametrize("name", ALL)
def test_equals_differences(name: str) -> None:
    """The derivative along single coordinates, by a forward pass in float64 that is written out here."""
    module = copy.deepcopy(family(name).module).double()
    string, target = asked(name)[-1] if shape_of(name) != "label" else asked(name)[0]
    for scale in ("logit", "logprob", "prob"):
        gradients, text, resolved = gradients_of(name, string, target.on(scale))
        _, found = gradients(gradients.inputs[None])
        for position, width in ((0, 3), (len(gradients.inputs) // 2, 0), (len(gradients.inputs) - 1, 7)):
            up, down = gradients.inputs.double(), gradients.inputs.double()
            up[position, width] += STEP
            down[position, width] -= STEP
            above, below = (forward(name, module, text, p, resolved) for p in (up, down))
            assert found[0, position, width] == pytest.approx(
                (above - below) / (2 * STEP), abs=1e-3, rel=5e-3
            )


@torch.no_grad()
def forward(name: str, module: Any, text: Any, points: torch.Tensor, target: Target) -> float:
    """The target's number where the text is embedded as ``points``."""
    reads = twin.read_of(
        name, family(name).tokenizer, text, [True] * len(text.features), "delete", at=target.at
    )
    parts = module.get_encoder() if shape_of(name) == "encoder-decoder" else module
    total = 0.0
    for answer, sign in ((target.ids, 1), (target.against_ids, -1)):
        if answer:
            embed = parts.get_input_embeddings()
            with embed.register_forward_hook(
                lambda _, __, out: torch.cat([points[None], out[:, len(points) :]], 1)
            ):
                scores = twin.logits(name, module, reads, answer)
            at = np.arange(len(answer)), np.array(answer)
            logprobs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
            total += sign * twin.on_scale(np.stack([scores[at], logprobs[at]], 1), str(target.scale)).sum()
    return total


@pytest.mark.parametrize("name", ALL)
def test_outputs_add_up(name: str) -> None:
    string, target = asked(name)[2] if len(asked(name)) > 2 else asked(name)[0]
    gradients, _, resolved = gradients_of(name, string, target)
    points = torch.stack([gradients.inputs, gradients.baseline("zero"), gradients.baseline("mean")])
    values, whole = gradients(points)
    again, rows = gradients(points, per_output=True)
    assert rows.shape == (3, len(resolved.ids), *gradients.inputs.shape)
    np.testing.assert_allclose(values, again, atol=CLOSE)
    torch.testing.assert_close(rows.sum(1), whole, atol=CLOSE, rtol=1e-4)


@pytest.mark.parametrize("name", ALL)
def test_points_read_together_are_as_alone(name: str) -> None:
    gradients, _, _ = gradients_of(name, *asked(name)[-1])
    points = torch.stack([gradients.inputs, gradients.baseline("zero"), gradients.inputs * 0.5])
    values, found = gradients(points)
    for i, point in enumerate(points):
        value, alone = gradients(point[None])
        np.testing.assert_allclose(values[i], value[0], atol=CLOSE)
        torch.testing.assert_close(found[i], alone[0], atol=CLOSE, rtol=1e-4)


@pytest.mark.parametrize("name", ["gpt2", "gemma3", "bert-label", "t5"])
def test_a_contrast_is_the_difference_of_two(name: str) -> None:
    q = question(name)
    ours, theirs = (gradients_of(name, q.text, Target(a, scale="logit")) for a in (q.one, q.other))
    both = gradients_of(name, q.text, Target(q.one, against=q.other, scale="logit"))
    points = ours[0].inputs[None]
    expected = ours[0](points)[1] - theirs[0](points)[1]
    torch.testing.assert_close(both[0](points)[1], expected, atol=CLOSE, rtol=1e-4)


@pytest.mark.parametrize("name", ["gpt2", "bart", "bert-masked"])
def test_the_model_is_left_as_it_was(name: str) -> None:
    model = fresh(name)
    weights = list(model.module.parameters())
    weights[1].requires_grad_(False)
    learning = [w.requires_grad for w in weights]
    state, q = model.state, question(name)
    text = model.cut(q.text)
    gradients = model.gradients(text, model.resolve(text, Target(q.one)))
    gradients(gradients.inputs[None])
    assert [w.requires_grad for w in weights] == learning
    assert all(w.grad is None for w in weights)
    assert model.state == state
    assert not any(module._forward_hooks for module in model.module.modules())


@pytest.mark.parametrize("name", ALL)
def test_baselines_differ_at_the_features_only(name: str) -> None:
    gradients, text, _ = gradients_of(name, question(name).text, Target(question(name).one), "word")
    tokenizer, embed = family(name).tokenizer, gradients._embed
    removable = [owner is not None for owner in twin.owners(tokenizer, text)]
    expected = {"zero": torch.zeros(16), "mean": embed(torch.arange(len(tokenizer))).mean(0)}
    for kind in ("mask", "pad"):
        token = getattr(tokenizer, f"{kind}_token_id")
        if token is None:
            with pytest.raises(BadOption, match='baseline="zero"'):
                gradients.baseline(kind)
        else:
            expected[kind] = embed(torch.tensor(token))
    for kind, reference in expected.items():
        for position, point in enumerate(gradients.baseline(kind)):
            there = reference if removable[position] else gradients.inputs[position]
            torch.testing.assert_close(point, there, atol=1e-6, rtol=1e-5)


def test_an_unknown_baseline_is_refused() -> None:
    gradients, _, _ = gradients_of("gpt2", question("gpt2").text, Target(" the"))
    with pytest.raises(BadOption, match="mask, zero, pad, mean"):
        gradients.baseline("noise")


@pytest.mark.parametrize("name", ["gpt2", "bert-label"])
def test_values_of_positions_add_up_to_features(name: str) -> None:
    gradients, text, _ = gradients_of(name, question(name).text, Target(question(name).one), "word")
    values = torch.rand(2, len(gradients.inputs))
    expected = np.zeros((2, len(text.features)))
    for position, owner in enumerate(twin.owners(family(name).tokenizer, text)):
        if owner is not None:
            expected[:, owner] += values[:, position].numpy()
    np.testing.assert_allclose(gradients.per_feature(values), expected, atol=1e-6)


def test_out_of_memory_reads_fewer_points() -> None:
    model = fresh("gpt2")
    q = question("gpt2")
    text = model.cut(q.text)
    gradients = model.gradients(text, model.resolve(text, Target(q.one)))
    points = torch.stack([gradients.inputs * part for part in (0.2, 0.4, 0.6, 0.8, 1.0)])
    values, expected = gradients(points)

    def refuse(_: Any, __: Any, inputs: dict[str, Any]) -> None:
        if len(inputs["input_ids"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with model.module.register_forward_pre_hook(refuse, with_kwargs=True), metered() as meter:
        fewer, found = gradients(points)
    np.testing.assert_allclose(fewer, values, atol=CLOSE)
    torch.testing.assert_close(found, expected, atol=CLOSE, rtol=1e-4)
    assert (meter.backwards, meter.done, meter.total) == (5, 5, 5)


@torch.no_grad()
def test_broken_weights_are_refused() -> None:
    model = fresh("gpt2")
    q = question("gpt2")
    text = model.cut(q.text)
    gradients = model.gradients(text, model.resolve(text, Target(q.one)))
    model.module.transformer.ln_f.weight.fill_(torch.nan)
    with pytest.raises(NotFinite):
        gradients(gradients.inputs[None])


def test_a_written_padding_token_keeps_its_place() -> None:
    """RoBERTa gives padding no position of its own, also where a text spells it out."""
    gradients, text, resolved = gradients_of("roberta-label", "A good <pad> old film.", Target("good"))
    values, _ = gradients(gradients.inputs[None])
    expected = family("roberta-label").value(text, resolved)(np.ones((1, len(text.features)), bool))
    np.testing.assert_allclose(values, expected, atol=CLOSE)


def test_an_embedding_that_encoder_and_decoder_share() -> None:
    """Only what the encoder reads is replaced."""
    model = fresh("t5")
    model.module.decoder.embed_tokens = model.module.encoder.embed_tokens
    text = model.cut(question("t5").text)
    target = model.resolve(text, Target("the film"))
    gradients = model.gradients(text, target)
    values, _ = gradients(gradients.inputs[None])
    expected = model.value(text, target)(np.ones((1, len(text.features)), bool))
    np.testing.assert_allclose(values, expected, atol=CLOSE)


def test_a_text_read_twice_has_no_one_gradient() -> None:
    import transformers

    from pellucid.models.huggingface.model import HuggingFaceModel

    bart = family("bart")
    model = HuggingFaceModel(
        transformers.BartForSequenceClassification(bart.module.config).eval(), bart.tokenizer, "bart"
    )
    text = model.cut("A good old film.")
    target = model.resolve(text, Target())
    assert model.value(text, target)(np.ones((1, len(text.features)), bool)).shape == (1, 1)
    with pytest.raises(TargetImpossible, match="leave_one_out"):
        model.gradients(text, target)


def test_values_alone_cost_no_backward() -> None:
    gradients, _, _ = gradients_of("gpt2", *asked("gpt2")[-1])
    points = torch.stack([gradients.inputs, gradients.baseline("zero")])
    with metered() as meter:
        values = gradients.values(points)
    np.testing.assert_allclose(values, gradients(points)[0], atol=CLOSE)
    assert (meter.forwards, meter.backwards) == (2, 0)


@pytest.mark.parametrize("name", ["gpt2", "gemma3", "bert-label", "bart"])
def test_the_vocabulary_is_all_that_stands_for_text_as_it_is_read(name: str) -> None:
    tokenizer = family(name).tokenizer
    gradients, _, _ = gradients_of(name, question(name).text, Target(question(name).one))
    ids = [i for i in range(len(tokenizer)) if i not in tokenizer.all_special_ids]
    torch.testing.assert_close(gradients.vocabulary(), gradients._embed(torch.tensor(ids)).detach())


def test_outputs_that_cannot_be_read_together_are_read_one_by_one() -> None:
    leaf = torch.randn(2, 3, 4, requires_grad=True)
    outputs = Unbatchable.apply(leaf).sum((0, 1)) * torch.tensor([1.0, 2.0, 3.0, 4.0])
    with pytest.raises(RuntimeError):
        torch.autograd.grad(outputs, leaf, torch.eye(4), retain_graph=True, is_grads_batched=True)
    found = _of_each(outputs, leaf)
    assert found.shape == (2, 4, 3, 4)
    for output in range(4):
        expected = torch.autograd.grad(outputs[output], leaf, retain_graph=True)[0]
        torch.testing.assert_close(found[:, output], expected)


class Unbatchable(torch.autograd.Function):
    """The square, with a backward that has no rule for batches."""

    @staticmethod
    def forward(context: Any, numbers: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(numbers)
        return numbers.square()

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        (numbers,) = context.saved_tensors
        return gradient * torch.from_numpy(2 * numbers.numpy() * (gradient.detach().numpy() != torch.inf))
