"""ALTI, against all its vectors written out, norms between attention and sum linearised by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import TargetImpossible, UnsupportedModel
from pellucid.methods.attention import alti as module
from tests.families import family, question
from tests.methods.attention.looked import SOME, asked, read_at, to_features


def contributions(name: str, layer: int) -> np.ndarray:
    """One layer by loops: every part of every state, and how near it comes."""
    model, text, target = asked(name)
    parts = model.anatomy[""][layer].attention
    sites = [f"{point}.{layer}" for point in ("pattern", "v", "attn_raw", "resid_pre")]
    found = model.trace(text, target, read=sites)
    pattern, values, raw, entered = (found[s][0] for s in sites)
    project, (heads, length, _) = parts.projection, pattern.shape
    out = torch.zeros(length, length)
    with torch.no_grad():
        bias = project(torch.zeros(1, heads * values.shape[-1]))[0]
        for i in range(length):
            moved = []
            for j in range(length):
                alone = torch.stack(
                    [pattern[h, i, j] * values[j, h * values.shape[1] // heads] for h in range(heads)]
                )
                moved.append(project(alone.flatten()[None])[0] - bias)
            added = raw[i]
            if name in ("gemma2", "gemma3"):  # an RMS norm, frozen: times its weight, divided by the size
                norm = model.module.model.layers[layer].post_attention_layernorm
                frozen = (1 + norm.weight) / (raw[i].square().mean() + norm.eps).sqrt()
                moved, added = [part * frozen for part in moved], raw[i] * frozen
            moved[i] = moved[i] + entered[i]
            state = entered[i] + added
            for j in range(length):
                out[i, j] = max(0.0, float(state.abs().sum() - (state - moved[j]).abs().sum()))
    return (out / out.sum(1, keepdim=True)).double().numpy()


@pytest.mark.parametrize("name", SOME)
def test_it_is_the_product_of_the_layers_contributions(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", 300)  # some queries at a time
    model, text, target = asked(name)
    why = pellucid.explain(model, text, by="alti", target=target)
    credit = (contributions(name, 1) @ contributions(name, 0))[read_at(name, model, text, target)].mean(0)
    np.testing.assert_allclose(why.credit(), to_features(model, text, credit), atol=1e-5)
    assert why.credit().sum() + float(why.data["unassigned"]) == pytest.approx(1)


def test_attention_that_writes_nothing_leaves_each_position_to_itself() -> None:
    model, text, target = asked("llama")
    with torch.no_grad():
        for layer in model.module.model.layers:
            layer.self_attn.v_proj.weight.zero_()
    np.testing.assert_allclose(pellucid.explain(model, text, by="alti", target=target).credit()[-1], 1)


def test_a_state_that_no_part_comes_near_stays_with_its_own() -> None:
    far = torch.full((2, 3), 100.0)  # what is added is all bias
    vectors, entered = -torch.ones(2, 1, 3), -torch.ones(2, 3)
    pattern = torch.full((1, 2, 2), 0.5)
    np.testing.assert_array_equal(module._contributions(pattern, vectors, entered, far, None), np.eye(2))


def test_what_does_not_add_up_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="bloom"):
        pellucid.explain(family("bloom"), question("bloom").text, by="alti")
    with pytest.raises(TargetImpossible, match="alti follows attention"):
        pellucid.explain(family("bart"), question("bart").text, by="alti")


def test_a_residual_stream_that_is_scaled_is_refused() -> None:
    """Granite adds its attention times a number: the sum that ALTI takes apart is not there."""
    import transformers

    model, _, _ = asked("llama")
    config = transformers.GraniteConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, vocab_size=len(model.tokenizer), residual_multiplier=0.3,
        pad_token_id=None, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    scaled = pellucid.load((transformers.GraniteForCausalLM(config).eval(), model.tokenizer))
    assert [block.adds for block in scaled.blocks[""]] == [False, False]
    with pytest.raises(UnsupportedModel, match="layer 0 scales one of the two"):
        pellucid.explain(scaled, question("llama").text, by="alti", target=" the")
