"""A job as a stream of events: the job whenever it has changed, until it is over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

from pellucid.app.jobs import OVER, Job, Jobs, State

__all__ = ["BEAT", "PAUSE", "WAITING", "events"]

PAUSE = 0.1  # seconds between two events of a job, at least
WAITING = 0.5  # the same while it waits: only its place in the line can change, for each who waits at once
BEAT = 10.0  # seconds of silence, at most: a line that is no event shows whether anyone still listens


async def events(jobs: Jobs, job: Job) -> AsyncIterator[str]:
    """The lines of ``text/event-stream``. That it begins or ends is said at once. Who stops listening costs no more."""
    loop, changed, turned = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    said: State = "queued"

    def tell() -> None:
        """Called by the thread that works."""
        with suppress(RuntimeError):  # the loop has ended: so has whoever listened
            if job.state != said:
                loop.call_soon_threadsafe(turned.set)
            if not changed.is_set():
                loop.call_soon_threadsafe(changed.set)

    stop = jobs.listen(job, tell)
    try:
        while True:
            changed.clear()
            turned.clear()
            found = jobs.described(job)
            said = found["state"]
            yield f"data: {json.dumps(found)}\n\n"
            if said in OVER:
                return
            if job.state == said:
                await _within(turned, WAITING if said == "queued" else PAUSE)
            while not await _within(changed, BEAT):
                yield ": still here\n\n"
    finally:
        stop()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, so many seconds at most; whether it came."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
