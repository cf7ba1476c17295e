"""The attention tap: a tapped model says what it said, can be changed at will, and is as it was afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from pellucid.core.errors import BadOption, UnsupportedModel
from pellucid.models.huggingface import attention_tap
from pellucid.models.huggingface.attention_tap import AttentionCall, tapped
from tests.families import ALL, fresh

TAPPED = [name for name in ALL if name != "bloom"]
CAPPED = ["gemma2"]  # transformers refuses sdpa there: it has no soft cap of attention
KERNELS = [(name, kernel) for name in TAPPED for kernel in ("eager", "sdpa")[: 1 + (name not in CAPPED)]]


@contextmanager
def implemented(module: Any, kernel: str) -> Iterator[None]:
    """The model with transformers' own switch set to a kernel."""
    before = module.config._attn_implementation
    module.set_attn_implementation(kernel)
    try:
        yield
    finally:
        module.set_attn_implementation(before)


def inputs_of(module: Any, padded: str | None) -> dict[str, Tensor]:
    """Two rows, of which one may begin or end with padding."""
    torch.manual_seed(0)
    ids = torch.randint(5, 60, (2, 6))
    seen = torch.ones_like(ids)
    if padded == "left":
        seen[1, :2] = 0
    if padded == "right":
        seen[1, -2:] = 0
    inputs = {"input_ids": ids, "attention_mask": seen}
    if module.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = ids[:, :3]
    return inputs


def rows_of(name: str) -> int:
    """Classifiers without a padding token read one row."""
    return 1 if name.endswith("unpadded") else 2


def logits_of(name: str, module: Any, padded: str | None = None) -> Tensor:
    inputs = {k: v[: rows_of(name)] for k, v in inputs_of(module, padded).items()}
    with torch.no_grad():
        return module(**inputs)[0]  # logits, or those of where an answer starts


