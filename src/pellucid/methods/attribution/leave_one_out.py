"""Leave one out: how much the target falls when one feature is removed."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["leave_one_out"]


@method(cost="one forward per feature, and one", paper="Li, Monroe and Jurafsky 2016, arXiv:1612.08220")
def leave_one_out(
    model: GreyBox, text: Text, target: Target, *, ablate: Ablation | None = None
) -> xr.Dataset:
    """Remove one feature at a time; its credit is what the target loses.

    For a value function v over kept features, the credit of feature i of N is ``v(N) - v(N without i)``.
    Returns ``attribution``, dims (output, input), signed, in the target's units: positive means that the
    feature supports the answer.

    :param ablate: how a feature is removed; by default as the model and the text prefer.
    """
    value = model.value(text, target, ablate)
    kept = np.ones((1 + value.features, value.features), bool)
    kept[1:] = ~np.eye(value.features, dtype=bool)
    full, *without = value(kept)
    credit = (full - np.array(without)).T
    attributes = {
        "primary": "attribution",
        "signed": True,
        "units": str(target.scale),
        "options": {"ablate": value.ablate},
    }
    return xr.Dataset({"attribution": (("output", "input"), credit)}, attrs=attributes)
