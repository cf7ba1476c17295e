"""Scores beside chance: every number on the scale of its metric, with what rankings that know nothing have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pellucid.core.explanation import Explanation
from pellucid.core.figure import Gauge, Prose, Trust
from pellucid.core.score import Score
from pellucid.core.verdict import state_of
from pellucid.view.parts.scores import scores_table, sentence

__all__ = ["gauge", "trust", "whose"]


def trust(scores: Sequence[Score], of: Sequence[Explanation | None]) -> Trust:
    """All scores as one part; ``of``: the explanation that each is of, where it is known.

    They are judged one by one, as their sentences do; of all of them together a verdict judges, and nobody else.
    """
    about = [None if why is None else why.target for why in of]
    words = "\n".join(sentence(score, target) for score, target in zip(scores, about, strict=True))
    table = scores_table(scores)
    named = len({why.method for why in of if why}) > 1
    gauges = [
        replace(
            gauge(score, sentence(score, target)),
            verdict=state_of(score) if score.controls or not score.applies else "",
            of=why.method if why and named else "",
        )
        for score, target, why in zip(scores, about, of, strict=True)
    ]
    return Trust(tuple(gauges), (table, Prose(words)), table.caption)


def gauge(score: Score, says: str) -> Gauge:
    """A score with its controls, not judged."""
    controls = [
        (c.name.replace("_", " "), c.mean, *c.interval(), c.p_value(score.value, score.better))
        for c in score.controls
    ]
    return Gauge(
        metric=score.metric,
        value=score.value,
        better=score.better,
        bounds=score.bounds,
        says=says,
        interval=score.interval,
        controls=tuple(controls) if score.applies else (),
        reason=score.reason,
    )


def whose(things: Sequence[object]) -> list[Explanation | None]:
    """For each score among results, the explanation that it is of: the only one, or the one that it stands behind.

    Where several explanations stand together in front of a score, it could be of any: None.
    """
    whys = [thing for thing in things if isinstance(thing, Explanation)]
    found: list[Explanation | None] = []
    before: list[Explanation] = []
    since = False  # a score has come since the last explanation
    for thing in things:
        if isinstance(thing, Explanation):
            before = [thing] if since else [*before, thing]
            since = False
        elif isinstance(thing, Score):
            since = True
            found.append(whys[0] if len(whys) == 1 else before[0] if len(before) == 1 else None)
    return found
