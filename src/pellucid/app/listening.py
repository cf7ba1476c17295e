"""Where a server listens, and under which address its page is; the same for the command and for Python."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from urllib.parse import quote

from pellucid.app.settings import LOOPBACK, Settings
from pellucid.core.errors import BadOption, MissingExtra

__all__ = ["SHORTEST", "Spelled", "address", "bound", "check", "check_installed"]

SHORTEST = 16
Spelled = Callable[[str, object], str]
"""How an option with a value is written: ``--port 0``, or ``port=0``."""


def check(host: str, allow_remote: bool, token: str | None, spelled: Spelled) -> None:
    """Raise `BadOption` for a host that others reach, if that was not said, and for a token that keeps nobody out."""
    if host not in LOOPBACK and not allow_remote:
        raise BadOption(
            f"{spelled('host', host)} lets other machines reach this one, unencrypted: add "
            f"{spelled('allow_remote', True)} if that is meant. Without, it listens on {', '.join(LOOPBACK)}."
        )
    if token is not None and not (
        len(token) >= SHORTEST and token.isascii() and token.isprintable() and " " not in token
    ):
        raise BadOption(
            f"{spelled('token', '...')}: a token is at least {SHORTEST} letters, digits and signs, without spaces. It "
            "is all that keeps others out. Leave it out, and a random one is made."
        )


def check_installed(what: str) -> None:
    """Raise `MissingExtra` if what serves is not there."""
    try:
        import fastapi  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise MissingExtra(what, "fastapi and uvicorn", "app") from error


def bound(host: str, port: int, spelled: Spelled) -> socket.socket:
    """A socket that listens. Raises `BadOption` for a port that is taken, and a host that is not this machine."""
    if not 0 <= port <= 65535:
        raise BadOption(
            f"{spelled('port', port)}: a port is a number from 0 to 65535; 0 is any that is free."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there, it would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(256)
    except (OSError, UnicodeError) as error:
        listening.close()
        said = getattr(error, "strerror", None) or error
        raise BadOption(
            f"Cannot listen on {host}, port {port}: {said}. Another pellucid serve may be running; "
            f"{spelled('port', 0)} takes any port that is free."
        ) from error
    return listening


def address(settings: Settings) -> str:
    """Where the page is. The token stands behind #, which a browser never sends."""
    everywhere = settings.host in ("0.0.0.0", "::")
    name = socket.gethostname() if everywhere else settings.host
    return f"http://{f'[{name}]' if ':' in name else name}:{settings.port}/#token={quote(settings.token, safe='')}"
