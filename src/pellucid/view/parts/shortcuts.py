"""A report on shortcuts: which words go with a label, and what the answer does without them."""

from __future__ import annotations

from collections.abc import Iterator

from pellucid.core.figure import Part, Prose, Table
from pellucid.core.shortcuts import Mean, ShortcutReport, Suspect
from pellucid.view.numbers import fixed, plain, signed

__all__ = ["shortcut_parts"]

SMALLEST = 0.005  # that two decimals show
NONE = "No word that goes with a label in the data stands in enough texts: nothing to suspect."


def shortcut_parts(report: ShortcutReport) -> list[Part]:
    """What was read, two tables, and a sentence for each word that the model needs."""
    parts: list[Part] = [Prose(_data(report))]
    if not report.suspects:
        return [*parts, Prose(NONE)]
    parts += [_association(report), _removal(report)]
    said = [line for suspect in report.shortcuts for line in _sentences(suspect)]
    return [*parts, Prose("\n".join(said) or "No suspect was shown to matter when it is removed.")]


def _data(report: ShortcutReport) -> str:
    labels = ", ".join(f"“{name.strip()}” {share:.0%}" for name, share in report.labels.items())
    whose = (
        "labels are the model's own answers"
        if report.right is None
        else f"the model gives the label of the data to {report.right:.0%}"
    )
    return f"{report.texts} texts ({labels}); {whose}. {report.tested} words stand in enough of them."


def _association(report: ShortcutReport) -> Table:
    rows = tuple(
        (
            s.word,
            s.label.strip(),
            str(s.texts),
            f"{s.share:.0%}",
            f"{s.base:.0%}",
            fixed(s.z, 1),
            "" if s.attribution is None else signed(s.attribution.value),
        )
        for s in report.suspects
    )
    heads = ("word", "label", "texts with it", "have the label", "of all", "z", "credit")
    return Table(heads, rows, frozenset(range(2, 7)), "Words that go with a label")


def _removal(report: ShortcutReport) -> Table:
    rows = tuple(
        (
            s.word,
            str(s.asked),
            _with_interval(s.fall),
            _number(s.other_fall),
            _percent(s.flips),
            _percent(s.other_flips),
            s.verdict,
        )
        for s in report.suspects
    )
    heads = ("without", "texts", "fall", "of others", "flips", "of others", "verdict")
    return Table(
        heads,
        rows,
        frozenset(range(1, 6)),
        "What the label's probability does without the word, and without others",
    )


def _sentences(s: Suspect) -> Iterator[str]:
    if s.fall is None or s.flips is None or s.other_fall is None or s.excess is None:
        return
    excess = s.excess
    yield (
        f"Without “{s.word}”, “{s.label.strip()}” is {_share(excess.value)} less probable than without another "
        f"word (95% interval {_share(excess.low)} to {_share(excess.high)}); the answer changes in "
        f"{s.flips.value:.0%} of {s.asked} texts."
    )
    for other in s.company:
        yield (
            f"  Where “{other.word}” stands too it is {_share(other.with_it)}, elsewhere "
            f"{_share(other.without_it)}."
        )


def _with_interval(mean: Mean | None) -> str:
    if mean is None:
        return ""
    return f"{fixed(mean.value, 2)} ({fixed(mean.low, 2)} to {fixed(mean.high, 2)})"


def _number(mean: Mean | None) -> str:
    return "" if mean is None else fixed(mean.value, 2)


def _percent(mean: Mean | None) -> str:
    return "" if mean is None else f"{mean.value:.0%}"


def _share(value: float) -> str:
    """Two decimals; what they would show as 0 has its three digits."""
    return fixed(value, 2) if value == 0 or not abs(value) < SMALLEST else plain(value)
