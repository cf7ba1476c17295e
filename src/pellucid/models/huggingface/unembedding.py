"""From the states behind the last block to logits, without running the blocks: the model's own final modules.

They are found by following one short forward: what reads the last block's output, what reads that, and so on, up to
the logits. What lies between two modules is arithmetic on the way (a scale, a soft cap); it is accepted only if it
explains the numbers that the model gave, and refused otherwise. So no lens forgets a cap.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pellucid.core.errors import UnsupportedModel
from pellucid.models.huggingface.locate import stacks_of
from pellucid.models.huggingface.probe import TOLERANCE, Call, call_of, first_tensor, probe

__all__ = ["Unembedding", "unembedding_of"]


@dataclass(frozen=True)
class Step:
    """One module of the way, and the number its input is scaled by before."""

    scale: float
    module: nn.Module


@dataclass(frozen=True)
class Unembedding:
    """Final modules in their order, the scale of what the last one writes, and the soft cap of that, if any.

    The last module holds the unembedding matrix; what stands before it is the final norm, or nothing.
    """

    steps: tuple[Step, ...]
    scale: float
    cap: float | None

    def __call__(self, states: Tensor) -> Tensor:
        """Logits, shape (..., vocabulary or label), of states behind the last block, shape (..., width)."""
        for step in self.steps:
            states = step.module(states * step.scale if step.scale != 1 else states)
        logits = states * self.scale if self.scale != 1 else states
        return logits if self.cap is None else self.cap * torch.tanh(logits / self.cap)


def unembedding_of(module: Any, name: str) -> Unembedding:
    """The way from the last block to the logits. Raises `UnsupportedModel` where it cannot be followed."""
    blocks = list(stacks_of(module, name).values())[-1]
    inside = {inner for block in blocks for inner in block.modules()}
    calls: list[Call] = []
    left: list[Tensor] = []
    with _heard(module, inside, calls), _last(blocks[-1], left):
        logits = getattr(probe(module), "logits", None)  # an answer out of a context has two kinds of them
    steps, states = [], left[-1]
    while following := _following(calls, states):
        scale, call = following
        steps.append(Step(scale, call.module))
        states = call.wrote
        calls = calls[calls.index(call) + 1 :]
    found = None if logits is None else _finish(states, logits, module)
    if not steps or found is None:
        raise UnsupportedModel(
            name,
            "final modules that turn the last states into logits one after the other",
            "Lenses and direct attribution need them; methods that score answers do not.",
        )
    return Unembedding(tuple(steps), *found)


def _following(calls: list[Call], states: Tensor) -> tuple[float, Call] | None:
    """The outermost call that reads these states, and by how much they were scaled before."""
    found = None
    for call in calls:
        scale = _ratio(call.read, states)
        if scale is not None and (found is None or call.module is not found[1].module):
            reads_the_same = found is None or _contains(call.module, found[1].module)
            found = (scale, call) if reads_the_same else found
    return found


def _contains(outer: nn.Module, inner: nn.Module) -> bool:
    return any(m is inner for m in outer.modules())


def _ratio(one: Tensor, other: Tensor) -> float | None:
    """The number r with one = r * other, or None."""
    if one.shape != other.shape:
        return None
    a, b = one.double().flatten(), other.double().flatten()
    at = int(b.abs().argmax())
    ratio = float(a[at] / b[at]) if b[at] else 0.0
    if not ratio or float((a - ratio * b).abs().max()) > TOLERANCE[one.dtype] * float(a.abs().max()):
        return None
    return 1.0 if abs(ratio - 1) <= TOLERANCE[one.dtype] else ratio


def _finish(states: Tensor, logits: Tensor, module: Any) -> tuple[float, float | None] | None:
    """The scale and the soft cap that make logits of what the last module wrote."""
    cap = getattr(module.config.get_text_config(), "final_logit_softcapping", None)
    if (
        cap and _ratio(logits, cap * torch.tanh(states / cap)) == 1
    ):  # first: small numbers hardly feel their cap
        return 1.0, float(cap)
    scale = _ratio(logits, states)
    return None if scale is None else (scale, None)


@contextmanager
def _heard(module: Any, inside: set[nn.Module], calls: list[Call]) -> Iterator[None]:
    """Inside, the calls of all modules but the blocks, and what holds the blocks, are noted."""

    def note(inner: nn.Module, args: tuple, kwargs: dict[str, Any], output: Any) -> None:
        call = call_of(inner, args, kwargs, output)
        if call is not None:
            calls.append(call)

    with ExitStack() as hooks:
        for inner in module.modules():
            if inner not in inside:
                hooks.callback(inner.register_forward_hook(note, with_kwargs=True).remove)
        yield


@contextmanager
def _last(block: nn.Module, left: list[Tensor]) -> Iterator[None]:
    """Inside, what the last block writes is kept."""

    def keep(_: nn.Module, __: tuple, output: Any) -> None:
        left.append(first_tensor(output).clone())  # type: ignore[union-attr]

    hook = block.register_forward_hook(keep)
    try:
        yield
    finally:
        hook.remove()
