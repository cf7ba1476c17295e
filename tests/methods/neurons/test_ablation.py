"""Heads and neurons, put out one by one by hand, and found where they are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption
from pellucid.core.progress import metered
from pellucid.core.target import Target
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.families import CAUSAL, family, fresh, question

SOME = ("gpt2", "llama", "gemma3", "neox", "roberta-masked", "bert-label", "t5", "bart", "bert-token-label")


def stack_of(model: HuggingFaceModel) -> str:
    return "enc." if "enc" in model.blocks else ""


def lost(model: HuggingFaceModel, site: str, target: Target, instead: str) -> float:
    """The twin: the target's number, less that of one whole forward without the part."""
    text = model.cut(question(model.name).text)
    known = model.resolve(text, target)

    def out(numbers: torch.Tensor) -> torch.Tensor:
        mean = numbers.mean(1, keepdim=True).expand_as(numbers)
        return mean if instead == "mean" else torch.zeros_like(numbers)

    return float(
        (model.trace(text, known).outputs - model.trace(text, known, change={site: out}).outputs).sum()
    )


@pytest.mark.parametrize("instead", ["zero", "mean"])
@pytest.mark.parametrize("name", SOME)
def test_each_head_is_one_forward_without_it(name: str, instead: str) -> None:
    model, q = family(name), question(name)
    why = pellucid.explain(model, q.text, by="ablation", target=q.one, instead=instead)
    assert why.primary.dims == ("layer", "head")
    wanted = [
        [lost(model, f"{stack_of(model)}z.{i}.h{h}", Target(q.one), instead) for h in range(4)]
        for i in (0, 1)
    ]
    np.testing.assert_allclose(why.primary, wanted, atol=2e-5)
    assert np.abs(wanted).max() > 1e-3


@pytest.mark.parametrize("instead", ["zero", "mean"])
@pytest.mark.parametrize("name", SOME)
def test_each_neuron_is_one_forward_without_it(name: str, instead: str) -> None:
    model, q = family(name), question(name)
    asked: dict[str, Any] = {"by": "neuron_ablation", "target": q.one, "layer": 0, "instead": instead}
    why = pellucid.explain(model, q.text, **asked)
    assert why.primary.sizes["neuron"] == (64 if name in ("gpt2",) else 32)
    wanted = [
        lost(model, f"{stack_of(model)}mlp_act.0.n{n}", Target(q.one), instead)
        for n in why.data["neuron"].values
    ]
    np.testing.assert_allclose(why.primary[0], wanted, atol=2e-5)
    assert np.abs(wanted).max() > 1e-3


@pytest.mark.parametrize("name", ["gpt2", "llama", "roberta-masked"])
def test_several_tokens_and_answers_of_other_lengths(name: str) -> None:
    """A contrast is the difference of two answers, each read alone."""
    model, q = family(name), question(name)
    text = q.text_of_several or q.text
    for by in ("ablation", "neuron_ablation"):
        one, other = (
            pellucid.explain(model, text, by=by, target=a, instead="zero").primary
            for a in (q.several, q.longer)
        )
        both = pellucid.explain(
            model, text, by=by, target=q.several, against=q.longer, instead="zero"
        ).primary
        np.testing.assert_allclose(both, one - other, atol=2e-5)


@pytest.mark.parametrize("name", CAUSAL)
def test_the_neurons_kept_are_those_of_the_largest_estimate(name: str) -> None:
    model, q = family(name), question(name)
    text = model.cut(q.text)
    target = model.resolve(text, Target(q.one))
    found = model.trace(text, target, read=["mlp_act.1"], gradients=["mlp_act.1"])
    estimate = (found["mlp_act.1"] * found.gradient("mlp_act.1"))[0].sum(0).abs()
    why = pellucid.explain(model, q.text, by="neuron_ablation", target=q.one, top_k=5)
    assert sorted(estimate.topk(5).indices.tolist()) == why.data["neuron"].values.tolist()
    every = pellucid.explain(model, q.text, by="neuron_ablation", target=q.one).primary
    np.testing.assert_allclose(why.primary, every.sel(neuron=why.data["neuron"]), atol=2e-5)


def test_a_head_and_a_neuron_that_nothing_reads_have_no_effect() -> None:
    model = fresh("llama")
    with torch.no_grad():
        model.module.model.layers[1].self_attn.o_proj.weight[:, 8:12] = 0
        model.module.model.layers[1].mlp.down_proj.weight[:, 3] = 0
    q = question("llama")
    heads = pellucid.explain(model, q.text, by="ablation", target=q.one, instead="zero").primary
    neurons = pellucid.explain(model, q.text, by="neuron_ablation", target=q.one).primary
    assert abs(float(heads[1, 2])) < 1e-6 < np.abs(heads[1]).max()
    assert abs(float(neurons[0, 3])) < 1e-6 < np.abs(neurons).max()


def test_a_late_layer_costs_less() -> None:
    spent = {}
    for layer in (0, 1):
        with metered() as meter:
            pellucid.explain(
                family("gpt2"), question("gpt2").text, by="neuron_ablation", target=" the", layer=layer
            )
        spent[layer] = meter.tokens
    assert spent[1] < 0.7 * spent[0]


def test_refusals() -> None:
    model, text = family("gpt2"), question("gpt2").text
    for by, wrong, says in (
        ("neuron_ablation", {"instead": "noise"}, "mean, zero, resample"),
        ("neuron_ablation", {"texts": ("a film",)}, "what a mean is over"),
        ("neuron_ablation", {"layer": 2}, "0 to 1"),
        ("neuron_ablation", {"layer": -3}, "0 to 1"),
        ("neuron_ablation", {"top_k": 0}, "at least one"),
    ):
        with pytest.raises(BadOption, match=says):
            pellucid.explain(model, text, by=by, **wrong)
