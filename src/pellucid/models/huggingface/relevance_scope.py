"""The length of one forward in which a model follows the rules of relevance propagation.

To the rules of `relevance_rules` this adds what is no torch function of its own: attention, through the tap, and
activations that are written out in several steps. The graph that was built keeps the rules; the model is as it
was before the gradient is even taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from pellucid.models.huggingface.attention_tap import AttentionCall, tapped
from pellucid.models.huggingface.relevance_rules import (
    Absorbed,
    RelevanceRules,
    depends,
    identity_rule,
    into_softmax,
    out_of_softmax,
)

__all__ = ["AttentionRule", "relevance_scope"]

AttentionRule = Literal["products", "constant"]


@contextmanager
def relevance_scope(
    module: Any, name: str, attention: AttentionRule, epsilon: float, absorbed: Absorbed
) -> Iterator[None]:
    """Inside, forwards of a model build a graph whose gradients follow the rules; values are as ever.

    Raises `UnsupportedModel` where attention cannot be reached.
    """
    rules = RelevanceRules(epsilon, absorbed)
    with ExitStack() as stack:
        stack.enter_context(tapped(module, name, _Attend(attention, rules)))
        for part in module.modules():
            if _is_activation(part):
                stack.callback(part.register_forward_hook(_activated).remove)
        stack.enter_context(rules)
        yield


@dataclass(frozen=True)
class _Attend:
    """Attention ``O = A V``, ``A = softmax(S)``, ``S = Q K^T``, whatever its kernel.

    ``products`` (AttnLRP, Achtibat et al., sec. 3.3): half to each factor of the two products, and the softmax
    between them passes on its gradient: so V's gradient is halved, those of Q and K are quartered. The softmax is
    not linear; what its first-order expansion leaves over is absorbed, with a bias on the scores.
    ``constant`` (Ali et al., sec. 4.1): A is a constant, all relevance goes to V, nothing is absorbed.
    """

    attention: AttentionRule
    rules: RelevanceRules

    def __call__(self, call: AttentionCall) -> tuple[Tensor, Tensor | None]:
        if self.attention == "constant":
            return self._run(replace(call, query=call.query.detach(), key=call.key.detach()))
        query, key = (out_of_softmax(self.rules, states, 1 / 4) for states in (call.query, call.key))
        value = out_of_softmax(self.rules, call.value, 1 / 2)
        states, pattern = self._run(replace(call, query=query, key=key, value=value))
        into_softmax(self.rules, states)
        return states, pattern

    def _run(self, call: AttentionCall) -> tuple[Tensor, Tensor | None]:
        """The kernel as it is: its own products are what the shares are for."""
        self.rules.resting = True
        try:
            return call.run()
        finally:
            self.rules.resting = False


def _activated(_: nn.Module, args: tuple, output: Tensor) -> Tensor:
    return identity_rule(args[0], output) if depends(args[0]) else output


def _is_activation(part: nn.Module) -> bool:
    """Whether it is one of transformers' activations that maps 0 to 0, which the rule needs."""
    if type(part).__module__ != "transformers.activations":
        return False
    zero = torch.zeros(1).to(next(part.parameters(), torch.zeros(1)))
    with torch.no_grad():
        return not bool(part(zero).any())
