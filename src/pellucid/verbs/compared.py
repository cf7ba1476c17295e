"""What is compared by name and options, and the arrays that come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.comparison import COSTS
from pellucid.core.errors import BadOption, PellucidError
from pellucid.core.explanation import Explanation
from pellucid.core.registry import Card, Kind, check_options, find
from pellucid.core.score import Score
from pellucid.core.text import Text
from pellucid.verbs.access import has_access
from pellucid.verbs.evaluate import DEFAULT_METRICS

__all__ = ["Entry", "Named", "entries", "gathered", "metric_entries"]

Named = str | tuple[str, Mapping[str, Any]]
NOT_BESIDE = "This metric has no such control."


@dataclass(frozen=True)
class Entry:
    """A method or metric with its options, under the name that tells it from the others."""

    label: str
    kind: Kind
    card: Card
    options: Mapping[str, Any]


def entries(kind: Kind, asked: str | Sequence[Named], **common: Any) -> list[Entry]:
    """Each method or metric that is asked for. ``common`` options go to those that take them and say no other."""
    named = [asked] if isinstance(asked, str) else list(asked)
    if not named:
        raise BadOption(f"There is no {kind} to compare: give at least one name (pellucid.{kind}s()).")
    found = [_entry(kind, one, common) for one in named]
    labels = [entry.label for entry in found]
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        raise BadOption(f"{twice[0]} is asked for twice. Give each {kind} once, or with other options.")
    return found


def metric_entries(asked: str | Sequence[Named] | None, model: Any = None, **common: Any) -> list[Entry]:
    """The metrics that are asked for; None is the default set, as far as the access to ``model`` goes."""
    if asked is not None:
        return entries("metric", asked, **common)
    found = entries("metric", DEFAULT_METRICS, **common)
    return [entry for entry in found if model is None or has_access(model, entry.card)]


def _entry(kind: Kind, one: Named, common: Mapping[str, Any]) -> Entry:
    name, options = (one, {}) if isinstance(one, str) else one
    card = find(kind, name)
    check_options(card, options)
    said = ", ".join(f"{key}={value}" for key, value in options.items())
    own = {key: value for key, value in common.items() if key in card.options} | dict(options)
    return Entry(f"{name} ({said})" if said else name, kind, card, own)


def gathered(
    methods: Sequence[Entry],
    measures: Sequence[Entry],
    asked: Sequence[Any],
    read: Sequence[Any],
    found: Sequence[tuple[list[Explanation | PellucidError], list[list[Score | PellucidError]]]],
) -> xr.Dataset:
    """The arrays of a `Comparison`: of the methods, and below them of chance."""
    scores = [of_text for _, of_text in found]  # text, method, metric
    chances = dict.fromkeys(
        c.name for text in scores for row in text for s in row for c in getattr(s, "controls", ())
    )
    value, reason = np.vectorize(_number)(_objects(scores)), np.vectorize(_reason)(_objects(scores))
    for name in chances:
        value, reason = _with_chance(value, reason, scores, name)
    labels = [entry.label for entry in methods] + list(chances)
    costs = np.array([[_costs(why) for why in whys] for whys, _ in found])  # text, method, cost
    costs = np.concatenate([costs, np.zeros((len(found), len(chances), len(COSTS)))], axis=1)
    dims = ("method", "metric", "example")
    arrays: dict[str, Any] = {
        "value": (dims, np.moveaxis(value, 0, 2)),
        "reason": (dims, np.moveaxis(reason, 0, 2)),
        **{name: (("method", "example"), costs[..., i].T) for i, name in enumerate(COSTS)},
    }
    targets = [one[1] if isinstance(one, tuple) else pair[1] for one, pair in zip(read, asked, strict=True)]
    texts = [one[0] if isinstance(one, tuple) else pair[0] for one, pair in zip(read, asked, strict=True)]
    coords: dict[str, Any] = {
        "method": np.array(labels, str),
        "baseline": ("method", np.arange(len(labels)) >= len(methods)),
        "metric": np.array([entry.label for entry in measures], str),
        "better": ("metric", np.array([entry.card.facts["better"] for entry in measures], str)),
        "text": ("example", np.array([_string(text) for text in texts], str)),
        "target": ("example", np.array([target.answer or "" for target in targets], str)),
        "against": ("example", np.array([target.against or "" for target in targets], str)),
    }
    return xr.Dataset(arrays, coords)


def _with_chance(
    value: np.ndarray, reason: np.ndarray, scores: Sequence[Any], name: str
) -> tuple[np.ndarray, np.ndarray]:
    """With one kind of chance as a method more: the mean of its draws, and over the methods it was drawn beside."""
    means = np.full((len(scores), 1, value.shape[2]), np.nan)
    why = np.full(means.shape, "", object)
    for text, metric in np.ndindex(len(scores), value.shape[2]):
        beside = [row[metric] for row in scores[text]]
        drawn = [c.mean for s in beside for c in getattr(s, "controls", ()) if c.name == name]
        if drawn:
            means[text, 0, metric] = np.mean(drawn)
        else:
            refused = all(np.isnan(_number(s)) for s in beside)
            why[text, 0, metric] = f"No method was measured: {_reason(beside[0])}" if refused else NOT_BESIDE
    return np.concatenate([value, means], 1), np.concatenate([reason, why.astype(str)], 1)


def _objects(scores: Sequence[Any]) -> np.ndarray:
    """Scores by text, method and metric as an array of objects."""
    shape = (len(scores), len(scores[0]), len(scores[0][0]))
    array = np.empty(shape, object)
    for at in np.ndindex(*shape):
        array[at] = scores[at[0]][at[1]][at[2]]
    return array


def _number(score: Score | PellucidError) -> float:
    return score.value if isinstance(score, Score) else float("nan")


def _reason(score: Score | PellucidError) -> str:
    return score.reason if isinstance(score, Score) else str(score)


def _costs(why: Explanation | PellucidError) -> list[float]:
    if isinstance(why, PellucidError):
        return [float("nan")] * len(COSTS)
    return [float(getattr(why.provenance, name)) for name in COSTS]


def _string(subject: Any) -> str:
    """A subject as text; a chat that could not be read has its messages one below the other."""
    if isinstance(subject, str | Text):
        return subject if isinstance(subject, str) else subject.string
    return "\n".join(str(message.get("content") or "") for message in subject)
