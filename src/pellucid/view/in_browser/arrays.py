"""Arrays on their way to the browser: nested lists while they are small, else packed (``ui/src/opened.ts``)."""

from __future__ import annotations

import base64
import math
import sys
import zlib
from typing import Any

import numpy as np

from pellucid.view.tokens import visible

__all__ = ["array", "number"]

LARGE = 20_000  # numbers; JSON takes 6 to 8 bytes for each
TOP = 2.0**15  # of what half precision holds: so small numbers keep their digits, too
NO_NUMBER = -(2**31)  # among whole numbers
LEVEL = 6  # of zlib


def array(values: np.ndarray) -> Any:
    """An array as JSON holds it: numbers as nested lists, of five digits, or packed; of texts, each text once.

    Packed numbers are ``{"shape", "whole", "unit", "bytes"}``. If ``whole``, four bytes each and exact; else two, in
    half precision, in which the largest size is 2^15 times ``unit``: a number is off by at most 0.05% of itself, and
    those under 2e-9 of the largest by 1e-12 of that. All first bytes lie together, then all second ones, since like
    bytes compress; by zlib, in base64. Texts are ``{"words", "at"}``: which word stands where.
    """
    if values.dtype.kind in "UO":
        return _texts(values)
    if values.size <= LARGE:
        return _nested(values.tolist())
    numbers = values.astype(np.float64)
    there = np.isfinite(numbers)
    whole = bool((np.rint(numbers[there]) == numbers[there]).all() and not np.isinf(numbers).any())
    largest = float(np.max(np.abs(numbers), where=there, initial=0.0))
    if whole and largest < -NO_NUMBER:
        unit, codes = 1.0, np.where(there, numbers, NO_NUMBER).astype("<i4")
    else:
        whole, unit = False, largest / TOP or 1.0
        codes = (numbers / unit).astype("<f2")
    planes = np.ascontiguousarray(codes).view(np.uint8).reshape(-1, codes.itemsize).T
    packed = base64.b64encode(zlib.compress(planes.tobytes(), LEVEL)).decode()
    return {"shape": list(values.shape), "whole": whole, "unit": unit, "bytes": packed}


def number(value: float) -> float | None:
    """A number as JSON has it: five digits; what is no number is null, and infinity the largest number there is."""
    if math.isnan(value):
        return None
    if math.isinf(value):
        return math.copysign(sys.float_info.max, value)
    return float(f"{value:.5g}")


def _nested(values: Any) -> Any:
    if isinstance(values, list):
        return [_nested(value) for value in values]
    return number(values) if isinstance(values, float) else values


def _texts(values: np.ndarray) -> dict[str, Any]:
    said = values.ravel().tolist()
    at = {word: i for i, word in enumerate(dict.fromkeys(said))}
    places = np.array([at[word] for word in said], dtype=np.int64).reshape(values.shape)
    return {"words": [visible(str(word)) for word in at], "at": array(places)}
