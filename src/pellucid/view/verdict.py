"""A verdict as a sentence, and its tests one by one beside their controls."""

from __future__ import annotations

from pellucid.core.figure import Part, Prose, Table
from pellucid.core.verdict import MATCHED, RANDOM, Trial, Verdict
from pellucid.view.numbers import plain

__all__ = ["verdict_parts"]

MARKS = {"pass": "✓ pass", "weak": "~ weak", "fail": "✗ fail", "not measured": "– not measured"}
HEADINGS = ("test", "removed by", "value", "better", "random", "p", "in place", "p", "")


def verdict_parts(found: Verdict) -> list[Part]:
    """The sentence, and a row for each test: its value beside the means of both controls."""
    rows = tuple(_row(trial) for trial in found.trials)
    reasons = dict.fromkeys(t.score.reason for t in found.trials if t.score.reason)
    whys: list[Part] = [Prose("\n".join(f"Not measured: {reason}" for reason in reasons))] if reasons else []
    return [Prose(found.sentence), Table(HEADINGS, rows, frozenset({2, 4, 5, 6, 7}), "The tests"), *whys]


def _row(trial: Trial) -> tuple[str, ...]:
    score = trial.score
    if not score.applies:
        return (score.metric, trial.ablate, "", "", "", "", "", "", MARKS[trial.state])
    beside = []
    for name in (RANDOM, MATCHED):
        control = next((c for c in score.controls if c.name == name), None)
        beside += (
            ["", ""]
            if control is None
            else [plain(control.mean), f"{control.p_value(score.value, score.better):.2g}"]
        )
    return (score.metric, trial.ablate, plain(score.value), score.better, *beside, MARKS[trial.state])
