"""Layer integrated gradients: integrated gradients inside the model, on the residual stream of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._path_integral import Integral, line_integral

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["layer_integrated_gradients"]


@method(
    cost="16 to 512 forwards and backwards",
    paper="Sundararajan, Taly and Yan 2017, arXiv:1703.01365, eq. 1, on the states of a layer",
)
def layer_integrated_gradients(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    layer: int = 1,
    baseline: str | None = None,
    steps: int | None = None,
    per_output: bool = False,
) -> xr.Dataset:
    """Share f(input) - f(baseline) out over the places where the text stands after some layers.

    For h, the residual stream behind ``layer`` blocks at the positions of the text, and h', what stands there
    when the features' embeddings are the baseline:
    ``credit_p = (h_p - h'_p) . integral over a in [0, 1] of df/dh_p (h' + a (h - h'))`` for position p, summed
    over the tokens of a feature. It tells where the evidence stands by then: what has moved to tokens that are
    no feature (start, [CLS], a frozen part) is ``elsewhere``. The credits and ``elsewhere`` add up to the
    ``difference``. The answer's own tokens and a decoder see the text through these states alone; what they
    have read of it in the layers before stays as it is.

    With ``layer=0`` nothing has moved yet: on models that only add positions to their embeddings this is
    integrated_gradients. Steps are refined as there.

    Returns ``attribution``, dims (input), or (output, input) with ``per_output``, ``elsewhere`` (a scalar, or
    by output), ``completeness_gap`` and ``difference``; signed, in the target's units.

    :param layer: how many blocks the states have passed: 0 is what enters the first block, -1 is what leaves
        the last one. Encoder-decoders: blocks of the encoder.
    :param baseline: the absent input: mask, zero, pad or mean; by default the mask token, else zero.
    :param steps: a fixed number of steps instead of doubling.
    :param per_output: one row per token of the answer instead of their sum.
    """
    gradients = model.gradients(text, target, layer=layer)
    kind = baseline or gradients.default_baseline

    def read(credit: Tensor) -> np.ndarray:
        """The features, and behind them all other positions as one."""
        other = credit[..., gradients.feature_of < 0].sum(-1).cpu().double().numpy()
        return np.concatenate([gradients.per_feature(credit), other[..., None]], axis=-1)

    start = gradients.baseline(kind)
    found = line_integral(gradients, start, steps=steps, per_output=per_output, read=read)
    credit, elsewhere = found.credit[..., :-1], found.credit[..., -1]
    gap = found.gap
    data = Integral(credit, found.difference, found.steps, found.settled).dataset(
        target, {"baseline": kind, "steps": found.steps}
    )
    return data.assign(
        elsewhere=("output", elsewhere) if per_output else float(elsewhere), completeness_gap=gap
    )
