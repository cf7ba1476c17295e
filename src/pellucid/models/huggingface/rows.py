"""Rows: what the model reads, one row an input. How features are taken out of one is in `removal`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pellucid.models.huggingface.encode import NO_FEATURE, Encoding

__all__ = ["Row", "Together", "feature_positions", "whole"]

Together = Literal["any", "equal", "one"]


@dataclass(frozen=True)
class Row:
    """One input: ids, whether each position may be attended to, and token types; all shape (position,).

    ``slots`` are the positions that the head looks at, -1 where one is gone.
    """

    ids: np.ndarray
    attended: np.ndarray
    types: np.ndarray | None
    slots: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def whole(encoding: Encoding) -> Row:
    """The row with nothing removed."""
    return Row(encoding.ids, np.ones(len(encoding.ids), bool), encoding.types, encoding.slots)


def feature_positions(encoding: Encoding) -> np.ndarray:
    """Which positions belong to a feature, bool, shape (position,)."""
    return encoding.feature_of != NO_FEATURE
