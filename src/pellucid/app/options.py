"""Options of methods and metrics as JSON: what there is, and what a request gives, checked against the signature."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from pellucid.app.limits import check_characters_of
from pellucid.core.errors import BadOption
from pellucid.core.options import Option, members, options_of, settable
from pellucid.core.registry import Card, Kind, check_options, find

__all__ = ["MOST", "MOST_OF", "READS_FILES", "checked_options", "offered", "option_card", "texts_in"]

MOST = 100_000
"""The largest number of an option, as far as none of its own is given."""
MOST_OF = {"seed": 2**32 - 1, "steps": 1000, "factor": 10, "top_k": 1000, "neighbours": 10_000, "draws": 1000}
"""Options of which less would already be too much work: each step is a copy of the text, each halving twice as many."""
MOST_ITEMS = 1000
"""The most things of a list: a request is sent back with each event of its job."""
READS_FILES = frozenset({"tuned_lens"})
"""Methods with an option that names a file: no request opens one."""
_FIELDS = {bool: "boolean", int: "integer", float: "number", str: "text"}


def offered(kind: Kind, name: str) -> Card:
    """The card of a method or metric that may be asked for here. Raises a `PellucidError` with what is possible."""
    if name in READS_FILES:
        raise BadOption(
            f"{name} reads a file that its option names, and no request opens one: use Python for it."
        )
    return find(kind, name)


def checked_options(card: Card, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options as the function takes them. Raises `BadOption` with what is possible."""
    check_options(card, given)
    known = {option.name: option for option in options_of(card)}
    return {name: _checked(card, known[name], value) for name, value in given.items()}


def option_card(option: Option) -> dict[str, Any]:
    """An option for a page: what to type, and which field to draw for it."""
    kinds = members(option.kind)
    choices = list(get_args(kinds[0])) if len(kinds) == 1 and get_origin(kinds[0]) is Literal else None
    kind = "choice" if choices else _FIELDS.get(kinds[0], "list") if len(kinds) == 1 else "text"
    return {
        "name": option.name,
        "kind": kind,
        "type": option.choices,
        "default": json.loads(json.dumps(option.default)),
        "choices": choices,
        "help": option.words,
    }


def texts_in(value: Any) -> list[str]:
    """All texts of some options: they are read like the text itself."""
    if isinstance(value, dict):
        return texts_in(list(value.values()))
    if isinstance(value, list | tuple):
        return [text for one in value for text in texts_in(one)]
    return [value] if isinstance(value, str) else []


def _checked(card: Card, option: Option, value: Any) -> Any:
    if not settable(option.kind):
        raise BadOption(f"{option.name} of {card.name} can be given in Python only.")
    try:
        found = TypeAdapter(option.kind).validate_json(json.dumps(value), strict=True)
        _check_sizes(found, MOST_OF.get(option.name, MOST))
    except (ValidationError, ValueError) as error:
        most = "of 32 bits" if option.name == "seed" else f"up to {MOST_OF.get(option.name, MOST)}"
        possible = f"it takes {option.choices}, a whole number {most}"
        raise BadOption(
            f"{option.name}={json.dumps(value)[:80]} is not possible for {card.name}: "
            f"{possible if 'INTEGER' in option.choices else f'it takes {option.choices}'}."
        ) from error
    return found


def _check_sizes(value: Any, most: int) -> None:
    """Raise `ValueError` for a number that no method could do anything with."""
    if isinstance(value, tuple):
        if len(value) > MOST_ITEMS:
            raise ValueError
        for one in value:
            _check_sizes(one, most)
    elif isinstance(value, str):
        check_characters_of(value)
    elif value is not None and not (math.isfinite(value) and abs(value) <= most):
        raise ValueError
