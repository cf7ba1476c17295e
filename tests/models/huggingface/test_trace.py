from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.site import Site
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface.model import HuggingFaceModel
from pellucid.models.huggingface.places import possible_points
from tests.families import ALL, CAUSAL, family, fresh, question

TAPPED = [name for name in ALL if name != "bloom"]
SUMS = ("gpt2", "llama", "qwen3", "gemma3", "neox", "opt", "t5", "mistral", "qwen2", "gemma2", "phi")
SHORT = {"causal": "The old film", "masked": "the [MASK] film", "other": "The old film."}


def text_of(model: HuggingFaceModel, string: str | None = None) -> Text:
    return model.cut(string or question(model.name).text)


def resolved(model: HuggingFaceModel, text: Text, scale: Any = "logit") -> Target:
    return model.resolve(text, Target(question(model.name).one, scale=scale))


def prefix(model: HuggingFaceModel) -> str:
    return next(iter(model.anatomy)) and f"{next(iter(model.anatomy))}."


def points(model: HuggingFaceModel) -> list[str]:
    """Every point of the layer 1 of every stack."""
    found = []
    for stack, blocks in model.anatomy.items():
        before = f"{stack}." if stack else ""
        found += [f"{before}{point}.1" for point in possible_points(blocks[1])]
        found += [f"cross.{p}.1" for p in ("z", "q", "k", "v", "pattern", "attn_raw")] * bool(blocks[1].cross)
    return found


@pytest.mark.parametrize("name", ALL)
def test_what_passes_between_blocks_is_what_transformers_calls_hidden_states(name: str) -> None:
    model = family(name)
    text = text_of(model)
    stack = prefix(model)
    found = model.trace(text, read=[f"{stack}resid_pre.0", f"{stack}resid_pre.1"])
    inputs = model.head.inputs([_row(model, text)], (0,))
    inputs.pop("slots", None)
    with torch.no_grad():
        said = model.module(**inputs, output_hidden_states=True)
    states = said.encoder_hidden_states if stack else said.hidden_states
    for layer in (0, 1):
        torch.testing.assert_close(found[f"{stack}resid_pre.{layer}"], states[layer], atol=1e-6, rtol=1e-6)


def _row(model: HuggingFaceModel, text: Text) -> Any:
    from pellucid.models.huggingface.rows import whole

    return whole(model.encoding(text))


