"""What the removal of a word does to the answer, beside the removal of other words of the same texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pellucid.core.over_pairs import bootstrap
from pellucid.core.shortcuts import Company, Mean, Suspect
from pellucid.verbs._read_texts import ReadText, log_probabilities

__all__ = ["Removed", "judged"]

MOST_COMPANY = 3


@dataclass
class _Numbers:
    """Of one suspect, a number for each text that was asked."""

    credit: list[float] = field(default_factory=list)
    fall: list[float] = field(default_factory=list)
    flips: list[float] = field(default_factory=list)
    other_fall: list[float] = field(default_factory=list)
    other_flips: list[float] = field(default_factory=list)
    words: list[frozenset[str]] = field(default_factory=list)


class Removed:
    """The effects of removing each suspect, gathered text by text."""

    def __init__(self, suspects: Sequence[Suspect], others: int, rng: np.random.Generator) -> None:
        self._suspects, self._others, self._rng = suspects, others, rng
        self.numbers = {s.word: _Numbers() for s in suspects}

    def read(self, model: Any, text: ReadText, labels: Sequence[str]) -> None:
        """Ask one text without each of its suspects, and without other words: all masks in one call."""
        own = [s for s in self._suspects if s.word in text.places and s.label == text.said]
        blocks = [(s, masks) for s in own if (masks := self._masks(text, text.places[s.word])) is not None]
        if not blocks:
            return
        whole = np.ones((1, len(text.text.features)), bool)
        read = log_probabilities(model, text.text, labels, np.vstack([whole, *(m for _, m in blocks)]))
        label = labels.index(text.said)
        falls = np.exp(read[0, label]) - np.exp(read[1:, label])
        flips = read[1:].argmax(1) != label
        at = 0
        for suspect, masks in blocks:
            fall, flip = falls[at : at + len(masks)], flips[at : at + len(masks)]
            at += len(masks)
            found = self.numbers[suspect.word]
            found.credit.append(text.credit_of(suspect.word))
            found.fall.append(float(fall[0]))
            found.flips.append(float(flip[0]))
            found.other_fall.append(float(fall[1:].mean()))
            found.other_flips.append(float(flip[1:].mean()))
            found.words.append(frozenset(text.places))

    def _masks(self, text: ReadText, places: Sequence[int]) -> np.ndarray | None:
        """Without the word, then without as many others, bool, shape (1 + draw, input); None if there are too few.

        Marks are no words: most do nothing, and would make any word look strong.
        """
        others = [
            i
            for word, found in text.places.items()
            for i in found
            if i not in places and any(map(str.isalnum, word))
        ]
        if len(others) < len(places):
            return None
        masks = np.ones((1 + self._others, len(text.text.features)), bool)
        masks[0, places] = False
        for mask in masks[1:]:
            mask[self._rng.choice(others, len(places), replace=False)] = False
        return masks


def judged(
    suspect: Suspect, removed: Removed, min_count: int, expected: set[str], draws: int, seed: int
) -> Suspect:
    """A suspect with what its removal did."""
    found = removed.numbers[suspect.word]
    suspect = replace(suspect, asked=len(found.fall), expected=suspect.word in expected)
    if len(found.fall) < min_count:
        return suspect
    excess = np.subtract(found.fall, found.other_fall)
    columns = [found.credit, found.fall, found.flips, found.other_fall, found.other_flips, excess]
    each = np.stack([np.asarray(column) for column in columns], axis=1)
    rows = zip(each.mean(0), *bootstrap(each, draws=draws, seed=seed), strict=True)
    credit, fall, flips, other_fall, other_flips, over = (Mean(*map(float, row)) for row in rows)
    return replace(
        suspect,
        attribution=credit,
        fall=fall,
        flips=flips,
        other_fall=other_fall,
        other_flips=other_flips,
        excess=over,
        company=_company(excess, found.words, suspect.word, min_count),
    )


def _company(
    excess: np.ndarray, words: Sequence[frozenset[str]], own: str, min_count: int
) -> tuple[Company, ...]:
    """The words in whose presence the suspect does most more, where chance among so many would not do that.

    The difference of means over ``s sqrt(1 / n1 + 1 / n0)``, with s the spread of all texts, is taken as normal, and
    its level of 5% is shared among all words that stand, and are missing, in enough of the texts.
    """
    from scipy.stats import norm

    spread = float(excess.std())
    tested = []
    for word in sorted(frozenset().union(*words) - {own}):
        there = np.array([word in one for one in words])
        if min(there.sum(), (~there).sum()) >= min_count and spread > 0:
            with_it, without_it = float(excess[there].mean()), float(excess[~there].mean())
            unsure = spread * np.sqrt(1 / there.sum() + 1 / (~there).sum())
            tested.append(((with_it - without_it) / unsure, Company(word, with_it, without_it)))
    tested.sort(key=lambda one: -one[0])
    return tuple(company for z, company in tested[:MOST_COMPANY] if z > norm.isf(0.05 / len(tested)))
