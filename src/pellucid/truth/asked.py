"""Who is asked: methods of the catalogue by name, or any function of a model, a text and a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.registry import Card, find
from pellucid.core.text import Text
from pellucid.truth.study import Credits, Method, Question
from pellucid.verbs.explain import explain

__all__ = ["BUDGET", "CHEAPER", "UNIT", "Asked", "asked_of", "function_credits", "options_for"]

UNIT = "word"
BUDGET = 128  # the most forwards a text, for methods that have this option
EACH_WORD = 6  # or as many a word, where a text has more: fewer are refused
# At its anchors alone: the steps between them take many times as long.
CHEAPER: dict[str, dict[str, Any]] = {"discretized_integrated_gradients": {"factor": 0}}

Asked = Callable[[Question, Text], Credits]


def asked_of(
    methods: Sequence[str] | Mapping[str, Method | str], seed: int, budget: int = BUDGET
) -> dict[str, Asked]:
    """By name, how each is asked. Raises `PellucidError` for names that are not in the catalogue."""
    named = methods if isinstance(methods, Mapping) else {name: name for name in methods}
    found: dict[str, Asked] = {}
    for name, method in named.items():
        if isinstance(method, str):
            found[name] = partial(_credits_of_method, find("method", method), seed, budget)
        elif callable(method):
            found[name] = partial(function_credits, name, method)
        else:
            raise BadOption(
                f"{name}: a method is a name of the catalogue, or a function (model, text, target) -> credits; "
                f"this is {type(method).__name__}."
            )
    return found


def options_for(card: Card, words: int, seed: int | None = None, budget: int = BUDGET) -> dict[str, Any]:
    """The options a method is asked with: its own, less what would cost too much."""
    options = dict(CHEAPER.get(card.name, {}))
    if "budget" in card.options:
        options["budget"] = max(budget, EACH_WORD * words)
    if seed is not None and "seed" in card.options:
        options["seed"] = seed
    return options


def function_credits(name: str, method: Method, question: Question, text: Text) -> Credits:
    """What a function says of a question. Raises `BadOption` if that is not one number a feature."""
    target = question.model.resolve(text, question.target)
    found = method(question.model, text, target)
    if not isinstance(found, xr.Dataset):
        return Credits(_row(name, found, text))
    if "attribution" not in found:
        raise BadOption(
            f"{name} gives {', '.join(map(str, found))}: it has no attribution, so no number per input."
        )
    return Credits(_row(name, found["attribution"].values, text), found)


def _credits_of_method(card: Card, seed: int, budget: int, question: Question, text: Text) -> Credits:
    options = options_for(card, len(text.features), seed, budget)
    why = explain(question.model, text, card.name, target=question.target, **options)
    return Credits(why.credit(), why.data)


def _row(name: str, found: Any, text: Text) -> np.ndarray:
    """One finite number a feature; several rows, one a token of the answer, are added up."""
    try:
        credits = np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadOption(f"{name} gives {type(found).__name__}: an array of credits was expected.") from error
    features = len(text.features)
    if credits.ndim not in (1, 2) or credits.shape[-1] != features or not np.isfinite(credits).all():
        raise BadOption(
            f"{name} gives an array of shape {credits.shape}: {features} finite numbers were expected, one a word."
        )
    return credits.sum(0) if credits.ndim == 2 else credits
