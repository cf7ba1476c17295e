"""Arrays as nested lists of plain values, and back, checked value by value."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from pellucid.core.strings import strings
from pellucid.store.fields import Damaged
from pellucid.store.plain import NOT_FINITE, spelled
from pellucid.store.record import ArrayCard

__all__ = ["array", "nested"]

# A fixed-width array of strings pays for its longest string in every entry: a small file with one long string
# and a million short ones would fill the memory.
_MOST_STRING_BYTES = 2**30


def nested(values: np.ndarray) -> Any:
    """The values as nested lists. NaN and the infinities of a float array become their names."""
    plain = values.tolist()
    return _spelled(plain) if values.dtype.kind == "f" and not np.isfinite(values).all() else plain


def array(values: Any, card: ArrayCard, field: str) -> np.ndarray:
    """The array that ``values`` spell, of the shape and dtype on the card. Raises `Damaged`."""
    flat = _flattened(values, card.shape, field)
    dtype = np.dtype(card.dtype)
    if dtype.kind == "f":
        flat = [NOT_FINITE.get(v, v) if type(v) is str else v for v in flat]
    allowed = {"U": (str,), "b": (bool,), "f": (float, int)}.get(dtype.kind, (int,))
    for value in flat:
        if type(value) not in allowed:
            raise Damaged(field, f"holds {str(value)[:50]!r}, which is not {card.dtype}")
    _check_range(flat, dtype, field)
    if dtype.kind == "U":
        return strings(flat).reshape(card.shape)
    try:
        return np.array(flat, dtype).reshape(card.shape)
    except (OverflowError, ValueError) as error:
        raise Damaged(field, f"is no array of {card.dtype} ({error})") from error


def _spelled(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_spelled(part) for part in plain]
    return plain if isfinite(plain) else spelled(plain)


def _flattened(values: Any, shape: tuple[int, ...], field: str) -> list[Any]:
    flat = [values]
    for size in shape:
        if any(type(part) is not list or len(part) != size for part in flat):
            raise Damaged(field, f"does not have the shape {list(shape)}")
        flat = [value for part in flat for value in part]
    return flat


def _check_range(flat: list[Any], dtype: np.dtype, field: str) -> None:
    if dtype.kind == "U" and 4 * max(map(len, flat), default=0) * len(flat) > _MOST_STRING_BYTES:
        raise Damaged(field, "holds strings that are too long")
    if dtype.kind in "iu" and flat:
        limits = np.iinfo(dtype)
        if min(flat) < limits.min or max(flat) > limits.max:
            raise Damaged(field, f"holds a number that does not fit {dtype}")
