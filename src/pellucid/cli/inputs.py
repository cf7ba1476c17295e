"""What a command is given, and where it writes: checked before any work."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pellucid.core.errors import BadOption, CannotRead, CannotWrite, EmptyText

__all__ = ["check_writable", "given_text", "valid"]


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


def check_writable(paths: Sequence[Path]) -> None:
    """Refuse a path of an unknown format, or where no file can be made."""
    from pellucid.store import atomic
    from pellucid.verbs.files import check_suffix

    for path in paths:
        check_suffix(path)
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


def valid(text: str, where: str) -> str:
    """The text of an argument. Bytes that are not UTF-8 arrive as lone surrogates, which no tokenizer takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CannotRead(where, f"its character {error.start + 1} is not UTF-8 text.") from error
    return text
