"""Arrays that are too large for JSON, quantised and compressed; the browser unpacks them layer by layer."""

from __future__ import annotations

import base64
import math
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.view.parts.heads import Looks

__all__ = ["packed_heads"]

FOUR_BITS = 15  # steps from 0 to the largest number of a head
SEVEN_BITS = 127
FEW = 2**18  # numbers; so many are sent in finer steps
NO_NUMBER = -128
LEVEL = 6  # of zlib; 9 takes four times as long for a tenth less
HIDDEN = (
    0.0,
    0.02,
    0.05,
    0.1,
    0.2,
    0.4,
    0.6,
    0.8,
)  # of the largest number of a layer: what is smaller is sent as 0
SIDE = 32  # of a thumbnail


def packed_heads(values: np.ndarray, room: int | None = None) -> dict[str, Any]:
    """Looks, shape (layer, head, query, key), as a dict that JSON can hold.

    A number is sent as the code ``rint(number / limit * levels)``, one signed byte; what is no number as -128. Four
    bits (15 ``levels``), and of few numbers seven. Bytes lie in the order (head, key, query), since what all queries
    look at is then together; each layer is compressed by zlib, in base64.

    ``room``: of the layers and the overview, in bytes. Where they do not fit, numbers under ``hidden``, by layer, are
    sent as 0; where that is not enough, the largest layers are None.

    ``limits``, ``errors``: by (layer, head), the largest size, and how far a number shown is from its own at most,
    measured. ``overview``: for each head at most 32 x 32 numbers, each the strongest of its block, in four bits.
    ``strongest``, ``first``: by (layer, head), [query, key, value] and a share, as `Looks` has them; or None.
    """
    looks = Looks.of(values)
    limits = np.array([[_limit(head) for head in layer] for layer in values])
    overview = _overview(values, limits)
    layers, levels, hidden = _that_fit(
        values, limits, None if room is None else room - len(overview["codes"])
    )
    return {
        "shape": list(values.shape),
        "levels": levels,
        "hidden": [_rounded(hidden * float(own.max())) for own in limits],
        "limits": limits.tolist(),
        "errors": [layer.errors for layer in layers],
        "layers": [layer.codes for layer in layers],
        "overview": overview,
        "strongest": [[_look(looks, i, j) for j in range(values.shape[1])] for i in range(len(values))],
        "first": [[_rounded(share) for share in row] for row in looks.first],
    }


@dataclass(frozen=True, slots=True)
class _Layer:
    """What is sent of a layer: its codes, None if they do not fit; and the measured error of each head."""

    codes: str | None
    errors: list[float]

    @staticmethod
    def of(layer: np.ndarray, limits: np.ndarray, levels: int, hidden: float) -> _Layer:
        codes = _codes(layer, limits, levels, hidden * limits.max())
        shown = codes * (limits[:, None, None] / levels)
        apart = np.max(np.abs(shown - layer), axis=(1, 2), where=np.isfinite(layer), initial=0.0)
        return _Layer(_compressed(codes.swapaxes(1, 2)), [_rounded_up(float(error)) for error in apart])

    def __len__(self) -> int:
        return len(self.codes or "")


def _that_fit(values: np.ndarray, limits: np.ndarray, room: int | None) -> tuple[list[_Layer], int, float]:
    """The layers in the finest steps in which all fit, with the levels and the share that is hidden."""
    steps = [(SEVEN_BITS, 0.0)] * (values.size <= FEW) + [(FOUR_BITS, hidden) for hidden in HIDDEN]
    for levels, hidden in steps:
        layers, size = [], 0
        for layer, own in zip(values, limits, strict=True):
            layers.append(_Layer.of(layer, own, levels, hidden))
            size += len(layers[-1])
            if room is not None and size > room:
                break
        else:
            return layers, levels, hidden
    layers = [_Layer.of(*pair, levels, hidden) for pair in zip(values, limits, strict=True)]
    return _fewer(layers, room or 0), levels, hidden


def _fewer(layers: list[_Layer], room: int) -> list[_Layer]:
    """The layers that fit, the smallest first, so that they are as many as can be; the others without codes."""
    kept, size = list(layers), 0
    for i in sorted(range(len(layers)), key=lambda i: len(layers[i])):
        size += len(layers[i])
        if size > room:
            kept[i] = replace(layers[i], codes=None)
    return kept


def _limit(head: np.ndarray) -> float:
    """The largest size, as JSON has it; 1 where there is none, so that zeros stay zeros."""
    largest = float(np.max(np.abs(head), where=np.isfinite(head), initial=0.0))
    return _rounded(largest) or 1.0


def _codes(layer: np.ndarray, limits: np.ndarray, levels: int, under: float) -> np.ndarray:
    """The codes of one layer, shape (head, query, key); numbers smaller than ``under`` are 0."""
    there = np.isfinite(layer)
    kept = np.where(there & (np.abs(layer) >= under), layer, 0.0)
    codes = np.rint(kept * (levels / limits[:, None, None])).clip(-levels, levels).astype(np.int8)
    codes[~there] = NO_NUMBER
    return codes


def _overview(values: np.ndarray, limits: np.ndarray) -> dict[str, Any]:
    """The thumbnails of all heads, together: codes in the order (layer, head, row, column)."""
    small = np.stack([_thumbnails(layer) for layer in values])
    pairs = zip(small, limits, strict=True)
    codes = np.stack([_codes(layer, own, FOUR_BITS, 0.0) for layer, own in pairs])
    return {
        "rows": small.shape[2],
        "columns": small.shape[3],
        "levels": FOUR_BITS,
        "codes": _compressed(codes),
    }


def _thumbnails(layer: np.ndarray) -> np.ndarray:
    """The strongest number of each block, shape (head, at most 32, at most 32); NaN where a block has none."""
    highest, lowest = layer, layer
    for axis in (1, 2):
        size = layer.shape[axis]
        starts = np.arange(min(size, SIDE)) * size // min(size, SIDE)
        highest = np.fmax.reduceat(highest, starts, axis)
        lowest = np.fmin.reduceat(lowest, starts, axis)
    return np.where(np.abs(highest) >= np.abs(lowest), highest, lowest)


def _look(looks: Looks, layer: int, head: int) -> list[float] | None:
    at = (layer, head)
    if looks.key[at] < 0:
        return None
    return [int(looks.query[at]), int(looks.key[at]), _rounded(float(looks.value[at]))]


def _compressed(codes: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(codes.tobytes(), LEVEL)).decode()


def _rounded(value: float) -> Any:
    return None if math.isnan(value) else float(f"{value:.5g}")


def _rounded_up(value: float) -> float:
    """Five digits, no smaller than the value: a bound stays one."""
    if not value:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - 4)
    return float(f"{math.ceil(value / unit) * unit:.5g}")
