"""What a job found: results to draw and to keep, or plain data alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.core.case import Finding
from pellucid.core.comparison import Comparison
from pellucid.core.explanation import Explanation
from pellucid.core.score import Score
from pellucid.core.verdict import Verdict
from pellucid.store import as_json, comparison_json, plain

__all__ = ["Outcome", "Step", "Work", "of_comparison", "of_data", "of_explanation"]

Step = Callable[[str], AbstractContextManager[None]]
"""``with step("Loading"):`` names what is being done inside."""


@dataclass(frozen=True)
class Outcome:
    """``drawn``: what its figure is made of; empty for plain data.

    ``result`` and ``saved``: its JSON for a program and for a file, if it has any. ``why``, ``scores`` and
    ``verdict``: the explanation that other jobs go on with, and what was measured of it. ``size``: about how many bytes
    it holds. ``foreign``: whether it was read from a file, which anyone may have written.
    """

    drawn: tuple[Any, ...] = ()
    result: Callable[[], bytes] | None = None
    saved: Callable[[], bytes] | None = None
    why: Explanation | None = None
    scores: tuple[Score, ...] = ()
    verdict: Verdict | None = None
    size: int = 0
    foreign: bool = False


Work = Callable[[Any, Step], Outcome]
"""What a job does with its model."""


def of_explanation(
    why: Explanation, scores: Sequence[Score], verdict: Verdict | None = None, *, foreign: bool = False
) -> Outcome:
    """An explanation and what was measured of it."""

    def saved() -> bytes:
        return as_json.dumps(why, scores, verdict)

    found = Finding(why, tuple(scores), verdict)
    measured = [*scores, *(verdict.scores if verdict else [])]
    size = (
        sum(_bytes(values.values) for values in why.data.variables.values())
        + 4 * len(why.text.string)
        + sum(map(_size, measured))
    )
    return Outcome(tuple(found.results), saved, saved, why, found.scores, verdict, size, foreign)


def of_comparison(found: Comparison, *, foreign: bool = False) -> Outcome:
    """A comparison."""

    def saved() -> bytes:
        return comparison_json.dumps(found)

    return Outcome((found,), saved, saved, size=found.data.nbytes, foreign=foreign)


def of_data(data: Any, *drawn: Any) -> Outcome:
    """Plain data, and what is drawn of it, if anything is."""
    content = plain.dumps(data)
    return Outcome(drawn, lambda: content, lambda: content, size=len(content))


def _bytes(values: np.ndarray) -> int:
    """About what an array holds: one of strings says what their addresses take."""
    return 64 * values.size if values.dtype == object else values.nbytes


def _size(score: Score) -> int:
    return 1000 + 8 * sum(len(control.values) for control in score.controls)
