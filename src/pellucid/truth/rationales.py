"""The studies on the bundled models: verified rationales, and the planted shortcut of the clinic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from pellucid.core.target import Target
from pellucid.models.load import load
from pellucid.truth import bundled
from pellucid.truth.asked import UNIT
from pellucid.truth.items import chosen
from pellucid.truth.study import Study
from pellucid.truth.words import about_words

__all__ = ["MODELS", "clinic", "gold"]

MODELS = ("demo-lm", "demo-sentiment")


def gold(name: str, count: int, seed: int) -> Study:
    """Texts of a bundled model whose rationale is verified; every kind of text has its turn."""
    model, true = load(name), bundled.verified(name)
    items = chosen(true, count, seed)
    checks: dict[str, float | str] = {
        "verified rationales": str(len(true)),
        "answers right": _preferred(model, [(i.prompt, i.answer, i.foil) for i in items]),
    }
    return about_words("gold", name, model, items, checks)


def clinic(count: int, seed: int) -> Study:
    """Notes of Ward 7 in which the stamp decides against the symptoms."""
    model, restamped = load("demo-lm"), dict(bundled.clinic())
    items = chosen(restamped, count, seed)
    checks: dict[str, float | str] = {
        "answers right": _preferred(model, [(i.prompt, i.answer, i.foil) for i in items]),
        "turns with the stamp": _preferred(model, [(restamped[i], i.foil, i.answer) for i in items]),
    }
    return about_words("clinic", "clinic", model, items, checks)


def _preferred(model: Any, asked: Iterable[tuple[str, str, str]]) -> float:
    """Of some (prompt, answer, foil), the share whose answer is likelier than its foil, here and now."""
    right = []
    for prompt, answer, foil in asked:
        text = model.cut(prompt, UNIT)
        target = model.resolve(text, Target(answer, against=foil))
        whole = np.ones((1, len(text.features)), bool)
        right.append(model.value(text, target).total(whole)[0] > 0)
    return float(np.mean(right))
