"""The invariants of the inside hold on every family, and each fails when what it guards is broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import nn

from pellucid.models.huggingface import sweep, watch
from pellucid.models.huggingface.attention_tap import AttentionCall
from pellucid.models.huggingface.check import Check, check
from pellucid.models.huggingface.check_inside import INVARIANTS, points_of
from pellucid.models.huggingface.model import HuggingFaceModel
from pellucid.models.huggingface.unembedding import Unembedding
from tests.families import ALL, family, fresh

NAMES = [name for name, _ in INVARIANTS]
PATTERNS, Z, NEURONS, PARTS, LOGITS, NOTHING, SWEEP = NAMES


def found(model: HuggingFaceModel) -> dict[str, Check]:
    return {c.name: c for c in check(model) if c.name in NAMES}


def failed(model: HuggingFaceModel) -> set[str]:
    return {name for name, one in found(model).items() if not one.ok}


@contextmanager
def noisy_in(outer: nn.Module, projection: nn.Module) -> Iterator[None]:
    """Inside, a projection writes more when it is called by ``outer`` than when it is called alone."""
    inside: list[int] = []
    hooks = (
        outer.register_forward_pre_hook(lambda *_: inside.append(1)),
        outer.register_forward_hook(lambda *_: inside.clear()),
        projection.register_forward_hook(lambda _, __, output: output + 0.1 if inside else None),
    )
    yield
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("name", ALL)
def test_every_family_is_sound_inside(name: str) -> None:
    for one in found(family(name)).values():
        assert one.ok, one
        assert one.applies or len(one.found) > 20, one  # a reason


def test_what_a_model_does_not_have_is_told_with_the_reason() -> None:
    none = {name for name, one in found(family("bloom")).items() if not one.applies}
    assert none == {PATTERNS, Z, PARTS}
    assert "adds" in found(family("bert-masked"))[PARTS].found
    assert not any(not one.applies for one in found(family("llama")).values())


def test_attention_that_writes_more_than_its_projection_makes_of_z() -> None:
    model = fresh("gpt2")
    block = model.module.transformer.h[1]
    with noisy_in(block.attn, block.attn.c_proj):
        assert failed(model) == {Z}


def test_an_mlp_that_writes_more_than_its_projection_makes_of_neurons() -> None:
    model = fresh("llama")
    block = model.module.model.layers[0]
    with noisy_in(block.mlp, block.mlp.down_proj):
        assert failed(model) == {NEURONS}


def test_patterns_that_are_not_what_values_are_weighed_with(monkeypatch: pytest.MonkeyPatch) -> None:
    run = AttentionCall.run

    def another(call: AttentionCall) -> Any:
        states, pattern = run(call)
        return states, None if pattern is None else pattern.flip(-1)

    model = fresh("gpt2")
    _ = model.anatomy
    monkeypatch.setattr(AttentionCall, "run", another)
    assert PATTERNS in failed(model)


def test_a_stream_that_something_else_is_added_to() -> None:
    model = fresh("gpt2")
    _ = model.anatomy  # found before: of a stream that is no sum it would say so
    model.module.transformer.h[1].register_forward_hook(lambda _, __, output: output + 0.1)
    assert failed(model) == {PARTS}


def test_logits_that_the_final_modules_do_not_give(monkeypatch: pytest.MonkeyPatch) -> None:
    call = Unembedding.__call__
    model = fresh("neox")
    _ = model.unembedding
    monkeypatch.setattr(Unembedding, "__call__", lambda self, states: 1.1 * call(self, states))
    assert LOGITS in failed(model)


def test_a_hook_that_changes_what_it_should_only_pass_on(monkeypatch: pytest.MonkeyPatch) -> None:
    put = watch._with_part
    monkeypatch.setattr(watch, "_with_part", lambda *given: 1.1 * put(*given))
    assert NOTHING in failed(fresh("llama"))


def test_a_sweep_that_puts_numbers_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    put = sweep._put
    monkeypatch.setattr(
        sweep, "_put", lambda row, site, positions, start, n: put(row, site, positions, start, n * 1.1)
    )
    assert failed(fresh("llama")) == {SWEEP}


def test_broken_weights_fail() -> None:
    """NaN is no small difference."""
    model = fresh("gpt2")
    _ = model.anatomy, model.unembedding
    with torch.no_grad():
        model.module.transformer.h[0].mlp.c_proj.weight.fill_(float("nan"))
    assert failed(model) >= {NEURONS, PARTS, LOGITS}


def test_points_say_which_layers_have_them_and_why_others_do_not() -> None:
    points = {p.point: p for p in points_of(family("neox"))}
    assert points["z"].layers == (0, 1)
    assert points["z"].reason == ""
    assert points["resid_mid"].layers == ()
    assert "parallel" in points["resid_mid"].reason
    assert {"enc.z", "dec.z"} <= {p.point for p in points_of(family("t5"))}
