"""Explanations as JSON: readable by a person and by any program, and read back exactly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pellucid.core.case import Finding
from pellucid.core.errors import CannotRead
from pellucid.core.explanation import Explanation
from pellucid.core.score import Score
from pellucid.core.verdict import Verdict
from pellucid.store import plain
from pellucid.store.fields import Damaged
from pellucid.store.record import cards, check_header, from_record, to_record
from pellucid.store.values import array, nested

__all__ = ["dumps", "from_tree", "loads", "tree"]


def dumps(why: Explanation, scores: Sequence[Score] = (), verdict: Verdict | None = None) -> bytes:
    """An explanation and what was measured of it as UTF-8 JSON (standard: no NaN literals)."""
    return plain.dumps(tree(why, scores, verdict))


def loads(content: bytes, path: str | Path) -> Finding:
    """What `dumps` wrote; ``path`` is for the words of the error.

    Raises `CannotRead` if it is no JSON, not Pellucid's, damaged (with the field), or from a newer version.
    Safe for files of strangers: only plain values are read, and each is checked.
    """
    try:
        found = plain.loads(content)
    except ValueError as error:
        raise CannotRead(path, f"it is not JSON ({str(error)[:200]}).") from error
    return from_tree(found, path)


def tree(why: Explanation, scores: Sequence[Score] = (), verdict: Verdict | None = None) -> dict[str, Any]:
    """An explanation and what was measured of it as plain data, to stand in a larger record."""
    record, arrays = to_record(why, scores, verdict)
    for name, values in arrays.items():
        record["arrays"][name]["values"] = nested(values)
    return record


def from_tree(found: Any, path: str | Path) -> Finding:
    """The inverse of `tree`, after JSON; checked as in `loads`."""
    check_header(found, path)
    try:
        values, record = _taken_out(found)
        arrays = {
            name: array(values[name], card, f"arrays.{name}.values") for name, card in cards(record).items()
        }
        return from_record(record, arrays)
    except Damaged as damage:
        raise CannotRead(path, f"{damage}.") from damage


def _taken_out(found: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of the arrays, and the record without them: the record of both formats."""
    described = found.get("arrays")
    if not isinstance(described, dict):
        raise Damaged("arrays", "is missing" if described is None else "is not an object")
    values, bare = {}, {}
    for name, card in described.items():
        if not isinstance(card, dict) or "values" not in card:
            raise Damaged(f"arrays.{name}.values", "is missing")
        values[name] = card["values"]
        bare[name] = {key: value for key, value in card.items() if key != "values"}
    return values, {**found, "arrays": bare}
