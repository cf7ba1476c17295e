"""`benchmark`: every method on questions whose right answer is known."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

import pellucid
from pellucid.core.errors import BadOption, Cancelled, CannotWrite, PellucidError, UnknownName
from pellucid.core.progress import metered
from pellucid.core.provenance import versions
from pellucid.run.ledger import opened, records
from pellucid.truth.asked import UNIT, Asked, asked_of, function_credits
from pellucid.truth.classifier import Shape
from pellucid.truth.results import SCORES, Benchmark, Row, StudyResult, mean_of
from pellucid.truth.study import Credits, Method, Study

__all__ = ["DEFAULT_ITEMS", "PARTS", "Part", "benchmark", "cache_folder"]

Part = Literal["shortcuts", "gold", "known", "clinic"]
PARTS: tuple[Part, ...] = get_args(Part)
DEFAULT_ITEMS: dict[Part, int] = {"shortcuts": 20, "gold": 10, "known": 25, "clinic": 8}
Began = Callable[[str], None]
Record = dict[str, Any]


def benchmark(
    methods: Sequence[str] | Mapping[str, Method | str] | None = None,
    *,
    only: str | Sequence[str] | None = None,
    items: int | None = None,
    seed: int = 0,
    shape: Shape = "bert",
    cache: str | Path | None = None,
    began: Began = lambda doing: None,
) -> Benchmark:
    """How well methods find what is known to be right, beside rankings that know nothing.

    ``methods``: names of the catalogue, or a mapping from a name to one of them or to a function ``(model, text,
    target) -> credits``, an array of one number a word, (input) or (output, input), or a dataset with ``attribution``;
    ``text`` is cut and ``target`` resolved. None is all that can answer.

    ``only``: parts. ``shortcuts``: classifiers trained here on planted words (Bastings et al. 2022,
    arXiv:2111.07367), and shown to use them. ``gold``: the bundled models on texts whose rationale is verified.
    ``known``: games, and short texts of demo-sentiment, with exact Shapley values. ``clinic``: the planted shortcut of
    demo-lm. ``items``: questions of each study. ``shape``: of the classifiers, bert or gpt2. ``cache``: the folder for
    them and for what is measured, else the user's.

    A method that refuses a question has no scores, and the reason. What was measured before an interruption is kept
    in the cache, and the same call goes on from there. ``began`` is told what is done. Raises `BadOption` and
    `UnknownName` before any work.
    """
    parts = _parts(only)
    if items is not None and items < 1:
        raise BadOption(f"items={items}: give at least one question a study.")
    if methods is not None:
        asked_of(methods, seed)  # refuses what is no method
    own = (
        set()
        if not isinstance(methods, Mapping)
        else {n for n, m in methods.items() if not isinstance(m, str)}
    )
    folder = cache_folder() if cache is None else Path(cache)
    plan = {
        "version": pellucid.__version__,
        "code": _code(),
        "parts": list(parts),
        "methods": None if methods is None else list(methods),
        "items": items,
        "seed": seed,
        "shape": shape,
    }
    found = []
    with _Kept.of(folder, plan) as kept:
        for part in parts:
            for study in _studies(part, items or DEFAULT_ITEMS[part], seed, shape, folder, began):
                asked = asked_of(study.methods if methods is None else methods, seed, study.budget)
                found.append(_measured(study, asked, own, seed, kept, began))
    return Benchmark(tuple(found), seed, shape, versions())


def cache_folder() -> Path:
    """Where classifiers and unfinished runs are kept: XDG_CACHE_HOME, else ~/.cache, and pellucid/truth in it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pellucid" / "truth"


def _parts(only: str | Sequence[str] | None) -> tuple[Part, ...]:
    asked = PARTS if only is None else (only,) if isinstance(only, str) else tuple(only)
    for part in asked:
        if part not in PARTS:
            raise UnknownName("part of the benchmark", part, PARTS)
    return tuple(part for part in PARTS if part in asked)


def _studies(part: Part, count: int, seed: int, shape: Shape, folder: Path, began: Began) -> Iterator[Study]:
    """The studies of a part, each made when its turn comes."""
    if part == "known":
        from pellucid.truth.enumerated import enumerated
        from pellucid.truth.known import known

        yield known(count, seed)
        began("Reading every subset of short texts")
        yield enumerated(count, seed)
    elif part == "shortcuts":
        from pellucid.truth.planted import KINDS
        from pellucid.truth.shortcuts import shortcut

        for kind in KINDS:
            began(f"Training and checking {kind}")
            yield shortcut(kind, shape, count, seed, folder)
    else:
        from pellucid.truth import rationales

        names = rationales.MODELS if part == "gold" else ()
        for name in names:
            yield rationales.gold(name, count, seed)
        if part == "clinic":
            yield rationales.clinic(count, seed)


