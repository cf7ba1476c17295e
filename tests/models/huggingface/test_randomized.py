"""A model whose weights are others for a while: what is changed, what is not, and that nothing is left of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import pellucid
from pellucid.core.errors import BadOption, MismatchedModel, UnsupportedModel
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.every.trace import differences, trace
from tests.families import ALL, fresh, question

SOME = ("gpt2", "llama", "bert-label", "roberta-masked", "t5", "bart", "bert-question")


def weights(model: HuggingFaceModel) -> dict[str, Tensor]:
    """Copies of all weights, those that modules share by each of their names."""
    named = model.module.named_parameters(remove_duplicate=False)
    return {name: weight.detach().clone() for name, weight in named}


def changed(model: HuggingFaceModel, before: dict[str, Tensor]) -> set[str]:
    return {name for name, weight in weights(model).items() if not torch.equal(weight, before[name])}


def block_of(name: str) -> int | None:
    """The number of the block that a parameter of these families stands in."""
    for parts in zip(*[name.split(".")[i:] for i in range(2)], strict=False):
        if parts[0] in ("h", "layers", "layer", "block") and parts[1].isdigit():
            return int(parts[1])
    return None


@pytest.mark.parametrize("name", ["gpt2", "llama", "bert-label", "roberta-masked"])
def test_the_head_and_then_the_last_blocks(name: str) -> None:
    model = fresh(name)
    before = weights(model)
    in_blocks = {n: block_of(n) for n in before if block_of(n) is not None}
    deep = 1 + max(in_blocks.values())
    for blocks in range(deep + 1):
        with model.randomized(blocks, seed=1):
            others, now = changed(model, before), weights(model)
        assert {in_blocks[n] for n in others if n in in_blocks} == set(range(deep - blocks, deep))
        outside = {n for n in others if n not in in_blocks}
        assert outside
        assert not any("embed" in n or "wte" in n or "wpe" in n for n in outside)
        for n in others:
            assert not torch.equal(now[n], before[n])
            torch.testing.assert_close(now[n].flatten().sort()[0], before[n].flatten().sort()[0])
    matrices = {n for n in in_blocks if before[n].numel() > 20}
    assert matrices <= others


def test_a_head_that_shares_the_embeddings_is_shuffled_and_they_are_not() -> None:
    model = fresh("gpt2")
    head, embed = model.module.lm_head, model.module.transformer.wte
    tied = head.weight is embed.weight
    before = embed.weight.detach().clone()
    with model.randomized(0):
        assert torch.equal(embed.weight, before)
        assert not torch.equal(head.weight, before) or not tied
    assert (head.weight is embed.weight) == tied


def test_a_cascade_goes_on_where_it_was() -> None:
    """What was shuffled with fewer blocks is shuffled the same way with more of them; another seed is another way."""
    model = fresh("llama")
    before, levels = weights(model), []
    for blocks, seed in ((1, 0), (2, 0), (1, 5)):
        with model.randomized(blocks, seed=seed):
            levels.append(weights(model))
    names = {n for n in before if not torch.equal(levels[0][n], before[n])}
    assert all(torch.equal(levels[0][n], levels[1][n]) for n in names)
    assert not all(torch.equal(levels[0][n], levels[2][n]) for n in names)


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
def test_it_is_itself_again(name: str, error: type[BaseException] | None) -> None:
    model, q = fresh(name), question(name)
    _ = model.blocks
    text = model.cut(q.text)
    before, fingerprint, state = trace(model), model.fingerprint, model.state
    plain = pellucid.explain(model, q.text, target=q.one)

    def broken(inside: Any) -> None:
        with inside:
            why = pellucid.explain(model, q.text, target=q.one)
            assert np.abs(why.credit() - plain.credit()).max() > 1e-6
            if error is not None:
                raise error("the planted error")

    for inside in (model.randomized(1), model.noised(text, 0.5)):
        if error is None:
            broken(inside)
        else:
            with pytest.raises(error, match="planted"):
                broken(inside)
        assert differences(before, trace(model)) == []
        assert (model.fingerprint, model.state, model.changes) == (fingerprint, state, {})
        np.testing.assert_array_equal(pellucid.explain(model, q.text, target=q.one).credit(), plain.credit())


def test_memo_and_fingerprint_tell_them_apart() -> None:
    """No number that is known of one model answers for another; those of the model itself are still known after."""
    model, q = fresh("gpt2"), question("gpt2")
    text = model.cut(q.text)
    ways = [
        lambda: model.randomized(1),
        lambda: model.randomized(1, seed=1),
        lambda: model.randomized(2),
        lambda: model.noised(text, 0.5),
        lambda: model.noised(text, 0.5, seed=1),
    ]
    plain = pellucid.explain(model, q.text, target=q.one)
    prints, credits = [plain.provenance.fingerprint], [plain.credit()]
    for _ in range(2):
        for way in ways:
            with way():
                why = pellucid.explain(model, q.text, target=q.one)
                with pytest.raises(MismatchedModel):
                    pellucid.evaluate(plain, model)
            prints.append(why.provenance.fingerprint)
            credits.append(why.credit())
    assert len(set(prints)) == 1 + len(ways)
    assert prints[1 : 1 + len(ways)] == prints[1 + len(ways) :]
    for a in range(len(ways) + 1):
        for b in range(a):
            assert np.abs(credits[a] - credits[b]).max() > 1e-6
    for a, b in zip(credits[1 : 1 + len(ways)], credits[1 + len(ways) :], strict=True):
        np.testing.assert_array_equal(a, b)
    again = pellucid.explain(model, q.text, target=q.one)
    assert again.provenance.forwards == 0
    np.testing.assert_array_equal(again.credit(), plain.credit())


def test_noise_is_of_the_size_asked_for_and_on_the_text_alone() -> None:
    model, q = fresh("bert-label"), question("bert-label")
    text = model.cut(q.text)
    embed = model.module.get_input_embeddings()
    before = embed.weight.detach().clone()
    with model.noised(text, 0.5):
        moved = embed.weight.detach() - before
    encoding = model.encoding(text)
    rows = sorted(set(encoding.ids[encoding.feature_of >= 0].tolist()))
    assert sorted(set(moved.nonzero()[:, 0].tolist())) == rows
    reach = 0.5 * float(before.std())
    assert reach * 0.8 < float(moved.abs().max()) <= reach * (1 + 1e-5)
    assert float(moved[rows].std()) == pytest.approx(reach / np.sqrt(3), rel=0.15)


@pytest.mark.parametrize("name", ALL)
def test_every_family_has_something_behind_its_blocks(name: str) -> None:
    model = fresh(name)
    before = weights(model)
    with model.randomized(0):
        assert changed(model, before)
    assert not changed(model, before)


def test_refuses_before_it_changes_anything() -> None:
    model = fresh("gpt2")
    text = model.cut(question("gpt2").text)
    before = trace(model)
    with pytest.raises(BadOption, match="blocks=99"), model.randomized(99):
        pass
    with pytest.raises(BadOption, match="radius=0"), model.noised(text, 0):
        pass
    assert model.behind  # what stands where is found with its own weights
    quantized = nn.Parameter(torch.zeros(3, dtype=torch.int8), requires_grad=False)
    own = model.module.transformer.h[0].ln_1._parameters["weight"]
    model.module.transformer.h[0].ln_1._parameters["weight"] = quantized
    with pytest.raises(UnsupportedModel, match="quantized"), model.randomized(2):
        pass
    model.module.transformer.h[0].ln_1._parameters["weight"] = own
    assert differences(before, trace(model)) == []
