"""Arrays that are too large for JSON, quantised and compressed; the browser unpacks them layer by layer."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

__all__ = ["packed_heads"]

LEVELS = 15  # of four bits: codes are 0 to 15


def packed_heads(values: np.ndarray, room: int | None = None) -> dict[str, Any]:
    """Looks, shape (layer, head, query, key), in four bits each: a code is ``round(15 * value / limit)``.

    ``layers``: per layer, the codes two to a byte (the first in the high half), compressed by zlib, in base64.
    ``error``: by how much any number shown differs from its own at most, measured.
    """
    limit = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
    codes = np.rint(np.nan_to_num(values) / limit * LEVELS).clip(0, LEVELS).astype(np.uint8)
    error = float(np.max(np.abs(codes * (limit / LEVELS) - np.nan_to_num(values)), initial=0.0))
    return {
        "shape": list(values.shape),
        "limit": limit,
        "bits": 4,
        "error": error,
        "layers": [_nibbles(layer) for layer in codes],
    }


def _nibbles(codes: np.ndarray) -> str:
    flat = codes.reshape(-1)
    flat = np.concatenate([flat, np.zeros(len(flat) % 2, np.uint8)])
    return base64.b64encode(zlib.compress(((flat[::2] << 4) | flat[1::2]).tobytes(), 9)).decode()
