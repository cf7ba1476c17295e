"""The backward rules of layer-wise relevance propagation (LRP), laid on as a forward runs.

Relevance is gradient times input, with some gradients changed (Arras et al. 2025, arXiv:2502.15886): then
``sum x . df/dx`` in front of a step is what it was behind it, or the difference is known. The forward's numbers
are not touched. Which torch functions are called on states that depend on the text is watched, whoever calls
them and whatever the module is named:

* linear layers: the epsilon rule, the output's gradient times ``z / (z + epsilon sign z)``; their bias absorbs;
* activations f with f(0) = 0: the gradient times ``f(x) / x`` instead of ``f'(x)``;
* norms: what a vector is divided by is a constant; a subtracted mean is linear;
* products of two states (gates, routers): half to each factor;
* sums: a constant among the terms (position embeddings) absorbs its share;
* softmax and sigmoid, which are neither: their own gradient, a first-order expansion that leaves a rest over.

Achtibat et al. 2024, arXiv:2402.05602, sec. 3; Ali et al. 2022, arXiv:2202.07304, sec. 4. Attention has rules of
its own: see `relevance_scope`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

__all__ = ["Absorbed", "RelevanceRules", "depends", "identity_rule", "into_softmax", "out_of_softmax"]

Function = Callable[..., Any]
Options = Mapping[str, Any]


@dataclass
class Absorbed:
    """Relevance that stays inside the model, by what kept it; filled while the gradient is taken."""

    by: dict[str, Tensor] = field(default_factory=dict)

    def add(self, kind: str, states: Tensor, gradient: Tensor, sign: float = 1.0) -> None:
        """The relevance of states, or of a constant among them, under this gradient."""
        # Where there is no gradient there is no relevance, even of a masked score's -inf.
        share = torch.where(gradient == 0, 0.0, states.detach().float() * gradient.float()).sum()
        self.by[kind] = self.by.get(kind, torch.zeros_like(share)) + sign * share

    def total(self, kind: str) -> float:
        """What this kind kept, in the target's units."""
        return float(self.by.get(kind, 0.0))


class RelevanceRules(TorchFunctionMode):
    """A scope that sees every torch function, and answers those that have a rule by the rule.

    It adds what is lost on the way to ``absorbed``. While it is ``resting`` no function has a rule.
    """

    def __init__(self, epsilon: float, absorbed: Absorbed) -> None:
        super().__init__()
        self.epsilon, self.absorbed, self.resting = epsilon, absorbed, False

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: tuple = (), kwargs: Options | None = None
    ) -> Any:
        """The function's own values; the gradient by the rule, where one applies."""
        kwargs = kwargs or {}
        rule = _RULES.get(getattr(func, "__name__", ""))
        if rule is None or self.resting or not any(depends(a) for a in args):
            return func(*args, **kwargs)
        return rule(self, func, args, kwargs)


def depends(thing: Any) -> bool:
    """Whether it is a state that depends on the text: weights need no gradient here."""
    return isinstance(thing, Tensor) and thing.requires_grad


def identity_rule(x: Tensor, y: Tensor) -> Tensor:
    """The values of y = f(x), all of whose relevance goes to x. Where x is 0 so is its relevance."""
    with torch.no_grad():
        factor = torch.where(x == 0, 0.0, y.float() / torch.where(x == 0, 1.0, x.float()))
    return _Through.apply(x, y.detach(), factor)


def into_softmax(rules: RelevanceRules, states: Tensor) -> None:
    """The relevance of these states enters what is expanded to first order, which keeps what does not leave."""
    kept = states.detach()

    def say(gradient: Tensor) -> None:
        rules.absorbed.add("softmax", kept, gradient)

    if depends(states):
        states.register_hook(say)


def out_of_softmax(rules: RelevanceRules, states: Tensor, share: float = 1.0) -> Tensor:
    """The same states with a share of the gradient: the relevance that leaves by them is not kept."""
    ours = states.view_as(states)  # they may be used elsewhere too
    kept = states.detach()

    def scaled(gradient: Tensor) -> Tensor:
        rules.absorbed.add("softmax", kept, gradient * share, -1.0)
        return gradient * share

    if depends(ours):
        ours.register_hook(scaled)
    return ours


