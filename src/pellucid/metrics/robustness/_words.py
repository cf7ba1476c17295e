"""Credits by word, and the words that two texts have in common."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from pellucid.core.text import Text

__all__ = ["Worded", "in_common", "worded"]


@dataclass(frozen=True)
class Worded:
    """The words of a text that have features, and which word each feature is a part of, -1 for none."""

    words: tuple[str, ...]
    owner: np.ndarray

    def credits(self, credits: np.ndarray) -> np.ndarray:
        """Credits of features, shape (ranking, input), added up to words, shape (ranking, word)."""
        found = np.zeros((len(credits), len(self.words)))
        for feature in np.flatnonzero(self.owner >= 0):
            found[:, self.owner[feature]] += credits[:, feature]
        return found


def worded(text: Text) -> Worded:
    """The words of a cut text. A feature belongs to the word that it shares most characters with."""
    spans = [(f.start, f.end) for f in Text(text.string, seam=text.seam).cut("word").features]
    shared = np.array(
        [[min(f.end, end) - max(f.start, start) for start, end in spans] for f in text.features]
    ).reshape(len(text.features), len(spans))
    owner = np.where((shared > 0).any(1), shared.argmax(1), -1)
    used = sorted({int(word) for word in owner if word >= 0})
    place = {word: i for i, word in enumerate(used)}
    words = tuple(text.string[slice(*spans[word])].casefold() for word in used)
    return Worded(words, np.array([place.get(int(word), -1) for word in owner]))


def in_common(one: Worded, other: Worded) -> tuple[np.ndarray, np.ndarray]:
    """The words of each that the other has too, in the same order, as difflib matches them: two index arrays."""
    blocks = SequenceMatcher(None, one.words, other.words, autojunk=False).get_matching_blocks()
    pairs = [(block.a + i, block.b + i) for block in blocks for i in range(block.size)]
    ours, theirs = np.array(pairs, int).reshape(-1, 2).T
    return ours, theirs
