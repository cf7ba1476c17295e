"""Input times gradient: the target's first-order change along each input embedding."""

from __future__ import annotations

import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["input_x_gradient"]


@method(
    cost="one forward and one backward", paper="Shrikumar et al. 2016, arXiv:1605.01713; Denil et al. 2014"
)
def input_x_gradient(model: WhiteBox, text: Text, target: Target, *, per_output: bool = False) -> xr.Dataset:
    """Multiply each embedding with the target's gradient there: fast, and only right near the input.

    For embeddings x and target f, the credit of a feature is ``sum x . df/dx`` over its tokens. Returns
    ``attribution``, dims (input), or (output, input) with ``per_output``; signed, in the target's units.

    :param per_output: one row per token of the answer (one backward each) instead of their sum.
    """
    target.check_slope()
    gradients = model.gradients(text, target)
    _, gradient = gradients(gradients.inputs[None], per_output=per_output)
    credit = gradients.per_feature((gradient * gradients.inputs).sum(-1))[0]
    dims = ("output", "input") if per_output else ("input",)
    attributes = {"primary": "attribution", "signed": True, "units": str(target.scale)}
    return xr.Dataset({"attribution": (dims, credit)}, attrs=attributes)
