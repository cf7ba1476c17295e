"""A method's own options as flags, read off its signature and its docstring.

`--by` is looked for first; then the command is built with the flags of that method beside its own, so that
help, checking and parsing know them. Nothing about a method is written down twice.
"""

from __future__ import annotations

import difflib
import inspect
import math
import types
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from pellucid.core.errors import BadOption
from pellucid.core.options import Option, members, options_of, prose_of, settable
from pellucid.core.registry import Card

__all__ = ["OPTIONS_OF", "Option", "asked_by", "convert", "flag", "options_of", "prose_of", "with_flags"]

OPTIONS_OF = "Options of"
_MARKS = {",": "commas", ":": "colons"}
_NUMBERS = {int: "a whole number", float: "a number"}


def convert(option: Option, typed: str) -> Any:
    """A typed value as the option's type. Raises `BadOption` with what is possible."""
    try:
        return _converted(option.kind, typed.strip())
    except ValueError as error:
        raise BadOption(f"{flag(option.name)} {typed!r} is not possible: it takes {error}.") from error


def flag(name: str) -> str:
    """The flag of an option: ``top_k`` is typed ``--top-k``."""
    return f"--{name.replace('_', '-')}"


def asked_by(argv: Sequence[str], default: Sequence[str]) -> list[str]:
    """The names given with ``--by`` on a command line, else the default ones."""
    own = argv[: argv.index("--")] if "--" in argv else argv
    spaced = [after for before, after in pairwise(own) if before == "--by"]
    joined = [word.removeprefix("--by=") for word in own if word.startswith("--by=")]
    return spaced + joined or list(default)


def with_flags(command: Callable[..., Any], cards: Sequence[Card]) -> Callable[..., Any]:
    """``command`` with the flags of these methods; it gets what was typed for each as ``options``.

    ``options`` maps the name of a method to its keyword arguments, converted; what was not typed is not in it. A flag
    that the command has itself stays the command's.
    """
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "options"]
    taken = {p.name for p in own}
    flags: dict[str, list[tuple[Card, Option]]] = {}
    for card in cards:
        for option in options_of(card):
            if settable(option.kind) and option.name not in taken:
                flags.setdefault(option.name, []).append((card, option))
    parameters = own + [_parameter(owners) for owners in flags.values()]

    def filled(**given: Any) -> Any:
        options: dict[str, dict[str, Any]] = {card.name: {} for card in cards}
        for name, owners in flags.items():
            typed = given.pop(name)
            for card, option in owners if typed is not None else ():
                options[card.name][name] = convert(option, typed) if isinstance(typed, str) else typed
        return command(**given, options=options)

    filled.__name__, filled.__doc__ = command.__name__, command.__doc__
    filled.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    filled.__annotations__ = {p.name: p.annotation for p in parameters}
    return filled


def _parameter(owners: Sequence[tuple[Card, Option]]) -> inspect.Parameter:
    """The flag of one option. Values stay text until `convert`, whose words name what is possible."""
    option = owners[0][1]
    panel = f"{OPTIONS_OF} {', '.join(card.name for card, _ in owners)}"
    name = flag(option.name)
    default = f"  [default: {option.shown_default}]" if option.shown_default else ""
    make = partial(typer.Option, help=option.words + default, show_default=False, rich_help_panel=panel)
    if members(option.kind) == (bool,):
        annotation: Any = Annotated[bool | None, make(f"{name}/--no-{name.removeprefix('--')}")]
    else:
        annotation = Annotated[str | None, make(name, metavar=option.choices)]
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _converted(kind: Any, typed: str, between: str = ",") -> Any:
    """``typed`` as ``kind``; a ValueError whose text is what is possible.

    ``between``: what stands between the values of a tuple; of tuples in a tuple, as in 4:10,12:20, it is a colon.
    """
    kinds = members(kind)
    if kinds != (kind,):
        return _first_that_fits(kinds, typed, allows_none=types.NoneType in get_args(kind))
    if get_origin(kind) is Literal:
        return _chosen(get_args(kind), typed)
    if get_origin(kind) is tuple:
        return _several(get_args(kind), typed, between)
    if kind is bool:
        return _chosen(("true", "false"), typed.lower()) == "true"
    return typed if kind is str else _number(kind, typed)


def _first_that_fits(kinds: Sequence[Any], typed: str, allows_none: bool) -> Any:
    if allows_none and typed.lower() == "none":
        return None
    reasons = []
    for kind in kinds:
        try:
            return _converted(kind, typed)
        except ValueError as error:
            reasons.append(str(error))
    raise ValueError(" or ".join(reasons))


def _chosen(choices: Sequence[Any], typed: str) -> Any:
    for choice in choices:
        if str(choice) == typed:
            return choice
    near = difflib.get_close_matches(typed, [str(c) for c in choices], n=1)
    raise ValueError(
        f"one of {', '.join(map(str, choices))}" + (f" (did you mean {near[0]}?)" if near else "")
    )


def _several(kinds: Sequence[Any], typed: str, between: str) -> tuple:
    pieces = [p.strip() for p in typed.split(between)] if typed else []
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_converted(kinds[0], piece, ":") for piece in pieces)
    if len(pieces) != len(kinds):
        raise ValueError(f"{len(kinds)} values with {_MARKS[between]} between them")
    return tuple(_converted(kind, piece, ":") for kind, piece in zip(kinds, pieces, strict=True))


def _number(kind: Any, typed: str) -> Any:
    try:
        value = kind(typed)
    except ValueError:
        raise ValueError(_NUMBERS[kind]) from None
    if not math.isfinite(value):
        raise ValueError("a finite number")
    return value
