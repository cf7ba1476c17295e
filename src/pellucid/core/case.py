"""A case: all that was found about one prediction, by whichever methods, with what was measured of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from pellucid.core.errors import BadOption
from pellucid.core.explanation import Explanation
from pellucid.core.registry import renderer
from pellucid.core.score import Score
from pellucid.core.verdict import Verdict

__all__ = ["Case", "Finding"]

AROUND = 20  # characters that are quoted where two texts part


@dataclass(frozen=True, slots=True)
class Finding:
    """One explanation, its scores, and the verdict on it, if there is one."""

    explanation: Explanation
    scores: tuple[Score, ...] = ()
    verdict: Verdict | None = None

    @property
    def results(self) -> list[Explanation | Score | Verdict]:
        """The explanation, then the verdict on it, then its scores: as they are drawn together."""
        return [self.explanation, *([self.verdict] if self.verdict else []), *self.scores]

    @property
    def measurable(self) -> bool:
        """Whether metrics apply at all: they take away the parts of a text that an explanation credits."""
        return "attribution" in self.explanation.data


@dataclass(frozen=True, eq=False)
class Case:
    """What was found about one prediction: one text, one model, one answer. At least one finding.

    Explanations may cut the text differently, be on different scales, and, of a pair of texts, know the other one.
    Raises `BadOption` if they are of different predictions, with every difference, or if a score or a verdict was
    measured on other weights.
    """

    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        if not self.findings:
            raise BadOption("A case needs at least one explanation.")
        faults = [*_other_predictions(self.explanations), *_other_weights(self.findings)]
        if faults:
            raise BadOption(f"A case is of one text, one model and one answer. {' '.join(faults)}")

    @property
    def explanations(self) -> tuple[Explanation, ...]:
        """The explanations, as they were given."""
        return tuple(finding.explanation for finding in self.findings)

    def __str__(self) -> str:
        return renderer("terminal")(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self)


def _other_predictions(whys: Sequence[Explanation]) -> Iterator[str]:
    """How each explanation differs from the first, in sentences."""
    first = whys[0]
    for number, other in enumerate(whys[1:], start=2):
        differences = list(_differences(first, other))
        if differences:
            yield f"Explanation {number} ({other.method}) differs from the first ({first.method}): " + (
                f"{'; '.join(differences)}."
            )


def _differences(one: Explanation, other: Explanation) -> Iterator[str]:
    if one.text.string != other.text.string:
        yield _where_texts_part(one.text.string, other.text.string)
    if one.provenance.fingerprint != other.provenance.fingerprint:
        yield (f"its model is {_weights(other)}, not {_weights(one)}")
    # A scale is another number of the same answer; which tokens spell it follows from the answer and the model.
    asked = [
        replace(
            why.target, scale=None, answer_tokens=None, outputs=(), ids=(), against_ids=(), span_tokens=None
        )
        for why in (one, other)
    ]
    if asked[0] != asked[1]:
        said = [str(target).removeprefix("score of ") for target in asked]
        yield f"it explains {said[1]}, not {said[0]}"


def _where_texts_part(one: str, other: str) -> str:
    at = next(i for i, (a, b) in enumerate(zip_longest(one, other)) if a != b)
    start = max(0, at - AROUND // 2)
    said = [repr(text[start : at + AROUND]) for text in (other, one)]
    return f"its text goes on differently from character {at}: {said[0]}, not {said[1]}"


def _weights(why: Explanation) -> str:
    return f"{why.provenance.model} (weights {why.provenance.fingerprint[:12]})"


def _other_weights(findings: Sequence[Finding]) -> Iterator[str]:
    for number, finding in enumerate(findings, start=1):
        made = finding.explanation.provenance
        measured: list[Score | Verdict] = [*finding.scores, *([finding.verdict] if finding.verdict else [])]
        if any(result.provenance.fingerprint != made.fingerprint for result in measured):
            yield f"What was measured of explanation {number} ({made.by}) was measured on other weights."
