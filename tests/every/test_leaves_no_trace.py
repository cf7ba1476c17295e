"""Nothing is left behind: after a call the model is bit for bit what it was before.

Also after an error in the middle of a forward or a backward pass, Ctrl-C, a cancelled meter, and a refusal. The model
is met as users have it: half in training, partly frozen, with hooks and gradients of their own. A method that is
new is here the day it is written; by default each meets one family a shape, and the whole product is ``full``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import pellucid
from pellucid.core.errors import Cancelled, PellucidError, UnsupportedModel
from pellucid.core.progress import Meter, metered
from pellucid.core.registry import find, names
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.every.test_methods_on_families import needed, options_of, refusal
from tests.every.trace import differences, trace
from tests.families import ALL, fresh, question, shape_of

METHODS = names("method")
SOME = ("gpt2", "roberta-masked", "bert-label", "t5", "gpt2-token-label", "bert-question", "bert-pair")
ERRORS = (RuntimeError, KeyboardInterrupt)


class Trip:
    """Raises an error in the n-th call of the deepest layer of a model, or in the n-th backward pass through it.

    Without an error it counts. It is there before the first trace is taken, like any hook of a user's.
    """

    def __init__(self, module: nn.Module) -> None:
        *_, last = (part for part in module.modules() if "Norm" in type(part).__name__)
        last.register_forward_hook(self._forward)
        self.arm(None, 0, 0)

    def arm(self, error: type[BaseException] | None, forward: int, backward: int) -> None:
        self.error, self.forward, self.backward = error, forward, backward
        self.forwards = self.backwards = 0

    def _forward(self, _: nn.Module, __: Any, output: torch.Tensor) -> None:
        self.forwards += 1
        if self.error and self.forwards == self.forward:
            raise self.error("the planted error")
        if output.requires_grad:
            output.register_hook(self._backward)

    def _backward(self, _: torch.Tensor) -> None:
        self.backwards += 1
        if self.error and self.backwards == self.backward:
            raise self.error("the planted error")


def lived_in(name: str) -> tuple[HuggingFaceModel, Trip]:
    """A model as somebody may have it who works with it."""
    model = fresh(name)
    module = model.module
    with suppress(UnsupportedModel):  # looked into before, once for all
        assert model.blocks
        assert model.unembedding
    parts, weights = list(module.modules()), list(module.parameters())
    module.train()
    parts[len(parts) // 2].eval()
    for weight in weights[::3]:
        weight.requires_grad_(False)
    weights[1].grad = torch.ones_like(weights[1])
    for part in parts[::2]:
        part.register_forward_hook(lambda *_: None)
        part.register_forward_pre_hook(lambda *_: None)
        part.register_state_dict_post_hook(lambda *_: None)
    weights[1].register_hook(lambda gradient: gradient)
    return model, Trip(module)


def asked(by: str, name: str) -> dict[str, Any]:
    q = question(name)
    needs = needed(by, name, q.text)
    return {"text": q.text, "target": q.one, "unit": "word", **options_of(by), **needs}


def explained(model: HuggingFaceModel, by: str, name: str) -> Any:
    model.memo.clear()
    if model.proposer is not None:
        model.proposer.forget()
    return pellucid.explain(model, by=by, **asked(by, name))


def stopped(work: Callable[[], object], at: int) -> None:
    """Cancel the work as soon as its meter has counted ``at`` batches."""

    def look(meter: Meter) -> None:
        if meter.calls >= at:
            meter.cancel()

    with pytest.raises(Cancelled), metered(look):
        work()


def interrupted(by: str, name: str, places: Callable[[int], set[int]]) -> None:
    """Interrupt a method in every way at these places of its forwards, backwards and batches."""
    model, trip = lived_in(name)
    work = partial(explained, model, by, name)
    if refusal(by, name):  # nothing is begun: see what is left after a call
        return
    undisturbed = work()
    forwards, backwards, calls = trip.forwards, trip.backwards, undisturbed.provenance.calls
    assert forwards, "no forward went through the layer"
    ways = [(error, n, 0) for error in ERRORS for n in places(forwards)]
    ways += [(error, 0, n) for error in ERRORS for n in places(backwards)]
    before = trace(model)
    for error, forward, backward in ways:
        trip.arm(error, forward, backward)
        with pytest.raises(error, match="the planted error"):
            work()
        assert differences(before, trace(model)) == [], (error, forward, backward)
    trip.arm(None, 0, 0)
    for at in places(calls - 1):  # the last batch is done when it is counted
        stopped(work, at)
        assert differences(before, trace(model)) == [], f"cancelled after batch {at}"
    again = pellucid.explain(model, by=by, **asked(by, name))  # what the memo kept of broken work is right
    np.testing.assert_array_equal(again.primary, undisturbed.primary)


def ends(count: int) -> set[int]:
    return {1, count} - {0} if count > 0 else set()


def everywhere(count: int) -> set[int]:
    return set(range(1, count + 1, max(1, count // 7))) | ends(count)


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("by", METHODS)
def test_after_a_call(by: str, name: str) -> None:
    model, _ = lived_in(name)
    before = trace(model)
    expected = refusal(by, name)
    with pytest.raises(expected[0], match=expected[1]) if expected else nullcontext():
        explained(model, by, name)
    assert differences(before, trace(model)) == []


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("by", METHODS)
def test_after_an_interruption(by: str, name: str) -> None:
    interrupted(by, name, ends)


@pytest.mark.parametrize("by", METHODS)
def test_after_a_refusal(by: str) -> None:
    """Of the method's own options, of the text and of the target: before any work."""
    model, trip = lived_in("gpt2")
    before = trace(model)
    good = asked(by, "gpt2")
    looks = (
        2 if "layer" in find("method", by).options else 0
    )  # a layer's states, with the features and without
    wrong = [{option: value} for option, value in nonsense(by).items()]
    wrong += [
        {"text": "  "},
        {"text": "word " * 200},
        {"target": ""},
        {"unit": "page"},
        {"no_such_option": 1},
    ]
    for bad in wrong:
        with pytest.raises(PellucidError):
            pellucid.explain(model, by=by, **(good | bad))
        assert trip.forwards <= looks, f"work was done before {bad} was refused"
        trip.arm(None, 0, 0)
        assert differences(before, trace(model)) == [], bad


