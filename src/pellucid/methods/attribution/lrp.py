"""LRP with constant attention: relevance propagation that follows what moves, not why it moved."""

from __future__ import annotations

import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._relevance import propagated

__all__ = ["lrp"]


@method(
    cost="one forward and one backward", paper="Bach et al. 2015; Ali et al. 2022, arXiv:2202.07304, sec. 4"
)
def lrp(model: WhiteBox, text: Text, target: Target, *, epsilon: float = 0.0) -> xr.Dataset:
    """Hand the target's value back through the model as if its attention weights were constants.

    As attn_lrp, but attention ``O_q = sum_k a_qk v_k`` is a linear layer with the weights a: all its relevance
    goes to the values, none to queries and keys. So nothing is lost in the softmax, and the relevance of a text
    adds up to what entered but for biases. LRP is patented: free for personal and scientific use only.

    Returns ``attribution``, dims (input), and the scalars of attn_lrp; only a softmax that routes to experts keeps any
    relevance (``kept_by_softmax``).

    :param epsilon: at 0 linear layers share out exactly; above, outputs near 0 keep what they would blow up.
    """
    return propagated(model, text, target, "constant", epsilon)
