"""The case file of one prediction: explanations by several methods, with what was measured of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pellucid.core.case import Case, Finding
from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.progress import meter
from pellucid.core.score import Score
from pellucid.core.verdict import Verdict
from pellucid.verbs.access import opened
from pellucid.verbs.evaluate import QUICK_METRICS, evaluate
from pellucid.verbs.verdict import verdict

__all__ = ["report"]


def report(
    whys: Sequence[Explanation],
    model: Any = None,
    *,
    scores: Sequence[Sequence[Score]] | None = None,
    verdicts: Sequence[Verdict | None] | None = None,
    draws: int = 99,
    seed: int = 0,
) -> Case:
    """Everything that was found about one prediction, to be read together: ``pellucid.save(case, "case.html")``.

    ``whys``: explanations of one text, model and answer. ``scores`` and ``verdicts``: what was measured of each, in
    the same order; an empty list, or None, where nothing was. With a ``model``, what is not there is measured: the
    metrics `evaluate.QUICK_METRICS` where there are no scores, and a verdict; ``draws`` and ``seed`` are theirs.
    Explanations that credit no part of the text (of layers, heads, positions) cannot be measured so, and the case says
    so. Raises `BadOption` for explanations of different predictions, with the differences.
    """
    case = Case(
        tuple(
            Finding(why, tuple(beside), judged)
            for why, beside, judged in zip(
                whys,
                _for_each("scores", scores, whys, ()),
                _for_each("verdicts", verdicts, whys, None),
                strict=True,
            )
        )
    )
    return case if model is None else _measured(case, opened(model), draws, seed)


def _for_each(
    name: str, given: Sequence[Any] | None, whys: Sequence[Explanation], nothing: Any
) -> Sequence[Any]:
    if given is None:
        return [nothing] * len(whys)
    if len(given) != len(whys):
        raise BadOption(
            f"{len(given)} {name} for {len(whys)} explanations: give one for each, in the same order."
        )
    return given


def _measured(case: Case, model: Any, draws: int, seed: int) -> Case:
    found = []
    for done, finding in enumerate(case.findings, start=1):
        why, scores, judged = finding.explanation, finding.scores, finding.verdict
        if finding.measurable:
            scores = scores or tuple(evaluate(why, model, QUICK_METRICS, draws=draws, seed=seed))
            judged = judged or verdict(why, model, draws=draws, seed=seed)
        found.append(Finding(why, scores, judged))
        meter().advance(done, len(case.findings), "explanations")
    return Case(tuple(found))