def nonsense(by: str) -> dict[str, Any]:
    """For each option of a method a value that means nothing."""
    found: dict[str, Any] = {}
    for option, parameter in find("method", by).options.items():
        kinds = str(parameter.annotation)
        if "bool" in kinds or option in ("texts", "prompt"):  # any string is a text
            continue
        number = "int" in kinds or "float" in kinds
        value: Any = -1000 if number else "no such thing"
        found[option] = (value,) * (1 if "..." in kinds else 2) if "tuple" in kinds else value
    return found


@pytest.mark.full
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("by", METHODS)
def test_the_whole_product(by: str, name: str) -> None:
    interrupted(by, name, everywhere)


def test_every_shape_is_met() -> None:
    assert {shape_of(name) for name in SOME} == {shape_of(name) for name in ALL}


# What a trace sees


def _of_layer(model: HuggingFaceModel) -> nn.Module:
    return next(part for part in model.module.modules() if isinstance(part, nn.LayerNorm))


def _one_bit(model: HuggingFaceModel) -> None:
    weight = _of_layer(model).weight
    weight.data[0] = torch.nextafter(weight.data[0], torch.tensor(9.0))


CHANGES: dict[str, Callable[[HuggingFaceModel], object]] = {
    "one bit of a weight": _one_bit,
    "a weight that learns": lambda m: next(p for p in m.module.parameters() if not p.requires_grad).requires_grad_(),
    "a gradient": lambda m: list(m.module.parameters())[1].grad.zero_(),
    "a layer in evaluation": lambda m: _of_layer(m).eval(),
    "a forward hook": lambda m: _of_layer(m).register_forward_hook(print),
    "a forward pre-hook": lambda m: _of_layer(m).register_forward_pre_hook(print),
    "a backward hook": lambda m: _of_layer(m).register_full_backward_hook(print),
    "a backward pre-hook": lambda m: _of_layer(m).register_full_backward_pre_hook(print),
    "a state-dict hook": lambda m: _of_layer(m).register_state_dict_pre_hook(print),
    "a hook of a weight": lambda m: list(m.module.parameters())[1].register_hook(print),
    "a forward of its own": lambda m: setattr(_of_layer(m), "forward", print),
    "an attribute": lambda m: setattr(_of_layer(m), "_pellucid", 1),
    "another attention": lambda m: m.module.set_attn_implementation("eager"),
    "another generation config": lambda m: setattr(m.module.generation_config, "top_k", 3),
    "a setting of the config": lambda m: setattr(m.module.config, "use_cache", False),
    "padding on the other side": lambda m: setattr(m.tokenizer, "padding_side", "middle"),
    "a tokenizer that truncates": lambda m: m.tokenizer.backend_tokenizer.enable_truncation(3),
    "a random number": lambda _: torch.rand(1),
    "a lock that is held": lambda m: m._lock.acquire(),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_trace_would_be_noticed(change: str) -> None:
    model, _ = lived_in("gpt2")
    before = trace(model)
    assert differences(before, trace(model)) == []
    CHANGES[change](model)
    assert differences(before, trace(model)) != []


@pytest.mark.parametrize(
    ("place", "name"),
    [(nn.LayerNorm, "forward"), (torch, "softmax"), (nn.functional, "gelu")],
)
def test_a_patch_would_be_noticed(place: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = lived_in("gpt2")
    before = trace(model)
    monkeypatch.setattr(place, name, partial(getattr(place, name)))
    (noticed,) = differences(before, trace(model))
    assert noticed.endswith(f".{name}")
