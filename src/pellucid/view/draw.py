"""From results to a figure: each kind of result has its parts, and records stand last, as in a paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pellucid.core.case import Case
from pellucid.core.circuit import Circuit
from pellucid.core.circuit_score import CircuitCurve
from pellucid.core.comparison import Comparison
from pellucid.core.explanation import Explanation
from pellucid.core.figure import Figure, Part
from pellucid.core.over_pairs import OverPairs
from pellucid.core.recommendation import Recommendation
from pellucid.core.score import Score
from pellucid.core.shortcuts import ShortcutReport
from pellucid.core.verdict import Verdict
from pellucid.view.parts.case import case_figure
from pellucid.view.parts.comparison import compared
from pellucid.view.parts.curve import circuit_curve_parts
from pellucid.view.parts.explained import explained, question
from pellucid.view.parts.flow import circuit_parts
from pellucid.view.parts.over_pairs import over_pairs_parts
from pellucid.view.parts.recommendation import recommendation_figure
from pellucid.view.parts.record import record
from pellucid.view.parts.shortcuts import shortcut_parts
from pellucid.view.parts.trust import trust, whose
from pellucid.view.parts.verdict import verdict_parts

__all__ = ["draw"]

Result = Circuit | CircuitCurve | Explanation | OverPairs | Score | ShortcutReport | Verdict

# What is a figure of its own, whatever stands beside it.
FIGURES: dict[type, Callable[[Any], Figure]] = {
    Case: case_figure,
    Comparison: compared,
    Recommendation: recommendation_figure,
}
# What is findings: its title, and its parts; their records stand behind all of them.
FINDINGS: dict[type, tuple[Callable[[Any], str], Callable[[Any], list[Part]]]] = {
    Circuit: (lambda found: f"A circuit of {int(found.kept.sum()):,} edges", circuit_parts),
    CircuitCurve: (lambda _: "How few edges carry the answer?", circuit_curve_parts),
    Explanation: (question, explained),
    OverPairs: (lambda found: f"{found.data.sizes['example']} pairs of texts", over_pairs_parts),
    ShortcutReport: (lambda _: "What does the model take its answers from?", shortcut_parts),
    Verdict: (lambda found: found.word.capitalize(), verdict_parts),
}


def draw(*results: Any) -> Figure:
    """One figure of explanations and of whatever else was found, of scores and figures, or lists of them.

    Parts stand in the order in which their results are given; all scores are one part, and each is said in a
    sentence. Of an explanation and what was measured of it, the explanation has the title.
    """
    things = _once(list(_flat(results)))
    if len(things) == 1 and isinstance(things[0], Figure):
        return things[0]
    whys = [t for t in things if isinstance(t, Explanation)]
    scores = [t for t in things if isinstance(t, Score)]
    found: list[Any] = [t for t in things if not isinstance(t, (Figure, Score))]
    parts: list[Part] = []
    for thing in things:
        if isinstance(thing, Figure):
            parts += thing.parts
        elif isinstance(thing, Explanation) and len(whys) > 1:
            parts += explained(thing, f"{question(thing)} · {thing.method}")
        elif not isinstance(thing, Score):
            parts += FINDINGS[type(thing)][1](thing)
    if scores:
        parts.append(trust(scores, whose(things)))
    parts += map(record, found + scores)
    return Figure(_title(things, whys), tuple(parts), _subtitle(whys or found or scores))


def _once(things: list[Result | Figure]) -> list[Result | Figure]:
    """Of one explanation, the scores that are tests of its verdict stand in that, and not again."""
    verdicts = [t for t in things if isinstance(t, Verdict)]
    if len(verdicts) != 1 or sum(isinstance(t, Explanation) for t in things) > 1:
        return things
    further = verdicts[0].further([t for t in things if isinstance(t, Score)])
    return [t for t in things if not isinstance(t, Score) or t in further]


def _title(things: list[Result | Figure], whys: list[Explanation]) -> str:
    """Several methods that answer the same question keep the question as the title."""
    titles = [t.title for t in things if isinstance(t, Figure)]
    titles += [FINDINGS[type(t)][0](t) for t in whys or things if type(t) in FINDINGS]
    if not titles:
        return "Scores"
    return titles[0] if len(set(titles)) == 1 else f"{len(titles)} explanations"


def _subtitle(made_of: Iterable[Result]) -> str:
    records = [result.provenance for result in made_of]
    models = ", ".join(dict.fromkeys(made.model for made in records))
    asked = ", ".join(dict.fromkeys(made.by for made in records))
    return f"{asked} on {models}" if models else ""


def _flat(results: Iterable[Any]) -> Iterator[Result | Figure]:
    for result in results:
        if type(result) in FIGURES:
            yield FIGURES[type(result)](result)
        elif type(result) in FINDINGS or isinstance(result, (Figure, Score)):
            yield result
        elif isinstance(result, (list, tuple)):
            yield from _flat(result)
        else:
            raise TypeError(f"Cannot draw a {type(result).__name__}: give explanations, scores or figures.")
