"""States read in the vocabulary, a few at a time: never the logits of all layers and positions at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pellucid.core.protocols import WhiteBox

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Reading", "named", "read"]

# Numbers of logits that are held at once: 2**24 float32 are 64 MB.
LOGITS = 2**24


@dataclass(frozen=True)
class Reading:
    """Of some states: probability and rank of some tokens, shape (state, token); the likeliest, shape (state, k)."""

    probability: np.ndarray
    rank: np.ndarray
    top: np.ndarray
    top_probability: np.ndarray

    def split(self, layers: int) -> list[Reading]:
        """The same by layer, where the states of all layers stood one after the other."""
        parts = (self.probability, self.rank, self.top, self.top_probability)
        return [Reading(*some) for some in zip(*(np.split(part, layers) for part in parts), strict=True)]


def read(model: WhiteBox, states: Tensor, ids: Sequence[int], top_k: int) -> Reading:
    """What the model would say if these states, shape (state, width), left its last block."""
    import torch

    found = []
    for some in states.split(max(1, LOGITS // model.vocabulary)):
        logits = model.unembed(some).float()
        whole = logits.logsumexp(-1, keepdim=True)  # once a row: no second array of the size of the logits
        own = logits[:, list(ids)]
        rank = torch.stack([torch.count_nonzero(logits > one[:, None], -1) for one in own.unbind(-1)], -1)
        top = logits.topk(min(top_k, logits.shape[-1]))
        found.append(((own - whole).double().exp(), rank, top.indices, (top.values - whole).double().exp()))
    return Reading(*(torch.cat(part).cpu().numpy() for part in zip(*found, strict=True)))


def named(model: WhiteBox, ids: np.ndarray) -> np.ndarray:
    """The text of each token, in the shape of ``ids``."""
    return np.array(model.token_texts(ids.reshape(-1).tolist())).reshape(ids.shape)
