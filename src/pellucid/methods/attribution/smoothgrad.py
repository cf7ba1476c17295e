"""SmoothGrad: a gradient map, averaged over noisy copies of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Gradients, WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._batches import in_batches
from pellucid.methods.attribution._norm import gradient_norm

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["smoothgrad"]

Map = Literal["input_x_gradient", "saliency"]


@method(cost="samples forwards and backwards", paper="Smilkov et al. 2017, arXiv:1706.03825, section 3")
def smoothgrad(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    of: Map = "input_x_gradient",
    samples: int = 32,
    noise: float = 0.1,
    seed: int = 0,
) -> xr.Dataset:
    """Average a gradient map over copies of the input with normal noise, so that local wiggles cancel.

    ``credit = E over e ~ N(0, s^2) of M(x + e)``, where M is the map of the gradient at the noisy embeddings:
    ``x . df/dx (x + e)``, or the l2 norm of ``df/dx (x + e)``. The noise itself gets no credit: the gradient
    is multiplied with x, not x + e. Special tokens get no noise.

    Returns ``attribution`` and ``standard_error`` (of the mean over the draws), dims (input), in the units of
    the map; signed for input_x_gradient only.

    :param of: the map that is averaged, input_x_gradient or saliency.
    :param samples: how many noisy copies, at least 2.
    :param noise: the noise's standard deviation, relative to that of the numbers in the features' embeddings.
    :param seed: of the noise; the same seed gives the same numbers.
    """
    if of not in get_args(Map):
        raise BadOption(f'of="{of}" is not known. Maps: {", ".join(get_args(Map))}.')
    if samples < 2 or noise <= 0:
        raise BadOption(f"samples={samples}, noise={noise}: at least 2 samples and some noise are needed.")
    if of == "input_x_gradient":  # the mean over noise of a slope that is 0 in the middle is noise
        target.check_slope()
    gradients = model.gradients(text, target)
    draws = _draws(gradients, of, samples, noise, np.random.default_rng(seed))
    data = {
        "attribution": ("input", draws.mean(0)),
        "standard_error": ("input", draws.std(0, ddof=1) / np.sqrt(samples)),
    }
    plain = of == "input_x_gradient"
    units = str(target.scale) if plain else f"{target.scale} per unit of embedding"
    return xr.Dataset(data, attrs={"primary": "attribution", "signed": plain, "units": units})


def _draws(gradients: Gradients, of: Map, samples: int, noise: float, rng: np.random.Generator) -> np.ndarray:
    """The map at each noisy copy, shape (draw, input)."""
    inputs = gradients.inputs
    is_feature = gradients.feature_of >= 0
    own = inputs[is_feature]
    size = inputs.new_tensor(is_feature)[:, None] * (noise * own.std(correction=0))

    def work(some: slice) -> np.ndarray:
        shape = (some.stop - some.start, *inputs.shape)
        added = size * inputs.new_tensor(rng.standard_normal(shape, dtype=np.float32))
        return _map(gradients, of, gradients(inputs + added)[1])

    return in_batches(gradients, samples, work)


def _map(gradients: Gradients, of: Map, gradient: Tensor) -> np.ndarray:
    if of == "saliency":
        return gradient_norm(gradients, gradient, "l2")
    return gradients.per_feature((gradient * gradients.inputs).sum(-1))