def unchanged(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
    return call.run()


@pytest.mark.parametrize("padded", [None, "left", "right"])
@pytest.mark.parametrize(("name", "kernel"), KERNELS)
def test_a_tapped_model_says_the_same_to_the_last_bit(name: str, kernel: str, padded: str | None) -> None:
    """Its own kernel, and its own mask, with and without padding."""
    module = fresh(name).module
    with implemented(module, kernel):
        plain = logits_of(name, module, padded)
        with tapped(module, name, unchanged):
            through = logits_of(name, module, padded)
        assert torch.equal(through, plain)
        assert torch.equal(logits_of(name, module, padded), plain)


@pytest.mark.parametrize("padded", [None, "left"])
@pytest.mark.parametrize("name", TAPPED)
def test_the_eager_kernel_can_be_asked_for(name: str, padded: str | None) -> None:
    module = fresh(name).module
    with implemented(module, "eager"):
        eager = logits_of(name, module, padded)
    with implemented(module, dict(KERNELS)[name]), tapped(module, name, unchanged, "eager"):
        assert torch.equal(logits_of(name, module, padded), eager)


@pytest.mark.parametrize("name", TAPPED)
def test_patterns_are_those_that_transformers_gives(name: str) -> None:
    module = fresh(name).module
    seen: list[Tensor] = []

    def look(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
        states, pattern = call.run()
        assert pattern is not None
        seen.append(pattern)
        return states, pattern

    with tapped(module, name, look, "eager"):
        logits_of(name, module)
    with implemented(module, "eager"), torch.no_grad():
        inputs = {k: v[: rows_of(name)] for k, v in inputs_of(module, None).items()}
        said = module(**inputs, output_attentions=True)
    keys = ("attentions", "encoder_attentions", "decoder_attentions", "cross_attentions")
    theirs = [pattern for key in keys for pattern in getattr(said, key, None) or ()]
    assert len(theirs) == len(seen) > 0
    assert sorted(float(p.double().square().sum()) for p in seen) == sorted(
        float(p.double().square().sum()) for p in theirs
    )


@pytest.mark.parametrize("name", TAPPED)
def test_a_pattern_can_be_put_in_place(name: str) -> None:
    """The same pattern changes nothing; attention to the first key alone changes the answer."""
    module = fresh(name).module

    def same(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
        states, pattern = call.run()
        assert pattern is not None
        again = call.attend(pattern)
        assert torch.equal(again, states)
        return again, pattern

    def first(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
        pattern = torch.zeros_like(call.run()[1])
        pattern[..., 0] = 1
        states = call.attend(pattern)
        groups = call.query.shape[1] // call.value.shape[1]
        one = call.value[:, :, 0].repeat_interleave(groups, 1)[:, None].expand_as(states)
        assert torch.equal(states, one)
        return states, pattern

    plain = logits_of(name, module)
    with tapped(module, name, same, "eager"):
        torch.testing.assert_close(logits_of(name, module), plain, rtol=1e-4, atol=1e-4)
    with tapped(module, name, first, "eager"):
        assert not torch.allclose(logits_of(name, module), plain, atol=1e-3)


@pytest.mark.parametrize("kernel", ["own", "eager"])
def test_query_key_and_value_can_be_changed_before_the_kernel(kernel: Any) -> None:
    module = fresh("llama").module
    seen: list[tuple[torch.Size, torch.Size]] = []

    def blank(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
        seen.append((call.query.shape, call.value.shape))
        return replace(call, value=torch.zeros_like(call.value)).run()

    plain = logits_of("llama", module)
    with tapped(module, "llama", blank, kernel):
        changed = logits_of("llama", module)
    assert not torch.allclose(changed, plain, atol=1e-3)
    assert seen == [((2, 4, 6, 4), (2, 2, 6, 4))] * 2  # four heads share two of keys and values


def test_gradients_reach_a_pattern() -> None:
    """The derivative of the answer by one weight, against a small step of that weight."""
    module = fresh("gpt2").module.double()
    step: list[float] = [0.0]
    held: list[Tensor] = []

    def moved(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
        _, pattern = call.run()
        assert pattern is not None
        if not held or step[0]:
            pattern = pattern.clone()
            pattern[0, 1, 4, 2] += step[0]
            held.append(pattern.requires_grad_())
            step[0] = 0.0
        return call.attend(pattern), pattern

    def answer() -> Tensor:
        ids = inputs_of(module, None)["input_ids"][:1]
        return module(input_ids=ids).logits[0, -1, 7]

    for weight in module.parameters():
        weight.requires_grad_(False)
    with tapped(module, "gpt2", moved, "eager"):
        (gradient,) = torch.autograd.grad(answer(), held[0])
        step[0] = 1e-5
        high = answer()
        step[0] = -1e-5
        low = answer()
    slope = float((high - low).detach()) / 2e-5
    assert abs(slope) > 1e-4
    assert float(gradient[0, 1, 4, 2]) == pytest.approx(slope, rel=1e-4)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("name", ["gpt2", "gemma3", "t5", "bart"])
def test_the_model_is_as_it_was_after_an_error(name: str, error: type[BaseException]) -> None:
    module = fresh(name).module
    plain = logits_of(name, module)
    configs = attention_tap._configs(module)
    before = [config._attn_implementation for config in configs]

    def fails(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
        raise error

    with pytest.raises(error), tapped(module, name, fails):
        logits_of(name, module)
    assert [config._attn_implementation for config in configs] == before
    assert not attention_tap._taps
    assert torch.equal(logits_of(name, module), plain)


def test_another_model_of_the_class_is_not_tapped() -> None:
    one, other = fresh("gpt2").module, fresh("gpt2").module
    plain = logits_of("gpt2", other)

    def zero(call: AttentionCall) -> tuple[Tensor, Tensor | None]:
        states, pattern = call.run()
        return torch.zeros_like(states), pattern

    with tapped(one, "gpt2", zero):
        assert torch.equal(logits_of("gpt2", other), plain)
        assert not torch.allclose(logits_of("gpt2", one), plain, atol=1e-3)


def test_a_model_is_tapped_once() -> None:
    module = fresh("gpt2").module
    with tapped(module, "gpt2", unchanged):
        with pytest.raises(BadOption, match="changed already"), tapped(module, "gpt2", unchanged):
            pass
        assert torch.isfinite(logits_of("gpt2", module)).all()


def test_attention_that_is_not_looked_up_is_refused() -> None:
    module = fresh("bloom").module
    with pytest.raises(UnsupportedModel, match="its own code"), tapped(module, "bloom", unchanged):
        pass


def test_attention_that_depends_on_its_name_is_refused() -> None:
    module = fresh("gpt2").module
    module.config.reorder_and_upcast_attn = True
    with pytest.raises(UnsupportedModel, match="reorder_and"), tapped(module, "gpt2", unchanged):
        pass
