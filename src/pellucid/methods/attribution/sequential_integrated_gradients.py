"""Sequential integrated gradients: each feature alone on its way from a baseline, the others as they are."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._batches import in_batches

__all__ = ["sequential_integrated_gradients"]


@method(cost="features + 1 forwards", paper="Enguehard 2023, arXiv:2305.15853, eq. 1 (Findings of ACL)")
def sequential_integrated_gradients(
    model: WhiteBox, text: Text, target: Target, *, baseline: str | None = None
) -> xr.Dataset:
    """Integrate the gradient of one feature at a time from its baseline, in the company of all the others.

    For b(i), the input with feature i at its baseline and all else as it is:
    ``credit_i = (x_i - b_i) . integral over a in [0, 1] of df/dx_i (b(i) + a (x - b(i)))``. Nothing but
    feature i moves on that path, so the integral over its whole embedding is the difference of its ends,
    ``f(x) - f(b(i))``, exactly. It is taken so: without gradients, and without an error of integration.
    With the mask token as baseline it is leave_one_out with ``ablate="mask"``; other baselines remove a
    feature in ways that no token can. (The paper divides the credits by their norm, which is left out.)

    Returns ``attribution``, dims (output, input); signed, in the target's units.

    :param baseline: the absent feature: mask, zero, pad or mean; by default the mask token, else zero.
    """
    gradients = model.gradients(text, target)
    kind = baseline or gradients.default_baseline
    inputs, absent = gradients.inputs, gradients.baseline(kind)
    features = len(text.features)
    moved = inputs.new_tensor(gradients.feature_of == np.arange(features + 1)[:, None])  # the last one: none

    def work(some: slice) -> np.ndarray:
        away = moved[some, :, None]
        return gradients.values(away * absent + (1 - away) * inputs)

    values = in_batches(gradients, features + 1, work)
    attributes = {
        "primary": "attribution",
        "signed": True,
        "units": str(target.scale),
        "options": {"baseline": kind},
    }
    return xr.Dataset({"attribution": (("output", "input"), (values[-1] - values[:-1]).T)}, attrs=attributes)
