"""The studies on the bundled models: verified rationales, and the planted shortcut of the clinic."""

from __future__ import annotations

from typing import Any

from pellucid.models.load import load
from pellucid.truth import bundled
from pellucid.truth.items import chosen
from pellucid.truth.study import Study
from pellucid.truth.words import about_words

__all__ = ["MODELS", "clinic", "gold"]

MODELS = ("demo-lm", "demo-sentiment")


def gold(name: str, count: int, seed: int) -> Study:
    """Texts of a bundled model whose rationale is verified; every kind of text has its turn."""
    model, true = load(name), bundled.verified(name)
    items = chosen(true, count, seed)
    checks: dict[str, float | str] = {"rationales that are verified": str(len(true))}
    return about_words(
        "gold",
        name,
        model,
        items,
        checks | _still(model, [i.prompt for i in items], [i.answer for i in items]),
    )


def clinic(count: int, seed: int) -> Study:
    """Notes of Ward 7 in which the stamp decides against the symptoms."""
    model = load("demo-lm")
    restamped = dict(bundled.clinic())
    items = chosen(restamped, count, seed)
    answers, foils = [i.answer for i in items], [i.foil for i in items]
    checks = _still(model, [i.prompt for i in items], answers)
    turns = _still(model, [restamped[i] for i in items], foils)
    return about_words(
        "clinic", "clinic", model, items, checks | {"turns with the stamp": turns["answers right"]}
    )


def _still(model: Any, prompts: list[str], answers: list[str]) -> dict[str, float]:
    """The share that is answered as expected, here and now."""
    said = model.generate(prompts, max_tokens=1)
    return {"answers right": sum(a == b for a, b in zip(said, answers, strict=True)) / max(1, len(answers))}
