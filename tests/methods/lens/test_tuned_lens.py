"""The tuned lens: its fit against a plain loop, its files, and that it sees more than the logit lens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from pellucid import TunedLens
from pellucid.core.errors import BadOption, CannotRead, CannotWrite, EmptyText, TargetImpossible
from pellucid.models import bundled
from tests.families import SENTENCES, family, question

TEXTS = [text for text in SENTENCES if "\n" not in text]
QUICK = {"steps": 3, "batch": 8}


def states_of(model: Any, texts: list[str]) -> list[torch.Tensor]:
    """What enters each block and leaves the last, text by text."""
    depth = len(model.blocks[""])
    sites = ["resid_pre.0", *(f"resid_post.{i}" for i in range(depth))]
    found = [model.trace(model.cut(text), read=sites) for text in texts]
    return [torch.cat([one.row(site, 0) for one in found]) for site in sites]


def divergences(model: Any, states: list[torch.Tensor], lens: Any) -> list[float]:
    says = model.unembed(states[-1]).log_softmax(-1)
    found = []
    for layer, own in enumerate(states):
        seen = model.unembed(own if lens is None else lens(own, layer)).log_softmax(-1)
        found.append(float((says.exp() * (says - seen)).sum(-1).mean()))
    return found


def test_it_is_closer_to_what_the_model_says_at_every_layer_on_texts_it_has_not_seen() -> None:
    model = pellucid.load("demo-lm")
    rows = (Path(bundled.__file__).parent / "demo_lm" / "evaluation.jsonl").read_text().splitlines()
    texts = [row["prompt"] + row["answer"] for row in map(json.loads, rows)]
    held_out = states_of(model, texts[::20])
    lens = TunedLens.fit(
        model, [t for i, t in enumerate(texts) if i % 20], steps=40, batch=64, positions=4096
    )
    before, after = divergences(model, held_out, None), divergences(model, held_out, lens)
    assert all(now < 0.8 * then for now, then in zip(after[:-1], before[:-1], strict=True))
    assert before[-1] == after[-1] == 0


@pytest.mark.parametrize("name", ["gpt2", "gemma2", "bert-masked"])
def test_the_fit_is_that_of_a_plain_loop(name: str) -> None:
    """One linear layer and one Adam each, gradients clipped by torch; the same positions are drawn."""
    model = family(name)
    lens = TunedLens.fit(model, TEXTS, steps=3, batch=8, rate=1e-2, seed=4)
    rng = np.random.default_rng(4)
    *inner, last = states_of(model, [TEXTS[i] for i in rng.permutation(len(TEXTS))])
    maps = [torch.nn.Linear(last.shape[1], last.shape[1]) for _ in inner]
    adams = [torch.optim.Adam(one.parameters(), lr=1e-2) for one in maps]
    for one in maps:
        torch.nn.init.zeros_(one.weight)
        torch.nn.init.zeros_(one.bias)
    for step in range(3):
        drawn = rng.choice(len(last), 8, replace=False)
        says = model.unembed(last[drawn]).log_softmax(-1)
        for states, one, adam in zip(inner, maps, adams, strict=True):
            adam.param_groups[0]["lr"] = 1e-2 * (1 - step / 3)
            adam.zero_grad()
            seen = model.unembed(states[drawn] + one(states[drawn])).log_softmax(-1)
            torch.nn.functional.kl_div(seen, says, log_target=True, reduction="batchmean").backward()
            torch.nn.utils.clip_grad_norm_(one.parameters(), 1.0)
            adam.step()
    torch.testing.assert_close(
        lens.biases, torch.stack([one.bias for one in maps]).detach(), atol=1e-5, rtol=1e-3
    )
    torch.testing.assert_close(
        lens.weights, torch.stack([one.weight for one in maps]).detach(), atol=1e-5, rtol=1e-3
    )
    for weight in model.module.parameters():
        weight.grad = None  # what the plain loop left there


def test_a_fit_leaves_no_gradient_on_the_model_and_a_seed_is_a_seed() -> None:
    model = family("llama")
    one, same, other = (TunedLens.fit(model, TEXTS, **QUICK, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.weights, same.weights)
    assert not torch.equal(one.weights, other.weights)
    assert all(weight.grad is None for weight in model.module.parameters())
    few = TunedLens.fit(model, TEXTS, **QUICK, positions=5)
    assert few.card["positions"] == 5


@pytest.mark.parametrize("name", ["gpt2", "gemma2", "roberta-masked"])
def test_it_reads_translated_states(name: str, tmp_path: Path) -> None:
    model, q = family(name), question(name)
    lens = TunedLens.fit(model, TEXTS, **QUICK, rate=0.1)
    why = pellucid.explain(
        model, q.text, by="tuned_lens", target=q.one, lens=str(lens.save(tmp_path / "lens"))
    )
    states = states_of(model, [q.text])
    for layer, own in enumerate(states):
        if layer < 2:
            own = own + own @ lens.weights[layer].T + lens.biases[layer]
        probs = model.unembed(own).softmax(-1)
        np.testing.assert_allclose(why.data["probability"][layer], probs[:, why.target.ids[0]], atol=1e-5)
    assert "was fitted on" in " ".join(why.provenance.notes)


def test_a_lens_of_zeros_is_the_logit_lens(tmp_path: Path) -> None:
    model = family("gpt2")
    width = states_of(model, ["a"])[0].shape[-1]
    zeros = TunedLens(torch.zeros(2, width, width), torch.zeros(2, width), {"model": "it", "fingerprint": ""})
    path = str(zeros.save(tmp_path / "zeros"))
    asked = {"model": model, "text": question("gpt2").text, "target": " the"}
    tuned, plain = (
        pellucid.explain(**asked, by="tuned_lens", lens=path),
        pellucid.explain(**asked, by="logit_lens"),
    )
    np.testing.assert_allclose(tuned.data["probability"], plain.data["probability"], atol=1e-6)
    assert "not known" in " ".join(tuned.provenance.notes)


def test_what_is_saved_is_read_and_nothing_is_overwritten(tmp_path: Path) -> None:
    lens = TunedLens.fit(family("gpt2"), TEXTS, **QUICK)
    read = TunedLens.load(lens.save(tmp_path / "lens"))
    assert torch.equal(read.weights, lens.weights)
    assert torch.equal(read.biases, lens.biases)
    assert read.card == lens.card
    with pytest.raises(CannotWrite, match="already"):
        lens.save(tmp_path / "lens")
    with pytest.raises(CannotWrite):
        lens.save(tmp_path / "nowhere" / "lens")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lens"]


@pytest.mark.parametrize("bias", [True, False])
def test_published_lenses_are_read(tmp_path: Path, bias: bool) -> None:
    """As the package tuned-lens writes them: the state dict of a list of linear layers, whose outputs are added."""
    model, states = family("gpt2"), states_of(family("gpt2"), [question("gpt2").text])
    width = states[0].shape[-1]
    torch.manual_seed(0)
    maps = torch.nn.ModuleList([torch.nn.Linear(width, width, bias=bias) for _ in range(2)])
    torch.save(maps.state_dict(), tmp_path / "params.pt")
    card = {"base_model_name_or_path": "theirs", "d_model": width, "num_hidden_layers": 2, "bias": bias}
    (tmp_path / "config.json").write_text(json.dumps({**card, "lens_type": "linear_tuned_lens"}))
    lens = TunedLens.load(tmp_path)
    for layer, one in enumerate(maps):
        with torch.no_grad():
            torch.testing.assert_close(lens(states[layer], layer), states[layer] + one(states[layer]))
    lens.check(model)
    with pytest.raises(BadOption, match="with 2 layers; demo-lm has 6"):
        lens.check(pellucid.load("demo-lm"))
    with pytest.raises(BadOption, match="numbers wide; these are 3"):
        lens(torch.zeros(1, 3), 0)


def test_a_lens_of_another_model_is_refused(tmp_path: Path) -> None:
    path = str(TunedLens.fit(family("gpt2"), TEXTS, **QUICK).save(tmp_path / "lens"))
    with pytest.raises(BadOption, match=r"was fitted on gpt2 \(weights"):
        pellucid.explain(family("llama"), question("llama").text, by="tuned_lens", lens=path)


def test_what_else_is_refused(tmp_path: Path) -> None:
    asked = {"model": family("gpt2"), "text": question("gpt2").text, "by": "tuned_lens"}
    with pytest.raises(BadOption, match="--lens FOLDER"):
        pellucid.explain(**asked)
    with pytest.raises(CannotRead, match="there is no lens"):
        pellucid.explain(**asked, lens=str(tmp_path))
    for name in ("card.json", "config.json"):
        folder = tmp_path / name.split(".")[0]
        folder.mkdir()
        for content in (
            "{",
            "[]",
            "{}",
            '{"pellucid": "tuned lens", "format": 1}',
            '{"num_hidden_layers": 2}',
        ):
            (folder / name).write_text(content)
            with pytest.raises(CannotRead):
                TunedLens.load(folder)
    (tmp_path / "card" / "card.json").write_text('{"pellucid": "tuned lens", "format": 1}')
    (tmp_path / "card" / "maps.safetensors").write_bytes(b"nothing")
    with pytest.raises(CannotRead, match="damaged"):
        TunedLens.load(tmp_path / "card")
    (tmp_path / "config" / "config.json").write_text('{"num_hidden_layers": 2}')
    (tmp_path / "config" / "params.pt").write_bytes(b"nothing")
    with pytest.raises(CannotRead, match="damaged"):
        TunedLens.load(tmp_path / "config")
    with pytest.raises(EmptyText):
        TunedLens.fit(family("gpt2"), [" "])
    with pytest.raises(BadOption, match="at least one step"):
        TunedLens.fit(family("gpt2"), TEXTS, steps=0)
    with pytest.raises(TargetImpossible, match="one stack"):
        TunedLens.fit(family("t5"), TEXTS)
