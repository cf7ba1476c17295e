"""Removal: what the model reads when some features are gone, a row a mask.

Six ways to remove a feature, each on token ids:

* ``delete``: its tokens are left out; what follows moves up;
* ``mask``: its tokens become the mask token; nothing moves;
* ``attention``: its tokens stay, but no position may attend to them; nothing moves. The last position
  of the text can always be seen: a model that writes predicts from it, and attention over nothing is not
  defined (on models that end a text with a token of their own, that token is the last position);
* ``mean``: its tokens are embedded as the mean of the vocabulary; nothing moves. In a row they have the id
  `MEAN`, so that rows which differ are seen to differ by whoever compares ids;
* ``infill``: its tokens become others that a language model finds likely (`proposals`); nothing moves;
* ``baseline``: its tokens become those of the feature's baseline (`baselines`); what follows moves. Where
  features have several baselines a mask has several rows, one for each: see `Removal.ways`.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from pellucid.core.protocols import Ablation
from pellucid.models.huggingface.encode import NO_FEATURE, Encoding
from pellucid.models.huggingface.rows import Row, whole

__all__ = ["Alternatives", "Removal"]

# For each feature the token ids that may take its place, one way or several.
Alternatives = tuple[tuple[np.ndarray, ...], ...]


@dataclass(frozen=True, eq=False)
class Removal:
    """How the features of one text are removed: all that its rows depend on.

    ``start_id``: the model's own start of text, for a text of which nothing is left. ``instead``: for mask,
    mean and infill, the id at each position when its feature is removed, int64, shape (position,).
    """

    encoding: Encoding
    ablate: Ablation
    start_id: int | None = None
    instead: np.ndarray | None = None
    alternatives: Alternatives = ()

    @property
    def key(self) -> Hashable:
        """What tells the scores of this removal from those of another, beside the text and the model."""
        instead = None if self.instead is None else self.instead.tobytes()
        return self.ablate, instead, tuple(tuple(a.tobytes() for a in of) for of in self.alternatives)

    @property
    def longest(self) -> int:
        """The most tokens a row has."""
        owners = self.encoding.feature_of
        own = [int((owners == f).sum()) for f in range(self.encoding.features)]
        others = [max(map(len, of)) for of in self.alternatives] or own
        return int((owners == NO_FEATURE).sum()) + sum(map(max, own, others))

    def ways(self, masks: np.ndarray) -> np.ndarray:
        """How many rows each mask has, shape (draw,): as many as the removed feature with most baselines."""
        if not self.alternatives:
            return np.ones(len(masks), int)
        return np.where(masks, 1, [len(of) for of in self.alternatives]).max(1)

    def row(self, mask: np.ndarray, way: int = 0) -> Row:
        """The row of one mask (bool, shape (input,), True = kept), the way of that number."""
        encoding = self.encoding
        kept = np.append(mask, True)[encoding.feature_of]  # NO_FEATURE is -1: the appended True
        if self.ablate == "attention":
            return replace(whole(encoding), attended=np.append(kept[:-1], True))
        if self.instead is not None:
            return replace(whole(encoding), ids=np.where(kept, encoding.ids, self.instead))
        return self._spliced(kept, self._put(mask, way))

    def _put(self, mask: np.ndarray, way: int) -> dict[int, np.ndarray]:
        """What takes the place of the removed features that have baselines, by their first position."""
        if not self.alternatives:
            return {}
        owners = self.encoding.feature_of.tolist()
        removed = [(f, self.alternatives[f]) for f in np.flatnonzero(~mask).tolist()]
        return {owners.index(f): of[way % len(of)] for f, of in removed}

    def _spliced(self, kept: np.ndarray, put: dict[int, np.ndarray]) -> Row:
        """The row of the kept positions, and of other ids where some were; ``start_id`` alone if that is nothing."""
        encoding, types = self.encoding, self.encoding.types
        lengths = kept.astype(int)
        for position, ids in put.items():
            lengths[position] = len(ids)
        if not lengths.any() and self.start_id is not None:
            zero = None if types is None else np.zeros(1, np.int64)
            return Row(np.array([self.start_id]), np.ones(1, bool), zero, encoding.slots)
        starts = np.cumsum(lengths) - lengths
        found = np.empty(lengths.sum(), np.int64)
        found[starts[kept]] = encoding.ids[kept]
        for position, ids in put.items():
            found[starts[position] : starts[position] + len(ids)] = ids
        types = None if types is None else np.repeat(types, lengths)
        slots = np.where(kept, starts, -1)[encoding.slots]
        return Row(found, np.ones(len(found), bool), types, slots)
