"""From a request to the work it asks for: what needs no model is refused here, before any waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pellucid.app.asked import Ablate, Compare, Evaluate, Explain, Generate, Part, VerdictOf
from pellucid.app.limits import Limits
from pellucid.app.options import checked_options, offered, texts_in
from pellucid.app.outcome import Outcome, Step, Work, of_comparison, of_data, of_explanation
from pellucid.app.removal import check_removed, removal
from pellucid.app.said import said
from pellucid.core.explanation import Explanation
from pellucid.core.score import Score
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.verbs.compare import compare
from pellucid.verbs.compared import entries
from pellucid.verbs.evaluate import QUICK_METRICS, evaluate
from pellucid.verbs.explain import explain
from pellucid.verbs.verdict import verdict

__all__ = ["ablating", "comparing", "evaluating", "explaining", "generating", "judging"]


def generating(asked: Generate, limits: Limits) -> Work:
    """What the model says."""
    limits.check(asked.text, asked.target)

    def work(model: Any, step: Step) -> Outcome:
        limits.check_tokens(model, Text(asked.text), asked.target)
        with step("Writing"):
            return of_data(said(model, asked.text, asked.target, asked.max_tokens))

    return work


def explaining(asked: Explain, limits: Limits) -> Work:
    """An explanation, and how far to trust it."""
    words = [part for part in (asked.span, asked.at, *asked.freeze) if isinstance(part, str)]
    options = checked_options(offered("method", asked.by), asked.options)
    limits.check(asked.text, asked.second, asked.target, asked.against, *words, *texts_in(options))
    text = _text(asked.text, asked.second).freeze(*map(_part, asked.freeze))
    target = Target(
        asked.target,
        against=asked.against,
        scale=asked.scale,
        span=None if asked.span is None else _part(asked.span),
        at=None if asked.at is None else _part(asked.at),
        answer_tokens=asked.answer_tokens,
    )

    def work(model: Any, step: Step) -> Outcome:
        limits.check_tokens(model, text, asked.target, asked.against, options=options)
        with step(f"Explaining by {asked.by}"):
            why = explain(model, text, asked.by, target=target, unit=asked.unit, **options)
        about_inputs = "input" in why.data.dims  # metrics have nothing to say of layers
        return of_explanation(
            why, _scores(why, model, QUICK_METRICS * (asked.evaluate and about_inputs), step)
        )

    return work


def evaluating(asked: Evaluate, before: Outcome, why: Explanation) -> Work:
    """Scores of an explanation; those it had stay beside them."""
    for name in asked.by or ():
        offered("metric", name)

    def work(model: Any, step: Step) -> Outcome:
        with step(f"Measuring {', '.join(asked.by) if asked.by else 'by the default metrics'}"):
            scores = evaluate(why, model, asked.by, budget=asked.budget)
        fresh = {score.metric for score in scores}
        found = of_explanation(
            why, [*(s for s in before.scores if s.metric not in fresh), *scores], before.verdict
        )
        return replace(found, result=of_data({"scores": [score.as_dict() for score in scores]}).result)

    return work


def judging(asked: VerdictOf, before: Outcome, why: Explanation) -> Work:
    """Whether to use an explanation."""

    def work(model: Any, step: Step) -> Outcome:
        with step("Testing"):
            found = verdict(why, model, draws=asked.draws, seed=asked.seed)
        return replace(of_explanation(why, before.scores, found), result=of_data(found.as_dict()).result)

    return work


def comparing(asked: Compare, limits: Limits) -> Work:
    """Methods beside each other."""
    limits.check(asked.text, asked.second, asked.target, asked.against)
    for name in asked.by:
        offered("method", name)
    for name in asked.metrics or ():
        offered("metric", name)
    entries("method", asked.by)  # twice the same is refused
    if asked.metrics:
        entries("metric", asked.metrics)
    text = _text(asked.text, asked.second)

    def work(model: Any, step: Step) -> Outcome:
        limits.check_tokens(model, text, asked.target, asked.against)
        with step("Comparing"):
            found = compare(
                model,
                text,
                asked.by,
                asked.metrics,
                target=asked.target,
                against=asked.against,
                unit=asked.unit,
                seed=asked.seed,
            )
        return of_comparison(found)

    return work


def ablating(asked: Ablate, why: Explanation) -> Work:
    """How far the answer falls without some features."""
    removed = check_removed(why, asked.removed)

    def work(model: Any, step: Step) -> Outcome:
        with step("Removing"):
            return of_data(
                removal(why, model, removed, ablate=asked.ablate, draws=asked.draws, seed=asked.seed)
            )

    return work


def _scores(why: Explanation, model: Any, metrics: Sequence[str], step: Step) -> list[Score]:
    scores: list[Score] = []
    for metric in metrics:
        with step(f"Measuring {metric}"):
            scores += evaluate(why, model, by=metric)
    return scores


def _text(first: str, second: str | None) -> Text:
    return Text(first) if second is None else Text.pair(first, second)


def _part(part: Part) -> str | tuple[int, int]:
    return part if isinstance(part, str) else (part[0], part[1])
