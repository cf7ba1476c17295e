"""Direct logit attribution: it adds up, and each part is what the definition says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption, TargetImpossible
from tests.families import CAUSAL, family, question

SUMS = tuple(name for name in CAUSAL if name != "bloom")
PARTS = ("layer", "head", "neuron")


def asked(name: str, parts: str, **given: Any) -> pellucid.Explanation:
    q = question(name)
    options = {"text": q.text, "target": q.one, "scale": "logit"} | given
    return pellucid.explain(family(name), by="direct_logit_attribution", parts=parts, **options)


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("against", [None, " a"])
def test_all_parts_add_up_to_the_logit(name: str, parts: str, against: str | None) -> None:
    why = asked(name, parts, against=against)
    data = why.data
    model = family(name)
    says = float(model.trace(why.text, why.target).outputs.sum())
    assert float(data["logit"]) == pytest.approx(says, abs=1e-4)
    named = [data[part].sum() for part in ("direct_effect", "rest") if part in data]
    assert float(sum(named) + data["constant"]) == pytest.approx(says, abs=1e-4)
    assert abs(float(data["gap"])) < 1e-4


@pytest.mark.parametrize("name", ["gpt2", "llama", "opt", "gemma3", "mistral", "qwen2"])
def test_layers_and_heads_by_the_definition(name: str) -> None:
    """The norm written out at its own scale; a head is what is left of z when all others are zero."""
    model, why, heads = family(name), asked(name, "layer"), asked(name, "head")
    module, answer = model.module, why.target.ids[0]
    matrix = module.get_output_embeddings().weight[answer].detach().double()
    points = [f"{p}.{i}" for i in range(2) for p in ("attn_out", "mlp_out")]
    found = model.trace(why.text, read=["resid_pre.0", *points, "resid_post.1", "z.0", "z.1"])

    def at(site: str) -> torch.Tensor:
        return found.row(site, 0)[-1].double()

    read = frozen(_final_norm(name, module), at("resid_post.1"))
    effects = [float(matrix @ read(at(site))) for site in ("resid_pre.0", *points)]
    np.testing.assert_allclose(why.data["direct_effect"], effects, atol=1e-4)
    for layer in range(2):
        parts = model.anatomy[""][layer].attention
        behind = None if parts.out is parts.projection else frozen(parts.out, _raw(parts, at(f"z.{layer}")))
        for head in range(parts.heads):
            alone = torch.zeros_like(at(f"z.{layer}"))
            alone[head] = at(f"z.{layer}")[head]
            wrote = _raw(parts, alone) - _raw(parts, alone * 0)
            wrote = wrote if behind is None else behind(wrote)
            expected = float(matrix @ read(wrote))
            assert float(heads.data["direct_effect"][layer, head]) == pytest.approx(expected, abs=1e-4)


def _raw(parts: Any, z: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return parts.projection(z.flatten()[None].float())[0].double()


def _final_norm(name: str, module: Any) -> Any:
    if name == "gpt2":
        return module.transformer.ln_f
    return module.model.decoder.final_layer_norm if name == "opt" else module.model.norm


def frozen(norm: Any, state: torch.Tensor) -> Any:
    """A norm as the linear map that it is at the scale of ``state``, without its bias."""
    weight = norm.weight.detach().double() + (1 if "Gemma" in type(norm).__name__ else 0)
    centred = isinstance(norm, torch.nn.LayerNorm)
    eps = norm.eps if hasattr(norm, "eps") else norm.variance_epsilon
    middle = state - state.mean() if centred else state
    scale = weight / (middle.square().mean() + eps).sqrt()
    return lambda part: (part - part.mean() if centred else part) * scale


@pytest.mark.parametrize("name", SUMS)
def test_neurons_are_columns_of_their_projection(name: str) -> None:
    """The push of a neuron is linear in its activation: without it the update loses what it was said to add."""
    model = family(name)
    data = asked(name, "neuron", top_k=10_000).data
    layers = asked(name, "layer").data["direct_effect"]
    found = model.trace(model.cut(question(name).text), read=["mlp_act.0", "mlp_act.1"])
    for layer in range(2):
        acts = found.row(f"mlp_act.{layer}", 0)[-1]
        assert data.sizes["neuron"] == len(acts)
        index = data["neuron_index"][layer].values
        assert sorted(index) == list(range(len(acts)))
        rows = model.push(f"mlp_act.{layer}", acts, torch.diag(acts))
        assert rows.shape == (
            len(acts),
            model.trace(model.cut("a"), read=["resid_pre.0"])["resid_pre.0"].shape[-1],
        )
        whole = float(layers[2 + 2 * layer])
        assert float(data["direct_effect"][layer].sum() + data["rest"][2 + 2 * layer]) == pytest.approx(
            whole, abs=1e-4
        )
        sizes = np.abs(data["direct_effect"][layer].values)
        assert (np.diff(sizes) <= 0).all()


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("site", ["z.1", "mlp_act.1"])
def test_pull_and_push_are_one_map(name: str, site: str) -> None:
    model = family(name)
    numbers = model.trace(model.cut(question(name).text), read=[site]).row(site, 0)[-1]
    torch.manual_seed(0)
    parts = torch.randn(3, *numbers.shape)
    rows = model.push(site, numbers, parts)
    direction = torch.randn(rows.shape[-1])
    back = model.pull(site, numbers, direction)
    assert back.shape == numbers.shape
    torch.testing.assert_close(rows @ direction, (parts * back).flatten(1).sum(-1), atol=1e-4, rtol=1e-4)


def test_a_span_is_its_first_token() -> None:
    """What is said behind the text is read behind it."""
    q, model = question("gpt2"), family("gpt2")
    why = asked("gpt2", "layer", target=q.several, span="cast")
    token = why.target.ids[why.target.tokens][0]
    alone = replace(why.target, ids=why.target.ids, scale="logit")
    says = model.trace(why.text, alone).outputs
    assert float(why.data["logit"]) == pytest.approx(float(says[0, 0]), abs=1e-4)
    assert model.token_texts([token])[0] == why.target.outputs[0]


def test_what_is_refused() -> None:
    for name in ("bert-masked", "roberta-masked"):
        with pytest.raises(BadOption, match="normalises or scales the sum"):
            asked(name, "layer")
    with pytest.raises(BadOption, match="transformers' attention functions"):
        asked("bloom", "head")
    with pytest.raises(TargetImpossible, match="no token of its vocabulary"):
        asked("bert-label", "layer")
    with pytest.raises(TargetImpossible, match="decoder"):
        asked("t5", "layer")
    with pytest.raises(BadOption, match="Parts: layer, head, neuron"):
        asked("gpt2", "layers")
    with pytest.raises(BadOption, match="top_k=0"):
        asked("gpt2", "neuron", top_k=0)
    with pytest.raises(BadOption, match="not written through a projection"):
        family("gpt2").pull("mlp_out.0", torch.zeros(4), torch.zeros(4))
