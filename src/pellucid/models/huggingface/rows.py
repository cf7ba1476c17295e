"""Rows: what the model reads when some features are removed, one row a mask.

Three ways to remove a feature, each on token ids:

* ``delete``: its tokens are left out; what follows moves up;
* ``mask``: its tokens become the mask token; nothing moves;
* ``attention``: its tokens stay, but no position may attend to them; nothing moves. The last position
  of the text can always be seen: a model that writes predicts from it, and attention over nothing is not
  defined (on models that end a text with a token of their own, that token is the last position).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pellucid.core.protocols import Ablation
from pellucid.models.huggingface.encode import NO_FEATURE, Encoding

__all__ = ["Row", "Together", "feature_positions", "row", "whole"]

Together = Literal["any", "equal", "one"]


@dataclass(frozen=True)
class Row:
    """One input: ids, whether each position may be attended to, and token types; all shape (position,).

    ``slots`` are the positions that a masked language model fills.
    """

    ids: np.ndarray
    attended: np.ndarray
    types: np.ndarray | None
    slots: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def row(
    encoding: Encoding, mask: np.ndarray, ablate: Ablation, mask_id: int | None, start_id: int | None
) -> Row:
    """The row of one mask (bool, shape (input,), True = kept).

    A text of which nothing is left becomes ``start_id`` alone (the model's own start of text): a model
    needs one position to predict from.
    """
    kept = np.append(mask, True)[encoding.feature_of]  # NO_FEATURE is -1: the appended True
    full = whole(encoding)
    if ablate == "attention":
        return replace(full, attended=np.append(kept[:-1], True))
    if ablate == "mask":
        assert mask_id is not None, "the model refuses this ablation where there is no mask token"
        return replace(full, ids=np.where(kept, encoding.ids, mask_id))
    if not kept.any() and start_id is not None:
        zero = None if encoding.types is None else np.zeros(1, np.int64)
        return Row(np.array([start_id]), np.ones(1, bool), zero, encoding.slots)
    types = None if encoding.types is None else encoding.types[kept]
    return Row(encoding.ids[kept], full.attended[kept], types, np.cumsum(kept)[encoding.slots] - 1)


def whole(encoding: Encoding) -> Row:
    """The row with nothing removed."""
    return Row(encoding.ids, np.ones(len(encoding.ids), bool), encoding.types, encoding.slots)


def feature_positions(encoding: Encoding) -> np.ndarray:
    """Which positions belong to a feature, bool, shape (position,)."""
    return encoding.feature_of != NO_FEATURE
