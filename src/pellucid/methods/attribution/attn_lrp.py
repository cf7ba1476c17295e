"""AttnLRP: relevance propagation through every step of a transformer, attention weights included."""

from __future__ import annotations

import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._relevance import propagated

__all__ = ["attn_lrp"]


@method(
    cost="one forward and one backward",
    paper="Achtibat et al. 2024, arXiv:2402.05602; as gradient x input: Arras et al. 2025, arXiv:2502.15886",
)
def attn_lrp(model: WhiteBox, text: Text, target: Target, *, epsilon: float = 0.0) -> xr.Dataset:
    """Hand the target's value back through the model, step by step, until it lies on the features.

    Each step shares the relevance of its output R out over its inputs: a linear layer by what each input adds,
    ``R_i = sum_j x_i w_ij R_j / z_j``; an activation, or a norm, to its input; a product of two states half to each
    factor (gates, queries with keys, attention weights with values); the softmax of attention, weights a of
    scores s, by its first-order expansion, ``R(s_i) = s_i (R(a_i) - a_i sum_j R(a_j))``. All of it is one gradient
    with changed rules, times the input. LRP is patented: free for personal and scientific use only.

    What enters is ``sum z . df/dz`` over the logits z: the target itself on the logit scale; on logprob that logit
    less the mean of all logits under the model's probabilities; on prob the same times the probability.

    Returns ``attribution``, dims (input), signed, in the target's units, and scalars: ``entered``, ``unassigned``
    (at special tokens, frozen parts and the answer's own tokens), ``conservation_gap`` (all that arrived less what
    entered) and what explains it: ``kept_by_biases`` (position embeddings included), ``kept_by_softmax``
    (it is not linear: its expansion has a rest), ``kept_by_epsilon``. A note says so above 1%, and warns
    where these do not explain it.

    :param epsilon: at 0 linear layers share out exactly; above, outputs near 0 keep what they would blow up.
    """
    return propagated(model, text, target, "products", epsilon)
