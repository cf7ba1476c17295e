"""Explain one prediction with one method."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import xarray as xr

from pellucid.core.explanation import Explanation, label
from pellucid.core.progress import Meter, metered
from pellucid.core.provenance import Provenance, versions
from pellucid.core.registry import check_options, find
from pellucid.core.target import Scale, Target
from pellucid.core.text import Text, Unit
from pellucid.verbs.access import check_access, opened
from pellucid.verbs.subject import Subject, checked, text_and_target

__all__ = ["DEFAULT_METHOD", "explain", "record"]

DEFAULT_METHOD = "leave_one_out"


def explain(
    model: Any,
    text: Subject,
    by: str = DEFAULT_METHOD,
    *,
    target: str | int | Target | None = None,
    against: str | None = None,
    span: str | tuple[int, int] | None = None,
    at: str | tuple[int, int] | None = None,
    scale: Scale | None = None,
    answer_tokens: int | None = None,
    unit: Unit | None = None,
    truncate: bool = False,
    freeze: str | Sequence[str] = (),
    **options: Any,
) -> Explanation:
    """Why the model gives this answer to this text, by one method.

    ``model``: what `pellucid.load` returns, or anything it takes. ``by``: the name of a method
    (`pellucid.methods`). ``target``: a label or a continuation; None is the model's own answer, of at most
    ``answer_tokens`` tokens. ``against``: a second answer, for why one *rather than* the other. ``span``:
    the part of the answer to explain, its words or a range of its characters; None is all of it. ``at``:
    the word that is labelled, or where the answer stands (`Target`). ``scale``: logit,
    logprob, prob, logodds, entropy or kl. ``unit``: token, word, sentence, segment. ``truncate`` drops the part
    of the text that does not fit the model. Other options belong to the method.

    ``text``: a string, a `Text`, or a chat, a list of ``{"role": ..., "content": ...}`` that the model's own template
    turns into one; where it ends with the assistant's answer, that is the target. ``freeze``: the names of slots,
    documents, messages or roles that are always there and get no credit.

    Raises a `PellucidError` that says what is wrong before any work is done.
    """
    card = find("method", by)
    check_options(card, options)
    text = checked(text)
    model = opened(model)
    check_access(model, card, "method")
    with metered() as meter:
        start = time.perf_counter()
        asked = _target(target, against=against, span=span, at=at, scale=scale, answer_tokens=answer_tokens)
        read, asked = text_and_target(model, text, asked, freeze)
        features, notes = _features(model, read, unit, asked if truncate else None)
        resolved = model.resolve(features, asked)
        data: xr.Dataset = card.function(model, features, resolved, **options)
        seconds = time.perf_counter() - start
    notes += _seam(model, features, resolved) + tuple(data.attrs.pop("notes", ()))
    used = {name: p.default for name, p in card.options.items()} | options | data.attrs.pop("options", {})
    notes += _proposer(model, used)
    provenance = record(model, by, used, meter, seconds, notes)
    labelled = label(data, features, resolved, lambda: model.tokens(features), lambda: model.owners(features))
    return Explanation(labelled, features, resolved, provenance)


def record(
    model: Any, by: str, options: Mapping[str, Any], meter: Meter, seconds: float, notes: tuple[str, ...] = ()
) -> Provenance:
    """The provenance of a piece of work that has just been done on a model."""
    notes += _changes(model)
    return Provenance(
        model=model.name,
        fingerprint=model.fingerprint,
        by=by,
        options={name: _plain(value) for name, value in options.items()},
        seed=options.get("seed"),
        dtype=getattr(model, "dtype", ""),
        device=getattr(model, "device", ""),
        seconds=seconds,
        forwards=meter.forwards,
        backwards=meter.backwards,
        calls=meter.calls,
        tokens=meter.tokens,
        versions=versions(),
        notes=notes,
    )


def _plain(value: Any) -> Any:
    """An option as files keep it: tuples, also those in others, are lists there."""
    return [_plain(v) for v in value] if isinstance(value, tuple | list) else value


def _features(
    model: Any, text: Text, unit: Unit | None, room_for: Target | None
) -> tuple[Text, tuple[str, ...]]:
    if room_for is None:
        return model.cut(text, unit), ()
    features = model.cut(text, unit, truncate=True, target=room_for)
    lost = len(text.string) - len(features.string)
    return features, (f"Truncated: {lost} of {len(text.string)} characters were dropped.",) if lost else ()


def _target(target: str | int | Target | None, **given: Any) -> Target:
    return replace(Target.of(target), **{name: value for name, value in given.items() if value is not None})


def _seam(model: Any, text: Text, target: Target) -> tuple[str, ...]:
    """A note where an answer is read as the end of the text's last word, which is seldom meant."""
    answer, last = str(target.answer), text.string.split()[-1]
    if not (model.continues and text.string[-1].isalnum() and answer[:1].isalnum()):
        return ()
    return (
        f'The answer continues the last word: "{last}{answer}". For a word of its own, write " {answer}".',
    )


def _changes(model: Any) -> tuple[str, ...]:
    """A note on what was changed inside the model meanwhile."""
    sites = [str(site) for one in getattr(model, "changes", {}).values() for site in one]
    return (f"The model was changed at {', '.join(sites)}.",) if sites else ()


def _proposer(model: Any, options: Mapping[str, Any]) -> tuple[str, ...]:
    """A note on the model that proposed what stood in for removed features, where it is another one."""
    other = getattr(getattr(model, "proposer", None), "model", model)
    if options.get("ablate") != "infill" or other is model:
        return ()
    return (
        f"What stood in for removed features was proposed by {other.name} (weights {other.fingerprint}).",
    )
