"""Measure how far an explanation can be trusted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from pellucid.core.errors import MismatchedModel
from pellucid.core.explanation import Explanation
from pellucid.core.progress import metered
from pellucid.core.registry import check_options, find
from pellucid.core.score import Measurement, Score
from pellucid.verbs.access import check_access, opened
from pellucid.verbs.explain import record

__all__ = ["DEFAULT_METRICS", "evaluate"]

DEFAULT_METRICS = ("comprehensiveness", "sufficiency")


def evaluate(
    why: Explanation, model: Any, by: str | Sequence[str] = DEFAULT_METRICS, **options: Any
) -> list[Score]:
    """Scores of an explanation on the model that it explains, each beside chance.

    ``by``: one metric or several (`pellucid.metrics`); ``options`` go to each of them. A metric that does
    not apply gives NaN with the reason. Raises `MismatchedModel` if the weights are not those explained.
    """
    model = opened(model)
    if model.fingerprint != why.provenance.fingerprint:
        raise MismatchedModel(why.provenance.model, model.name, why.provenance.fingerprint, model.fingerprint)
    cards = [find("metric", name) for name in ([by] if isinstance(by, str) else by)]
    for card in cards:
        check_options(card, options)
        check_access(model, card, "metric")
    return [_score(card, why, model, options) for card in cards]


def _score(card: Any, why: Explanation, model: Any, options: dict[str, Any]) -> Score:
    start = time.perf_counter()
    with metered() as meter:
        found: Measurement = card.function(why, model, **options)
    used = {name: p.default for name, p in card.options.items()} | options
    provenance = record(model, card.name, used, meter, time.perf_counter() - start)
    return Score(
        metric=card.name,
        value=found.value,
        better=card.facts["better"],
        bounds=card.facts["bounds"],
        provenance=provenance,
        controls=found.controls,
        interval=found.interval,
        reason=found.reason,
        parts=found.parts,
    )
