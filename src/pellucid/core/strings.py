"""Arrays of strings that keep every character."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["strings"]


def strings(values: Sequence[str]) -> np.ndarray:
    """Strings as an array of one dim. numpy's own strings lose a NUL at their end: where there is one, of objects."""
    return np.array(values, dtype=object if any(value.endswith("\0") for value in values) else str)
