"""What a command is given, and where it writes: checked before any work."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pellucid.core.errors import BadOption, CannotRead, CannotWrite, EmptyText
from pellucid.core.text import Text

__all__ = ["check_writable", "given_pair", "given_text", "part_of", "valid"]


def given_text(text: str | None, file: Path | None) -> str:
    """The text of a command: an argument, standard input (``-``) or a file, less its last line end."""
    if (text is None) == (file is None):
        raise BadOption('Give one text: as an argument, as "-" to read standard input, or with --file PATH.')
    if file is not None:
        found = _decoded(_content(file), str(file))
    elif text == "-":
        found = _decoded(sys.stdin.buffer.read(), "standard input")
    else:
        found = valid(str(text), "TEXT")
    found = found.removesuffix("\n").removesuffix("\r") if text in (None, "-") else found
    if not found.strip():
        raise EmptyText
    return found


def given_pair(first: str, second: str | None) -> Text:
    """The text of a command, of two parts where ``--second`` gives another."""
    return Text(first) if second is None else Text.pair(first, valid(second, "--second"))


def check_writable(paths: Sequence[Path], check: Callable[[Path], object] | None = None) -> None:
    """Refuse a path of an unknown format, or where no file can be made. ``check``: of formats of other results."""
    from pellucid.store import atomic
    from pellucid.verbs.files import check_suffix

    for path in paths:
        (check or check_suffix)(path)
        if not path.parent.is_dir():
            raise CannotWrite(path, f"there is no folder {path.parent}")  # as it was typed
        atomic.check_writable(path)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CannotRead(file, f"{error.strerror}.") from error


def _decoded(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotRead(where, f"byte {error.start + 1} is not UTF-8 text.") from error


def part_of(given: str | None) -> str | tuple[int, int] | None:
    """A part of a text or an answer as it is typed: its words, or a range of characters START:END."""
    found = re.fullmatch(r"(\d+):(\d+)", given or "")
    return (int(found[1]), int(found[2])) if found else given


def valid(text: str, where: str) -> str:
    """The text of an argument. Bytes that are not UTF-8 arrive as lone surrogates, which no tokenizer takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CannotRead(where, f"its character {error.start + 1} is not UTF-8 text.") from error
    return text
