"""A case as a figure: what is explained, how far each explanation is to be trusted, then each, then their records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pellucid.core.case import Case, Finding
from pellucid.core.explanation import Explanation
from pellucid.core.figure import Figure, Heading, Part, Prose, Table, Trust
from pellucid.core.registry import find, names
from pellucid.core.score import Score
from pellucid.core.verdict import Verdict
from pellucid.view.parts.explained import explained, question
from pellucid.view.parts.record import record
from pellucid.view.parts.trust import trust
from pellucid.view.parts.verdict import verdict_parts

__all__ = ["case_figure"]

LONGEST = 2000  # characters of the text that stand at the top; figures of the text have all of it
# What an explanation has is where it stands: parts of the text, then what layers would say, where they look, and
# which of them matter.
ORDER = ({"input"}, {"candidate"}, {"query", "key"}, {"layer", "head", "position", "source", "dest"})


def case_figure(case: Case) -> Figure:
    """The figure of a case."""
    findings = sorted(case.findings, key=_place)
    called = _called([finding.explanation for finding in findings])
    first = findings[0].explanation
    parts: list[Part] = [Prose(_asked(first)), *_trust(findings, called)]
    for finding, name in zip(findings, called, strict=True):
        parts += [Heading(name, _what(finding.explanation)), *explained(finding.explanation)]
    parts += [Heading("Where these come from"), *(record(result) for result in _results(findings))]
    made = first.provenance
    several = f"{len(findings)} explanations" if len(findings) > 1 else "1 explanation"
    return Figure(question(first), tuple(parts), f"{several} of {made.model}, weights {made.fingerprint}")


def _place(finding: Finding) -> int:
    there = set(map(str, finding.explanation.data.dims))
    return next((i for i, dims in enumerate(ORDER) if dims & there), len(ORDER))


def _called(whys: Sequence[Explanation]) -> list[str]:
    """A name for each: its method, and what makes it another one where a method stands there twice."""
    methods = Counter(why.method for why in whys)
    full = [
        f"{why.method} ({', '.join(_options(why))})" if methods[why.method] > 1 else why.method
        for why in whys
    ]
    repeated, seen = Counter(full), Counter[str]()
    for i, name in enumerate(full):
        if repeated[name] > 1:
            seen[name] += 1
            full[i] = f"{name} · {seen[name]}"
    return full


def _options(why: Explanation) -> list[str]:
    made = why.provenance
    options = [f"{name}={value}" for name, value in made.options.items() if value not in (None, "", False)]
    return [f"by {why.text.unit}", *options, *([] if made.seed is None else [f"seed={made.seed}"])]


def _what(why: Explanation) -> str:
    """What a method asks, in the words of its card (of one that is not installed nothing is known), and of what."""
    asks = find("method", why.method).summary if why.method in names("method") else ""
    other = why.provenance.options.get("corrupt")
    return f"{asks} The other text: {other}" if other else asks


def _asked(why: Explanation) -> str:
    text = why.text.string
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters in all)"
    return f"Text: {shown}\nExplained: {why.target}"


def _trust(findings: Sequence[Finding], called: Sequence[str]) -> list[Part]:
    rows = tuple((name, *_judged(finding)) for name, finding in zip(called, findings, strict=True))
    parts: list[Part] = [
        Heading("How far to trust it", "Each explanation, with what was measured of it beside chance."),
        Table(("explanation", "verdict", "measured"), rows),
    ]
    for finding, name in zip(findings, called, strict=True):
        if finding.verdict:
            parts += [_named(part, f"{name}, judged") for part in verdict_parts(finding.verdict)]
        further = finding.verdict.further(finding.scores) if finding.verdict else finding.scores
        if further:
            scored = trust(further, [finding.explanation] * len(further))
            parts.append(_named(scored, f"{name}, measured"))
    return parts


def _named(part: Part, name: str) -> Part:
    """Scores with a caption that says whose they are, wherever they are drawn."""
    if not isinstance(part, Trust):
        return part
    plain = tuple(replace(p, caption=name) if isinstance(p, Table) else p for p in part.plain)
    return replace(part, caption=name, plain=plain)


def _judged(finding: Finding) -> tuple[str, str]:
    if not finding.measurable:
        there = ", ".join(map(str, finding.explanation.primary.dims))
        return "not measured", f"metrics measure credits of parts of the text; this has numbers by {there}"
    verdict = finding.verdict.word if finding.verdict else "not measured"
    return verdict, ", ".join(score.metric for score in finding.scores) or "not measured"


def _results(findings: Sequence[Finding]) -> list[Explanation | Score | Verdict]:
    return [
        *(finding.explanation for finding in findings),
        *(score for finding in findings for score in finding.scores),
        *(finding.verdict for finding in findings if finding.verdict),
    ]
