"""From the logits and log-probabilities of an answer's tokens to one number on a scale.

For an answer of tokens t = 1..T with logits z_t and log-probabilities l_t:
``logit`` sum z_t; ``logprob`` sum l_t; ``prob`` exp(sum l_t); ``logodds`` L - log(1 - e^L), L = sum l_t.
The first two are sums, so their terms are outputs of their own; the other two are of the answer as a whole.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pellucid.core.target import Scale, Target

__all__ = ["on_scale", "outputs_on"]


def outputs_on(scale: Scale, target: Target) -> int:
    """How many outputs a resolved target has on a scale: each token, where they add up; a contrast is one."""
    adds_up = scale in ("logit", "logprob") and not target.against_ids
    return len(target.ids) if adds_up else 1


def on_scale(logits: Tensor, logprobs: Tensor, scale: Scale) -> Tensor:
    """Shape (..., T) twice to (..., output): T outputs on a scale that is a sum, else one."""
    if scale == "logit":
        return logits
    if scale == "logprob":
        return logprobs
    whole = logprobs.sum(-1, keepdim=True)
    if scale == "prob":
        return whole.exp()
    # log(1 - e^L) loses all digits near L = 0 when written so; log(-expm1(L)) does not. Probability 1 is
    # held off by the smallest step below it, so that the log-odds of certainty is large and finite.
    certain = -torch.finfo(whole.dtype).eps
    return whole - torch.log(-torch.expm1(whole.clamp(max=certain)))