@pytest.mark.parametrize("name", SUMS)
def test_residual_parts_add_up(name: str) -> None:
    model = family(name)
    stack = prefix(model)
    blocks = next(iter(model.anatomy.values()))
    for layer, block in enumerate(blocks):
        names = ["resid_pre", "attn_out", "mlp_out", "resid_post"]
        names += ["resid_mid"] if "resid_mid" not in block.missing else []
        found = model.trace(text_of(model), read=[f"{stack}{p}.{layer}" for p in names])
        pre, attn, mlp, post = (found[f"{stack}{p}.{layer}"] for p in names[:4])
        torch.testing.assert_close(pre + attn + mlp, post, atol=1e-5, rtol=1e-5)
        if "resid_mid" in names:
            torch.testing.assert_close(pre + attn, found[f"{stack}resid_mid.{layer}"], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", TAPPED)
def test_patterns_times_values_are_z_and_z_projected_is_what_attention_writes(name: str) -> None:
    model = family(name)
    stack = prefix(model)
    read = [f"{stack}{p}.1" for p in ("pattern", "v", "z", "attn_raw", "mlp_act", "mlp_raw")]
    found = model.trace(text_of(model), read=read)
    pattern, v, z, raw, act, mlp = (found[site] for site in read)
    parts = next(iter(model.anatomy.values()))[1]
    assert parts.attention is not None
    assert parts.mlp_projection is not None
    torch.testing.assert_close(pattern.sum(-1), torch.ones_like(pattern.sum(-1)))
    values = v.repeat_interleave(parts.attention.heads // parts.attention.kv_heads, 2)
    torch.testing.assert_close(torch.einsum("bhqk,bkhd->bqhd", pattern, values), z, atol=1e-5, rtol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(parts.attention.projection(z.flatten(2)), raw, atol=1e-6, rtol=1e-6)
        torch.testing.assert_close(parts.mlp_projection(act), mlp, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_changing_nothing_changes_nothing(name: str) -> None:
    """Bit for bit, under the kernel in use; patterns need the eager one, which adds up in another order."""
    model = family(name)
    text = text_of(model)
    target = resolved(model, text)
    plain = model.trace(text, target).outputs
    for site in points(model):
        same = model.trace(text, target, change={site: lambda numbers: numbers.clone()}).outputs
        np.testing.assert_allclose(same, plain, atol=1e-4 if "pattern" in site or "mid" in site else 0)


@pytest.mark.parametrize("name", ALL)
def test_every_site_is_changed_and_goes_on_from_there(name: str) -> None:
    """What is put at a site passes there, and the answer feels it."""
    model = family(name)
    text = text_of(model)
    target = resolved(model, text)
    plain = model.trace(text, target).outputs
    for site in points(model):
        if (
            site.endswith(("k.1", "q.1"))
            and "dec." not in site
            and "cross." not in site
            and len(model.anatomy) > 1
        ):
            continue  # a constant added to all keys of a softmax cancels
        changed = model.trace(
            text, target, read=[site], change={site: lambda n: n * 2 + 0.1 * torch.rand_like(n)}
        )
        assert np.abs(changed.outputs - plain).max() > 1e-6, site


def test_a_change_of_the_middle_is_a_change_of_what_attention_adds() -> None:
    for name in ("gpt2", "llama", "gemma3", "opt", "t5"):
        model = family(name)
        text, stack = text_of(model), prefix(model)
        target = resolved(model, text)
        pre = model.trace(text, read=[f"{stack}resid_pre.1"])[f"{stack}resid_pre.1"]
        torch.manual_seed(0)
        wanted = torch.randn_like(pre)
        middle = model.trace(text, target, change={f"{stack}resid_mid.1": lambda _, w=wanted: w})
        attention = model.trace(
            text, target, change={f"{stack}attn_out.1": lambda n, w=wanted, p=pre: (w - p).reshape(n.shape)}
        )
        np.testing.assert_allclose(middle.outputs, attention.outputs, atol=1e-4)


def test_what_the_mlp_writes_is_read_without_a_change_that_passes_it_by() -> None:
    for name in ("gpt2", "llama", "gemma3", "opt"):
        model = family(name)
        text = text_of(model)
        wrote = model.trace(
            text,
            read=["mlp_out.1", "resid_post.1"],
            change={"resid_mid.1": lambda n: torch.ones_like(n) + n.cos()},
        )
        mid = model.trace(text, read=["resid_mid.1"])["resid_mid.1"]
        middle = torch.ones_like(mid) + mid.cos()
        torch.testing.assert_close(middle + wrote["mlp_out.1"], wrote["resid_post.1"], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ALL)
def test_gradients_are_slopes(name: str) -> None:
    """The gradient in a random direction is the difference quotient there; scores are float32."""
    model = fresh(name)
    model.module.double()
    text = text_of(model)
    target = resolved(model, text)
    for site in points(model):
        slope = model.trace(text, target, gradients=[site]).gradient(site)
        torch.manual_seed(1)
        way = torch.randn_like(slope)
        up, down = (
            model.trace(text, target, change={site: lambda n, by=by: n + by}).outputs.sum()
            for by in (1e-3 * way, -1e-3 * way)
        )
        assert float((slope * way).sum()) == pytest.approx((up - down) / 2e-3, rel=3e-3, abs=2e-3), site


@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma3", "bert-label", "roberta-masked", "t5", "bart"])
def test_padded_rows_pass_the_same_as_alone(name: str) -> None:
    model = family(name)
    mask = model.tokenizer.mask_token if "masked" in name else ""
    texts = [model.cut(f"{s} {mask}".strip()) for s in ("The old film is good", "The", "A great story")]
    read = [site for site in points(model) if "mlp_act" not in site]
    together = model.trace(texts, read=read)
    for i, text in enumerate(texts):
        alone = model.trace(text, read=read)
        for site in read:
            if "dec." in site or "cross." in site:
                continue
            torch.testing.assert_close(
                together.row(site, i), alone.row(site, 0), atol=2e-5, rtol=1e-4, msg=site
            )


def test_one_head_and_one_neuron() -> None:
    model = family("llama")
    text = text_of(model)
    found = model.trace(
        text,
        read=["z.1", "z.1.h2", "pattern.0.h3", "pattern.0", "mlp_act.1.n5", "mlp_act.1", "k.1.h1", "k.1"],
    )
    assert torch.equal(found["z.1.h2"], found["z.1"][:, :, 2])
    assert torch.equal(found["pattern.0.h3"], found["pattern.0"][:, 3])
    assert torch.equal(found["mlp_act.1.n5"], found["mlp_act.1"][..., 5])
    assert torch.equal(found["k.1.h1"], found["k.1"][:, :, 1])
    changed = model.trace(text, read=["z.1"], change={"z.1.h2": torch.zeros_like})["z.1"]
    assert not changed[:, :, 2].any()
    torch.testing.assert_close(changed[:, :, [0, 1, 3]], found["z.1"][:, :, [0, 1, 3]])


def test_a_site_that_is_not_there_is_refused_with_what_is() -> None:
    for name, site, words in (
        ("neox", "resid_mid.0", "parallel blocks have no state between"),
        ("bert-label", "attn_out.0", "does not add up.*What it has: resid_pre"),
        ("bloom", "z.0", "does not go through transformers' attention functions"),
        ("gpt2", "resid_post.2", "has 2 layers there, 0 to 1"),
        ("llama", "k.0.h3", "has 2 key-value heads, 0 to 1"),
        ("llama", "z.0.h4", "has 4 heads, 0 to 3"),
        ("gpt2", "mlp_act.0.n64", "has 64 neurons, 0 to 63"),
        ("llama", "mlp_act.0.n999", "neurons, 0 to"),
        ("gpt2", "enc.z.0", "has one stack. Write z.0"),
        ("t5", "z.0", "Write enc.z.0 or dec.z.0"),
        ("gpt2", "cross.z.0", "has one stack"),
        ("t5", "dec.embed", "Use dec.resid_pre.0"),
    ):
        model = family(name)
        with pytest.raises(BadOption, match=words):
            model.trace(text_of(model), read=[site])


def test_answers_of_two_passes_are_refused() -> None:
    model = family("gpt2")
    text = text_of(model)
    target = model.resolve(text, Target(" great cast", against=" story with Mary"))
    with pytest.raises(TargetImpossible, match="one pass"):
        model.trace(text, target)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_no_hook_and_no_tap_stays_behind(error: type[BaseException]) -> None:
    model = fresh("llama")
    text = text_of(model)
    kernel = model.module.config._attn_implementation

    def fail(_: torch.Tensor) -> torch.Tensor:
        raise error

    for site in ("pattern.0", "z.1", "resid_mid.1", "resid_post.0"):
        with pytest.raises(error):
            model.trace(text, read=["q.0", "resid_mid.0"], change={site: fail})
        assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.module.modules())
        assert model.module.config._attn_implementation == kernel
        assert all(p.requires_grad for p in model.module.parameters())


def test_only_what_is_asked_is_kept() -> None:
    model = family("gpt2")
    found = model.trace(text_of(model), read=["resid_post.0"])
    assert set(found.values) == {Site("resid_post", 0)}
    assert not found["resid_post.0"].requires_grad


@pytest.mark.parametrize("name", CAUSAL)
def test_a_contrast_of_next_tokens_is_read_in_one_pass(name: str) -> None:
    model = family(name)
    text = text_of(model)
    q = question(name)
    target = model.resolve(text, Target(q.one, against=q.other, scale="logit"))
    one, other = (model.resolve(text, Target(a, scale="logit")) for a in (q.one, q.other))
    difference = model.trace(text, one).outputs - model.trace(text, other).outputs
    np.testing.assert_allclose(model.trace(text, target).outputs, difference, atol=1e-5)
