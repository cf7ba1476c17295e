"""What a model says to a text, taken apart so that a part of it can be pointed at."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.core.progress import meter
from pellucid.core.target import Target
from pellucid.models.huggingface.span import places

__all__ = ["said"]

MOST_LABELS = 100


def said(model: Any, text: str, answer: str | None, max_tokens: int) -> dict[str, Any]:
    """The answer as text, its tokens with their range of characters in it; of a classifier the chance of each label.

    ``answer``: take this one apart, not the model's own. A token that is a part of a character has the range of
    the whole of it.
    """
    features = model.cut(text, "token")
    closed = model.head.closed
    asked = Target(answer, answer_tokens=None if answer or closed else max_tokens)
    target = model.resolve(features, asked)
    meter().spend(forwards=len(target.ids), tokens=len(features.features) + len(target.ids))
    return {
        "model": model.name,
        "text": text,
        "answer": target.answer,
        "continues": model.continues,
        "tokens": [] if closed else _tokens(model, text, target),
        "labels": _labels(model, features),
    }


def _tokens(model: Any, text: str, target: Target) -> list[dict[str, Any]]:
    answer = str(target.answer)
    where = places(model.tokenizer, text, answer, target.ids, model.name)
    return [{"text": answer[start:end], "start": start, "end": end} for start, end in where]


def _labels(model: Any, features: Any) -> list[dict[str, Any]]:
    """The probability of each label of the whole text, the likeliest first."""
    labels = list(getattr(model.head, "labels", ()))
    if not 0 < len(labels) <= MOST_LABELS:
        return []
    whole = np.ones((1, len(features.features)), bool)
    chances = []
    for label in labels:
        target = model.resolve(features, Target(label, scale="prob"))
        chances.append(float(model.value(features, target).total(whole)[0]))
    found = [{"name": n, "probability": c} for n, c in zip(labels, chances, strict=True)]
    return sorted(found, key=lambda one: -one["probability"])
