"""A model that is changed for a while is another model for whoever asks meanwhile, and itself again afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import pellucid
from pellucid.core.errors import BadOption, MismatchedModel
from pellucid.core.site import Patch
from pellucid.core.target import Target
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.every.trace import differences, trace
from tests.families import ALL, fresh, question

CHANGE = {
    "gpt2": ["z.1.h2"],
    "llama": ["mlp_act.0", "attn_out.1"],
    "bert-label": ["resid_post.0"],
    "t5": ["enc.z.1"],
}


def zero(numbers: Tensor) -> Tensor:
    return torch.zeros_like(numbers)


def more(numbers: Tensor) -> Tensor:
    return numbers * 1.5 + 0.1


def changed_by_hand(name: str) -> HuggingFaceModel:
    """The twin: head 2 of layer 1 writes nothing, since the projection does not read it."""
    model = fresh(name)
    with torch.no_grad():
        if name == "gpt2":
            model.module.transformer.h[1].attn.c_proj.weight[8:12] = 0
        else:
            model.module.model.layers[1].self_attn.o_proj.weight[:, 8:12] = 0
    return model


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_everything_is_asked_of_the_changed_model(name: str) -> None:
    """Explained, scored, and written: as by a model whose weights say the same."""
    model, twin, q = fresh(name), changed_by_hand(name), question(name)
    asked: dict[str, Any] = {"target": q.several, "unit": "word"}
    before = {
        by: pellucid.explain(model, q.text, by=by, **asked) for by in ("leave_one_out", "input_x_gradient")
    }
    written = model.generate([q.text], max_tokens=6)
    with model.changed({"z.1.h2": zero}):
        for by, plain in before.items():
            found, wanted = (pellucid.explain(m, q.text, by=by, **asked).credit() for m in (model, twin))
            np.testing.assert_allclose(found, wanted, atol=1e-5)
            assert np.abs(found - plain.credit()).max() > 1e-3
        assert model.generate([q.text], max_tokens=6) == twin.generate([q.text], max_tokens=6)
    for by, plain in before.items():
        np.testing.assert_array_equal(
            pellucid.explain(model, q.text, by=by, **asked).credit(), plain.credit()
        )
    assert model.generate([q.text], max_tokens=6) == written


@pytest.mark.parametrize("name", ALL)
def test_a_value_function_reads_the_change_in_every_family(name: str) -> None:
    """The whole text scores as a trace of it with the same change, and rows of many lengths as each alone."""
    model, q = fresh(name), question(name)
    stack = "enc." if "enc" in model.anatomy else ""
    change = {f"{stack}resid_pre.1": more, f"{stack}mlp_act.0": more}
    text = model.cut(q.text, "word")
    target = model.resolve(text, Target(q.one, scale="logit"))
    wanted = model.trace(text, target, change=change).outputs
    value = model.value(text, target)
    masks = np.tril(np.ones((value.features, value.features), bool))[::-1]
    plain = value(masks)
    with model.changed(change):
        found = value(masks)
        model.memo.clear()
        alone = np.concatenate([value(mask[None]) for mask in masks])
    np.testing.assert_allclose(found[:1], wanted, atol=1e-4)
    np.testing.assert_allclose(found, alone, atol=1e-4)
    assert np.abs(found - plain).max() > 1e-3
    np.testing.assert_array_equal(value(masks), plain)


def test_traces_and_sweeps_inside_are_of_the_changed_model() -> None:
    model = fresh("llama")
    text = model.cut(question("llama").text)
    target = model.resolve(text, Target(question("llama").one, scale="logit"))
    source = {"z.1": 2 * model.trace(text, read=["z.1"]).row("z.1", 0)}
    patch = Patch.at("z.1", positions=[2, 4])

    def put(numbers: Tensor) -> Tensor:
        numbers = numbers.clone()
        numbers[:, [2, 4]] = source["z.1"][[2, 4]]
        return numbers

    with model.changed({"resid_pre.1": more}):
        plain = model.trace(text, target, read=["resid_pre.1"], change={"z.1": put})
        np.testing.assert_allclose(model.sweep(text, target, [patch], source), plain.outputs, atol=1e-5)
    unchanged = model.trace(text, read=["resid_pre.1"])
    torch.testing.assert_close(plain["resid_pre.1"], more(unchanged["resid_pre.1"]))


def test_an_explanation_says_that_the_model_was_changed() -> None:
    model, text = fresh("gpt2"), question("gpt2").text
    with model.changed({"z.1.h2": zero}):
        inside = pellucid.explain(model, text)
        pellucid.evaluate(inside, model)
    outside = pellucid.explain(model, text)
    assert inside.provenance.notes[-1] == "The model was changed at z.1.h2."
    assert inside.provenance.fingerprint.startswith(outside.provenance.fingerprint + "+")
    assert not any("changed" in note for note in outside.provenance.notes)
    with pytest.raises(MismatchedModel):
        pellucid.evaluate(inside, model)
    with model.changed({"z.1.h2": more}), pytest.raises(MismatchedModel):  # another change of the same site
        pellucid.evaluate(inside, model)


def test_changes_within_changes() -> None:
    model = fresh("gpt2")
    text = model.cut(question("gpt2").text)
    target = model.resolve(text, Target(question("gpt2").one))
    wanted = model.trace(text, target, change={"z.0.h1": zero, "mlp_out.1": more}).outputs
    with model.changed({"z.0.h1": zero}):
        with model.changed({"mlp_out.1": more}):
            np.testing.assert_allclose(model.trace(text, target).outputs, wanted, atol=1e-6)
            assert len(model.changes) == 2
        assert len(model.changes) == 1
    assert not model.changes


@pytest.mark.parametrize("name", CHANGE)
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_the_model_is_itself_again_after_an_error(name: str, error: type[BaseException]) -> None:
    model = fresh(name)
    _ = model.anatomy
    before, fingerprint, state = trace(model), model.fingerprint, model.state

    def breaks(_: Tensor) -> Tensor:
        raise error("the planted error")

    for change in (zero, breaks):
        with pytest.raises(error, match="planted"):
            explained_and_broken(model, dict.fromkeys(CHANGE[name], change), error)
        assert differences(before, trace(model)) == []
        assert (model.fingerprint, model.state, model.changes) == (fingerprint, state, {})


def explained_and_broken(model: HuggingFaceModel, change: Any, error: type[BaseException]) -> None:
    with model.changed(change):
        pellucid.explain(model, question(model.name).text, target=question(model.name).one)
        raise error("the planted error")


def test_patterns_can_be_changed_too_and_what_opens_attention_then_is_refused() -> None:
    model = fresh("gpt2")
    text = model.cut(question("gpt2").text)
    target = model.resolve(text, Target(question("gpt2").one))
    wanted = model.trace(text, target, change={"pattern.1.h2": zero}).outputs
    with model.changed({"pattern.1.h2": zero}):
        np.testing.assert_allclose(model.trace(text, target).outputs, wanted, atol=1e-6)
        with pytest.raises(BadOption, match="changed already"):
            model.trace(text, read=["pattern.0"])


def test_what_cannot_be_changed_is_refused_before_any_work() -> None:
    model = fresh("t5")
    with pytest.raises(BadOption, match=r"enc\.resid_pre\.0"), model.changed({"enc.embed": zero}):
        pass
    with pytest.raises(BadOption, match="2 layers"), model.changed({"enc.z.7": zero}):
        pass
    with model.changed({"enc.z.1": lambda n: n[:, :1]}), pytest.raises(BadOption, match="any number of rows"):
        model.generate(["The old film"])
    assert not model.changes
