"""From what is read at an answer's positions (`measures`) to one number on a scale.

For an answer of tokens t = 1..T with logits z_t and log-probabilities l_t:
``logit`` sum z_t; ``logprob`` sum l_t; ``prob`` exp(sum l_t); ``logodds`` L - log(1 - e^L), L = sum l_t.
With H_t the entropy of what could be said at t, and D_t its divergence from that of the whole text:
``entropy`` sum H_t; ``kl`` -sum D_t. What is a sum has its terms as outputs of their own; ``prob`` and ``logodds``
are of the answer as a whole. Of a span of the answer only its tokens count.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pellucid.core.target import Scale, Target

__all__ = ["on_scale", "outputs_on"]


def outputs_on(scale: Scale, target: Target) -> int:
    """How many outputs a resolved target has on a scale: each token, where they add up; a contrast is one."""
    adds_up = scale not in ("prob", "logodds") and not target.against_ids
    return len(target.ids[target.tokens]) if adds_up else 1


def on_scale(scores: Tensor, scale: Scale) -> Tensor:
    """What was read, shape (..., T, K), to shape (..., output): T outputs on a scale that is a sum, else one."""
    if scale in ("logit", "entropy", "kl"):
        return scores[..., 0]
    logprobs = scores[..., 1]
    if scale == "logprob":
        return logprobs
    whole = logprobs.sum(-1, keepdim=True)
    if scale == "prob":
        return whole.exp()
    # log(1 - e^L) loses all digits near L = 0 when written so; log(-expm1(L)) does not. Probability 1 is
    # held off by the smallest step below it, so that the log-odds of certainty is large and finite.
    certain = -torch.finfo(whole.dtype).eps
    return whole - torch.log(-torch.expm1(whole.clamp(max=certain)))