def _measured(
    study: Study, asked: Mapping[str, Asked], own: set[str], seed: int, kept: _Kept, began: Began
) -> StudyResult:
    """Every row of a study. ``own``: functions of the caller, which are asked anew each time."""
    rivals = {name: _of_function(name, rival) for name, rival in study.rivals.items()}
    chance = {name: _Chance(study, name, seed) for name in study.baselines}
    found: dict[str, Record] = {}
    for name, ask in {**asked, **rivals, **chance}.items() if study.questions else ():
        key = f"{study.part}/{study.name}/{study.fingerprint}/{name}"
        if key not in kept.records or name in own:
            began(f"{study.name}: {name}")
            record = {"key": key, **_asked(study, ask, drawn=name in chance)}
            kept.records[key] = record
            if name not in own:
                kept.add(record)
        found[name] = kept.records[key]
    first = found[next(iter(chance))]["marks"] if chance and found else {}
    rows = [_row(name, record, name in chance, first) for name, record in found.items()]
    return StudyResult(
        part=study.part,
        name=study.name,
        model=study.model,
        fingerprint=study.fingerprint,
        items=len(study.questions),
        checks=study.checks,
        unfit=study.unfit,
        rows=tuple(sorted(rows, key=_order)),
    )


def _asked(study: Study, ask: Any, *, drawn: bool) -> Record:
    """The marks of one method on every question, or why it has none."""
    marks: list[dict[str, float]] = []
    start = time.process_time()
    with metered() as cost:
        for number, question in enumerate(study.questions, start=1):
            if hasattr(question.model, "memo"):
                question.model.memo.clear()  # so that every forward that is counted is made
            text = question.model.cut(question.text, UNIT)
            try:
                draws = ask(question, text, number) if drawn else [ask(question, text)]
            except Cancelled:
                raise
            except PellucidError as refusal:
                return {"marks": {}, "refused": str(refusal), "seconds": 0.0, "forwards": 0.0}
            marks.append(_mean([question.mark(text, credits) for credits in draws]))
            cost.advance(number, len(study.questions), study.name)
    asked = len(study.questions)
    columns = {mark: [one.get(mark, float("nan")) for one in marks] for mark in SCORES}
    return {
        "marks": {mark: values for mark, values in columns.items() if not np.isnan(values).all()},
        "refused": "",
        "seconds": (time.process_time() - start) / asked,
        "forwards": cost.forwards / asked,
    }


def _mean(marks: Sequence[dict[str, float]]) -> dict[str, float]:
    return {mark: float(np.mean([one[mark] for one in marks])) for mark in marks[0]}


def _of_function(name: str, function: Method) -> Asked:
    return lambda question, text: function_credits(name, function, question, text)


@dataclass(frozen=True)
class _Chance:
    """The draws of one ranking that knows nothing."""

    study: Study
    name: str
    seed: int

    def __call__(self, question: Any, text: Any, number: int) -> list[Credits]:
        credits = self.study.baselines[self.name](question, text, self.seed + number)
        return [Credits(row) for row in credits]


def _row(name: str, record: Record, chance: bool, first: Mapping[str, list[float]]) -> Row:
    means = {
        mark: mean_of(mark, values, None if chance else first.get(mark))
        for mark, values in record["marks"].items()
    }
    return Row(
        name=name,
        chance=chance,
        scores={mark: found for mark, found in means.items() if found is not None},
        refused=record["refused"],
        seconds=record["seconds"],
        forwards=record["forwards"],
    )


def _order(row: Row) -> tuple[bool, bool, float, str]:
    """Methods before chance, those without scores last, and the best first by the first mark there is."""
    best = next((SCORES[mark][1] * row.scores[mark].mean for mark in SCORES if mark in row.scores), 0.0)
    return bool(row.refused), row.chance, -best, row.name


class _Kept:
    """What an unfinished run has measured, on the disk; gone when the run is done."""

    def __init__(self, path: Path, plan: Mapping[str, Any]) -> None:
        self.path, self._plan, self.records = path, plan, dict[str, Record]()

    @staticmethod
    def of(folder: Path, plan: Mapping[str, Any]) -> _Kept:
        name = hashlib.sha256(repr(sorted(plan.items())).encode()).hexdigest()[:16]
        return _Kept(folder / "unfinished" / f"{name}.jsonl", plan)

    def __enter__(self) -> _Kept:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotWrite(self.path, error.strerror or str(error)) from error
        self._ledger = opened(self.path, self._plan)
        _, self.add = self._ledger.__enter__()
        self.records = {record["key"]: record for record in records(self.path)}
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._ledger.__exit__(kind, error, trace)
        if kind is None:
            self.path.unlink(missing_ok=True)


@once
def _code() -> str:
    """A hash of Pellucid's own code: what an older one measured is not gone on with."""
    files = sorted(Path(pellucid.__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
