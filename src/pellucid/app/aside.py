"""Work that takes a moment, done where it keeps nobody waiting who asks for something else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from pellucid.app.refused import QueueFull

__all__ = ["Aside"]

WAIT = 32  # pieces of work for each; whoever comes then is told to come back


class Aside:
    """A few threads. They end with the process, whatever they are at, so that nobody waits for them when it stops."""

    def __init__(self, name: str, threads: int) -> None:
        self._name, self._threads = name, threads
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = SimpleQueue()
        self._asked: set[Future[Any]] = set()
        self._started = self._closed = False

    async def __call__(self, work: Callable[..., Any], *given: Any) -> Any:
        """What ``work`` gives. Raises what it raises, and `QueueFull`."""
        if self._closed:
            raise _stopping()
        if self._waiting.qsize() >= WAIT:
            raise QueueFull(f"{WAIT} figures and files are waited for, and more may not be.", 5)
        if not self._started:  # all who ask are in one thread
            self._started = True
            for _ in range(self._threads):
                threading.Thread(target=self._serve, name=self._name, daemon=True).start()
        future: Future[Any] = Future()
        self._asked.add(future)
        self._waiting.put((future, work, given))
        try:
            return await asyncio.wrap_future(future)
        finally:
            self._asked.discard(future)

    def close(self) -> None:
        """Tell all who wait that nothing comes any more. From any thread."""
        self._closed = True
        for future in tuple(self._asked):
            with suppress(InvalidStateError):
                future.set_exception(_stopping())

    def _serve(self) -> None:
        while True:
            future, work, given = self._waiting.get()
            if future.done():  # nobody waits for it any more
                continue
            found, error = None, None
            try:
                found = work(*given)
            except BaseException as raised:
                error = raised
            with suppress(InvalidStateError):  # nor for what was found since
                future.set_result(found) if error is None else future.set_exception(error)
            del future, work, given, found, error  # what was asked may be large


def _stopping() -> QueueFull:
    return QueueFull("The server is stopping.", 1)
