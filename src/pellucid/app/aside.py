"""Work that takes a moment, done where it keeps nobody waiting who asks for something else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
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
        self._started = False

    async def __call__(self, work: Callable[..., Any], *given: Any) -> Any:
        """What ``work`` gives. Raises what it raises, and `QueueFull`."""
        if self._waiting.qsize() >= WAIT:
            raise QueueFull(f"{WAIT} figures and files are waited for, and more may not be.", 5)
        if not self._started:  # all who ask are in one thread
            self._started = True
            for _ in range(self._threads):
                threading.Thread(target=self._serve, name=self._name, daemon=True).start()
        future: Future[Any] = Future()
        self._waiting.put((future, work, given))
        return await asyncio.wrap_future(future)

    def _serve(self) -> None:
        while True:
            future, work, given = self._waiting.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work(*given))
            except BaseException as error:
                future.set_exception(error)
            del future, work, given  # what was asked may be large
