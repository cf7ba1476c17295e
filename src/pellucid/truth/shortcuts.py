"""Planted shortcuts: a model is asked about only when it is shown to use what was planted."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path
from typing import Any

from pellucid.truth.classifier import Shape, classifier
from pellucid.truth.items import Item
from pellucid.truth.planted import LABELS, Kind, as_item, exchanged, item_of, label_of, others, without
from pellucid.truth.study import Study
from pellucid.truth.words import about_words

__all__ = ["ENOUGH", "checked", "shortcut"]

ENOUGH = 0.95  # the least share of texts that every check has to hold on
TEXTS = 200  # on which a model is checked


def shortcut(kind: Kind, shape: Shape, count: int, seed: int, cache: Path) -> Study:
    """The study of one kind of shortcut: texts whose planted words decide against their adjective."""
    model = classifier(kind, shape, seed, cache)
    checks, items = checked(model, kind, random.Random(f"items/{kind}/{seed}"), max(TEXTS, 2 * count))
    low = [f"{name} {share:.0%}" for name, share in checks.items() if share < ENOUGH]
    unfit = f"Nothing is asked: the model does not use what was planted ({'; '.join(low)})." if low else ""
    return about_words("shortcuts", kind, model, [] if low else items[:count], checks, unfit)


def checked(model: Any, kind: Kind, rng: random.Random, count: int) -> tuple[dict[str, float], list[Item]]:
    """On how large a share of ``count`` texts each check holds, and the texts on which all of them do.

    In these texts the planted words decide against the adjective. The model has to answer as they say; to answer the
    opposite when the signs are exchanged; to stay when every ordinary word is exchanged, the adjective for one that
    says the opposite; and to follow the adjective when any one of the planted words is replaced by an ordinary one.
    """
    texts = [item_of(kind, rng) for _ in range(count)]
    variants = {
        "answers as planted": [[words] for words, _ in texts],
        "turns with the signs": [[exchanged(words)] for words, _ in texts],
        "stays when the rest changes": [[others(words, rng)] for words, _ in texts],
        "needs each planted word": [[without(words, i, rng) for i in places] for words, places in texts],
    }
    held = {name: _right(model, kind, several) for name, several in variants.items()}
    fit = [all(held[name][i] for name in held) for i in range(count)]
    shares = {name: sum(right) / count for name, right in held.items()}
    return shares, [as_item(kind, *text) for text, good in zip(texts, fit, strict=True) if good]


def _right(model: Any, kind: Kind, texts: list[list[list[str]]]) -> list[bool]:
    """For each text, whether the model labels all its variants as the truth does."""
    flat = [words for several in texts for words in several]
    said = model.generate([" ".join(words) for words in flat])
    right = iter([answer == _truth(kind, words) for answer, words in zip(said, flat, strict=True)])
    return [all(list(islice(right, len(several)))) for several in texts]


def _truth(kind: Kind, words: list[str]) -> str | None:
    label = label_of(kind, words)
    return None if label is None else LABELS[label]
