"""Sliding-window occlusion: how much the target falls when neighbouring features are removed together."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Ablation, GreyBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["sliding_window_occlusion", "windows"]


@method(cost="one forward per window, and one", paper="Zeiler and Fergus 2014, arXiv:1311.2901")
def sliding_window_occlusion(
    model: GreyBox,
    text: Text,
    target: Target,
    *,
    window: int = 3,
    stride: int = 1,
    ablate: Ablation | None = None,
) -> xr.Dataset:
    """Remove a window of neighbours at a time; a feature's credit is the mean loss of the windows it is in.

    For windows W of ``window`` features each, ``stride`` apart, and one that ends with the text:
    ``credit_i = mean over W that hold i of v(N) - v(N without W)``. A window of one feature is
    `leave_one_out`. A window of more sees what neighbours say only together, and blurs the credit over them.

    Returns ``attribution``, dims (output, input), signed, in the target's units.

    :param window: how many neighbouring features are removed at once; all of them in a shorter text.
    :param stride: how far the window moves, at most its own length, so that every feature is in one.
    :param ablate: how a feature is removed; by default as the model and the text prefer.
    """
    if not 1 <= stride <= window:
        raise BadOption(f"window={window}, stride={stride}: a window moves by 1 to its own length.")
    value = model.value(text, target, ablate)
    removed = windows(value.features, window, stride)
    full, *without = value(np.vstack([np.ones((1, value.features), bool), ~removed]))
    losses = full - np.array(without)
    credit = (losses.T @ removed) / removed.sum(0)
    attributes = {
        "primary": "attribution",
        "signed": True,
        "units": str(target.scale),
        "options": {"ablate": value.ablate},
    }
    return xr.Dataset({"attribution": (("output", "input"), credit)}, attrs=attributes)


def windows(features: int, window: int, stride: int) -> np.ndarray:
    """Which features each window holds, bool, shape (window, input); the last one ends with the text."""
    last = max(0, features - window)
    starts = sorted({*range(0, last + 1, stride), last})
    places = np.arange(features)
    return np.stack([(start <= places) & (places < start + window) for start in starts])
