"""Norm-weighted attention, against all its vectors written out, and against what the attention writes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption, UnsupportedModel
from pellucid.methods.attention import attention_norms as module
from tests.families import family, question
from tests.methods.attention.looked import SOME, asked


def slowly(name: str) -> np.ndarray:
    """Every vector of every query and key, heads one by one, through the model's own projection."""
    model, text, _ = asked(name)
    stack = "enc." if "enc" in model.anatomy else ""
    layers = []
    for layer, block in enumerate(model.anatomy[stack.strip(".")]):
        sites = [f"{stack}{point}.{layer}" for point in ("pattern", "v", "attn_raw")]
        pattern, values, raw = (model.trace(text, read=sites)[s][0] for s in sites)
        project = block.attention.projection
        heads, length, _ = pattern.shape
        with torch.no_grad():
            bias = project(torch.zeros(1, heads * values.shape[-1]))[0]
            vectors = torch.zeros(length, length, raw.shape[-1])
            for head in range(heads):
                for key in range(length):
                    alone = torch.zeros(heads, values.shape[-1])
                    alone[head] = values[key, head * values.shape[1] // heads]
                    vectors[:, key] += pattern[head, :, key, None] * (
                        project(alone.flatten()[None])[0] - bias
                    )
        torch.testing.assert_close(vectors.sum(1) + bias, raw, atol=1e-5, rtol=1e-4)
        layers.append(vectors.norm(dim=-1).numpy())
    return np.stack(layers)


@pytest.mark.parametrize("name", [*SOME, "t5"])
def test_they_are_the_lengths_of_all_vectors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", 64)  # a key or two at a time
    model, text, target = asked(name)
    why = pellucid.explain(model, text, by="attention_norms", target=target)
    assert why.primary.dims == ("layer", "query", "key")
    np.testing.assert_allclose(why.primary.values, slowly(name), atol=1e-5, rtol=1e-4)


def test_a_look_that_carries_nothing_is_nothing() -> None:
    model, text, target = asked("llama")
    with torch.no_grad():
        model.module.model.layers[0].self_attn.v_proj.weight.zero_()
    why = pellucid.explain(model, text, by="attention_norms", target=target)
    np.testing.assert_array_equal(why.primary.values[0], 0)
    assert why.primary.values[1].max() > 0.1


def test_layers_are_chosen_and_refused() -> None:
    text = question("gpt2").text
    one = pellucid.explain(family("gpt2"), text, by="attention_norms", layers=(1,), target=" the").primary
    both = pellucid.explain(family("gpt2"), text, by="attention_norms", target=" the").primary
    np.testing.assert_array_equal(one.values[0], both.values[1])
    with pytest.raises(BadOption, match="layers=7"):
        pellucid.explain(family("gpt2"), text, by="attention_norms", layers=(7,))
    with pytest.raises(UnsupportedModel, match="bloom"):
        pellucid.explain(family("bloom"), text, by="attention_norms")


@pytest.mark.parametrize("name", ["gpt2", "qwen3", "bert-label"])
def test_weights_by_heads_write_what_the_attention_writes(name: str) -> None:
    model, text, _ = asked(name)
    found = model.trace(text, read=["z.1", "attn_raw.1"])
    wrote = torch.einsum("phw,hwd->pd", found["z.1"][0], model.output_weights(1))
    rest = found["attn_raw.1"][0] - wrote
    torch.testing.assert_close(rest, rest[:1].expand_as(rest), atol=1e-5, rtol=1e-4)  # the bias alone
