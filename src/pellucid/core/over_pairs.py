"""What a method finds over many pairs of texts: each pair's numbers, their mean, and how sure the mean is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from pellucid.core.paired import resampled
from pellucid.core.provenance import Provenance
from pellucid.core.registry import renderer

__all__ = ["OverPairs", "bootstrap"]

COLUMNS = 4096  # numbers whose bootstrap means are held at once


@dataclass(frozen=True, eq=False)
class OverPairs:
    """A method's primary array over pairs of texts.

    ``data`` holds ``each``, dims (example, ...), ``mean``, and ``low`` and ``high``, the bootstrap interval (95%, over
    pairs); where a method compares the numbers of two texts also ``recovered``, ``recovered_low`` and
    ``recovered_high``: the mean as a share of the mean difference between the texts, ratios of means; and ``clean``
    and ``corrupted``, dim (example). Its attributes are those of an explanation.
    """

    data: xr.Dataset
    provenance: Provenance

    def __str__(self) -> str:
        return renderer("terminal")(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self)


def bootstrap(
    values: np.ndarray, *, over: np.ndarray | None = None, draws: int = 1000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """The 95% interval of the mean of ``values``, shape (example, ...), under draws of examples with replacement.

    With ``over``, shape (example,), of the mean as a share of the mean of ``over``. Returns low and high, shape (...).
    """
    count = len(values)
    weights = resampled(count, draws, seed)
    share = 1.0 if over is None else (weights @ over)[:, None]
    columns = values.reshape(count, -1)
    found = [
        np.quantile(weights @ columns[:, at : at + COLUMNS] / share, [0.025, 0.975], axis=0)
        for at in range(0, columns.shape[1], COLUMNS)
    ]
    low, high = np.concatenate(found, axis=1)
    return low.reshape(values.shape[1:]), high.reshape(values.shape[1:])
