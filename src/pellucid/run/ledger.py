"""The ledger of a run: a file that grows by one line for each finished row, so that a run can go on.

Each line is on the disk before the next row begins. A crash can tear only the last line: it is cut off, and its
row is done again. The first line says what is run; another run on the same file is refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pellucid.core.errors import CannotRead, CannotWrite
from pellucid.store import plain

__all__ = ["opened", "records"]

FORMAT = 1


@contextmanager
def opened(path: Path, plan: Mapping[str, Any]) -> Iterator[tuple[set[str], Callable[[object], None]]]:
    """The keys of the rows that are done, and the function that adds a record.

    A new file begins with ``plan`` (plain data). Raises `CannotWrite` if the file holds another plan or cannot
    be written, and `CannotRead` if it is damaged or no ledger.
    """
    header = plain.line({"pellucid": "ledger", "format": FORMAT, "plan": plan})
    with _appending(path) as file:
        done, whole = set(), 0
        for record, end in _whole_lines(path):
            if whole:
                done.add(str(record.get("key")))
            else:
                _check_same(record["plan"], plain.loads(header)["plan"], path)
            whole = end
        if not whole and not header.startswith(path.read_bytes()):
            raise CannotRead(path, "it is not the ledger of a run.")
        file.truncate(whole)
        if not whole:
            _append(file, header, path)
        yield done, lambda record: _append(file, plain.line(record), path)


def records(path: str | Path) -> Iterator[dict[str, Any]]:
    """The records of a ledger, in the order they were made; a torn last line is left out."""
    for number, (record, _) in enumerate(_whole_lines(Path(path))):
        if number:
            yield record


def _appending(path: Path) -> BinaryIO:
    try:
        # Without a buffer: what could not be written must not be tried again when the file is closed.
        return path.open("ab", buffering=0)
    except OSError as error:
        raise CannotWrite(path, error.strerror or str(error)) from error


def _append(file: BinaryIO, line: bytes, path: Path) -> None:
    try:
        while line:
            line = line[file.write(line) :]
        os.fsync(file.fileno())
    except OSError as error:
        raise CannotWrite(path, error.strerror or str(error)) from error


def _whole_lines(path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """Each line of a ledger, the header first, and where it ends; a torn last line is left out."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise CannotRead(path, f"{error.strerror}.") from error
    end = 0
    with file:
        for number, line in enumerate(file, start=1):
            record = _parsed(line)
            if record is None and not file.read(1) and (number > 1 or not line.endswith(b"\n")):
                return
            if record is None:
                raise CannotRead(path, f"line {number} is damaged, or it is not the ledger of a run.")
            if number == 1:
                _check_header(record, path)
            end += len(line)
            yield record, end


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        record = plain.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and line.endswith(b"\n") else None


def _check_header(header: Mapping[str, Any], path: Path) -> None:
    if header.get("pellucid") != "ledger" or not isinstance(header.get("plan"), dict):
        raise CannotRead(path, "it is not the ledger of a run.")
    if header.get("format") != FORMAT:
        raise CannotRead(path, "another Pellucid wrote it. Upgrade with: pip install --upgrade pellucid")


def _check_same(there: Mapping[str, Any], now: Mapping[str, Any], path: Path) -> None:
    different = [name for name in {**there, **now} if there.get(name) != now.get(name)]
    if different:
        said = ", ".join(f"{name} {there.get(name)!r} and not {now.get(name)!r}" for name in different)
        raise CannotWrite(path, f"it holds another run ({said}); choose another file")
