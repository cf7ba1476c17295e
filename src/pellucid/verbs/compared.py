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
from pellucid.core.strings import strings
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.verbs.access import has_access
from pellucid.verbs.evaluate import DEFAULT_METRICS

__all__ = ["Entry", "Named", "OfText", "entries", "gathered", "metric_entries"]

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


@dataclass(frozen=True)
class OfText:
    """The numbers of one text: explanations and draws of chance of a thousand texts would fill the memory.

    ``value`` and ``reason``, shape (method, metric); ``costs``, shape (method, cost); ``chance``: by the name of a
    control the mean of its draws, shape (metric,), NaN where a metric has none. ``error``: why no method explained it.
    """

    value: np.ndarray
    reason: np.ndarray
    costs: np.ndarray
    chance: Mapping[str, np.ndarray]
    error: PellucidError | None

    @staticmethod
    def of(
        whys: Sequence[Explanation | PellucidError], scores: Sequence[Sequence[Score | PellucidError]]
    ) -> OfText:
        """Of what each method gave, and of its scores by each metric."""
        errors = [why for why in whys if isinstance(why, PellucidError)]
        return OfText(
            value=np.array([[_number(score) for score in row] for row in scores]),
            reason=np.array([[_reason(score) for score in row] for row in scores], object),
            costs=np.array([_costs(why) for why in whys]),
            chance=_chance(scores),
            error=errors[0] if len(errors) == len(whys) else None,
        )


def gathered(
    methods: Sequence[Entry],
    measures: Sequence[Entry],
    asked: Sequence[tuple[Any, Target]],
    found: Sequence[OfText],
) -> xr.Dataset:
    """The arrays of a `Comparison`: of the methods, and below them of chance. ``asked``: each text and its target."""
    chances = list(dict.fromkeys(name for one in found for name in one.chance))
    labels = [entry.label for entry in methods] + chances
    value, reason = (
        np.stack(both, 2) for both in zip(*(_with_chance(one, chances) for one in found), strict=True)
    )
    free = np.zeros((len(chances), len(COSTS)))
    costs = np.stack([np.concatenate([one.costs, free]) for one in found], 1)
    dims = ("method", "metric", "example")
    arrays: dict[str, Any] = {
        "value": (dims, value),
        "reason": (dims, reason),
        **{name: (("method", "example"), costs[..., i]) for i, name in enumerate(COSTS)},
    }
    coords: dict[str, Any] = {
        "method": np.array(labels, str),
        "baseline": ("method", np.arange(len(labels)) >= len(methods)),
        "metric": np.array([entry.label for entry in measures], str),
        "better": ("metric", np.array([entry.card.facts["better"] for entry in measures], str)),
        "text": ("example", strings([_string(text) for text, _ in asked])),
        "target": ("example", strings([target.answer or "" for _, target in asked])),
        "against": ("example", strings([target.against or "" for _, target in asked])),
    }
    return xr.Dataset(arrays, coords)


def _with_chance(one: OfText, chances: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The values and reasons of one text, with each kind of chance as a method more."""
    value, reason = [one.value], [one.reason]
    nothing = np.isnan(one.value).all(0)
    for name in chances:
        mean = one.chance.get(name, np.full(one.value.shape[1], np.nan))
        said = np.where(nothing, "No method was measured.", NOT_BESIDE)
        value.append(mean[None])
        reason.append(np.where(np.isnan(mean), said, "").astype(object)[None])
    return np.concatenate(value), np.concatenate(reason)


def _chance(scores: Sequence[Sequence[Score | PellucidError]]) -> dict[str, np.ndarray]:
    """By control and metric the mean of the draws, and over the methods that it stands beside."""
    drawn: dict[str, list[list[float]]] = {}
    for row in scores:
        for metric, score in enumerate(row):
            for control in score.controls if isinstance(score, Score) else ():
                by_metric = drawn.setdefault(control.name, [[] for _ in row])
                by_metric[metric].append(control.mean)
    return {
        name: np.array([np.mean(means) if means else np.nan for means in by_metric])
        for name, by_metric in drawn.items()
    }


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
