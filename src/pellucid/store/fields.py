"""Check plain data from a file against the annotations of the dataclass it is to become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

__all__ = ["Damaged", "check"]


class Damaged(Exception):
    """The field that is not what it should be."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f'the file is damaged: the field "{field}" {why}')


def check(value: Any, hint: Any, field: str) -> None:
    """Raise `Damaged` unless ``value`` is plain data for ``hint``.

    A dataclass is a mapping of all its fields, or a list of them in order; a tuple is a list. A field that is
    None by default may be missing: files from before it was thought of have none. Types are compared exactly:
    True is no number, and an int is a float but not the other way round.
    """
    arguments = get_args(hint)
    origin = get_origin(hint) or hint
    if hint in (object, Any):
        return
    if origin is Literal:
        _require(value in arguments, field, f"is not one of {', '.join(map(str, arguments))}")
    elif origin in (Union, UnionType):
        _check_union(value, arguments, field)
    elif origin is tuple:
        _check_tuple(value, arguments, field)
    elif origin is Mapping:
        _require(type(value) is dict, field, "is not an object")
        for key, item in value.items():
            check(item, arguments[1], f"{field}.{key}")
    elif is_dataclass(hint):
        _check_dataclass(value, hint, field)
    else:
        _require(
            type(value) is hint or (hint is float and type(value) is int), field, f"is not {_named(hint)}"
        )


def _check_union(value: Any, options: tuple[Any, ...], field: str) -> None:
    if value is None and NoneType in options:
        return
    damage = None
    for option in options:
        try:
            check(value, option, field)
        except Damaged as found:
            damage = damage or found
        else:
            return
    if damage:
        raise damage


def _check_tuple(value: Any, items: tuple[Any, ...], field: str) -> None:
    _require(type(value) is list, field, "is not a list")
    if items[-1] is Ellipsis:
        items = items[:1] * len(value)
    _require(len(value) == len(items), field, f"has not {len(items)} entries")
    for number, (item, hint) in enumerate(zip(value, items, strict=True)):
        check(item, hint, f"{field}[{number}]")


def _check_dataclass(value: Any, cls: Any, field: str) -> None:
    names = [f.name for f in fields(cls)]
    fewest = sum(f.default is MISSING and f.default_factory is MISSING for f in fields(cls))
    if type(value) is list and fewest <= len(value) <= len(names):
        names = names[: len(value)]
        value = dict(zip(names, value, strict=True))
    _require(type(value) is dict, field, "is not an object")
    value = {f.name: None for f in fields(cls) if f.default is None and f.name in names} | value
    for name in sorted({*names} ^ {*value}):
        raise Damaged(f"{field}.{name}", "is missing" if name in names else "is unknown")
    hints = get_type_hints(cls)
    for name in names:
        check(value[name], hints[name], f"{field}.{name}")


def _require(good: bool, field: str, why: str) -> None:
    if not good:
        raise Damaged(field, why)


def _named(hint: Any) -> str:
    return {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}.get(
        hint, str(hint)
    )
