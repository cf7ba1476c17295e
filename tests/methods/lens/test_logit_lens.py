"""The logit lens against hidden states that are unembedded by hand, one layer after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.methods.lens import _vocabulary
from tests.families import CAUSAL, MASKED, family, question


def states_of(model: Any, text: Any) -> tuple[list[torch.Tensor], torch.Tensor]:
    """What enters the first block and leaves each, and the logits, by transformers' own means."""
    kept: list[torch.Tensor] = []
    module, blocks = model.module, [parts.module for parts in model.anatomy[""]]

    def enters(_: Any, args: tuple, kwargs: dict) -> None:
        kept.append(args[0] if args else kwargs["hidden_states"])

    def leaves(_: Any, __: tuple, output: Any) -> None:
        kept.append(output if isinstance(output, torch.Tensor) else output[0])

    hooks = [blocks[0].register_forward_pre_hook(enters, with_kwargs=True)]
    hooks += [block.register_forward_hook(leaves) for block in blocks]
    ids = torch.from_numpy(model.encoding(text).ids)[None]
    with torch.no_grad():
        logits = module(ids, attention_mask=torch.ones_like(ids)).logits[0]
    for hook in hooks:
        hook.remove()
    return [state[0] for state in kept], logits


def by_hand(name: str, module: Any, state: torch.Tensor) -> torch.Tensor:
    """Final norm, matrix and what stands behind it, named family by family."""
    norm = {
        "gpt2": lambda: module.transformer.ln_f, "bloom": lambda: module.transformer.ln_f,
        "neox": lambda: module.gpt_neox.final_layer_norm, "opt": lambda: module.model.decoder.final_layer_norm,
        "phi": lambda: module.model.final_layernorm,
    }.get(name, lambda: module.model.norm)()  # fmt: skip
    logits = module.get_output_embeddings()(norm(state))
    cap = getattr(module.config, "final_logit_softcapping", None)
    return cap * torch.tanh(logits / cap) if cap else logits


@pytest.mark.parametrize("name", CAUSAL)
def test_every_layer_is_unembedded_as_by_hand(name: str) -> None:
    model, q = family(name), question(name)
    why = pellucid.explain(model, q.text, by="logit_lens", target=q.one, against=q.other, top_k=3)
    states, logits = states_of(model, model.cut(q.text))
    answer, other = why.target.ids[0], why.target.against_ids[0]
    with torch.no_grad():
        for layer, state in enumerate(states):
            probs = by_hand(name, model.module, state).softmax(-1)
            at = why.data.isel(layer=layer)
            np.testing.assert_allclose(at["probability"], probs[:, answer], atol=1e-5)
            np.testing.assert_allclose(at["against_probability"], probs[:, other], atol=1e-5)
            order = probs.argsort(-1, descending=True)
            np.testing.assert_allclose(at["candidate_probability"], probs.gather(-1, order[:, :3]), atol=1e-5)
            clear = probs.gather(-1, order[:, :4]).diff(dim=-1).abs().min(-1).values > 1e-5
            names = np.array(model.token_texts(order[:, :3].reshape(-1).tolist())).reshape(-1, 3)
            assert (at["candidate_token"].values == names)[clear.numpy()].all()
            ranks = (probs > probs[:, answer, None] + 1e-6).sum(-1).numpy()
            near = (probs > probs[:, answer, None] - 1e-6).sum(-1).numpy()
            assert ((ranks <= at["rank"].values) & (at["rank"].values < near)).all()
    np.testing.assert_allclose(
        why.data["probability"].isel(layer=-1), logits.softmax(-1)[:, answer], atol=1e-5
    )


@pytest.mark.parametrize("name", [*CAUSAL, *MASKED])
def test_the_last_layer_is_what_the_model_says(name: str) -> None:
    model, q = family(name), question(name)
    why = pellucid.explain(model, q.text, by="logit_lens", target=q.one)
    text = model.cut(q.text)
    says = model.value(text, model.resolve(text, why.target.on("prob"))).total(
        np.ones((1, len(text.features)), dtype=bool)
    )[0]
    last = why.data.isel(layer=-1, position=int(why.data["answer_position"]))
    assert float(last["probability"]) == pytest.approx(says, abs=1e-5)


def test_few_logits_at_once_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"text": question("llama").text, "by": "logit_lens", "target": " the"}
    whole = pellucid.explain(family("llama"), **asked).data
    monkeypatch.setattr(_vocabulary, "LOGITS", 1)
    pieces = pellucid.explain(family("llama"), **asked).data
    for name in ("probability", "candidate_probability"):
        np.testing.assert_allclose(whole[name], pieces[name], atol=1e-6)


def test_some_layers() -> None:
    asked = {"text": question("gpt2").text, "by": "logit_lens", "target": " the"}
    whole = pellucid.explain(family("gpt2"), **asked).data
    some = pellucid.explain(family("gpt2"), **asked, layers=(2, 0)).data
    assert some["layer"].values.tolist() == [2, 0]
    np.testing.assert_array_equal(some["rank"], whole["rank"].sel(layer=[2, 0]))


def test_paris_comes_up_at_the_fifth_layer() -> None:
    why = pellucid.explain(
        "demo-lm", "The Eiffel Tower is located in the city of", by="logit_lens", target=" Paris"
    )
    rank = why.data["rank"].isel(position=-1).values
    assert (rank[:5] > 0).all()
    assert (rank[5:] == 0).all()
    assert len(rank) == 7
    assert "Paris" in str(why)


@pytest.mark.parametrize("name", ["bert-label", "gpt2-label-unpadded", "bert-token-label", "bert-question"])
def test_labels_are_no_tokens(name: str) -> None:
    with pytest.raises(TargetImpossible, match="no token of its vocabulary"):
        pellucid.explain(family(name), question(name).text, by="logit_lens")


def test_what_else_is_refused() -> None:
    with pytest.raises(TargetImpossible, match="an encoder and writes with a decoder"):
        pellucid.explain(family("t5"), question("t5").text, by="logit_lens", target="the")
    ask = {"model": family("gpt2"), "text": question("gpt2").text, "by": "logit_lens"}
    for layers in ((3,), (), (1, 1)):
        with pytest.raises(BadOption, match="layers are 0 to 2"):
            pellucid.explain(**ask, layers=layers)
    with pytest.raises(BadOption, match="top_k=0"):
        pellucid.explain(**ask, top_k=0)
    with pytest.raises(TargetImpossible, match="is said behind them"):
        pellucid.explain(**ask, target=" great cast", span="cast")
    with pytest.raises(TargetImpossible, match="begin with the same"):
        pellucid.explain(**ask, target=" the film", against=" the story")
