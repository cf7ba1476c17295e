from __future__ import annotations

import pytest
import torch

from pellucid.core.target import Target
from tests.families import CAUSAL, family, question

SUMS = ("gpt2", "llama", "qwen3", "gemma3", "neox", "opt", "mistral", "qwen2", "gemma2", "phi")


@pytest.mark.parametrize("name", CAUSAL)
def test_the_last_states_of_every_position_unembed_to_the_logits(name: str) -> None:
    model = family(name)
    text = model.cut(question(name).text)
    states = model.trace(text, read=["resid_post.1"])["resid_post.1"]
    with torch.no_grad():
        logits = model.module(torch.from_numpy(model.encoding(text).ids)[None]).logits
    torch.testing.assert_close(model.unembed(states), logits, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("name", CAUSAL)
def test_a_readout_is_the_logit_and_reads_parts_one_by_one(name: str) -> None:
    model = family(name)
    q = question(name)
    text = model.cut(q.text)
    for target in (Target(q.one, scale="logit"), Target(q.one, against=q.other, scale="logit")):
        known = model.resolve(text, target)
        layers = range(len(model.blocks[""]))
        parts = ["resid_pre.0", *(f"{p}.{i}" for p in ("attn_out", "mlp_out") for i in layers)]
        sums = name in SUMS
        found = model.trace(text, known, read=[*(parts if sums else ()), "resid_post.1"])
        direction, constant = model.readout(found["resid_post.1"][0, -1], known)
        logit = float(found.outputs.sum())
        assert float(direction @ found["resid_post.1"][0, -1]) + constant == pytest.approx(logit, abs=1e-4)
        if sums:
            said = sum(float(direction @ found[part][0, -1]) for part in parts) + constant
            assert said == pytest.approx(logit, abs=1e-4)


def test_a_readout_keeps_the_scale_of_the_norm() -> None:
    """Frozen at another state it is another direction: the scale is that state's."""
    model = family("llama")
    text = model.cut(question("llama").text)
    target = model.resolve(text, Target(question("llama").one, scale="logit"))
    state = model.trace(text, read=["resid_post.1"])["resid_post.1"][0, -1]
    one, _ = model.readout(state, target)
    other, _ = model.readout(2 * state, target)
    torch.testing.assert_close(one, 2 * other, atol=1e-5, rtol=1e-4)


def test_tokens_are_what_stands_at_each_position() -> None:
    model = family("bert-label")
    text = model.cut("A good old film.", "word")
    assert tuple(t.strip() for t in model.tokens(text)) == ("[CLS]", "a", "good", "old", "film", ".", "[SEP]")


def test_blocks_say_what_they_have() -> None:
    assert [(b.heads, b.kv_heads) for b in family("llama").blocks[""]] == [(4, 2), (4, 2)]
    assert "resid_mid" not in family("neox").blocks[""][0].points
    assert set(family("t5").blocks) == {"enc", "dec"}
    assert family("bloom").blocks[""][0].heads == 0
