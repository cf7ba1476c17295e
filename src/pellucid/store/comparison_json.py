"""Comparisons as JSON: what was measured, read back exactly; what follows from it is reckoned again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pellucid.core.comparison import COSTS, Comparison
from pellucid.core.errors import CannotRead
from pellucid.core.provenance import Provenance
from pellucid.core.score import Better
from pellucid.store import plain
from pellucid.store.fields import Damaged, check
from pellucid.store.record import check_header, header

__all__ = ["dumps", "loads"]

_KIND = "comparison"
_Names = tuple[str, ...]
_FIELDS: dict[str, Any] = {
    **dict.fromkeys(("resamples", "seed"), int),
    "provenance": Provenance,
    **dict.fromkeys(("method", "metric", "text", "target", "against"), _Names),
    "baseline": tuple[bool, ...],
    "better": tuple[Better, ...],
    "value": tuple[tuple[tuple[float, ...], ...], ...],
    "reason": tuple[tuple[_Names, ...], ...],
    **dict.fromkeys(COSTS, tuple[tuple[float, ...], ...]),
}


def dumps(found: Comparison) -> bytes:
    """A comparison as UTF-8 JSON (standard: no NaN literals)."""
    return plain.dumps({**header(_KIND), **found.as_dict()})


def loads(content: bytes, path: str | Path) -> Comparison:
    """The comparison that `dumps` wrote; ``path`` is for the words of the error.

    Raises `CannotRead` if it is no JSON, not Pellucid's, damaged (with the field), or from a newer version.
    """
    try:
        record = plain.loads(content)
    except ValueError as error:
        raise CannotRead(path, f"it is not JSON ({str(error)[:200]}).") from error
    check_header(record, path, _KIND)
    try:
        for name, hint in _FIELDS.items():
            if name not in record:
                raise Damaged(name, "is missing")
            check(record[name], hint, name)
        return Comparison.from_dict(record)
    except Damaged as damage:
        raise CannotRead(path, f"{damage}.") from damage
    except (ValueError, OverflowError) as error:
        raise CannotRead(path, f"the file is damaged: its arrays do not hold together ({error}).") from error