class _Through(torch.autograd.Function):
    """The values of ``y``; to ``x`` the gradient times a constant factor, which is kept as exact as ``x``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, factor: Tensor) -> Tensor:
        ctx.save_for_backward(factor.to(x.dtype))
        return y.view_as(y)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (factor,) = ctx.saved_tensors
        return gradients[0] * factor, None, None


# Rules


def _linear(rules: RelevanceRules, func: Function, args: tuple, kwargs: Options) -> Tensor:
    """x, weight, bias."""
    bias = args[2] if len(args) > 2 else kwargs.get("bias")
    return _affine(rules, func(*args, **kwargs), bias)


def _addmm(rules: RelevanceRules, func: Function, args: tuple, kwargs: Options) -> Tensor:
    """Bias, x, weight."""
    return _affine(rules, func(*args, **kwargs), args[0])


def _affine(rules: RelevanceRules, z: Tensor, bias: Tensor | None) -> Tensor:
    kept, epsilon, absorbed = z.detach(), rules.epsilon, rules.absorbed

    def back(gradient: Tensor) -> Tensor:
        ours = gradient
        if epsilon:
            stabilised = kept + epsilon * torch.where(kept < 0, -1.0, 1.0)
            ours = gradient * (kept / stabilised).to(gradient.dtype)
            absorbed.add("epsilon", kept, gradient - ours)
        if bias is not None:
            absorbed.add("biases", bias, ours)
        return ours

    if epsilon or bias is not None:
        z.register_hook(back)
    return z


def _activation(rules: RelevanceRules, func: Function, args: tuple, kwargs: Options) -> Tensor:
    with torch.no_grad():
        y = func(*args, **kwargs)
    return identity_rule(args[0], y)


def _expanded(rules: RelevanceRules, func: Function, args: tuple, kwargs: Options) -> Tensor:
    y: Tensor = func(out_of_softmax(rules, args[0]), *args[1:], **kwargs)
    into_softmax(rules, y)
    return y


def _constant(rules: RelevanceRules, func: Function, args: tuple, kwargs: Options) -> Any:
    """What only ever divides: 1 / root of a variance."""
    return func(args[0].detach(), *args[1:], **kwargs)


def _pow(rules: RelevanceRules, func: Function, args: tuple, kwargs: Options) -> Any:
    """A negative power divides."""
    divides = len(args) > 1 and isinstance(args[1], float | int) and args[1] < 0
    return _constant(rules, func, args, kwargs) if divides else func(*args, **kwargs)


def _div(rules: RelevanceRules, func: Function, args: tuple, kwargs: Options) -> Any:
    above, below = args[:2]
    return func(above, below.detach() if depends(below) else below, *args[2:], **kwargs)


def _mul(rules: RelevanceRules, func: Function, args: tuple, kwargs: Options) -> Tensor:
    product: Tensor = func(*args, **kwargs)
    if all(depends(factor) for factor in args[:2]):
        product.register_hook(lambda gradient: gradient / 2)
    return product


def _add(rules: RelevanceRules, func: Function, args: tuple, kwargs: Options) -> Tensor:
    total: Tensor = func(*args, **kwargs)
    times = (1.0, kwargs.get("alpha", 1) * (-1.0 if func.__name__.startswith("sub") else 1.0))
    for term, sign in zip(args[:2], times, strict=False):
        if not depends(term):
            _absorbs(rules, torch.as_tensor(term, device=total.device), total, sign)
    return total


def _layer_norm(rules: RelevanceRules, func: Function, args: tuple, kwargs: Options) -> Tensor:
    given = _arguments(func, args, kwargs)
    x, weight, over = given["input"], given["weight"], _last(given["normalized_shape"])
    centred = x - x.mean(over, keepdim=True)
    with torch.no_grad():
        y = func(*args, **kwargs)
        scale = (centred.float().square().mean(over, keepdim=True) + given["eps"]).rsqrt()
    y = _Through.apply(centred, y, scale if weight is None else scale * weight.float())
    if given["bias"] is not None:
        _absorbs(rules, given["bias"], y)
    return y


def _rms_norm(rules: RelevanceRules, func: Function, args: tuple, kwargs: Options) -> Tensor:
    given = _arguments(func, args, kwargs)
    x, weight, over = given["input"], given["weight"], _last(given["normalized_shape"])
    eps = torch.finfo(x.dtype).eps if given["eps"] is None else given["eps"]
    with torch.no_grad():
        y = func(*args, **kwargs)
        scale = (x.float().square().mean(over, keepdim=True) + eps).rsqrt()
    return _Through.apply(x, y, scale if weight is None else scale * weight.float())


_RULES: dict[str, Callable[[RelevanceRules, Function, tuple, Options], Any]] = {
    "linear": _linear,
    "addmm": _addmm,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "pow": _pow,
    **dict.fromkeys(("add", "add_", "sub", "sub_"), _add),
    **dict.fromkeys(("mul", "mul_", "multiply"), _mul),
    **dict.fromkeys(("div", "div_", "divide", "true_divide"), _div),
    **dict.fromkeys(("rsqrt", "reciprocal"), _constant),
    **dict.fromkeys(("softmax", "sigmoid"), _expanded),
    **dict.fromkeys(
        ("gelu", "silu", "tanh", "relu", "leaky_relu", "elu", "celu", "selu", "mish", "hardswish", "relu6"),
        _activation,
    ),
}


def _absorbs(rules: RelevanceRules, constant: Tensor, total: Tensor, sign: float = 1.0) -> None:
    """What a constant term keeps of the relevance of a sum."""

    def say(gradient: Tensor) -> None:
        rules.absorbed.add("biases", constant, gradient, sign)

    total.register_hook(say)


def _arguments(func: Function, args: tuple, kwargs: Options) -> Options:
    bound = inspect.signature(func).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.arguments


def _last(shape: Sequence[int]) -> tuple[int, ...]:
    """The dims that a norm goes over."""
    return tuple(range(-len(shape), 0))
