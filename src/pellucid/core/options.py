"""A method's own options, read off its signature and its docstring. Nothing about a method is written down twice."""

from __future__ import annotations

import inspect
import re
import types
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pellucid.core.registry import Card

__all__ = ["Option", "members", "options_of", "prose_of", "settable"]

_PARAM = re.compile(r"^:param (\w+):\s*(.+?)(?=^:\w|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Option:
    """One option of a method: its name, type and default from the signature, its words from the docstring."""

    name: str
    kind: Any
    default: Any
    words: str

    @property
    def choices(self) -> str:
        """What a value looks like, e.g. ``INTEGER``, ``delete|mask``, ``NUMBER,NUMBER``, ``INTEGER:INTEGER,...``."""
        return _shape(self.kind)

    @property
    def shown_default(self) -> str:
        """The default as it would be typed; empty where the method decides."""
        return "" if self.default is None else _typed(self.default)


def options_of(card: Card) -> list[Option]:
    """The options of a method or metric, in the order of its signature."""
    hints = get_type_hints(card.function)
    words = {name: " ".join(said.split()) for name, said in _PARAM.findall(_doc(card))}
    return [Option(n, hints.get(n, str), p.default, words.get(n, "")) for n, p in card.options.items()]


def prose_of(card: Card) -> str:
    """The docstring without its description of the options."""
    return _PARAM.sub("", _doc(card)).strip()


def _doc(card: Card) -> str:
    return inspect.getdoc(card.function) or ""


def members(kind: Any) -> tuple[Any, ...]:
    """The alternatives of a type, without None."""
    union = get_origin(kind) in (Union, types.UnionType)
    return tuple(k for k in (get_args(kind) if union else (kind,)) if k is not types.NoneType)


def settable(kind: Any) -> bool:
    """Whether a user can give a value of this type, as text or as plain data."""
    if get_origin(kind) is tuple:
        return all(settable(k) for k in get_args(kind) if k is not Ellipsis)
    kinds = members(kind)
    if len(kinds) > 1:
        return all(settable(k) for k in kinds)
    return kinds[0] in (int, float, str, bool) or get_origin(kinds[0]) in (Literal, tuple)


def _shape(kind: Any, between: str = ",") -> str:
    if get_origin(kind) is Literal:
        return "|".join(map(str, get_args(kind)))
    if get_origin(kind) is tuple:
        return between.join("..." if k is Ellipsis else _shape(k, ":") for k in get_args(kind))
    kinds = members(kind)
    if kinds != (kind,):
        return "|".join(_shape(k, between) for k in kinds)
    return {int: "INTEGER", float: "NUMBER", str: "TEXT", bool: "true|false"}.get(kind, "VALUE")


def _typed(value: Any, between: str = ",") -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return between.join(_typed(v, ":") for v in value) if isinstance(value, tuple | list) else str(value)
