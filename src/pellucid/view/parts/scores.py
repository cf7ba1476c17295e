"""Scores in a table and in plain words, each beside what chance gives."""

from __future__ import annotations

from collections.abc import Sequence

from pellucid.core.figure import Table
from pellucid.core.registry import find, names
from pellucid.core.score import Control, Score
from pellucid.core.target import Target
from pellucid.view.numbers import fixed, plain

__all__ = ["scores_table", "sentence"]

BETTER = {"higher": "↑ higher", "lower": "↓ lower"}
HEADINGS = ("metric", "value", "better", "control", "mean", "95% range", "p")


def scores_table(scores: Sequence[Score]) -> Table:
    """One row per score and control; a score that does not apply says why."""
    rows = [row for score in scores for row in _rows(score)]
    return Table(HEADINGS, tuple(rows), right=frozenset({1, 4, 5, 6}), caption="How far to trust it")


def sentence(score: Score, target: Target | None = None) -> str:
    """The score in one sentence, with the chance of doing as well under each control."""
    name = score.metric.replace("_", " ").capitalize()
    if not score.applies:
        return f"{name} does not apply: {score.reason.rstrip('.')}."
    said = f"{name} is {_number(score, score.value, 2)}"
    if done := _done(score):
        said = f"{done} {_moves(score, score.value, _probability(target), 's')} on average"
    if score.interval:
        said += f" (95% interval {_between(score, score.interval, 2, 'to')})"
    return "; ".join([said, *(_clause(score, c) for c in score.controls)]) + "."


def _rows(score: Score) -> list[tuple[str, ...]]:
    if not score.applies:
        return [(score.metric, "n/a", BETTER[score.better], f"does not apply: {score.reason}", "", "", "")]
    first = (score.metric, _number(score, score.value, 3), BETTER[score.better])
    if not score.controls:
        return [(*first, "none", "", "", "")]
    rest = [("", "", "", *_beside(score, c)) for c in score.controls[1:]]
    return [(*first, *_beside(score, score.controls[0])), *rest]


def _beside(score: Score, control: Control) -> tuple[str, str, str, str]:
    mean, between = _number(score, control.mean, 3), _between(score, control.interval(), 2, "to")
    return control.name.replace("_", " "), mean, between, _chance(score, control)


def _clause(score: Score, control: Control) -> str:
    name = control.name.replace("_", " ")
    if _done(score):
        does = f"{name.removesuffix('s').removesuffix(' ranking')} rankings {_moves(score, control.mean, 'it', '')}"
    else:
        does = f"{name}: {_number(score, control.mean, 2)} on average"
    unclear = "" if score.beats(control.name) else " (not clearly better than chance)"
    between = _between(score, control.interval(), 2, "and")
    return f"{does} (95% between {between}), p = {_chance(score, control)}{unclear}"


def _done(score: Score) -> str:
    """What the metric did to the text, if its number is a fall of the answer; a metric not installed has none."""
    return str(find("metric", score.metric).facts.get("does", "")) if score.metric in names("metric") else ""


def _moves(score: Score, value: float, what: str, ending: str) -> str:
    """``lowers it by 0.31``; a fall below zero is a rise."""
    return f"{'raise' if value < 0 else 'lower'}{ending} {what} by {_number(score, abs(value), 2)}"


def _probability(target: Target | None) -> str:
    """What ERASER's metrics are about, as they measure it: a contrast as a choice of two, long answers per token."""
    if target is None or target.answer is None:
        return "the probability of the answer"
    rather = "" if target.against is None else f' rather than "{target.against}"'
    each = " per token" if len(target.ids[target.tokens]) > 1 and not rather else ""
    within = "" if target.span is None else f' in "{target.answer}"'
    if target.scale == "kl":
        return f'exp(-KL) at "{target.part}"{within}{each}'
    return f'P("{target.part}"{within}{rather}){each}'


def _between(score: Score, interval: tuple[float, float], decimals: int, word: str) -> str:
    return f"{_number(score, interval[0], decimals)} {word} {_number(score, interval[1], decimals)}"


def _number(score: Score, value: float, decimals: int) -> str:
    """Numbers between -1 and 1 are read as shares, with fixed decimals; others keep three digits that count."""
    return fixed(value, decimals) if max(map(abs, score.bounds)) <= 1 else plain(value)


def _chance(score: Score, control: Control) -> str:
    return f"{control.p_value(score.value, score.better):.2g}"
