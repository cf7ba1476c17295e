"""Tuned lens: the logit lens in the coordinates that each layer writes in."""

from __future__ import annotations

import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.lens._asked import asked
from pellucid.methods.lens._seen import seen_through
from pellucid.methods.lens._tuned import TunedLens

__all__ = ["tuned_lens"]


@method(cost="one forward, once the lens is fitted", paper="Belrose et al. 2023, arXiv:2303.08112")
def tuned_lens(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    lens: str = "",
    layers: tuple[int, ...] | None = None,
    top_k: int = 5,
) -> xr.Dataset:
    """Read the residual stream behind every block through an affine map that was fitted for that layer.

    For the state h behind block l, ``softmax(W_U . norm(h + A_l h + b_l))``: A_l and b_l were fitted so that this is
    close to what the model says in the end (`pellucid.TunedLens`). What comes up late in the logit lens and early here
    was there already, in other coordinates.

    Returns what ``logit_lens`` returns; at the last layer nothing is translated.

    Raises what ``logit_lens`` raises, `CannotRead` where there is no lens, and `BadOption` for a lens of another model.

    :param lens: the folder of a lens: what TunedLens.fit(model, texts).save(folder) wrote, or a published one
        (params.pt and config.json of the package tuned-lens).
    :param layers: which layers; by default all.
    :param top_k: how many of the likeliest tokens to name at each place.
    """
    asked(model, text, target, "tuned_lens")
    if not lens:
        raise BadOption(
            "tuned_lens needs a lens that was fitted for the model: --lens FOLDER (lens=...). "
            "Fit one with pellucid.TunedLens.fit(model, texts).save(FOLDER)."
        )
    fitted = TunedLens.load(lens)
    fitted.check(model)
    data = seen_through(fitted, model, text, target, "tuned_lens", layers, top_k)
    return data.assign_attrs(notes=(*data.attrs["notes"], fitted.origin))
