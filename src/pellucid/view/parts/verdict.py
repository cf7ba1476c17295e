"""A verdict as a sentence, and its tests one by one beside their controls."""

from __future__ import annotations

from dataclasses import replace

from pellucid.core.figure import Gauge, Part, Prose, Table, Trust
from pellucid.core.verdict import MATCHED, RANDOM, Trial, Verdict
from pellucid.view.numbers import plain
from pellucid.view.parts.scores import sentence
from pellucid.view.parts.trust import gauge

__all__ = ["verdict_parts"]

MARKS = {"pass": "✓ pass", "weak": "~ weak", "fail": "✗ fail", "not measured": "–"}
HEADINGS = ("test", "by", "value", "random", "p", "p moved", "")
CAPTION = (
    "The tests, by how features were removed; moved: its own credits, shuffled within quarters of the text"
)


def verdict_parts(found: Verdict) -> list[Part]:
    """The sentence, and each test beside its controls; plain: a row for each, and the chance of as much."""
    rows = tuple(_row(trial) for trial in found.trials)
    reasons = dict.fromkeys(t.score.reason for t in found.trials if t.score.reason)
    whys: list[Part] = [Prose("\n".join(f"Not measured: {reason}" for reason in reasons))] if reasons else []
    table = Table(HEADINGS, rows, frozenset({2, 3, 4, 5}), CAPTION)
    plain = (Prose(found.sentence), table, *whys)
    return [Trust(tuple(map(_gauge, found.trials)), plain, "", found.word, found.sentence)]


def _gauge(trial: Trial) -> Gauge:
    judged = gauge(trial.score, sentence(trial.score))
    return replace(judged, verdict=trial.state, of=f"removed by {trial.ablate}")


def _row(trial: Trial) -> tuple[str, ...]:
    score = trial.score
    if not score.applies:
        return (score.metric, trial.ablate, "", "", "", "", MARKS[trial.state])
    controls = {control.name: control for control in score.controls}
    random, matched = controls.get(RANDOM), controls.get(MATCHED)
    chances = (f"{c.p_value(score.value, score.better):.2g}" if c else "" for c in (random, matched))
    numbers = (plain(score.value), plain(random.mean) if random else "")
    return (score.metric, trial.ablate, *numbers, *chances, MARKS[trial.state])
