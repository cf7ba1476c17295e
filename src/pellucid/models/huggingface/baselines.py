"""Baselines: the token ids that take a feature's place when its own tokens are removed.

They are read in context, so that a baseline has the space and the letters' case of the place it stands in; only
its own tokens are taken, so that its neighbours stay as they are.
"""

from __future__ import annotations

import numpy as np

from pellucid.core.text import Feature, Text
from pellucid.models.huggingface.encode import Encoding, Reader, continuation
from pellucid.models.huggingface.removal import Alternatives

__all__ = ["alternatives"]


def alternatives(reader: Reader, encoding: Encoding) -> Alternatives:
    """For each feature the ids of each of its baselines; every feature has one."""
    return tuple(
        tuple(_ids(reader, encoding, number, baseline) for baseline in feature.baselines)
        for number, feature in enumerate(encoding.text.features)
    )


def _ids(reader: Reader, encoding: Encoding, number: int, baseline: str) -> np.ndarray:
    """By what the text with the baseline in the feature's place differs from the text as it is.

    Where the baseline would merge with a neighbour, or change how one is cut, it is read behind what stands
    before it, and nothing after it.
    """
    if not baseline:
        return np.empty(0, np.int64)
    text, feature = encoding.text, encoding.text.features[number]
    own = np.flatnonzero(encoding.feature_of == number)
    before, after = int(own[0]), len(encoding.ids) - int(own[-1]) - 1
    changed = reader(*_changed(text, feature, baseline)).ids
    fits = before + after <= len(changed)
    front, back = encoding.ids[:before], encoding.ids[len(encoding.ids) - after :]
    if fits and (changed[:before] == front).all() and (changed[len(changed) - after :] == back).all():
        return changed[before : len(changed) - after]
    start, end = encoding.spans[own[0]][0], encoding.spans[own[-1]][1]
    wanted = text.string[start : feature.start] + baseline + text.string[feature.end : end]
    begin = max(a for a, _ in text.parts if a <= start)
    return np.array(continuation(reader, text.string[begin:start], wanted), np.int64)


def _changed(text: Text, feature: Feature, baseline: str) -> tuple[str, int | None]:
    """The string with the baseline in the feature's place, and its seam."""
    string = text.string[: feature.start] + baseline + text.string[feature.end :]
    if text.seam is None or text.seam <= feature.start:
        return string, text.seam
    return string, text.seam + len(string) - len(text.string)
