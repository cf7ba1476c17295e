"""Explanations as JSON: readable by a person and by any program, and read back exactly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pellucid.core.errors import CannotRead
from pellucid.core.explanation import Explanation
from pellucid.core.score import Score
from pellucid.store import plain
from pellucid.store.fields import Damaged
from pellucid.store.record import cards, check_header, from_record, to_record
from pellucid.store.values import array, nested

__all__ = ["dumps", "loads"]


def dumps(why: Explanation, scores: Sequence[Score] = ()) -> bytes:
    """An explanation and its scores as UTF-8 JSON (standard: no NaN literals)."""
    record, arrays = to_record(why, scores)
    for name, values in arrays.items():
        record["arrays"][name]["values"] = nested(values)
    return plain.dumps(record)


def loads(content: bytes, path: str | Path) -> tuple[Explanation, list[Score]]:
    """The explanation and scores that `dumps` wrote; ``path`` is for the words of the error.

    Raises `CannotRead` if it is no JSON, not Pellucid's, damaged (with the field), or from a newer version.
    Safe for files of strangers: only plain values are read, and each is checked.
    """
    try:
        record = plain.loads(content)
    except ValueError as error:
        raise CannotRead(path, f"it is not JSON ({str(error)[:200]}).") from error
    check_header(record, path)
    try:
        spelled = _taken_out(record)
        arrays = {
            name: array(spelled[name], card, f"arrays.{name}.values") for name, card in cards(record).items()
        }
        return from_record(record, arrays)
    except Damaged as damage:
        raise CannotRead(path, f"{damage}.") from damage


def _taken_out(record: dict) -> dict:
    """The values of the arrays, removed from the record, so that what is left is the record of both formats."""
    described = record.get("arrays")
    found = {}
    for name, card in described.items() if isinstance(described, dict) else ():
        if not isinstance(card, dict) or "values" not in card:
            raise Damaged(f"arrays.{name}.values", "is missing")
        found[name] = card.pop("values")
    return found
