"""Explain many rows in this process, one after the other, and go on where an earlier start stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pellucid.core.errors import BadOption, Cancelled, CannotWrite, MissingExtra, NeedsAccess, PellucidError
from pellucid.core.progress import meter
from pellucid.core.registry import check_options, find
from pellucid.models.load import load
from pellucid.run.ledger import opened
from pellucid.run.rows import Row
from pellucid.store import as_json
from pellucid.verbs.explain import explain

__all__ = ["run_here"]

_EVERY_METHOD = ("target", "against", "span", "at", "scale", "answer_tokens", "unit", "truncate")
# These are no fault of one row: every row would fail the same way.
_NOT_OF_A_ROW = (Cancelled, CannotWrite, MissingExtra, NeedsAccess)


def run_here(
    model: Any, rows: Sequence[Row], by: str, out: str | Path, *, options: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Explain each row by one method; yield a record as each is done, after it is in the ledger ``out``.

    A record is ``{"id", "key", "explanation", "error"}``: the explanation as `store.as_json.tree`, or None and the
    words of the error, after which the rest goes on. Rows that the ledger has already are skipped. ``options``
    are those of `pellucid.explain`; what a row says itself counts more. Refuses before any work.
    """
    given = dict(options or {})
    card = find("method", by)
    check_options(card, {name: value for name, value in given.items() if name not in _EVERY_METHOD})
    if len({row.id for row in rows}) < len(rows):
        raise BadOption("Two rows have the same id.")
    opened_model = load(model)
    plan = {"model": opened_model.name, "fingerprint": opened_model.fingerprint, "by": by, "options": given}
    with opened(Path(out), plan):
        pass
    return _run(opened_model, rows, Path(out), plan)


def _run(model: Any, rows: Sequence[Row], out: Path, plan: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    with opened(out, plan) as (done, add):
        for number, row in enumerate(rows, start=1):
            if row.key not in done:
                record = {"id": row.id, "key": row.key, **_explained(model, row, plan["by"], plan["options"])}
                add(record)
                yield record
            meter().advance(number, len(rows), "rows")


def _explained(model: Any, row: Row, by: str, options: Mapping[str, Any]) -> dict[str, Any]:
    said = {"target": row.target, "against": row.against}
    asked = {**options, **{name: value for name, value in said.items() if value is not None}}
    try:
        return {"explanation": as_json.tree(explain(model, row.text, by, **asked)), "error": None}
    except _NOT_OF_A_ROW:
        raise
    except PellucidError as error:
        return {"explanation": None, "error": str(error)}
