"""Measure how far an explanation can be trusted."""

from __future__ import annotations

import inspect
import time
from collections.abc import Sequence
from typing import Any

from pellucid.core.errors import MismatchedModel
from pellucid.core.explanation import Explanation
from pellucid.core.progress import metered
from pellucid.core.protocols import Explain
from pellucid.core.registry import check_options, find
from pellucid.core.score import Measurement, Score
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.verbs.access import check_access, opened
from pellucid.verbs.explain import explain, record

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
    given = (again(why, model),) if "explain" in inspect.signature(card.function).parameters else ()
    with metered() as meter:
        found: Measurement = card.function(why, model, *given, **options)
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


def again(why: Explanation, model: Any) -> Explain:
    """The question of an explanation, to be asked again with something changed: see `core.protocols.Explain`."""

    def ask(text: Text | str | None = None, *, by: str | None = None, seed: int | None = None) -> Explanation:
        name = by or why.method
        known = find("method", name).options
        options = {} if by else {n: _option(v) for n, v in why.provenance.options.items() if n in known}
        if seed is not None and "seed" in known:
            options["seed"] = seed
        if text is None:
            return explain(model, why.text, name, target=why.target, **options)
        asked = why.target
        target = Target(asked.answer, against=asked.against, scale=asked.scale, span=asked.span)
        return explain(model, text, name, target=target, unit=why.text.unit or None, **options)

    return ask


def _option(value: Any) -> Any:
    """An option as methods take it; provenance keeps plain values."""
    return tuple(value) if isinstance(value, list) else value
