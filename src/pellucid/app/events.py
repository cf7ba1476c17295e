"""A job as a stream of events: the job whenever it has changed, until it is over."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress

from pellucid.app.jobs import OVER, Job, Jobs

__all__ = ["BEAT", "PAUSE", "events"]

PAUSE = 0.1  # seconds between two events of a job, at least
BEAT = 10.0  # seconds of silence, at most: a line that is no event shows whether anyone still listens


async def events(jobs: Jobs, job: Job) -> AsyncIterator[str]:
    """The lines of ``text/event-stream``. Whoever stops listening costs nothing more."""
    loop, changed, over = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def tell() -> None:
        """Called by the thread that works."""
        with suppress(RuntimeError):  # the loop has ended: so has whoever listened
            if job.over:
                loop.call_soon_threadsafe(over.set)
            if not changed.is_set():
                loop.call_soon_threadsafe(changed.set)

    stop = jobs.listen(job, tell)
    try:
        while True:
            changed.clear()
            found = jobs.described(job)
            yield f"data: {json.dumps(found)}\n\n"
            if found["state"] in OVER:
                return
            said = time.monotonic()
            while not await _within(changed, BEAT):
                yield ": still here\n\n"
            await _within(over, PAUSE - (time.monotonic() - said))
    finally:
        stop()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, so many seconds at most; whether it came."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
