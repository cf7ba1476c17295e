"""Relevance propagation: equal to the papers' rules by hand, balanced on every family, gone without a trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch import nn

from pellucid.core.errors import NotFinite, UnsupportedModel
from pellucid.core.protocols import Relevance
from pellucid.core.target import Target
from pellucid.models.huggingface.model import HuggingFaceModel
from pellucid.models.huggingface.relevance_rules import Absorbed, RelevanceRules
from tests.families import ALL, family, fresh, question
from tests.models.huggingface.lrp_by_hand import gpt2_by_hand, llama_by_hand

OPEN = [name for name in ALL if name != "bloom"]
RULES = ("products", "constant")
BY_HAND = {"llama": llama_by_hand, "gpt2": gpt2_by_hand}


def found(model: HuggingFaceModel, rule: Any, epsilon: float = 0.0, **target: Any) -> Relevance:
    q = question(model.name)
    text = model.cut(q.text_of_several or q.text if target.get("answer") == q.several else q.text, "token")
    resolved = model.resolve(text, Target(**({"answer": q.one, "scale": "logit"} | target)))
    return model.relevance(text, resolved, attention=rule, epsilon=epsilon)


def weight_of(it: Relevance) -> float:
    return max(abs(it.entered), 0.1 * (float(np.abs(it.features).sum()) + abs(it.unassigned)))


def without_constants(name: str) -> HuggingFaceModel:
    """A copy whose biases and embeddings of positions and kinds are zero: nothing but the tokens speaks."""
    model = fresh(name)
    words = model.module.get_input_embeddings().weight
    with torch.no_grad():
        for part in model.module.modules():
            if isinstance(getattr(part, "bias", None), nn.Parameter):
                part.bias.zero_()
            if isinstance(part, nn.Embedding) and part.weight is not words:
                part.weight.zero_()
    return HuggingFaceModel(model.module, model.tokenizer, name)


@pytest.mark.parametrize("epsilon", [0.0, 0.05])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", BY_HAND)
def test_it_is_the_papers_rules_by_hand(name: str, rule: str, epsilon: float) -> None:
    """Two layers, each step's shares written out, in double precision and without a gradient."""
    model = fresh(name)
    model.module.double()
    text = model.cut(question(name).text, "token")
    target = model.resolve(text, Target(answer=question(name).one, scale="logit"))
    ids = model.encoding(text)
    embedded = model.module.get_input_embeddings()(torch.from_numpy(ids.ids)).detach().double().numpy()
    positions = BY_HAND[name](model.module, embedded, target.ids[0], rule, epsilon)
    by_hand = np.array([positions[ids.feature_of == i].sum() for i in range(ids.features)])
    it = model.relevance(text, target, attention=rule, epsilon=epsilon)
    np.testing.assert_allclose(it.features, by_hand, rtol=1e-4, atol=1e-6)
    assert it.unassigned == pytest.approx(positions[ids.feature_of < 0].sum(), abs=1e-6)
    assert np.abs(it.features).max() > 1e-2


@pytest.mark.parametrize("scale", ["logit", "logprob"])
@pytest.mark.parametrize("epsilon", [0.0, 0.1])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", OPEN)
def test_all_relevance_is_accounted_for(name: str, rule: str, epsilon: float, scale: str) -> None:
    """What entered lies on positions, in constants, in the softmax, or in epsilon: on every family."""
    it = found(family(name), rule, epsilon, scale=scale)
    assert abs(it.unexplained) < 1e-5 * max(1.0, weight_of(it))
    assert weight_of(it) > 1e-3
    assert (it.softmax == 0) == (rule == "constant")
    assert (it.epsilon == 0) == (epsilon == 0)


@pytest.mark.parametrize(
    "name", ["llama", "qwen3", "gemma3", "gpt2", "opt", "neox", "bert-label", "t5", "bart"]
)
def test_without_constants_it_is_conserved(name: str) -> None:
    """To 1% of what entered, and far better: with constant attention all of it, else all but the softmax's rest."""
    model = without_constants(name)
    products, constant = (found(model, rule) for rule in RULES)
    assert abs(constant.gap) < 1e-4 * weight_of(constant)
    assert abs(products.gap + products.softmax) < 1e-4 * weight_of(products)
    assert abs(products.biases) + abs(constant.biases) < 1e-6
    assert weight_of(constant) > 1e-3


