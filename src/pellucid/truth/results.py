"""What a benchmark found: for each study one row a method, with intervals over its questions, and tables of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.figure import Figure, Prose, Table
from pellucid.core.registry import renderer
from pellucid.store import plain
from pellucid.store.atomic import write
from pellucid.view.written import written

__all__ = [
    "SCORES",
    "SUFFIXES",
    "Benchmark",
    "Mean",
    "Row",
    "StudyResult",
    "check_suffix",
    "interval",
    "mean_of",
]

RESAMPLES = 2000
SUFFIXES = (".json", ".html", ".txt")
# The marks that are shown, with their headings, and whether more is better; a study has those of its questions.
SCORES = {
    "precision": ("precision@k", 1),
    "precision_of_sizes": ("by size", 1),
    "rank": ("mean rank", -1),
    "max_error": ("largest error", -1),
    "mean_error": ("mean error", -1),
    "inside": ("in its interval", 0),
}
_SAID = {
    "shortcuts": "Planted shortcuts",
    "gold": "Verified rationales",
    "known": "Exact Shapley values",
    "clinic": "The shortcut of the clinic",
}


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean over questions and its 95% bootstrap interval; ``beats``: clearly better than knowing nothing."""

    mean: float
    low: float
    high: float
    beats: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One method, or one ranking that knows nothing (``chance``); ``refused`` says why there are no scores."""

    name: str
    chance: bool
    scores: Mapping[str, Mean] = field(default_factory=dict)
    refused: str = ""
    seconds: float = 0.0
    forwards: float = 0.0


@dataclass(frozen=True, slots=True)
class StudyResult:
    """The rows of one study, best first, and what was found when its model was checked."""

    part: str
    name: str
    model: str
    fingerprint: str
    items: int
    checks: Mapping[str, float | str]
    unfit: str
    rows: tuple[Row, ...]

    def row(self, name: str) -> Row:
        """The row of one method. Raises `KeyError`."""
        return {row.name: row for row in self.rows}[name]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All studies of one run; the same seed gives the same scores."""

    studies: tuple[StudyResult, ...]
    seed: int
    shape: str
    versions: Mapping[str, str]

    def study(self, name: str) -> StudyResult:
        """One study by its name, e.g. ``single_token``. Raises `KeyError`."""
        return {study.name: study for study in self.studies}[name]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for files."""
        return {"pellucid": "benchmark", "format": 1, **asdict(self)}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Benchmark:
        """The inverse of `as_dict`."""
        studies = [
            StudyResult(**study | {"rows": tuple(_row(row) for row in study["rows"])})
            for study in data["studies"]
        ]
        return Benchmark(tuple(studies), data["seed"], data["shape"], data["versions"])

    def save(self, path: str | Path) -> Path:
        """Write a ``.json``, ``.html`` or ``.txt`` file, whole or not at all."""
        path = Path(path)
        suffix = check_suffix(path)
        if suffix == ".json":
            return write(path, plain.dumps(self.as_dict()))
        return write(path, written(self.figure(), suffix))

    def figure(self) -> Figure:
        """One table a study, with what its model was checked for."""
        parts: list[Any] = []
        for study in self.studies:
            parts.append(Prose(said(study)))
            if study.unfit:
                parts.append(Prose(study.unfit))
                continue
            heads, rows = cells(study)
            parts.append(Table(heads, rows, frozenset(range(1, len(heads)))))
            parts += [Prose(words) for words in refusals(study)]
        return Figure("What is known to be right, and who finds it", tuple(parts))

    def __str__(self) -> str:
        return renderer("terminal")(self.figure())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self.figure())


def check_suffix(path: Path) -> str:
    """The suffix of a path to write, refused if no format belongs to it."""
    if path.suffix not in SUFFIXES:
        raise BadOption(f'"{path}" ends in "{path.suffix}". Formats: {", ".join(SUFFIXES)}.')
    return path.suffix


def said(study: StudyResult) -> str:
    """What a study is of, in one sentence."""
    checks = "; ".join(f"{name} {_check(value)}" for name, value in study.checks.items())
    of = f"{_SAID.get(study.part, study.part)}: {study.name}, {study.items} questions to {study.model}."
    return f"{of} {checks}." if checks else of


def cells(study: StudyResult) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The headings and the rows of a study's table, as text; ° is not clearly better than knowing nothing."""
    marks = [mark for mark in SCORES if any(mark in row.scores for row in study.rows)]
    heads = ("method", *(SCORES[mark][0] for mark in marks), "forwards", "seconds")
    rows = []
    for row in study.rows:
        if not row.refused:
            costs = ("–", "–") if row.chance else (f"{row.forwards:.0f}", f"{row.seconds:.2f}")
            rows.append((row.name, *(_shown(row.scores.get(mark)) for mark in marks), *costs))
    return heads, tuple(rows)


def refusals(study: StudyResult) -> list[str]:
    """Who has no line, and why; in one sentence those that give no number a word at all."""
    reasons = {row.name: row.refused for row in study.rows if row.refused}
    silent = [name for name, reason in reasons.items() if "has no attribution" in reason]
    said = [f"These give no number a word: {', '.join(silent)}."] if silent else []
    return said + [f"{name} has no line: {why}" for name, why in reasons.items() if name not in silent]


def interval(values: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """The 95% percentile bootstrap interval of the mean, over questions."""
    numbers = np.asarray(values)
    drawn = np.random.default_rng(seed).integers(len(numbers), size=(RESAMPLES, len(numbers)))
    low, high = np.quantile(numbers[drawn].mean(1), [0.025, 0.975])
    return float(low), float(high)


def mean_of(mark: str, values: Sequence[float], chance: Sequence[float] | None) -> Mean | None:
    """A mark's mean over the questions that have it (NaN otherwise), beside the same questions answered by chance."""
    there = [i for i, value in enumerate(values) if not math.isnan(value)]
    if not there:
        return None
    own = [values[i] for i in there]
    beats = None
    if chance is not None and SCORES[mark][1]:
        gains = [SCORES[mark][1] * (values[i] - chance[i]) for i in there]
        beats = interval(gains)[0] > 0
    return Mean(float(np.mean(own)), *interval(own), beats)


def _row(data: Mapping[str, Any]) -> Row:
    return Row(**{**data, "scores": {mark: Mean(**found) for mark, found in data["scores"].items()}})


def _shown(found: Mean | None) -> str:
    if found is None:
        return "–"
    return f"{found.mean:.2f} ({found.low:.2f} to {found.high:.2f}){' °' * (found.beats is False)}"


def _check(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.1%}"
