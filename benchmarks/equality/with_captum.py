"""Captum, on the language model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.equality.comparison import Both, Comparison
from benchmarks.equality.points import MANY, MANY_POINTS, OUR_POINTS, STEPS, our_points
from benchmarks.equality.same_samples import kernel_shap_of, lime_of
from benchmarks.equality.setting import Setting
from pellucid.methods.attribution.shapley_sampling import permutation_pairs

__all__ = ["with_captum"]

PAIRS, SAMPLES, LAYER, WIDTH = 3, 200, 2, 0.25
SUBSETS = f"the {SAMPLES} subsets that Captum drew"


def with_captum(setting: Setting) -> list[Comparison]:
    """Removal, sampling, fits on subsets, and integrals."""
    return [*_removals(setting), *_fits(setting), *_integrals(setting)]


def _removals(setting: Setting) -> list[Comparison]:
    ablation = setting.beside("leave_one_out", ablate="mask")
    one_by_one = _one(setting, "FeatureAblation, as it comes", "leave_one_out", ablation, "feature_ablation")
    n = len(setting.text.split())
    return [
        one_by_one,
        replace(one_by_one, theirs="FeatureAblation, one pass", work="feature_ablation_one_pass"),
        _one(
            setting,
            "ShapleyValueSampling",
            "shapley_sampling",
            setting.beside("shapley_sampling", ablate="mask", samples=2 * PAIRS, seed=0),
            "shapley_sampling_one_pass",
            same=f"our {2 * PAIRS} orders",
            orders=permutation_pairs(n, PAIRS, seed=0).reshape(-1, n).tolist(),
        ),
    ]


def _fits(setting: Setting) -> list[Comparison]:
    def fitted(fit: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Both:
        def both(theirs: Any) -> tuple[np.ndarray, np.ndarray]:
            masks = np.array(theirs["masks"], bool)
            return np.array(theirs["credit"]), fit(masks, setting.value(masks, "mask", "logprob"))[0]

        return both

    ours_lime = fitted(partial(lime_of, kernel_width=WIDTH))
    drawn: dict[str, Any] = {"same": SUBSETS, "samples": SAMPLES}
    kernel = {**drawn, "same": f"{SUBSETS}, kernel and ridge", "kernel_width": WIDTH}
    return [
        _one(setting, "KernelShap", "kernel_shap", fitted(kernel_shap_of), "kernel_shap", **drawn),
        _one(setting, "Lime", "lime", ours_lime, "lime", **kernel),
    ]


def _integrals(setting: Setting) -> list[Comparison]:
    name, ours = "LayerIntegratedGradients", "integrated_gradients"
    of_one = replace(
        setting, target=" " + setting.target.split()[0]
    )  # nothing behind the text reads it earlier
    given: dict[str, Any] = {"same": OUR_POINTS, "steps": STEPS, **our_points(STEPS)}
    behind = of_one.beside("layer_integrated_gradients", baseline="mask", steps=STEPS, layer=LAYER)
    return [
        _one(setting, name, ours, setting.beside(ours, baseline="mask", steps=STEPS), ours, **given),
        _one(
            setting,
            name,
            ours,
            setting.beside(ours, baseline="mask", steps=MANY),
            ours,
            same=MANY_POINTS,
            steps=MANY,
        ),
        _one(
            of_one,
            f"{name}, behind block {LAYER}",
            f"layer_{ours}",
            behind,
            f"layer_{ours}",
            **given,
            layer=LAYER,
        ),
    ]


def _one(
    setting: Setting,
    theirs: str,
    ours: str,
    both: Both,
    work: str,
    *,
    same: str = "the mask token",
    **task: Any,
) -> Comparison:
    return Comparison("captum", theirs, ours, same, work, both, {**setting.task, **task})
