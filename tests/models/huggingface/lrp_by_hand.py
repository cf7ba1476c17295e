"""Layer-wise relevance propagation as its papers write it: shares of relevance, step by step, in numpy.

No gradient anywhere. A step takes the relevance R of its output and returns that of its input, by the share
``R_i = sum_j (what i adds to z_j) R_j / z_j``. One text, one logit, the last position.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

__all__ = ["gpt2_by_hand", "llama_by_hand"]

Array = np.ndarray
Back = Callable[[Array], Array]
Step = tuple[Array, Back]


class Hand:
    """The rules, with the choice of how attention shares and the epsilon of linear layers."""

    def __init__(self, attention: str, epsilon: float) -> None:
        self.attention, self.epsilon = attention, epsilon

    def linear(self, x: Array, w: Array, b: Array | float = 0.0) -> Step:
        """``z = x w + b``; w is (in, out)."""
        z = x @ w + b
        steady = z + self.epsilon * np.where(z < 0, -1.0, 1.0)
        return z, lambda r: x * ((r / steady) @ w.T)

    def activation(self, x: Array, f: Callable[[torch.Tensor], torch.Tensor]) -> Step:
        return f(torch.from_numpy(x)).numpy(), lambda r: r

    def rms_norm(self, x: Array, w: Array, eps: float) -> Step:
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * w, lambda r: r

    def layer_norm(self, x: Array, w: Array, b: Array, eps: float) -> Step:
        """Subtracting the mean is a linear layer, with the deviation a constant."""
        width = x.shape[-1]
        deviation = np.sqrt(x.var(-1, keepdims=True) + eps)
        centre = (np.eye(width) - 1 / width) * w
        y = x @ centre / deviation + b
        return y, lambda r: x * ((r / y / deviation) @ centre.T)

    def attend(
        self, q: Array, k: Array, v: Array
    ) -> tuple[Array, Callable[[Array], tuple[Array, Array, Array]]]:
        """Causal attention of one head, scores not scaled here; each (position, width)."""
        seen = np.tril(np.ones((len(q), len(q)), bool))
        s = q @ k.T
        e = np.where(seen, np.exp(s - s.max()), 0.0)
        a = e / e.sum(-1, keepdims=True)
        o = a @ v

        def back(r: Array) -> tuple[Array, Array, Array]:
            shares = a[:, :, None] * v[None] * (r / o)[:, None]  # query, key, width
            if self.attention == "constant":
                return np.zeros_like(q), np.zeros_like(k), shares.sum(0)
            ra = shares.sum(-1) / 2
            rs = np.where(seen, s * (ra - a * ra.sum(-1, keepdims=True)), 0.0)
            both = q[:, None] * k[None] * (rs / s)[:, :, None] / 2
            return both.sum(1), both.sum(0), shares.sum(0) / 2

        return o, back


def numbers(weights: Any) -> dict[str, Array]:
    return {name: w.detach().double().numpy() for name, w in weights.named_parameters()}


def llama_by_hand(
    module: Any, embedded: Array, logit: int, attention: str = "products", epsilon: float = 0.0
) -> Array:
    """The relevance of each position of a Llama."""
    hand, w, config = Hand(attention, epsilon), numbers(module), module.config
    heads, groups = config.num_attention_heads, config.num_key_value_heads
    width = config.hidden_size // heads
    turns = _rotations(len(embedded), width, config.rope_parameters["rope_theta"])
    x, backs = embedded, []
    for layer in range(config.num_hidden_layers):
        at = f"model.layers.{layer}."
        n, from_norm = hand.rms_norm(x, w[at + "input_layernorm.weight"], config.rms_norm_eps)
        q, from_q = hand.linear(n, w[at + "self_attn.q_proj.weight"].T)
        k, from_k = hand.linear(n, w[at + "self_attn.k_proj.weight"].T)
        v, from_v = hand.linear(n, w[at + "self_attn.v_proj.weight"].T)
        looks = [_turned_head(hand, q, k, v, h, h * groups // heads, width, turns) for h in range(heads)]
        out, from_out = hand.linear(
            np.concatenate([o for o, _ in looks], -1), w[at + "self_attn.o_proj.weight"].T
        )

        def attention_back(
            r: Array, from_out: Back = from_out, looks: Any = looks, shapes: Any = (q, k, v),
            down: Any = (from_q, from_k, from_v), from_norm: Back = from_norm,
        ) -> Array:  # fmt: skip
            parts = [np.zeros_like(s) for s in shapes]
            for h, (r_head, (_, back)) in enumerate(
                zip(np.split(from_out(r), heads, -1), looks, strict=True)
            ):
                g = h * groups // heads
                for part, found, place in zip(parts, back(r_head), (h, g, g), strict=True):
                    part[:, place * width : (place + 1) * width] += found
            return from_norm(sum(f(part) for f, part in zip(down, parts, strict=True)))

        backs.append(_residual(x, out, attention_back))
        x = x + out
        n, from_norm = hand.rms_norm(x, w[at + "post_attention_layernorm.weight"], config.rms_norm_eps)
        gate, from_gate = hand.linear(n, w[at + "mlp.gate_proj.weight"].T)
        up, from_up = hand.linear(n, w[at + "mlp.up_proj.weight"].T)
        on, _ = hand.activation(gate, torch.nn.functional.silu)
        out, from_down = hand.linear(on * up, w[at + "mlp.down_proj.weight"].T)

        def mlp_back(
            r: Array, from_down: Back = from_down, from_gate: Back = from_gate, from_up: Back = from_up,
            from_norm: Back = from_norm,
        ) -> Array:  # fmt: skip
            half = from_down(r) / 2
            return from_norm(from_gate(half) + from_up(half))

        backs.append(_residual(x, out, mlp_back))
        x = x + out
    n, from_norm = hand.rms_norm(x, w["model.norm.weight"], config.rms_norm_eps)
    return _to_positions(hand, n, w["lm_head.weight"].T, logit, [*backs, from_norm])


def gpt2_by_hand(
    module: Any, embedded: Array, logit: int, attention: str = "products", epsilon: float = 0.0
) -> Array:
    """The relevance of each position's token embedding in a GPT-2."""
    hand, w, config = Hand(attention, epsilon), numbers(module), module.config
    heads, eps = config.n_head, config.layer_norm_epsilon
    width = config.n_embd // heads
    places = w["transformer.wpe.weight"][: len(embedded)]
    x = embedded + places
    backs: list[Back] = [lambda r: r * embedded / (embedded + places)]
    for layer in range(config.n_layer):
        at = f"transformer.h.{layer}."
        n, from_norm = hand.layer_norm(x, w[at + "ln_1.weight"], w[at + "ln_1.bias"], eps)
        qkv, from_qkv = hand.linear(n, w[at + "attn.c_attn.weight"], w[at + "attn.c_attn.bias"])
        q, k, v = np.split(qkv, 3, -1)
        cut = [slice(h * width, (h + 1) * width) for h in range(heads)]
        looks = [hand.attend(q[:, c] / np.sqrt(width), k[:, c], v[:, c]) for c in cut]
        out, from_out = hand.linear(
            np.concatenate([o for o, _ in looks], -1),
            w[at + "attn.c_proj.weight"],
            w[at + "attn.c_proj.bias"],
        )

        def attention_back(
            r: Array, from_out: Back = from_out, looks: Any = looks, from_qkv: Back = from_qkv,
            from_norm: Back = from_norm,
        ) -> Array:  # fmt: skip
            found = [
                back(part) for part, (_, back) in zip(np.split(from_out(r), heads, -1), looks, strict=True)
            ]
            return from_norm(from_qkv(np.concatenate([f[i] for i in range(3) for f in found], -1)))

        backs.append(_residual(x, out, attention_back))
        x = x + out
        n, from_norm = hand.layer_norm(x, w[at + "ln_2.weight"], w[at + "ln_2.bias"], eps)
        inner, from_inner = hand.linear(n, w[at + "mlp.c_fc.weight"], w[at + "mlp.c_fc.bias"])
        on, _ = hand.activation(inner, lambda t: torch.nn.functional.gelu(t, approximate="tanh"))
        out, from_down = hand.linear(on, w[at + "mlp.c_proj.weight"], w[at + "mlp.c_proj.bias"])

        def mlp_back(
            r: Array, from_down: Back = from_down, from_inner: Back = from_inner, from_norm: Back = from_norm
        ) -> Array:
            return from_norm(from_inner(from_down(r)))

        backs.append(_residual(x, out, mlp_back))
        x = x + out
    n, from_norm = hand.layer_norm(x, w["transformer.ln_f.weight"], w["transformer.ln_f.bias"], eps)
    return _to_positions(hand, n, w["transformer.wte.weight"].T, logit, [*backs, from_norm])


