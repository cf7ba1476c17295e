"""Explanations as safetensors: the arrays bit for bit, all else as JSON in the header of the file.

Any safetensors reader opens the arrays; strings, which it has no type for, are in the header.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from pellucid.core.case import Finding
from pellucid.core.errors import CannotRead
from pellucid.core.explanation import Explanation
from pellucid.core.score import Score
from pellucid.core.verdict import Verdict
from pellucid.store import plain
from pellucid.store.fields import Damaged
from pellucid.store.record import ArrayCard, cards, check_header, from_record, to_record
from pellucid.store.values import array, nested

__all__ = ["dumps", "loads"]

_KEY = "pellucid"


def dumps(why: Explanation, scores: Sequence[Score] = (), verdict: Verdict | None = None) -> bytes:
    """An explanation and what was measured of it as the bytes of a safetensors file."""
    record, arrays = to_record(why, scores, verdict)
    described = record["arrays"]
    record["strings"] = {name: nested(arrays[name]) for name in arrays if described[name]["dtype"] == "str"}
    tensors = {name: values for name, values in arrays.items() if name not in record["strings"]}
    return save(tensors, {_KEY: plain.dumps(record).decode()})


def loads(content: bytes, path: str | Path) -> Finding:
    """What `dumps` wrote; ``path`` is for the words of the error.

    Raises `CannotRead` if it is no safetensors file, not Pellucid's, damaged (with the field), or from a newer
    version. Safe for files of strangers: safetensors holds no code, and sizes are checked against the content.
    """
    try:
        tensors = load(content)
        record = _record(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise CannotRead(path, f"it is not a whole safetensors file ({str(error)[:200]}).") from error
    check_header(record, path)
    try:
        return from_record(record, _arrays(record, tensors))
    except Damaged as damage:
        raise CannotRead(path, f"{damage}.") from damage


def _record(content: bytes) -> Any:
    """What Pellucid put into the header, which the reader for numpy does not hand out."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    kept = header.get("__metadata__", {}).get(_KEY)
    return None if kept is None else plain.loads(kept.encode())


def _arrays(record: dict[str, Any], tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    strings = record.get("strings")
    if not isinstance(strings, dict):
        raise Damaged("strings", "is missing")
    return {name: _array(name, card, strings, tensors) for name, card in cards(record).items()}


def _array(name: str, card: ArrayCard, strings: dict[str, Any], tensors: dict[str, np.ndarray]) -> np.ndarray:
    if name not in (strings if card.dtype == "str" else tensors):
        raise Damaged(f"arrays.{name}", "has no values")
    if card.dtype == "str":
        return array(strings[name], card, f"strings.{name}")
    values = tensors[name]
    if values.dtype.name != card.dtype or values.shape != card.shape:
        raise Damaged(
            f"arrays.{name}", f"is {values.dtype.name} of shape {list(values.shape)} in the content"
        )
    return values
