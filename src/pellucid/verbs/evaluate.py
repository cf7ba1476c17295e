"""Measure how far an explanation can be trusted."""

from __future__ import annotations

import inspect
import time
from collections.abc import Sequence
from typing import Any

from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.progress import Meter, meter, metered
from pellucid.core.protocols import Explain
from pellucid.core.provenance import Provenance
from pellucid.core.registry import Card, check_options, find
from pellucid.core.score import Measurement, Score
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.verbs.access import check_access, check_weights, has_access, opened
from pellucid.verbs.explain import explain, record

__all__ = ["DEFAULT_METRICS", "QUICK_METRICS", "again", "evaluate"]

QUICK_METRICS = ("comprehensiveness", "sufficiency")
"""What is measured beside every explanation on the command line."""

DEFAULT_METRICS = (
    *QUICK_METRICS, "loo_agreement", "linear_datamodeling_score", "completeness_gap", "gini",
)  # fmt: skip
"""Of the top, of what is enough, of every feature alone, of features together, of the sum, of how few there are."""


def evaluate(
    why: Explanation,
    model: Any,
    by: str | Sequence[str] | None = None,
    *,
    budget: int | None = None,
    **options: Any,
) -> list[Score]:
    """Scores of an explanation on the model that it explains, each beside chance.

    ``by``: one metric or several (`pellucid.metrics`), and ``options`` go to each of them. None is `DEFAULT_METRICS`,
    as far as the model's access goes, and options go to those that take them. ``budget``: once so many forwards are
    spent, no further metric is begun. A metric that does not apply, or was not begun, gives NaN with the reason.
    Raises `MismatchedModel` if the weights are not those explained.
    """
    model = opened(model)
    check_weights(why.provenance, model)
    asked = _asked(by, model, options)
    scores: list[Score] = []
    for done, (card, given) in enumerate(asked, start=1):
        spent = sum(score.provenance.forwards for score in scores)
        if budget is not None and spent >= budget:
            scores.append(_not_begun(card, model, budget))
        else:
            scores.append(_score(card, why, model, given))
        meter().advance(done, len(asked), "metrics")
    return scores


def _asked(
    by: str | Sequence[str] | None, model: Any, options: dict[str, Any]
) -> list[tuple[Card, dict[str, Any]]]:
    """The metrics with the options of each, refused together before any work."""
    if by is not None:
        cards = [find("metric", name) for name in ([by] if isinstance(by, str) else by)]
        for card in cards:
            check_options(card, options)
            check_access(model, card, "metric")
        return [(card, options) for card in cards]
    cards = [card for card in (find("metric", name) for name in DEFAULT_METRICS) if has_access(model, card)]
    taken = {name for card in cards for name in card.options}
    if unknown := sorted(options.keys() - taken):
        raise BadOption(
            f'No metric of the default set has an option "{unknown[0]}". Their options: {", ".join(sorted(taken))}.'
        )
    return [(card, {n: v for n, v in options.items() if n in card.options}) for card in cards]


def _not_begun(card: Card, model: Any, budget: int) -> Score:
    reason = f"It was not measured: the budget of {budget} forwards was spent."
    return _as_score(card, Measurement.does_not_apply(reason), record(model, card.name, {}, Meter(), 0.0))


def _score(card: Card, why: Explanation, model: Any, options: dict[str, Any]) -> Score:
    start = time.perf_counter()
    given = (again(why, model),) if "explain" in inspect.signature(card.function).parameters else ()
    with metered() as spent:
        found: Measurement = card.function(why, model, *given, **options)
    used = {name: p.default for name, p in card.options.items()} | options
    return _as_score(card, found, record(model, card.name, used, spent, time.perf_counter() - start))


def _as_score(card: Card, found: Measurement, provenance: Provenance) -> Score:
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