def _to_positions(hand: Hand, states: Array, head: Array, logit: int, backs: list[Back]) -> Array:
    z, back = hand.linear(states, head)
    r = np.zeros_like(z)
    r[-1, logit] = z[-1, logit]
    r = back(r)
    for step in reversed(backs):
        r = step(r)
    return r.sum(-1)


def _residual(x: Array, out: Array, back: Back) -> Back:
    """A sum: each term its share."""
    return lambda r: r * x / (x + out) + back(r * out / (x + out))


def _rotations(length: int, width: int, theta: float) -> Array:
    """RoPE as what it is, one matrix for each position, shape (position, width, width)."""
    half = width // 2
    angles = np.arange(length)[:, None] * theta ** (-np.arange(half) / half)
    turns = np.zeros((length, width, width))
    for i in range(half):
        c, s = np.cos(angles[:, i]), np.sin(angles[:, i])
        turns[:, i, i], turns[:, i, i + half] = c, -s
        turns[:, i + half, i], turns[:, i + half, i + half] = s, c
    return turns


def _turned_head(
    hand: Hand, q: Array, k: Array, v: Array, head: int, group: int, width: int, turns: Array
) -> Any:
    q, k, v = (states[:, at * width : (at + 1) * width] for states, at in ((q, head), (k, group), (v, group)))
    q2, k2 = (np.einsum("pij,pj->pi", turns, states) for states in (q, k))
    o, back = hand.attend(q2 / np.sqrt(width), k2, v)

    def unturned(r: Array) -> tuple[Array, Array, Array]:
        rq, rk, rv = back(r)
        rq, rk = (
            states * np.einsum("pij,pi->pj", turns, found / turned)
            for states, found, turned in ((q, rq, q2), (k, rk, k2))
        )
        return rq, rk, rv

    return o, unturned
