"""Which methods to use for a goal, with what they scored here and what they cannot do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from pellucid.core.errors import BadOption, UnknownName
from pellucid.core.protocols import LADDER
from pellucid.core.recommendation import Choice, Measured, Recommendation
from pellucid.core.registry import Card, find
from pellucid.core.text import UNITS, Unit
from pellucid.verbs._goals import GOALS, Advice

__all__ = ["Access", "Audience", "recommend"]

Access = Literal["black", "grey", "white"]
Audience = Literal["researcher", "lay", "auditor"]

_STEP = dict(zip(get_args(Access), LADDER, strict=True))
_FOR = {
    "lay": "Show the coloured words and what evaluate says in a sentence, not the numbers.",
    "auditor": "Keep the .json: it holds the weights' hash, every option, the seed and the versions.",
}
_NOT_MEASURED = (
    "Methods without figures were not measured on words that are known to decide: their order is no result."
)
_MEASURED = (
    "The figures are of texts of the bundled models whose deciding words are known (docs/which_method.md). Your model "
    "and texts may differ: explain by two methods, and evaluate both."
)


def recommend(
    goal: str,
    *,
    access: Access | None = None,
    unit: Unit | None = None,
    budget: int | None = None,
    audience: Audience | None = None,
) -> Recommendation:
    """Methods for a goal, with their reasons, what they scored on the bundled models, and what they cannot do.

    ``goal``: words, trust, documents, inside, cause, circuits or knows. ``access``: what the model gives: ``grey``
    its scores, ``white`` its inside too. ``unit``: of sentences and segments there are few, so what removes them comes
    first. ``budget``: the most forwards and backwards a text. ``audience``: ``lay`` leaves out what gives no number a
    part of the text; ``auditor`` what was not shown to find more than random rankings. No figure is typed by hand:
    they are those of ``make table``.
    """
    if goal not in GOALS:
        raise UnknownName("goal", goal, GOALS)
    _check(access, unit, budget, audience)
    asked = GOALS[goal]
    choices: list[Choice] = []
    left_out: list[tuple[str, str]] = []
    for advice in asked.advice:
        card = find("method", advice.name)
        measured = _figures(advice.name)
        reason = _barred(card, advice, measured, access, budget, audience)
        if reason:
            left_out.append((advice.name, reason))
        else:
            choices.append(Choice(advice.name, card.access, advice.why, advice.cannot, card.cost, measured))
    if asked.by_score:
        choices.sort(key=_by_score)
    if unit in ("sentence", "segment"):
        choices.sort(key=lambda c: LADDER.index(c.access))
    return Recommendation(
        goal,
        asked.question,
        tuple(choices),
        tuple(left_out),
        _notes(asked.notes, choices, access, unit, audience),
    )


def _check(access: str | None, unit: str | None, budget: int | None, audience: str | None) -> None:
    known = {"access": (access, _STEP), "unit": (unit, UNITS), "audience": (audience, get_args(Audience))}
    for name, (given, possible) in known.items():
        if given is not None and given not in possible:
            raise BadOption(f'{name}="{given}" is not known. Possible: {", ".join(possible)}.')
    if budget is not None and budget < 1:
        raise BadOption(f"budget={budget}: it is a number of forwards and backwards a text, from 1 on.")


def _barred(
    card: Card,
    advice: Advice,
    measured: tuple[Measured, ...],
    access: str | None,
    budget: int | None,
    audience: str | None,
) -> str:
    """Why a method is left out, or an empty string."""
    if access is not None and LADDER.index(card.access) > LADDER.index(_STEP[access]):
        return f"needs {card.access} access"
    passes = max((m.passes for m in measured), default=0)
    if budget is not None and passes > budget:
        own = " (it has a budget of its own: set it lower)" if "budget" in card.options else ""
        return f"took {passes} forwards and backwards a text{own}"
    if audience == "lay" and not advice.plain:
        return "gives no number for each part of the text"
    if audience == "auditor" and not (measured and all(m.beats_random for m in measured)):
        return "was not shown to find more than random rankings" if measured else "was not measured here"
    return ""


def _notes(
    own: tuple[str, ...], choices: list[Choice], access: str | None, unit: str | None, audience: str | None
) -> tuple[str, ...]:
    notes = [*own]
    if not choices:
        notes.append("Nothing is left: loosen what was asked.")
    if access == "black":
        notes.append("From text in and text out alone nothing is explained yet: every method needs scores.")
    if any(c.measured for c in choices):
        notes.append(_MEASURED)
        if unit not in (None, "word"):
            notes.append(f"The figures are of words, not of {unit}s.")
    if any(not c.measured for c in choices):
        notes.append(_NOT_MEASURED)
    return (*notes, *([_FOR[audience]] if audience in _FOR else []))


def _by_score(choice: Choice) -> tuple[int, float]:
    """Most found on the mean of the models first; behind them what was not measured on all of them."""
    return -len(choice.measured), -sum(m.found for m in choice.measured)


def _figures(name: str) -> tuple[Measured, ...]:
    return tuple(
        Measured(
            model,
            found["items"],
            row["precision"]["mean"],
            row["precision"]["low"],
            row["precision"]["high"],
            found["random"]["precision"],
            row["precision"]["beats_random"],
            row["passes"],
            row["seconds"],
        )
        for model, found in _measured().items()
        if (row := found["methods"].get(name)) is not None
    )


@cache
def _measured() -> Mapping[str, Any]:
    return json.loads((Path(__file__).parent / "measured.json").read_text(encoding="utf-8"))
