"""Methods beside each other on the same texts: what metrics say of each, and what each costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.core.comparison import Comparison
from pellucid.core.errors import BadOption, Cancelled, MissingExtra, NeedsAccess, PellucidError
from pellucid.core.explanation import Explanation
from pellucid.core.progress import meter, metered
from pellucid.core.score import Score
from pellucid.core.target import Target
from pellucid.core.text import Text, Unit
from pellucid.verbs.access import check_access, opened
from pellucid.verbs.compared import Entry, Named, OfText, entries, gathered, metric_entries
from pellucid.verbs.evaluate import evaluate
from pellucid.verbs.explain import explain, record
from pellucid.verbs.subject import Subject, checked, text_and_target

__all__ = ["DEFAULT_METHODS", "compare"]

DEFAULT_METHODS = ("leave_one_out", "integrated_gradients", "shapley_sampling")
# These are no fault of one text: every text would fail the same way.
_NOT_OF_A_TEXT = (Cancelled, MissingExtra, NeedsAccess)

Asked = tuple[Subject, Target]
Read = tuple[Text, Target]


def compare(
    model: Any,
    subjects: Subject | tuple | Sequence[Subject | tuple],
    by: str | Sequence[Named] = DEFAULT_METHODS,
    metrics: str | Sequence[Named] | None = None,
    *,
    target: str | int | Target | None = None,
    against: str | None = None,
    unit: Unit | None = None,
    draws: int = 99,
    resamples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """What several methods score by several metrics on the same texts, and what they cost.

    ``subjects``: one text, or a list of them; each a string, a `Text`, a chat, or a tuple (text, target) or (text,
    target, against), which counts more than ``target`` and ``against`` for all. ``by`` and ``metrics``: names, or pairs
    (name, options); None is the default set of metrics, as far as the model's access goes. ``draws``: rankings for each
    kind of chance. ``resamples``: draws of texts, with replacement, for the intervals. ``seed``: of whatever is drawn,
    methods and metrics included, unless their own options say another.

    Every method explains the same answer of the same features, and its cost is what it costs alone: nothing that was
    asked before counts. Then all are measured. A text that a method or metric refuses is NaN there, with the reason.
    Raises a `PellucidError` for what is wrong with all texts, before any work where that is possible.
    """
    methods = entries("method", by, seed=seed)
    measures = metric_entries(metrics, seed=seed, draws=draws)
    asked = _asked(subjects, target, against)
    for name, value, least in (("draws", draws, 1), ("resamples", resamples, 1), ("seed", seed, 0)):
        if not isinstance(value, int) or value < least:
            raise BadOption(f"{name}={value!r}: it is a whole number from {least} on.")
    start, model = time.perf_counter(), opened(model)
    if metrics is None:
        measures = metric_entries(None, model, seed=seed, draws=draws)
    for entry in methods + measures:
        check_access(model, entry.card, entry.kind)
    with metered() as spent, _afresh(model):  # the same numbers, bit for bit, whatever was asked before
        read = [_or_reason(_read, model, *one, unit) for one in asked]
        _raise_if_all(read)
        _warmed(model, next(one for one in read if not isinstance(one, PellucidError)))
        found = [_compared(model, one, methods, measures, (n, len(read))) for n, one in enumerate(read)]
    _raise_if_all([one.error for one in found])
    options = {
        "by": [entry.label for entry in methods],
        "metrics": [entry.label for entry in measures],
        "texts": len(asked),
        "unit": unit,
        "draws": draws,
        "resamples": resamples,
        "seed": seed,
    }
    provenance = record(model, "compare", options, spent, time.perf_counter() - start)
    told = [one if isinstance(one, tuple) else pair for one, pair in zip(read, asked, strict=True)]
    return Comparison(gathered(methods, measures, told, found), provenance, resamples, seed)


def _asked(subjects: Any, target: str | int | Target | None, against: str | None) -> list[Asked]:
    """Each text with its target, as far as both are known without a model."""
    one = isinstance(subjects, str | Text | tuple) or (
        isinstance(subjects, Sequence) and bool(subjects) and isinstance(subjects[0], Mapping)
    )
    items = [subjects] if one else list(subjects)
    if not items:
        raise BadOption("There are no texts: give one, or a list of them.")
    return [_item(item, target, against) for item in items]


def _item(item: Any, target: str | int | Target | None, against: str | None) -> Asked:
    if isinstance(item, tuple) and not 1 <= len(item) <= 3:
        raise BadOption(
            f"A tuple is (text, target) or (text, target, against), and this has {len(item)} parts."
        )
    subject, *said = item if isinstance(item, tuple) else (item,)
    own = [*said, None, None]
    wanted = Target.of(target if own[0] is None else own[0])
    rather = against if own[1] is None else own[1]
    return checked(subject), wanted if rather is None else replace(wanted, against=rather)


def _read(model: Any, subject: Subject, target: Target, unit: Unit | None) -> Read:
    """The text as all methods see it, and the answer that all explain."""
    text, target = text_and_target(model, subject, target, ())
    text = model.cut(text, unit)
    return text, model.resolve(text, target)


def _compared(
    model: Any,
    read: Read | PellucidError,
    methods: Sequence[Entry],
    measures: Sequence[Entry],
    at: tuple[int, int],
) -> OfText:
    """What each method's explanation of one text costs and scores by each metric, or why there is none."""
    steps = len(methods) * (1 + len(measures))
    done = at[0] * steps

    def step() -> None:
        nonlocal done
        done += 1
        meter().advance(done, at[1] * steps, "explanations and scores")

    whys, scores = [], []
    for entry in methods:
        whys.append(_or_reason(_explained, model, read, entry))
        step()
    for why in whys:
        row = []
        for entry in measures:
            row.append(_or_reason(_scored, model, why, entry))
            step()
        scores.append(row)
    return OfText.of(whys, scores)


def _explained(model: Any, read: Read | PellucidError, entry: Entry) -> Explanation:
    if isinstance(read, PellucidError):
        raise read
    text, target = read
    with _afresh(model):
        return explain(model, text, entry.card.name, target=target, **entry.options)


def _scored(model: Any, why: Explanation | PellucidError, entry: Entry) -> Score:
    if isinstance(why, PellucidError):
        raise why
    return evaluate(why, model, by=entry.card.name, **entry.options)[0]


def _afresh(model: Any) -> AbstractContextManager[None]:
    """As if nothing had been asked of the model, where it remembers answers."""
    return getattr(model, "afresh", nullcontext)()


def _warmed(model: Any, read: Read) -> None:
    """The first forward of a process takes longer than any other: no method should pay for it."""
    with _afresh(model):
        model.value(*read).total(np.ones((1, len(read[0].features)), bool))


def _or_reason(work: Callable[..., Any], *given: Any) -> Any:
    """What the work gives, or the error that says why it gives nothing for this text."""
    try:
        return work(*given)
    except _NOT_OF_A_TEXT:
        raise
    except PellucidError as error:
        return error


def _raise_if_all(found: Sequence[Any]) -> None:
    if all(isinstance(one, PellucidError) for one in found):
        raise found[0]
