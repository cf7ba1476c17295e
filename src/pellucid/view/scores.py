"""Scores in a table and in plain words, each beside what chance gives."""

from __future__ import annotations

from collections.abc import Sequence

from pellucid.core.figure import Table
from pellucid.core.score import Control, Score
from pellucid.core.target import Target
from pellucid.view.numbers import plain, spoken

__all__ = ["scores_table", "sentence"]

BETTER = {"higher": "↑ higher", "lower": "↓ lower"}
HEADINGS = ("metric", "value", "better", "control", "mean", "95% range", "p")
# What a metric did, for those whose number is a fall of the target; every other is said by its name.
DONE = {
    "comprehensiveness": "Removing the top features",
    "sufficiency": "Keeping only the top features",
}


def scores_table(scores: Sequence[Score]) -> Table:
    """One row per score and control; a score that does not apply says why."""
    rows = [row for score in scores for row in _rows(score)]
    return Table(HEADINGS, tuple(rows), right=frozenset({1, 4, 5, 6}), caption="How far to trust it")


def sentence(score: Score, target: Target | None = None) -> str:
    """The score in one sentence, with the chance of doing as well under each control."""
    name = score.metric.replace("_", " ").capitalize()
    if not score.applies:
        return f"{name} does not apply: {score.reason.rstrip('.')}."
    done = DONE.get(score.metric)
    of = f'P("{target.answer}")' if target and target.answer is not None else "the score"
    said = (
        f"{done} {_moves(score.value, of, many=False)} on average"
        if done
        else f"{name} is {spoken(score.value)}"
    )
    if score.interval:
        said += f" (95% interval {_between(score.interval)})"
    return "; ".join([said, *(_clause(score, c) for c in score.controls)]) + "."


def _rows(score: Score) -> list[tuple[str, ...]]:
    first = (score.metric, plain(score.value), BETTER[score.better])
    if not score.applies:
        return [(*first, f"does not apply: {score.reason}", "", "", "")]
    if not score.controls:
        return [(*first, "none", "", "", "")]
    rest = [("", "", "", *_beside(score, c)) for c in score.controls[1:]]
    return [(*first, *_beside(score, score.controls[0])), *rest]


def _beside(score: Score, control: Control) -> tuple[str, str, str, str]:
    low, high = control.interval()
    p = control.p_value(score.value, score.better)
    return control.name.replace("_", " "), plain(control.mean), f"{plain(low)} to {plain(high)}", _share(p)


def _clause(score: Score, control: Control) -> str:
    p = control.p_value(score.value, score.better)
    name = control.name.replace("_", " ")
    many = name.endswith("s")
    given = f"give{'' if many else 's'} {spoken(control.mean)} on average"
    does = _moves(control.mean, "it", many=many) if score.metric in DONE else given
    chance = "" if p <= 0.05 else " (not clearly better than chance)"
    return f"{name} {does} (95% between {_between(control.interval(), 'and')}), p = {_share(p)}{chance}"


def _moves(value: float, what: str, *, many: bool) -> str:
    verb = "raise" if value < 0 else "lower"
    return f"{verb}{'' if many else 's'} {what} by {spoken(abs(value))}"


def _between(interval: tuple[float, float], word: str = "to") -> str:
    return f"{spoken(interval[0])} {word} {spoken(interval[1])}"


def _share(p: float) -> str:
    return f"{p:.2g}"
