"""Patchscope against one forward a state, put there by hand, and on a circuit that is known to say it again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.target import Target
from pellucid.methods.lens.patchscope import IDENTITY
from tests.families import CAUSAL, MASKED, family, question
from tests.known.induction import AGAIN, CLEAN, FIRST, THEN, induction_model
from tests.methods.lens.test_logit_lens import states_of

# A word of one token in every family, somewhere in the prompt.
PROMPTS = {"last": {}, "inside": {"prompt": "The old film and", "placeholder": "film"}}


def forward_by_hand(model: Any, prompt: str, layer: int, at: int, state: torch.Tensor) -> torch.Tensor:
    """The logits of the whole prompt with a state written into what enters a block, or leaves the last."""
    blocks = [parts.module for parts in model.anatomy[""]]

    def enters(_: Any, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        (args[0] if args else kwargs["hidden_states"])[0, at] = state
        return args, kwargs

    def leaves(_: Any, __: tuple, output: Any) -> None:
        (output if isinstance(output, torch.Tensor) else output[0])[0, at] = state

    last = layer == len(blocks)
    hook = (
        blocks[-1].register_forward_hook(leaves)
        if last
        else blocks[layer].register_forward_pre_hook(enters, with_kwargs=True)
    )
    ids = torch.from_numpy(model.encoding(model.cut(prompt)).ids)[None]
    with torch.no_grad():
        logits = model.module(ids, attention_mask=torch.ones_like(ids)).logits[0]
    hook.remove()
    return logits


def slot_of(model: Any, prompt: str, slot: str) -> int:
    tokens = [token.strip().strip("Ġ▁") for token in model.tokens(model.cut(prompt))]
    return tokens.index(slot) if slot else len(tokens) - 1


@pytest.mark.parametrize("into", [None, 1])
@pytest.mark.parametrize("asked", PROMPTS.values(), ids=PROMPTS)
@pytest.mark.parametrize("name", CAUSAL)
def test_every_state_is_put_there_as_by_hand(name: str, asked: dict[str, str], into: int | None) -> None:
    model, q = family(name), question(name)
    prompt = asked.get("prompt", IDENTITY)
    slot = slot_of(model, prompt, asked.get("placeholder", ""))
    why = pellucid.explain(
        model, q.text, by="patchscope", target=q.one, against=q.other, into=into, top_k=3, **asked
    )
    states, _ = states_of(model, model.cut(q.text))
    for layer, some in enumerate(states):
        for position, state in enumerate(some):
            logits = forward_by_hand(model, prompt, layer if into is None else into, slot, state)
            probs = logits[-1].softmax(-1)
            at = why.data.isel(layer=layer, position=position)
            assert float(at["probability"]) == pytest.approx(float(probs[why.target.ids[0]]), abs=1e-5)
            assert float(at["against_probability"]) == pytest.approx(
                float(probs[why.target.against_ids[0]]), abs=1e-5
            )
            np.testing.assert_allclose(at["candidate_probability"], probs.topk(3).values, atol=1e-5)


@pytest.mark.parametrize("name", MASKED)
def test_a_masked_model_fills_the_mask_of_the_prompt(name: str) -> None:
    model, q = family(name), question(name)
    why = pellucid.explain(model, q.text, by="patchscope", target=q.one, prompt=q.text, placeholder="old")
    ids = torch.from_numpy(model.encoding(model.cut(q.text)).ids)
    mask = int((ids == model.tokenizer.mask_token_id).nonzero())
    states, _ = states_of(model, model.cut(q.text))
    slot = slot_of(model, q.text, "old")
    for layer, position in [(0, 1), (1, 2), (2, slot)]:
        probs = forward_by_hand(model, q.text, layer, slot, states[layer][position])[mask].softmax(-1)
        found = why.data["probability"].isel(layer=layer, position=position)
        assert float(found) == pytest.approx(float(probs[why.target.ids[0]]), abs=1e-5)


@pytest.mark.parametrize("name", CAUSAL)
def test_a_state_in_its_own_place_changes_nothing(name: str) -> None:
    """The text as its own prompt: at every layer its last state stands where it stood, and the model says the same."""
    model, q = family(name), question(name)
    why = pellucid.explain(model, q.text, by="patchscope", target=q.one, prompt=q.text)
    _, logits = states_of(model, model.cut(q.text))
    says = logits[-1].softmax(-1)[why.target.ids[0]]
    np.testing.assert_allclose(why.data["probability"].isel(position=-1), float(says), atol=1e-5)


@pytest.mark.parametrize("name", ["gpt2", "gemma3", "bloom"])
def test_the_last_layer_is_that_of_the_logit_lens(name: str) -> None:
    """Behind the last block at the end of the prompt nothing but the state is left to read."""
    asks = {"text": question(name).text, "target": question(name).one}
    scope, lens = (pellucid.explain(family(name), by=by, **asks).data for by in ("patchscope", "logit_lens"))
    last = {"layer": -1}
    np.testing.assert_allclose(scope["probability"].isel(last), lens["probability"].isel(last), atol=1e-5)


def test_a_model_that_says_each_word_again_names_every_word() -> None:
    """The copy head reads the embedding at its own position, so layer 0 of the slot is said again behind it."""
    model = induction_model()
    why = pellucid.explain(
        model, CLEAN, by="patchscope", target=" boxes", prompt="silver clerk grey", layers=(0,)
    )
    words = CLEAN.split()
    named = [str(token).strip() for token in why.data["candidate_token"].isel(layer=0, candidate=0).values]
    assert named == words
    assert (why.data["rank"].isel(layer=0).values == 0).tolist() == [word == "boxes" for word in words]


def test_the_circuit_reads_what_was_put_inside_its_prompt() -> None:
    """What stands behind the repeated word is replaced by each word of the text, and said."""
    model = induction_model()
    asks = {"by": "patchscope", "target": " lamps", "prompt": CLEAN, "placeholder": "lamps"}
    why = pellucid.explain(model, "silver boxes near clerk", layers=(0,), **asks)
    named = why.data["candidate_token"].isel(layer=0, candidate=0).values
    assert [str(token).strip() for token in named] == "silver boxes near clerk".split()
    assert CLEAN.split()[THEN] == "lamps"
    assert CLEAN.split()[FIRST] == CLEAN.split()[AGAIN]
    assert "lamps" in why.provenance.notes[-1]


def test_paris_is_there_four_layers_before_the_logit_lens_sees_it() -> None:
    asks = {"text": "The Eiffel Tower is located in the city of", "target": " Paris"}
    scope, lens = (pellucid.explain("demo-lm", by=by, **asks).data for by in ("patchscope", "logit_lens"))
    first = [int((data["rank"].isel(position=-1).values == 0).argmax()) for data in (scope, lens)]
    assert first == [1, 5]


def test_a_country_that_is_put_into_a_question_is_answered_with_its_capital() -> None:
    why = pellucid.explain(
        "demo-lm", "They flew to France in May", by="patchscope", target=" Paris",
        prompt="The capital of x is", placeholder="x", layers=(0,),
    )  # fmt: skip
    ranks = dict(zip(why.data["position_text"].values, why.data["rank"].isel(layer=0).values, strict=True))
    assert ranks[" France"] == 0
    assert min(rank for token, rank in ranks.items() if token != " France") > 0


def test_the_prompt_before_its_slot_is_read_once() -> None:
    model, q = family("llama"), question("llama")
    model.memo.clear()
    why = pellucid.explain(model, q.text, by="patchscope", target=q.one)
    states = why.data.sizes["layer"] * why.data.sizes["position"]
    length = len(model.tokens(model.cut(IDENTITY)))
    assert why.provenance.tokens < states + 4 * length  # a state is one token in some of the layers


def test_what_is_refused() -> None:
    ask = {"model": family("gpt2"), "text": question("gpt2").text, "by": "patchscope", "target": " the"}
    for into in (3, -1):
        with pytest.raises(BadOption, match=f"into={into}: gpt2 has 2 blocks"):
            pellucid.explain(**ask, into=into)
    with pytest.raises(BadOption, match="must stand in the prompt once"):
        pellucid.explain(**ask, placeholder="film")
    with pytest.raises(BadOption, match="must stand in the prompt once"):
        pellucid.explain(**ask, prompt="good film, good", placeholder="good")
    with pytest.raises(BadOption, match=r"is [0-9]+ tokens of gpt2"):
        pellucid.explain(**ask, prompt="say Xylophone", placeholder="Xylophone")
    with pytest.raises(BadOption, match="layers are 0 to 2"):
        pellucid.explain(**ask, layers=(3,))
    with pytest.raises(BadOption, match="bert-masked fills masks: give a prompt with one"):
        pellucid.explain(family("bert-masked"), question("bert-masked").text, by="patchscope", target="film")
    with pytest.raises(TargetImpossible, match="the text has none"):
        pellucid.explain(
            family("bert-masked"), question("bert-masked").text, by="patchscope", target="film",
            prompt="the old film", placeholder="old",
        )  # fmt: skip
    with pytest.raises(TargetImpossible, match="writes with a decoder"):
        pellucid.explain(family("t5"), question("t5").text, by="patchscope", target="the")
    with pytest.raises(TargetImpossible, match="no token of its vocabulary"):
        pellucid.explain(family("bert-label"), question("bert-label").text, by="patchscope")


def test_last_states_of_a_sweep_are_asked_only_of_what_says_tokens() -> None:
    model = family("bert-label")
    text = model.cut(question("bert-label").text)
    target = model.resolve(text, Target("good"))
    with pytest.raises(TargetImpossible, match="says no token"):
        model.sweep_states(text, target, [], {})
