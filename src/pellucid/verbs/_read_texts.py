"""The texts of a data set as a model reads them: what it answers among the labels, and which words get credit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.progress import meter
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.verbs.explain import explain

__all__ = ["ReadText", "log_probabilities", "read_texts"]

MOST_LABELS = 20


@dataclass(frozen=True)
class ReadText:
    """One text cut into words: the label it has, the one the model says, and the credit of each word for that.

    ``places``: the features of each word, by the word without case. ``given``: the label came with the data.
    """

    text: Text
    label: str
    said: str
    given: bool
    credits: np.ndarray
    places: Mapping[str, list[int]]

    def credit_of(self, word: str) -> float:
        """The credit of all occurrences of a word together."""
        return float(self.credits[self.places[word]].sum())


def read_texts(
    model: Any, rows: Sequence[Any], by: str, options: Mapping[str, Any]
) -> tuple[list[ReadText], tuple[str, ...]]:
    """Every text with its explanation, and the labels there are."""
    cut, given = [], []
    for row in rows:
        text, label = row if isinstance(row, tuple) else (row, None)
        cut.append(model.cut(text, "word"))
        given.append(label)
    answers = _answers(model, cut, given)
    labels = tuple(sorted(set(answers)))
    if not 2 <= len(labels) <= MOST_LABELS:
        whose = "of the rows" if given[0] is not None else "that the model gives"
        raise BadOption(
            f"The labels {whose} are {len(labels)}, and a report needs 2 to {MOST_LABELS}: {', '.join(labels[:5])}."
        )
    found = []
    for done, (text, label) in enumerate(zip(cut, answers, strict=True), start=1):
        said = labels[int(log_probabilities(model, text, labels).argmax())]
        against = next(name for name in labels if name != said) if len(labels) == 2 else None
        why = explain(model, text, by, target=said, against=against, unit="word", **options)
        places: dict[str, list[int]] = {}
        for i, feature in enumerate(text.features):
            places.setdefault(text.slice(feature).casefold(), []).append(i)
        found.append(ReadText(text, label, said, given[0] is not None, why.credit(), places))
        meter().advance(done, len(cut), "texts")
    return found, labels


def log_probabilities(
    model: Any, text: Text, labels: Sequence[str], masks: np.ndarray | None = None
) -> np.ndarray:
    """Of each label, if only these were possible, for each mask, shape (draw, label); without masks of the text."""
    masks = np.ones((1, len(text.features)), bool) if masks is None else masks
    asked = [model.resolve(text, Target(label, scale="logprob")) for label in labels]
    found = np.stack([model.value(text, target).total(masks) for target in asked], axis=1)
    return found - np.logaddexp.reduce(found, axis=1, keepdims=True)


def _answers(model: Any, texts: Sequence[Text], given: Sequence[str | None]) -> list[str]:
    """The label of each text in the model's own words: those that were given, or the model's answers."""
    missing = [number for number, label in enumerate(given, start=1) if label is None]
    if missing and len(missing) < len(given):
        raise BadOption(
            f"{len(missing)} of {len(given)} rows have no label, the first is row {missing[0]}: give all or none."
        )
    if missing:
        return [model.resolve(text, Target()).answer for text in texts]
    names = {label: model.resolve(texts[0], Target(str(label))).answer for label in dict.fromkeys(given)}
    return [names[label] for label in given]
