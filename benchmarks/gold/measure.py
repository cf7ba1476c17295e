"""What each method, and each ranking that knows nothing, scores on the items of a model."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

import pellucid
from pellucid.core.explanation import Explanation, label
from pellucid.core.registry import catalogue, find
from pellucid.metrics.controls import position_matched_credits
from pellucid.metrics.gold import gold_features, precision_at_k
from pellucid.truth.asked import CHEAPER, UNIT
from pellucid.truth.items import Item
from pellucid.truth.words import DRAWS, RANKINGS, Ranking

__all__ = ["BUDGET", "COSTS", "SCORES", "Found", "measured"]

BUDGET = 256  # the most forwards a text, for methods that have this option
METRICS = ("comprehensiveness", "sufficiency")
SCORES = ("precision", "precision_of_sizes", *METRICS)
COSTS = ("forwards", "backwards", "seconds", "busy")


@dataclass(frozen=True)
class Found:
    """One row: for each score and cost one number an item; or why there is none."""

    name: str
    options: dict[str, Any]
    numbers: dict[str, list[float]]
    refused: str = ""


def measured(model: Any, items: list[Item]) -> Iterable[Found]:
    """A row for each method that credits the input, then one for each ranking that knows nothing."""
    for card in catalogue("method"):
        if card.family == "attribution":
            yield _of_method(model, items, card.name)
    pattern = [_explained(model, item, "leave_one_out", {}) for item in items]
    for name, ranking in RANKINGS.items():
        rows = [
            _of_ranking(model, item, why, ranking, seed)
            for seed, (item, why) in enumerate(zip(items, pattern, strict=True))
        ]
        yield Found(name, {}, _columns(rows))
    matched = [
        _matched(model, item, why, seed) for seed, (item, why) in enumerate(zip(items, pattern, strict=True))
    ]
    yield Found("leave_one_out, shuffled within quarters", {}, _columns(matched))


def _of_method(model: Any, items: list[Item], by: str) -> Found:
    options = CHEAPER.get(by, {}) | ({"budget": BUDGET} if "budget" in find("method", by).options else {})
    rows = []
    for item in items:
        model.memo.clear()  # so that every forward that is counted is made
        try:
            start = time.process_time()
            why = _explained(model, item, by, options)
            busy = time.process_time() - start
            used = why.provenance
            costs = {
                "forwards": used.forwards,
                "backwards": used.backwards,
                "seconds": used.seconds,
                "busy": busy,
            }
            rows.append(_scores(model, item, why) | costs)
        except pellucid.PellucidError as refusal:
            return Found(by, options, {}, str(refusal))
    return Found(by, options, _columns(rows))


def _explained(model: Any, item: Item, by: str, options: dict[str, Any]) -> Explanation:
    """Why the answer rather than the foil: the question that a rationale answers."""
    return pellucid.explain(
        model, item.prompt, by=by, target=item.answer, against=item.foil, unit=UNIT, **options
    )


def _of_ranking(model: Any, item: Item, why: Explanation, ranking: Ranking, seed: int) -> dict[str, float]:
    credits = ranking(len(why.text.features), seed)
    return _mean([_scores(model, item, _ranked(why, credit)) for credit in credits])


def _matched(model: Any, item: Item, why: Explanation, seed: int) -> dict[str, float]:
    shuffled = position_matched_credits(why.credit(), DRAWS, seed)
    return _mean([_scores(model, item, _ranked(why, credit)) for credit in shuffled])


def _ranked(why: Explanation, credit: np.ndarray) -> Explanation:
    """An explanation of the same answer with these credits."""
    attributes = {"primary": "attribution", "signed": True, "units": "rank"}
    data = xr.Dataset({"attribution": ("input", credit)}, attrs=attributes)
    return replace(why, _data=label(data, why.text, why.target))


def _scores(model: Any, item: Item, why: Explanation) -> dict[str, float]:
    credit, gold = why.credit(), gold_features(why.text, item.rationale)
    found = {
        "precision": precision_at_k(credit, gold),
        "precision_of_sizes": precision_at_k(np.abs(credit), gold),
    }
    return found | {score.metric: score.value for score in pellucid.evaluate(why, model, METRICS, draws=1)}


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean(values)) for name, values in _columns(rows).items()}


def _columns(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [float(row[name]) for row in rows] for name in rows[0]}
