"""The features that a rationale names, and how many of them stand at the top of a ranking."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.stats import hypergeom

from pellucid.core.errors import BadOption
from pellucid.core.text import Text

__all__ = ["Rationale", "gold_at_top", "gold_features", "precision_at_k"]

Rationale = tuple[tuple[int, int], ...]
"""Ranges of characters of a text, that a person or a rule says decide."""


def gold_features(text: Text, rationale: Iterable[tuple[int, int]]) -> np.ndarray:
    """The features that share a character with the rationale, bool, shape (input,).

    Raises `BadOption` for no range, for one outside the text, and for one that touches no feature.
    """
    spans = list(rationale)
    if not spans:
        raise BadOption(
            "There is no rationale: give the ranges of characters that decide, e.g. rationale=((4, 10), (12, 20)), "
            "or on the command line --rationale 4:10,12:20."
        )
    gold = np.zeros(len(text.features), bool)
    for span in spans:
        if not (isinstance(span, tuple | list) and len(span) == 2):
            raise BadOption(
                f"The rationale holds {span!r}: give ranges of characters, e.g. ((4, 10), (12, 20))."
            )
        start, end = span
        if not 0 <= start < end <= len(text.string):
            raise BadOption(
                f"The rationale {start}:{end} is not inside a text of {len(text.string)} characters."
            )
        touched = np.array([f.start < end and start < f.end for f in text.features])
        if not touched.any():
            raise BadOption(
                f"The rationale {start}:{end}, {text.string[start:end]!r}, touches no feature of the text: it is "
                "white space, or frozen."
            )
        gold |= touched
    return gold


def gold_at_top(credit: np.ndarray, gold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many gold features may be among the k of highest credit, k being how many are gold, and with what chance.

    Features of equal credit at the border count as if drawn at random, so the order of the text helps nobody.
    """
    k = int(gold.sum())
    border = np.sort(credit)[-k]
    above, level = credit > border, credit == border
    places = k - int(above.sum())
    drawn = np.arange(places + 1)
    chance = hypergeom.pmf(drawn, int(level.sum()), int((gold & level).sum()), places)
    return int((gold & above).sum()) + drawn, chance


def precision_at_k(credit: np.ndarray, gold: np.ndarray) -> float:
    """The share of gold features among the k of highest credit, expected over ties: see `gold_at_top`."""
    found, chance = gold_at_top(credit, gold)
    return float(found @ chance) / int(gold.sum())
