"""States read in the vocabulary, a few at a time: never the logits of all layers and positions at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pellucid.core.protocols import WhiteBox
from pellucid.core.strings import strings

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
        logprobs = model.unembed(some).float().log_softmax(-1)
        own = logprobs[:, list(ids)]
        rank = torch.stack([_counted(logprobs > one[:, None]) for one in own.unbind(-1)], -1)
        top = logprobs.topk(min(top_k, logprobs.shape[-1]))
        found.append((own.double().exp(), rank, top.indices, top.values.double().exp()))
    return Reading(*(torch.cat(part).cpu().numpy() for part in zip(*found, strict=True)))


def _counted(flags: Tensor) -> Tensor:
    """How many flags of each row are set. On a CPU numpy counts them many times as fast as torch adds them up."""
    import torch

    if flags.device.type != "cpu":
        return flags.sum(-1)
    return torch.tensor([int(np.count_nonzero(row)) for row in flags.numpy()])


def named(model: WhiteBox, ids: np.ndarray) -> np.ndarray:
    """The text of each token, in the shape of ``ids``."""
    return strings(model.token_texts(ids.reshape(-1).tolist())).reshape(ids.shape)
