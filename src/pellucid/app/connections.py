"""Connections with an end to patience: who opens many, or says nothing, or too slowly, keeps nobody else out."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["MOST", "PATIENCE", "Connection", "most_connections"]

PATIENCE = 60.0  # seconds that a request may take to be here whole, and an answer to move on at all
MOST = 512


class Connection(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it. It is dropped when its client is too slow, or idle while others find no room.

    uvicorn itself waits for a request, and for the rest of one, as long as it takes.
    """

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._request: asyncio.TimerHandle | None = None
        self._answer: asyncio.TimerHandle | None = None
        self._heard = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is here, in the place of one that is idle if there are too many."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._heard = self.loop.time()
        self._wait()
        there = [one for one in self.connections if isinstance(one, Connection) and not one._leaves]
        if len(there) > most_connections():
            idle = (one for one in there if one.idle)
            min(idle, key=lambda one: one._heard, default=self).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        for timer in (self._request, self._answer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some of a request, or of several."""
        self._heard = self.loop.time()
        super().data_received(data)
        self._wait()

    def pause_writing(self) -> None:
        """The client reads less than it is sent."""
        super().pause_writing()
        self._answer = self.loop.call_later(PATIENCE, self._look, self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """It has caught up."""
        super().resume_writing()
        if self._answer is not None:
            self._answer.cancel()
            self._answer = None

    @property
    def idle(self) -> bool:
        """Whether it has nothing to answer: no request, or none that is here whole."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered or self.conn.their_state is h11.SEND_BODY

    @property
    def _leaves(self) -> bool:
        return self.transport.is_closing()

    def _wait(self) -> None:
        """Give the rest of a request its time; once it is whole, its answer has as long as it takes."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            if self._request is not None:
                self._request.cancel()
                self._request = None
        elif self._request is None:
            self._request = self.loop.call_later(PATIENCE, self.transport.abort)

    def _look(self, before: int) -> None:
        """Whether anything was read since; if not, nobody reads any more."""
        now = self.transport.get_write_buffer_size()
        if now >= before:
            self.transport.abort()
        else:
            self._answer = self.loop.call_later(PATIENCE, self._look, now)


def most_connections() -> int:
    """How many there may be: fewer where a process may open few files, which models need as well."""
    try:
        import resource
    except ImportError:  # Windows
        return MOST
    return min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
