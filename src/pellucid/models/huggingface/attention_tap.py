"""The attention tap: where every attention of an unchanged model can be read and changed.

Transformers looks its attention up by name, anew in each forward. While a model is tapped its configuration
says our name, under which stands a function that hands each call to a handler; the handler runs the kernel
the model had, or the family's own eager one. The mask is looked up by the same name, so ours makes the mask of
that kernel: a name without one would get no mask at all, and every model would see the future.

No class is patched: other models in the process, and this one afterwards, are as they were.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor, nn

from pellucid.core.errors import BadOption, UnsupportedModel

__all__ = ["AttentionCall", "Handler", "tapped"]

KEY = "pellucid_tap"

Attended = tuple[Tensor, Tensor | None]


@dataclass(frozen=True)
class AttentionCall:
    """One attention of one forward, before it has run; change it with `dataclasses.replace`.

    ``query``, ``key``, ``value``: shape (batch, head, position, width), positions encoded; key and value may have
    fewer heads, each of which serves a group of the query's. ``mask`` is what ``kernel`` takes, as are ``options``
    (scaling, position bias, soft cap).
    """

    module: nn.Module
    query: Tensor
    key: Tensor
    value: Tensor
    mask: Any
    options: Mapping[str, Any]
    kernel: Callable[..., Attended]

    def run(self) -> Attended:
        """The states, shape (batch, query, head, width), and the pattern, shape (batch, head, query, key).

        Only the eager kernel gives the pattern; it is the very tensor the states are made of, so gradients
        reach it. Others give None.
        """
        return self.kernel(self.module, self.query, self.key, self.value, self.mask, **self.options)

    def attend(self, pattern: Tensor) -> Tensor:
        """The states that another pattern, shape (batch, head, query, key), makes of the values."""
        group = pattern.shape[1] // self.value.shape[1]
        return torch.matmul(pattern, self.value.repeat_interleave(group, 1)).transpose(1, 2).contiguous()


Handler = Callable[[AttentionCall], Attended]


@dataclass(frozen=True)
class _Tap:
    """The handler of a tapped model, and the kernel that one of its configurations named."""

    handler: Handler
    kernel: str


# By the identity of the configuration, for as long as its model is tapped.
_taps: dict[int, _Tap] = {}


@contextmanager
def tapped(
    module: Any, name: str, handler: Handler, kernel: Literal["own", "eager"] = "own"
) -> Iterator[None]:
    """Inside, ``handler`` answers every attention of a model: ``lambda call: call.run()`` changes nothing.

    ``kernel``: the one the model has, or eager, which alone gives patterns. Raises `UnsupportedModel` where a
    model computes its attention itself instead of looking it up.
    """
    _check(module, name)
    configs = _configs(module)
    if any(id(config) in _taps for config in configs):
        raise BadOption(
            f"The attention of {name} is changed already, and what opens attention cannot be run meanwhile. Instead of "
            "q, k, v or pattern change z or attn_out, or give the change to trace."
        )
    before = [config._attn_implementation for config in configs]
    _register()
    try:
        for config, own in zip(configs, before, strict=True):
            _taps[id(config)] = _Tap(handler, own if kernel == "own" else "eager")
            config._attn_implementation_internal = KEY  # the public name would set it in its parts too
        yield
    finally:
        for config, own in zip(configs, before, strict=True):
            config._attn_implementation_internal = own
            _taps.pop(id(config), None)


def _attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Any, **options: Any
) -> Attended:
    """What transformers calls as the attention of a tapped model."""
    tap = _taps[id(module.config)]
    home = _home(module)
    kernel = home.ALL_ATTENTION_FUNCTIONS.get_interface(tap.kernel, home.eager_attention_forward)
    return tap.handler(AttentionCall(module, query, key, value, attention_mask, options, kernel))


def _mask(*args: Any, config: Any, **kwargs: Any) -> Any:
    """What transformers calls to make the mask of a tapped model: that of the kernel that will read it."""
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

    kernel = _taps[id(config)].kernel
    if kernel not in ALL_MASK_ATTENTION_FUNCTIONS:  # transformers makes none for such a kernel either
        return None
    return ALL_MASK_ATTENTION_FUNCTIONS[kernel](*args, config=config, **kwargs)


@cache
def _register() -> None:
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    ALL_ATTENTION_FUNCTIONS.register(KEY, _attend)
    ALL_MASK_ATTENTION_FUNCTIONS.register(KEY, _mask)


def _configs(module: nn.Module) -> list[Any]:
    """Every configuration that a part of the model looks its attention up in, each once."""
    found = {id(part.config): part.config for part in module.modules() if hasattr(part, "config")}
    return [config for config in found.values() if hasattr(config, "_attn_implementation_internal")]


def _home(part: nn.Module) -> Any:
    """The Python module that a class comes from, if it has an eager attention and looks attention up."""
    for kind in type(part).__mro__:
        home = sys.modules.get(kind.__module__)
        if hasattr(home, "ALL_ATTENTION_FUNCTIONS") and hasattr(home, "eager_attention_forward"):
            return home
    return None


def _check(module: nn.Module, name: str) -> None:
    if not any(_home(part) for part in module.modules()):
        raise UnsupportedModel(
            name,
            "attention that it looks up where it can be read; its attention is its own code",
            "Methods that do not open attention, such as integrated_gradients, work on it.",
        )
    if getattr(module.config, "reorder_and_upcast_attn", False):
        raise UnsupportedModel(
            name,
            "attention that is the same wherever it is looked up",
            "reorder_and_upcast_attn=False in its configuration gives that.",
        )
