"""Gradient SHAP: integrated gradients from several baselines at once, by random draws."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._batches import in_batches

__all__ = ["gradient_shap"]


@method(
    cost="samples forwards and backwards for each baseline",
    paper="Erion et al. 2021, arXiv:1906.10670, eq. 3 (expected gradients); Lundberg and Lee 2017 (in shap)",
)
def gradient_shap(
    model: WhiteBox,
    text: Text,
    target: Target,
    *,
    baselines: tuple[str, ...] = (),
    samples: int = 64,
    seed: int = 0,
) -> xr.Dataset:
    """Average the gradient over several baselines and random points on the way from them to the input.

    ``credit_i = E over b ~ baselines, a ~ U(0, 1) of (x_i - b_i) . df/dx_i (b + a (x - b))``, summed over the
    embedding and the tokens of a feature. In expectation the credits add up to f(x) - E f(b): no single
    baseline decides what counts as absent. Special tokens stay as they are.

    Plain draws need thousands of points. Here every baseline has the same number, a = u^2 is drawn with weight
    da/du = 2u (models that normalise their embeddings turn sharply near the baseline), and u is drawn twice
    in each of samples / 2 equal parts of [0, 1]: the expectation is the same, and the two draws of each part
    give the standard error.

    Returns ``attribution`` and ``standard_error``, dims (input), and the scalars ``difference`` = f(x) - mean
    f(b), ``completeness_gap`` = sum of credits - difference, and ``gap_standard_error``, what chance alone
    makes of that gap; signed, in the target's units.

    :param baselines: the absent inputs, each as likely: mask, zero, pad, mean; by default the one that
        integrated_gradients takes, and mean.
    :param samples: how many draws from each baseline, an even number.
    :param seed: of the draws; the same seed gives the same numbers.
    """
    if samples < 2 or samples % 2:
        raise BadOption(f"samples={samples}: draws come in pairs, so give an even number from 2 on.")
    gradients = model.gradients(text, target)
    kinds = baselines or (gradients.default_baseline, "mean")
    inputs, starts = gradients.inputs, [gradients.baseline(kind) for kind in kinds]
    drawn = np.random.default_rng(seed).uniform(size=(len(kinds), samples // 2, 2))
    u = ((np.arange(samples // 2)[:, None] + drawn) / (samples // 2)).ravel()
    chosen = np.repeat(np.arange(len(kinds)), samples)

    def work(some: slice) -> np.ndarray:
        start = inputs.new_empty((len(u[some]), *inputs.shape))
        for i, kind in enumerate(chosen[some]):
            start[i] = starts[kind]
        way = inputs - start
        _, gradient = gradients(start + inputs.new_tensor(u[some] ** 2)[:, None, None] * way)
        return gradients.per_feature((gradient * way).sum(-1)) * (2 * u[some])[:, None]

    draws = in_batches(gradients, len(u), work)
    ends = [float(gradients.values(point[None]).sum()) for point in (inputs, *starts)]
    difference = ends[0] - float(np.mean(ends[1:]))
    data = {
        "attribution": ("input", draws.mean(0)),
        "standard_error": ("input", _error(draws)),
        "difference": difference,
        "completeness_gap": float(draws.mean(0).sum()) - difference,
        "gap_standard_error": float(_error(draws.sum(1))),
    }
    attributes = {
        "primary": "attribution",
        "signed": True,
        "units": str(target.scale),
        "options": {"baselines": list(kinds)},
    }
    return xr.Dataset(data, attrs=attributes)


def _error(draws: np.ndarray) -> np.ndarray:
    """The standard error of the mean of draws that come in pairs, the two of a pair from the same part."""
    apart = draws[0::2] - draws[1::2]
    return np.sqrt((apart**2).sum(0)) / len(draws)
