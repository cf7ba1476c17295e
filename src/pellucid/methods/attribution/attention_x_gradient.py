"""Attention times gradient: the looks at a feature, each weighed by how much the target hangs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["attention_x_gradient"]


@method(
    cost="one forward and one backward",
    paper="Barkan et al. 2021, arXiv:2204.11073 (Grad-SAM); Chefer et al. 2021, arXiv:2103.15679, eq. 5",
)
def attention_x_gradient(
    model: WhiteBox, text: Text, target: Target, *, positive: bool = False
) -> xr.Dataset:
    """Add up, for each feature, all attention paid to it times the target's gradient at that attention.

    For patterns A of layer l and head h, with rows i that look (queries) and columns j that are looked at (keys):
    ``credit_j = sum over l, h, i of A_lh[i, j] . df/dA_lh[i, j]``, summed over the tokens of a feature. It is
    what the target would lose, to first order, if nobody looked at j; what a token does to its own position past
    attention does not count. On encoder-decoders the keys are the text's: the encoder's attention to itself and the
    decoder's to it.

    Returns ``attribution``, dims (input), and ``unassigned``, the same sum over tokens that are no feature (start,
    [CLS] and the like, frozen parts, the answer's own); in the target's units, signed unless ``positive``.

    :param positive: count only looks that raise the target, as Grad-SAM does: A times the gradient's positive part.
    """

    def read(pattern: Tensor, gradient: Tensor) -> Tensor:
        slopes = gradient.clamp(min=0) if positive else gradient
        return (pattern * slopes).sum((0, 1))

    features, others = model.attention_gradients(text, target, read)
    attributes = {"primary": "attribution", "signed": not positive, "units": str(target.scale)}
    data = {"attribution": ("input", features.sum(0)), "unassigned": float(others.sum())}
    return xr.Dataset(data, attrs=attributes)