@pytest.mark.parametrize("name", ["llama", "qwen3", "gemma3", "gpt2"])
def test_without_the_rules_it_is_not(name: str) -> None:
    """Plain gradient times input adds up to something else: the rules, not chance, conserve."""
    model = without_constants(name)
    text = model.cut(question(name).text, "token")
    target = model.resolve(text, Target(answer=question(name).one, scale="logit"))
    gradients = model.gradients(text, target)
    value, plain = gradients(gradients.inputs[None])
    credit = (plain * gradients.inputs).sum(-1)
    assert abs(float(credit.sum()) - value.sum()) > 0.1 * float(credit.abs().sum())


@pytest.mark.parametrize("name", ["gpt2", "llama", "t5", "bert-label"])
def test_what_enters(name: str) -> None:
    """The target itself on the logit scale; with a contrast the difference; else logits times slope."""
    model = family(name)
    q = question(name)
    text = model.cut(q.text, "token")
    mask = np.ones((1, len(text.features)), bool)
    for target in (Target(answer=q.one, scale="logit"), Target(answer=q.one, against=q.other, scale="logit")):
        resolved = model.resolve(text, target)
        value = float(model.value(text, resolved).total(mask)[0])
        assert model.relevance(text, resolved, attention="products").entered == pytest.approx(value, abs=1e-5)
    logprob = found(model, "products", scale="logprob")
    prob = found(model, "products", scale="prob")
    p = float(
        np.exp(model.value(text, model.resolve(text, Target(answer=q.one, scale="logprob"))).total(mask)[0])
    )
    assert prob.entered == pytest.approx(p * logprob.entered, abs=1e-5)
    np.testing.assert_allclose(prob.features, p * logprob.features, atol=1e-5)


@pytest.mark.parametrize("name", ["gpt2", "gemma3", "t5", "bart"])
def test_an_answers_own_tokens_are_counted(name: str) -> None:
    q = question(name)
    it = found(family(name), "products", answer=q.several)
    assert abs(it.unexplained) < 1e-5
    assert abs(it.unassigned) > 1e-4
    against = found(family(name), "products", answer=q.several, against=q.longer)
    assert abs(against.unexplained) < 1e-5


@pytest.mark.parametrize("rule", RULES)
def test_a_contrast_is_a_difference(rule: str) -> None:
    """Rules are linear in what enters."""
    q, model = question("llama"), family("llama")
    both = found(model, rule, answer=q.one, against=q.other)
    one, other = found(model, rule, answer=q.one), found(model, rule, answer=q.other)
    np.testing.assert_allclose(both.features, one.features - other.features, atol=1e-5)


@pytest.mark.parametrize("kernel", ["eager", "sdpa"])
@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma3", "bert-label", "t5"])
def test_kernels_agree(name: str, kernel: str) -> None:
    model = fresh(name)
    model.module.set_attn_implementation(kernel)
    ours, theirs = found(model, "products"), found(family(name), "products")
    np.testing.assert_allclose(ours.features, theirs.features, atol=1e-5)
    assert ours.softmax == pytest.approx(theirs.softmax, abs=1e-5)


def state_of(module: nn.Module) -> tuple[Any, ...]:
    hooks = sum(
        len(p._forward_hooks) + len(p._forward_pre_hooks) + len(p._backward_hooks) for p in module.modules()
    )
    wanted = tuple(p.requires_grad for p in module.parameters())
    kernels = tuple(p.config._attn_implementation for p in module.modules() if hasattr(p, "config"))
    return hooks, wanted, kernels, tuple(p.training for p in module.modules())


