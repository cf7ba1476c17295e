"""Saliency: how strongly the target reacts to a small change of each input embedding."""

from __future__ import annotations

from typing import Literal

import numpy as np
import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._norm import check_norm, gradient_norm

__all__ = ["saliency"]


@method(
    cost="one forward and one backward",
    paper="Simonyan et al. 2013, arXiv:1312.6034; Li et al. 2016, arXiv:1506.01066",
)
def saliency(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    norm: Literal["l1", "l2"] = "l2",
    per_output: bool = False,
) -> xr.Dataset:
    """Take the size of the target's gradient at each feature's embeddings: sensitivity, without a sign.

    For embeddings x and target f, the credit of a feature is ``|| df/dx ||`` over the embeddings of all its
    tokens. It says how much f would move, not which way, and nothing of what stands there now.

    Returns ``attribution``, dims (input), or (output, input) with ``per_output``; not signed, in the target's
    units per unit of the embeddings.

    :param norm: l2, the steepest slope over directions of length 1; or l1, the sum of absolute values.
    :param per_output: one row per token of the answer (one backward each) instead of the slope of their sum.
    """
    check_norm(norm)
    target.check_slope()
    gradients = model.gradients(text, target)
    _, gradient = gradients(gradients.inputs[None], per_output=per_output)
    credit: np.ndarray = gradient_norm(gradients, gradient, norm)[0]
    dims = ("output", "input") if per_output else ("input",)
    attributes = {"primary": "attribution", "signed": False, "units": f"{target.scale} per unit of embedding"}
    return xr.Dataset({"attribution": (dims, credit)}, attrs=attributes)
