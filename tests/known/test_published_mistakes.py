"""Mistakes that were published, in other tools' code or in their documents, and that the numbers here do not have.

Each test names who made it and says what it was; what is asserted is what the number should have been.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch import nn

import pellucid
from pellucid.core.target import Target
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.families import CAUSAL, family, fresh, live, question

HEADED = [name for name in CAUSAL if name != "bloom"]  # bloom's attention is its own code
TEXT = "The old film is good, and"


def heads_of(model: HuggingFaceModel, read: list[str]) -> Any:
    return model.trace(model.cut(TEXT), read=read)


@pytest.mark.parametrize("name", ["gpt2", "opt", "llama", "qwen3"])
def test_slices_of_what_attention_writes_are_not_heads(name: str) -> None:
    """nnsight's guide to heads cuts the output of the attention into heads: behind the projection there are none."""
    model = fresh(name)
    text = model.cut(TEXT)
    target = model.resolve(text, Target(question(name).one, scale="logit"))

    def silent(numbers: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(numbers)

    def slice_of(numbers: torch.Tensor) -> torch.Tensor:
        width = numbers.shape[-1] // 4
        return torch.cat(
            [numbers[..., :width], 0 * numbers[..., width : 2 * width], numbers[..., 2 * width :]], -1
        )

    gate = model.trace(text, target, change={"z.0.h1": silent}).outputs
    sliced = model.trace(text, target, change={"attn_out.0": slice_of}).outputs
    projection = model.anatomy[""][0].attention.projection  # type: ignore[union-attr]
    width = model.anatomy[""][0].attention.head_width  # type: ignore[union-attr]
    with torch.no_grad():
        rows = (
            projection.weight
            if isinstance(projection, transformers.pytorch_utils.Conv1D)
            else projection.weight.T
        )
        rows[width : 2 * width] = 0  # the rows of head 1
    np.testing.assert_allclose(gate, model.trace(text, target).outputs, rtol=1e-5)
    assert np.abs(gate - sliced).max() > 1e-3


@pytest.mark.parametrize("name", HEADED)
def test_the_bias_of_values_counts_once_and_that_of_the_projection_belongs_to_no_head(name: str) -> None:
    """The LLM Transparency Tool adds the value bias to values that hold it: wrong wherever there is one."""
    model = family(name)
    at = heads_of(model, ["pattern.1", "v.1", "z.1", "attn_raw.1"])
    values = at["v.1"].repeat_interleave(at["z.1"].shape[2] // at["v.1"].shape[2], dim=2)
    gathered = torch.einsum("bhqk,bkhd->bqhd", at["pattern.1"], values)
    torch.testing.assert_close(gathered, at["z.1"], rtol=1e-4, atol=1e-5)
    parts = torch.einsum("bqhd,hdw->bqhw", at["z.1"], model.output_weights(1)).sum(2)
    bias = model.anatomy[""][1].attention.projection.bias  # type: ignore[union-attr]
    torch.testing.assert_close(parts + (0 if bias is None else bias), at["attn_raw.1"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["gpt2", "opt", "neox", "phi"])
def test_neurons_are_read_behind_their_activation(name: str) -> None:
    """The LLM Transparency Tool hands out what stands before the activation as the neurons' activations."""
    model = family(name)
    linear = (nn.Linear, transformers.pytorch_utils.Conv1D)
    mlp = [m for n, m in model.module.named_modules() if isinstance(m, linear) and ("mlp" in n or ".fc" in n)]
    into, out = mlp[0], mlp[1]
    seen: list[torch.Tensor] = []
    hooks = [
        into.register_forward_hook(lambda _, __, output: seen.append(output.detach())),
        out.register_forward_pre_hook(lambda _, args: seen.append(args[0].detach())),
    ]
    acts = heads_of(model, ["mlp_act.0"])["mlp_act.0"]
    for hook in hooks:
        hook.remove()
    before, behind = (numbers.reshape(acts.shape) for numbers in seen)
    torch.testing.assert_close(acts, behind)
    assert (before - acts).abs().max() > 1e-2


def scaled_logits() -> HuggingFaceModel:
    """A Granite, whose logits are divided by a constant of its configuration: of no family that is listed."""
    _, tokenizer = live("llama")
    torch.manual_seed(0)
    config = transformers.GraniteConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, logits_scaling=8.0, residual_multiplier=0.5, attention_multiplier=0.3,
        bos_token_id=None, eos_token_id=None, pad_token_id=None,
    )  # fmt: skip
    return HuggingFaceModel(transformers.GraniteForCausalLM(config).eval(), tokenizer, "granite")


@pytest.mark.parametrize("name", ["gemma2", "llama", "granite"])
def test_the_last_layer_of_the_lens_is_what_the_model_says(name: str) -> None:
    """nnterp's and tuned-lens's unembedding leave out soft caps and logit scales; tuned-lens once left out the norm."""
    model = scaled_logits() if name == "granite" else family(name)
    lens = pellucid.explain(model, TEXT, by="logit_lens", target=question("llama").one)
    ids = torch.tensor([model.encoding(model.cut(TEXT)).ids.tolist()])
    with torch.no_grad():
        said = model.module(ids).logits[0].softmax(-1).double()
    last = lens.data["candidate_probability"][-1]
    np.testing.assert_allclose(last, said.topk(last.sizes["candidate"]).values, rtol=1e-4)


def test_a_published_lens_without_biases_is_read(tmp_path: Any) -> None:
    """tuned-lens stumbles over lenses that were fitted without biases."""
    model = family("gpt2")
    width = 16
    maps = {f"{layer}.weight": torch.zeros(width, width) for layer in range(2)}
    torch.save(maps, tmp_path / "params.pt")
    (tmp_path / "config.json").write_text(
        '{"base_model_name_or_path": "gpt2", "d_model": 16, "num_hidden_layers": 2, "bias": false, '
        '"lens_type": "linear_tuned_lens"}'
    )
    asked: dict[str, Any] = {"target": question("gpt2").one}
    nothing = pellucid.explain(model, TEXT, by="tuned_lens", lens=str(tmp_path), **asked)
    plain = pellucid.explain(model, TEXT, by="logit_lens", **asked)
    np.testing.assert_allclose(nothing.data["probability"], plain.data["probability"], rtol=1e-5)


@pytest.mark.parametrize("name", HEADED)
def test_looking_in_leaves_the_mask_where_it_is(name: str) -> None:
    """A private attention function without a mask function of the same name makes a causal model bidirectional."""
    pattern = heads_of(family(name), ["pattern.0"])["pattern.0"]
    assert not pattern.triu(1).any()
    torch.testing.assert_close(pattern.sum(-1), torch.ones_like(pattern.sum(-1)))


@pytest.mark.parametrize("name", HEADED)
def test_every_row_of_a_batch_is_read_and_changed(name: str) -> None:
    """Blocks return a tensor in transformers 5: a hook written ``output[0]`` takes the first row of the batch for all.

    And a padded row is at the positions it would have alone (TransformerLens 1609).
    """
    model = family(name)
    texts = [model.cut(TEXT), model.cut("When Mary and John went to the store, John gave")]
    together = model.trace(texts, read=["resid_post.0", "z.1"])
    for i, text in enumerate(texts):
        alone = model.trace(text, read=["resid_post.0", "z.1"])
        for site in ("resid_post.0", "z.1"):
            torch.testing.assert_close(together.row(site, i), alone.row(site, 0), rtol=1e-4, atol=1e-5)
    halved = [
        model.trace(some, read=["resid_post.1"], change={"resid_post.0": lambda states: states / 2})
        for some in ([texts[0], texts[0]], texts[0])
    ]
    for row in range(2):
        torch.testing.assert_close(
            halved[0].row("resid_post.1", row), halved[1].row("resid_post.1", 0), rtol=1e-4, atol=1e-5
        )


def test_heads_need_not_divide_the_width() -> None:
    """pyvene takes the width of the model for that of all heads together: wrong for Qwen 3 and Gemma."""
    model = family("qwen3")
    at = heads_of(model, ["z.0", "k.0", "resid_pre.0"])
    assert at["z.0"].shape[2:] == (4, 8)
    assert at["k.0"].shape[2:] == (2, 8)
    assert at["resid_pre.0"].shape[-1] == 16 != 4 * 8


@pytest.mark.parametrize("name", ["gemma2", "gemma3"])
def test_what_a_sublayer_writes_and_what_the_stream_gets_are_two_sites(name: str) -> None:
    """nnterp and TransformerLens had one name for both in models with a norm behind their sublayers."""
    at = heads_of(
        family(name), ["resid_pre.0", "attn_out.0", "attn_raw.0", "resid_mid.0", "mlp_out.0", "resid_post.0"]
    )
    torch.testing.assert_close(at["resid_pre.0"] + at["attn_out.0"], at["resid_mid.0"], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(at["resid_mid.0"] + at["mlp_out.0"], at["resid_post.0"], rtol=1e-4, atol=1e-5)
    assert (at["attn_out.0"] - at["attn_raw.0"]).abs().max() > 1e-2


def test_gradients_along_a_path_are_taken_at_midpoints() -> None:
    """EAP-IG's published code takes the left end of each step: the corrupted text always, the clean one never."""
    from pellucid.methods.patching._edges import points_of

    assert points_of(5) == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])
    assert points_of(1) == [1.0]