def says(model: HuggingFaceModel) -> np.ndarray:
    model.memo.clear()
    text = model.cut(question(model.name).text, "token")
    target = model.resolve(text, Target(answer=question(model.name).one))
    return model.value(text, target)(np.ones((1, len(text.features)), bool))


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("place", ["forward", "backward"])
@pytest.mark.parametrize("name", ["gpt2", "gemma3", "t5", "bert-label"])
def test_the_model_is_as_it_was(
    name: str, place: str, error: type[BaseException] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit, without a hook, whatever stopped the work and wherever."""
    model = fresh(name)
    before, said = state_of(model.module), says(model)

    def stop(*_: Any, **__: Any) -> None:
        assert error is not None
        raise error

    if error is None:
        found(model, "products")
    else:
        with monkeypatch.context() as patch:
            patch.setattr(RelevanceRules if place == "forward" else Absorbed, _METHOD[place], stop)
            with pytest.raises(error):
                found(model, "products", 0.1)
    assert state_of(model.module) == before
    assert np.array_equal(says(model), said)
    np.testing.assert_array_equal(found(model, "products").features, found(family(name), "products").features)


_METHOD = {"forward": "__torch_function__", "backward": "add"}


def test_a_model_in_training_is_explained_in_evaluation() -> None:
    model = fresh("gpt2")
    model.module.train()
    expected = found(family("gpt2"), "products")
    np.testing.assert_allclose(found(model, "products").features, expected.features, atol=1e-6)
    assert model.module.training


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma3", "t5", "bert-label"])
def test_sixteen_bits(name: str, dtype: torch.dtype) -> None:
    """They run, agree with 32 bits as far as they go, and leave a small rest unexplained."""
    digits = 0.02 if dtype is torch.float16 else 0.15
    model = fresh(name)
    model.module.to(dtype)
    it, exact = found(model, "constant"), found(family(name), "constant")
    scale = float(np.abs(exact.features).max()) + abs(exact.unassigned)
    np.testing.assert_allclose(it.features, exact.features, atol=digits * scale)
    assert abs(it.unexplained) < digits * weight_of(it)


def test_attention_that_cannot_be_reached_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="bloom"):
        found(family("bloom"), "products")


def test_numbers_that_are_none_are_refused() -> None:
    model = fresh("gpt2")
    with torch.no_grad():
        model.module.transformer.h[0].mlp.c_fc.bias.fill_(float("nan"))
    with pytest.raises(NotFinite):
        found(model, "products")


def test_a_step_without_a_rule_shows() -> None:
    """A cosine of the states is no activation that LRP knows: what it makes of relevance is unexplained."""
    model = fresh("llama")

    class Cosine(nn.Module):
        def forward(self, states: torch.Tensor) -> torch.Tensor:
            return states.cos()

    for layer in model.module.model.layers:
        layer.mlp.act_fn = Cosine()
    it = found(HuggingFaceModel(model.module, model.tokenizer, "llama"), "constant")
    assert abs(it.unexplained) > 0.01 * weight_of(it)


WIDTH = {
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "vocab_size": 300,
}  # fmt: skip
EXPERTS = {"num_local_experts": 4, "num_experts_per_tok": 2}
OTHERS = {
    "Gemma2": {
        "head_dim": 8,
        "attn_logit_softcapping": 5.0,
        "final_logit_softcapping": 3.0,
        "sliding_window": 4,
    },
    "Qwen2": {},
    "Mistral": {},
    "Phi3": {"pad_token_id": 0},
    "Olmo": {},
    "Cohere": {},
    "Starcoder2": {},
    "Mixtral": EXPERTS,
    "Qwen3Moe": {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "head_dim": 8},
    "GptOss": EXPERTS | {"head_dim": 8, "layer_types": ["sliding_attention", "full_attention"]},
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", OTHERS)
def test_other_structures_need_no_rule_of_their_own(kind: str, rule: Any) -> None:
    """Soft caps, fused gates, norms without weights, parallel blocks, routed experts: all accounted for."""
    tokenizer = family("gpt2").tokenizer
    settings = WIDTH | {"vocab_size": len(tokenizer), "eos_token_id": 0, "bos_token_id": 0}
    torch.manual_seed(1)
    module = getattr(transformers, f"{kind}ForCausalLM")(
        getattr(transformers, f"{kind}Config")(**(settings | OTHERS[kind]))
    ).eval()
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(0.5 if weight.ndim == 1 else 0).add_(torch.randn_like(weight), alpha=0.3)
    model = HuggingFaceModel(module, tokenizer, kind)
    text = model.cut("The old film is good, and", "token")
    target = model.resolve(text, Target(answer=" the", scale="logit"))
    it = model.relevance(text, target, attention=rule)
    assert abs(it.unexplained) < 1e-4 * weight_of(it)
    assert weight_of(it) > 1e-2


def test_softcaps_and_other_forms_of_the_same_steps() -> None:
    """Functional activations, a capped logit, RMSNorm as one function, a gate of one fused layer."""
    torch.manual_seed(0)
    x = torch.randn(1, 5, 8, requires_grad=True)
    down, both = torch.randn(8, 8), torch.randn(16, 8)
    kept = Absorbed()
    with RelevanceRules(0.0, kept):
        normed = nn.functional.rms_norm(x, (8,), torch.randn(8))
        gate, up = nn.functional.linear(normed, both).chunk(2, -1)
        states = nn.functional.linear(nn.functional.silu(gate) * up, down) + x
        states = states / states.norm(dim=-1, keepdim=True)
        capped = torch.tanh(nn.functional.linear(states, down) / 30.0) * 30.0
    value = capped[0, -1, 3]
    (gradient,) = torch.autograd.grad(value, x)
    assert float((gradient * x).detach().sum()) == pytest.approx(float(value.detach()), abs=1e-5)
    assert not kept.by


def test_it_costs_one_forward_and_one_backward() -> None:
    from pellucid.core.progress import metered

    with metered() as spent:
        found(fresh("gpt2"), "products")
    assert (spent.forwards, spent.backwards) == (1, 1)
