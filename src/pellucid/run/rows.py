"""The rows of a data set: a text, and if you like a target, what it is against, and an id."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from pellucid.core.errors import CannotRead

__all__ = ["SUFFIXES", "Row", "read_rows"]

SUFFIXES = (".jsonl", ".ndjson", ".csv", ".tsv")
_FIELDS = ("id", "text", "target", "against")
_MOST_FAULTS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One text to explain. ``id`` is the number of the row (from 1) where the file gives none."""

    id: str
    text: str
    target: str | None = None
    against: str | None = None

    @property
    def key(self) -> str:
        """A hash of all that the row says: a row that was changed has another."""
        return hashlib.sha256(json.dumps(astuple(self)).encode()).hexdigest()[:32]


def read_rows(path: str | Path, columns: Mapping[str, str] | None = None) -> list[Row]:
    """The rows of a ``.jsonl``, ``.csv`` or ``.tsv`` file in UTF-8; the latter two have a header.

    The columns ``text`` (needed), ``target``, ``against`` and ``id`` are read, any other is left alone; ``columns``
    says which of them are called otherwise, e.g. ``{"text": "sentence"}``. Raises `CannotRead` with the line numbers
    of what is wrong, all together, and for a named column that is not there.
    """
    called = {name: (columns or {}).get(name, name) for name in _FIELDS}
    path = Path(path)
    if path.suffix not in SUFFIXES:
        raise CannotRead(path, f"rows are read from {', '.join(SUFFIXES)} files.")
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CannotRead(path, f"{error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CannotRead(path, f"it is not UTF-8 text (byte {error.start}).") from error
    needed = ["text", *(columns or {})]
    wanted = list(dict.fromkeys(called[name] for name in needed))
    json_lines = path.suffix in (".jsonl", ".ndjson")
    lines = _json_lines(content) if json_lines else _table(content, path, wanted)
    rows, faults = _checked(lines, called)
    if faults:
        more = f"; and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise CannotRead(path, f"{'; '.join(faults[:_MOST_FAULTS])}{more}.")
    if not rows:
        raise CannotRead(path, "it has no rows.")
    return rows


def _checked(lines: Iterator[tuple[int, Any, str]], called: Mapping[str, str]) -> tuple[list[Row], list[str]]:
    """The rows, and what is wrong. A line is the number it stands on, its fields, and its fault if it has one."""
    rows: list[Row] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for number, (line, found, unread) in enumerate(lines, start=1):
        if isinstance(found, dict):
            found = {name: found.get(column) for name, column in called.items()}
        fault = unread or _fault(found, called)
        if not fault:
            row = Row(**{"id": str(number)} | {n: str(found[n]) for n in _FIELDS if found.get(n) is not None})
            fault = f'the id "{row.id}" stands on line {seen[row.id]} too' if row.id in seen else ""
            seen.setdefault(row.id, line)
            rows.append(row)
        if fault:
            faults.append(f"line {line}: {fault}")
    return rows, faults


def _fault(found: Any, called: Mapping[str, str]) -> str:
    text = called["text"]
    if not isinstance(found, dict):
        return f'a row is an object, e.g. {{"{text}": "..."}}'
    if not isinstance(found["text"], str):
        return f"{text} is missing" if found["text"] is None else f"{text} is not a string"
    odd = [called[n] for n in _FIELDS if type(found[n]) not in (str, int, type(None))]
    return f"{odd[0]} is neither a string nor a whole number" if odd else ""


def _json_lines(content: str) -> Iterator[tuple[int, Any, str]]:
    for line, string in enumerate(content.split("\n"), start=1):
        if string.strip():
            try:
                yield line, json.loads(string), ""
            except (ValueError, RecursionError) as error:
                yield line, None, f"it is not JSON ({getattr(error, 'msg', 'nested too deeply')})"


def _table(content: str, path: Path, wanted: Sequence[str]) -> Iterator[tuple[int, Any, str]]:
    dialect = "excel-tab" if path.suffix == ".tsv" else "excel"
    reader = csv.reader(io.StringIO(content, newline=""), dialect, strict=True)
    try:
        header = next(reader, [])
        if missing := [name for name in wanted if name not in header]:
            there = ", ".join(header) or "nothing"
            raise CannotRead(path, f'its first line names no column "{missing[0]}" (found: {there}).')
        start = reader.line_num + 1
        for cells in reader:
            if len(cells) not in (0, len(header)):
                yield start, None, f"{len(cells)} cells for {len(header)} columns"
            elif cells:
                # An empty cell is a text of nothing, but no target, no contrast and no id.
                yield (
                    start,
                    {n: cell for n, cell in zip(header, cells, strict=True) if cell or n == wanted[0]},
                    "",
                )
            start = reader.line_num + 1
    except csv.Error as error:
        yield reader.line_num, None, str(error)
