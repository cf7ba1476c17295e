"""What stands before every request: whose it is, how large it may be, and what the answer tells a browser.

A page of another site can make a browser send requests here, also under a name that it has pointed to this machine.
So the name that was asked for must be this server's, the page that asks must be its own, and whoever asks for more
than the page must know the token that was printed when it started.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import socket
from collections import Counter
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pellucid.app.refused import Forbidden, NotJson, NoToken, QueueFull, Refused, TooLarge
from pellucid.app.settings import Settings

__all__ = ["BODY_BYTES", "HEALTH", "SHOW", "SHOW_BYTES", "Guard", "error_body"]

HEALTH, SHOW = "/api/v1/health", "/api/v1/show"
BODY_BYTES, SHOW_BYTES = 1_000_000, 8_000_000
ALL_BYTES = 64_000_000  # of all bodies that are being read
ONCE = frozenset({"host", "origin", "sec-fetch-site", "authorization", "content-type", "content-encoding"})
WORDS = 2000  # characters of an error: a request may be long, and an error repeats a part of it
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline' 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """An ASGI app around another, which sees only what it may see."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._names = _names(settings)
        self._token = f"Bearer {settings.token}".encode()
        self.held = 0  # bytes of all bodies that are being read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        try:
            self._check(scope)
        except Refused as refused:
            await _refuse(refused, guarded)
            return
        body = _Body(self, receive, _limit(scope))
        try:
            with suppress(ClientDisconnect):  # nobody waits for the answer
                await self._app(scope, body.read, guarded)
        finally:
            self.held -= body.seen

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        twice = [name for name, count in Counter(headers.keys()).items() if count > 1 and name in ONCE]
        if twice:  # which of them counts is not for this server to guess
            raise Forbidden(f"{twice[0]} is given more than once.")
        host = headers.get("host", "").lower()
        if not self._is_here(host):
            raise Forbidden(
                f"{host[:100]!r} is not a name of this server: ask at the address that pellucid serve printed."
            )
        self._check_origin(headers, host, scope)
        if scope["path"].startswith("/api/") and scope["path"] != HEALTH:
            given = headers.get("authorization", "").encode("latin-1", "replace")
            if not hmac.compare_digest(given, self._token):
                raise NoToken
        if scope["method"] in ("POST", "PUT", "PATCH"):
            kind = headers.get("content-type", "")
            if kind.partition(";")[0].strip().lower() != "application/json":
                raise NotJson(kind[:100])
            packed = headers.get("content-encoding", "identity")
            if packed.lower() != "identity":
                raise NotJson(f"packed ({packed[:100]})")
        length = headers.get("content-length", "")
        if length.isdecimal() and (len(length) > 15 or int(length) > _limit(scope)):
            raise TooLarge(_limit(scope))

    def _check_origin(self, headers: Headers, host: str, scope: Scope) -> None:
        """Of a browser: the page that asks is this server's own, or is being opened by its reader."""
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}"):
            raise Forbidden(f"A page of {origin[:100]!r} may not ask this server.")
        site = headers.get("sec-fetch-site", "none")
        opened = scope["path"] == "/" and headers.get("sec-fetch-mode") == "navigate"
        if site not in ("none", "same-origin") and not opened:
            raise Forbidden("A page of another site may not ask this server.")

    def _is_here(self, host: str) -> bool:
        """Whether a ``Host`` names this server. An address cannot be pointed elsewhere, as a name can."""
        name, port = _name_and_port(host)
        if port != self._settings.port:
            return False
        return name in self._names or (self._settings.remote and _is_address(name))


def error_body(kind: str, message: str) -> bytes:
    """An error as JSON, in ASCII: it may hold characters that are none."""
    said = message if len(message) <= WORDS else f"{message[:WORDS]} ..."
    return json.dumps({"error": {"type": kind, "message": said}}).encode()


def _names(settings: Settings) -> frozenset[str]:
    names = {"127.0.0.1", "localhost", "[::1]"}
    if settings.remote:
        names |= {settings.host.lower(), socket.gethostname().lower()}
    return frozenset(names)


def _name_and_port(host: str) -> tuple[str, int]:
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        return host, 80
    return name, int(port) if port.isdecimal() and len(port) <= 5 else -1


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _limit(scope: Scope) -> int:
    return SHOW_BYTES if scope["path"] == SHOW else BODY_BYTES


class _Body:
    """A body as it comes, refused as soon as it is too large, or all of them together are; not when all is here."""

    def __init__(self, guard: Guard, receive: Receive, limit: int) -> None:
        self._guard, self._receive, self._limit = guard, receive, limit
        self.seen = 0

    async def read(self) -> Message:
        message = await self._receive()
        size = len(message.get("body", b""))
        self.seen += size
        self._guard.held += size
        if self.seen > self._limit:
            raise HTTPException(TooLarge.status, str(TooLarge(self._limit)))
        if self._guard.held > ALL_BYTES:
            full = QueueFull(f"Requests of {ALL_BYTES:,} bytes are being read, and more may not.", 1)
            raise HTTPException(full.status, str(full), {"retry-after": str(full.retry_after)})
        return message


async def _refuse(refused: Refused, send: Send) -> None:
    body = error_body(type(refused).__name__, str(refused))
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    if refused.status == NoToken.status:
        headers |= {"www-authenticate": "Bearer"}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refused.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
