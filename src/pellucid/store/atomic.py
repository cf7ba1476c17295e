"""Write a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from pellucid.core.errors import CannotWrite

__all__ = ["check_writable", "write"]


def write(path: str | Path, content: bytes) -> Path:
    """Make ``path`` hold ``content``; whoever reads meanwhile sees the old file or the new one, never a part.

    The content goes to a temporary file in the same folder, to the disk, and then takes the name in one step.
    Raises `CannotWrite` if the folder is missing or closed, or ``path`` is not a file; nothing is left behind.
    """
    path = Path(path)
    temporary = _temporary(path)
    try:
        with temporary.open("r+b") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, _destination(path))
    except OSError as error:
        raise CannotWrite(path, error.strerror or str(error)) from error
    finally:
        # After the replacement there is nothing under this name; after any failure, Ctrl-C too, there may be.
        with suppress(OSError):
            temporary.unlink()
    _sync_folder(path)
    return path


def check_writable(path: str | Path) -> None:
    """Refuse, with `CannotWrite`, a path that `write` would refuse: call it before work that takes long."""
    _temporary(Path(path)).unlink()


def _temporary(path: Path) -> Path:
    """A new empty file beside the destination. Made by `open`, so that the user's umask sets its mode."""
    try:
        destination = _destination(path)
        if destination.is_dir():
            raise CannotWrite(path, "it is a folder")
        if destination.exists() and not destination.is_file():
            raise CannotWrite(path, "it is a device or a pipe, not a file")
        if not destination.parent.is_dir():
            raise CannotWrite(path, f"the folder {destination.parent} does not exist")
        temporary = destination.parent / f".pellucid-{secrets.token_hex(8)}.tmp"
        temporary.open("xb").close()
    except OSError as error:
        raise CannotWrite(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise CannotWrite(repr(str(path)), str(error)) from error
    return temporary


def _destination(path: Path) -> Path:
    # A link stays a link: what it points to is written.
    return Path(os.path.realpath(path))


def _sync_folder(path: Path) -> None:
    """Put the new name itself on the disk, where the system can (Windows cannot open a folder)."""
    with suppress(OSError):
        folder = os.open(_destination(path).parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
