"""Activation patching against one whole forward for each place, from the definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.target import Target
from pellucid.methods.patching._pair import pair_of
from tests.every.test_methods_on_families import swap
from tests.families import CAUSAL, family, fresh, question
from tests.methods.patching.pairs import ASKED, FACT, explained, put, texts, value

OTHERS = ["bert-label", "roberta-masked", "t5", "bert-token-label", "bert-question", "bert-pair"]


def prefix_of(name: str) -> str:
    stack = next(iter(family(name).blocks))
    return f"{stack}." if stack else ""


@pytest.mark.parametrize("direction", ["denoise", "noise"])
@pytest.mark.parametrize("name", [*CAUSAL, *OTHERS])
def test_every_position_is_one_forward_with_the_other_state(name: str, direction: str) -> None:
    why = explained(name, "activation_patching", direction=direction)
    model, clean, corrupt, _ = texts(name)
    target = why.target
    base, giver = (corrupt, clean) if direction == "denoise" else (clean, corrupt)
    sign = 1 if direction == "denoise" else -1
    plain = value(model, base, target)
    for layer in range(2):
        site = f"{prefix_of(name)}resid_pre.{layer}"
        numbers = model.trace(giver, read=[site]).row(site, 0)
        for at in range(len(model.tokens(clean))):
            patched = value(model, base, target, {site: put(numbers, at)})
            assert why.data["effect"][layer, at] == pytest.approx(sign * (patched - plain), abs=1e-4)
    assert float(why.data["clean"]) == pytest.approx(value(model, clean, target), abs=1e-5)
    assert float(why.data["corrupted"]) == pytest.approx(value(model, corrupt, target), abs=1e-5)


@pytest.mark.parametrize("point", ["z", "q", "k", "v"])
@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma2", "phi", "bert-label", "t5"])
def test_every_head_is_one_forward_at_all_positions(name: str, point: str) -> None:
    why = explained(name, "activation_patching", point=point)
    model, clean, corrupt, target = texts(name)
    plain = value(model, corrupt, target)
    block = next(iter(model.blocks.values()))[0]
    assert why.data["effect"].sizes == {"layer": 2, "head": block.kv_heads if point in "kv" else block.heads}
    for layer in range(2):
        site = f"{prefix_of(name)}{point}.{layer}"
        numbers = model.trace(clean, read=[site]).row(site, 0)
        for head in range(why.data.sizes["head"]):
            patched = value(model, corrupt, target, {site: put(numbers, slice(0, len(numbers)), head)})
            assert why.data["effect"][layer, head] == pytest.approx(patched - plain, abs=1e-4)


@pytest.mark.parametrize("point", ["resid_mid", "resid_post", "attn_out", "mlp_out", "pattern"])
def test_every_point_can_be_patched(point: str) -> None:
    why = explained("llama", "activation_patching", point=point)
    assert (why.data["effect"] != 0).any()
    assert why.data["effect"].dims == ("layer", "head" if point == "pattern" else "position")


def test_all_that_differs_brings_all_back() -> None:
    """In front of the first block only the other tokens differ; behind the last only the position that is read."""
    first = explained("gpt2", "activation_patching")
    last = explained("gpt2", "activation_patching", point="resid_post")
    _, clean, corrupt, _ = texts("gpt2")
    model = family("gpt2")
    differing = [a != b for a, b in zip(model.tokens(clean), model.tokens(corrupt), strict=True)]
    assert sum(differing) == 1
    np.testing.assert_allclose(first.data["recovered"][0], differing, atol=1e-4)
    np.testing.assert_allclose(last.data["recovered"][1], [*[0] * (len(differing) - 1), 1], atol=1e-4)


def test_what_is_read_before_the_first_difference_costs_nothing() -> None:
    why = explained("gpt2", "activation_patching")
    _, clean, corrupt, _ = texts("gpt2")
    ours, theirs = (family("gpt2").tokens(t) for t in (clean, corrupt))
    first = next(i for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b)
    assert first > 0
    assert (why.data["effect"][:, :first] == 0).all()
    assert (why.data["effect"][1, first:] != 0).any()
    assert f"Positions before {first} are the same" in why.provenance.notes[0]


def test_texts_that_answer_alike_have_no_shares() -> None:
    """A model whose attention moves nothing answers by the last token alone."""
    model = fresh("gpt2")
    with torch.no_grad():
        for block in model.module.transformer.h:
            block.attn.c_proj.weight.zero_()
    text, corrupt = "The old film is good, and", swap("gpt2", "The old film is good, and")[1]
    why = pellucid.explain(model, text, "activation_patching", target=" the", corrupt=corrupt)
    assert np.isnan(why.data["recovered"]).all()
    np.testing.assert_allclose(why.data["effect"], 0, atol=1e-5)
    assert any("hardly differs" in note for note in why.provenance.notes)


def test_a_fact_stands_at_its_subject_and_moves_to_the_end(demo_lm) -> None:
    why = pellucid.explain(demo_lm, FACT["text"], "activation_patching", corrupt=FACT["corrupt"], **ASKED)
    recovered = why.data["recovered"]
    assert list(recovered.coords["position_text"].values) == ["The", " capital", " of", " France", " is"]
    assert float(recovered[0, 3]) == pytest.approx(1, abs=0.02)
    assert float(recovered[5, 4]) == pytest.approx(1, abs=0.02)
    heads = pellucid.explain(
        demo_lm, FACT["text"], "activation_patching", corrupt=FACT["corrupt"], point="z", **ASKED
    )
    assert float(heads.data["recovered"].max()) > 0.8  # one head moves it
    assert heads.data["recovered"].argmax(...)["layer"] == 0


def test_what_cannot_be_compared_is_refused(demo_lm) -> None:
    def refused(match: str, name: str = "gpt2", error: type = BadOption, **given: object) -> None:
        with pytest.raises(error, match=match):
            explained(name, "activation_patching", **given)

    text = question("gpt2").text
    refused("Give the second as corrupt", corrupt=None)
    refused("the same to the model", corrupt=text)
    refused(
        r"as many tokens.*From token \d+ on, .* stands against.*--align",
        corrupt=text.replace("film", "film story"),
    )
    refused("point=", point="resid")
    refused("direction=", direction="both")
    refused("parallel blocks read the same states", name="phi", point="resid_mid")
    refused("block 0 of bloom has none. What it has: resid_pre", name="bloom", point="z")
    refused("patching compares two", error=TargetImpossible, scale="kl")
    with pytest.raises(BadOption, match="with a line break between them"):
        explained("bert-pair", "activation_patching", corrupt="A good old film.")


LONGER = "The old film story is good, and"  # one token more than the clean text has


@pytest.mark.parametrize("direction", ["denoise", "noise"])
@pytest.mark.parametrize("name", ["gpt2", "llama", "neox", "gemma3"])
def test_aligned_texts_are_compared_from_both_ends(name: str, direction: str) -> None:
    model, text = family(name), "The old film is good, and"
    asked = {"target": question(name).one, "corrupt": LONGER, "align": True, "direction": direction}
    why = pellucid.explain(model, text, "activation_patching", unit="token", **asked)
    clean, corrupt = model.cut(text, "token"), model.cut(LONGER, "token")
    ours, theirs = model.tokens(clean), model.tokens(corrupt)
    more = len(theirs) - len(ours)
    assert more > 0
    parted = next(i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b)
    base, giver = (corrupt, clean) if direction == "denoise" else (clean, corrupt)
    plain = value(model, base, why.target)
    for layer in range(2):
        site = f"resid_pre.{layer}"
        numbers = model.trace(giver, read=[site]).row(site, 0)
        for at in range(parted, len(ours)):
            into, taken = (at + more, at) if direction == "denoise" else (at, at + more)

            def change(passing, into=into, taken=taken, numbers=numbers):
                new = passing.clone()
                new[:, into] = numbers[taken]
                return new

            moved = value(model, base, why.target, {site: change}) - plain
            assert why.data["effect"][layer, at] == pytest.approx(
                moved if direction == "denoise" else -moved, abs=1e-4
            )
    heads = pellucid.explain(model, text, "activation_patching", unit="token", point="z", **asked)
    assert np.isfinite(heads.primary).all()
    with pytest.raises(BadOption, match="aligned texts have others"):
        pellucid.explain(model, text, "activation_patching", point="k", **asked)


def test_a_token_of_the_longer_text_has_no_counterpart_and_no_number() -> None:
    model = family("gpt2")
    asked = {"target": " the", "corrupt": "The old film is good, and", "align": True}
    why = pellucid.explain(model, LONGER, "activation_patching", unit="token", **asked)
    none = np.isnan(why.data["effect"]).all("layer").values
    more = len(model.tokens(model.cut(LONGER))) - len(model.tokens(model.cut(asked["corrupt"])))
    assert none.sum() == more == 1
    assert any("have no counterpart" in note for note in why.provenance.notes)
    assert "no number" in str(why) or "?" in str(why)


def test_texts_of_one_length_are_aligned_as_they_are() -> None:
    plain, aligned = (explained("gpt2", "activation_patching", align=align) for align in (False, True))
    assert plain.data.identical(aligned.data)


def test_a_place_in_the_text_moves_with_its_tokens() -> None:
    """The other word has fewer characters: what stands behind it is found by its tokens."""
    model = family("bert-token-label")
    text = model.cut("Mary went to the store.")
    target = model.resolve(text, Target("PER", at="store"))
    pair = pair_of(model, text, target, "He went to the store.")
    start, end = pair.corrupt_target.at
    assert pair.corrupt.string[start:end] == "store"
