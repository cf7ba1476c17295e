"""Plain data as standard JSON that a person can read, and back exactly.

Standard JSON has no NaN and no infinity. Outside of arrays such a number is written ``{"$float": "NaN"}``, so
that it cannot be taken for a string.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["NOT_FINITE", "dumps", "line", "loads", "spelled"]

NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_TAG = "$float"


def dumps(tree: object) -> bytes:
    """``tree`` as UTF-8 JSON: a field a line, the innermost lists on one line.

    Numpy numbers become plain ones and tuples become lists. What is no plain data at all (an object among the
    options of a method, say) becomes its ``repr``: a record must not fail to be written for a remark in it.
    """
    laid = _laid(_plain(tree), "") + "\n"
    try:
        return laid.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair is no UTF-8; JSON can still spell it, as \udXXX.
        return json.dumps(_plain(tree), allow_nan=False, indent=1).encode()


def line(tree: object) -> bytes:
    """The same on one line, with a line end: one record of a file that grows."""
    # ASCII, because a few other characters end lines too, in the eyes of some readers.
    return json.dumps(_plain(tree), allow_nan=False).encode() + b"\n"


def loads(content: bytes) -> Any:
    """The tree that `dumps` wrote. Raises `ValueError` for whatever is not standard JSON in UTF-8."""
    try:
        return json.loads(content.decode(), object_hook=_untagged, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def spelled(number: float) -> str:
    """The name of a number that is not finite: NaN, Infinity or -Infinity."""
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return {_TAG: spelled(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return repr(value)


def _untagged(found: dict[str, Any]) -> Any:
    number = NOT_FINITE.get(str(found.get(_TAG)))
    return found if number is None or len(found) != 1 else number


def _refuse(literal: str) -> None:
    raise ValueError(f"{literal} is not standard JSON")


def _laid(value: Any, indent: str) -> str:
    deeper = indent + " "
    if isinstance(value, dict) and value:
        lines = [f"{deeper}{_flat(key)}: {_laid(v, deeper)}" for key, v in value.items()]
    elif isinstance(value, list) and any(isinstance(v, list | dict) for v in value):
        lines = [f"{deeper}{_laid(v, deeper)}" for v in value]
    else:
        return _flat(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(lines) + "\n" + indent + closing


def _flat(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
