"""A model whose answer is a known function of the words that are kept: what a metric must find is then known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from pellucid.core.explanation import Explanation, label
from pellucid.core.protocols import Ablation
from pellucid.core.provenance import Provenance
from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["MaskModel", "explained", "linear"]


class MaskModel:
    """A `GreyBox` whose log-probability of any answer is ``function(masks)``, shape (draw,), of masks (draw, input).

    ``calls`` counts how often its value function was asked, ``masks`` what it was asked last.
    """

    name = "known"
    fingerprint = "known"
    continues = False

    def __init__(self, function: Callable[[np.ndarray], np.ndarray]) -> None:
        self.function, self.calls = function, 0
        self.masks = np.zeros((0, 0), bool)

    def cut(self, text: str | Text, unit: str | None = None) -> Text:
        return Text.of(text).cut("word")

    def generate(self, texts: Sequence[str], *, max_tokens: int = 64) -> list[str]:
        return ["yes" for _ in texts]

    def resolve(self, text: Text, target: Target) -> Target:
        return replace(
            target, answer=target.answer or "yes", scale=target.scale or "logprob", ids=(0,), outputs=("yes",)
        )

    def value(self, text: Text, target: Target, ablate: Ablation | None = None) -> MaskValue:
        return MaskValue(self, len(text.features), target.scale or "logprob", ablate or "delete")


@dataclass
class MaskValue:
    """Its `ValueFunction`, on the scales logprob and prob."""

    model: MaskModel
    features: int
    scale: str
    ablate: Ablation
    outputs: int = 1

    def __call__(self, masks: np.ndarray) -> np.ndarray:
        self.model.calls += 1
        self.model.masks = masks
        found = np.asarray(self.model.function(masks), np.float64)
        return (np.exp(found) if self.scale == "prob" else found)[:, None]

    def total(self, masks: np.ndarray) -> np.ndarray:
        return self(masks).sum(1)


def linear(weights: Sequence[float]) -> MaskModel:
    """``log p = sum of the kept weights - sum of the positive ones``: of all features at most 0."""
    known = np.asarray(weights, np.float64)
    return MaskModel(lambda masks: masks @ known - known.clip(0).sum())


def explained(
    credit: Sequence[float], *, units: str = "logprob", scale: str = "logprob", **more: float
) -> Explanation:
    """An explanation of such a model that credits the words w0, w1, ... so; ``more`` are scalars beside it."""
    text = Text(" ".join(f"w{i}" for i in range(len(credit)))).cut("word")
    target = Target("yes", scale=scale, ids=(0,), outputs=("yes",))  # type: ignore[arg-type]
    attributes = {"primary": "attribution", "signed": True, "units": units}
    data = xr.Dataset({"attribution": ("input", np.asarray(credit, np.float64)), **more}, attrs=attributes)
    return Explanation(label(data, text, target), text, target, Provenance("known", "known", "by_hand"))
