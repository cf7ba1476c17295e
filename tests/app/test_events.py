"""Following a job: no more than ten events a second, the last one at once, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from itertools import pairwise

import pytest

from pellucid.app import events as module
from pellucid.app.events import PAUSE, events
from pellucid.app.jobs import Jobs
from pellucid.app.outcome import Outcome
from pellucid.app.served import Served
from pellucid.app.settings import Settings
from pellucid.core.progress import meter


@pytest.fixture
def jobs(monkeypatch):
    monkeypatch.setattr("pellucid.models.load.load", lambda name, **options: name)
    here = Jobs(Served(["demo-lm"], {}), Settings())
    yield here
    here.close()


def busy(stop: threading.Event):
    def work(model, step):
        with step("Working"):
            while not stop.wait(0.001):
                meter().spend(forwards=1)
        return Outcome()

    return work


def submit(jobs: Jobs, stop: threading.Event):
    return jobs.submit("test", "demo-lm", "one", {}, busy(stop))


def test_at_most_ten_a_second_and_the_last_at_once(jobs):
    stop = threading.Event()
    job = submit(jobs, stop)
    threading.Timer(1.0, stop.set).start()

    async def follow():
        return [
            (time.monotonic(), json.loads(line.removeprefix("data: "))) async for line in events(jobs, job)
        ]

    seen = asyncio.run(follow())
    times = [when for when, _ in seen]
    # The last may come sooner: what is over is said at once.
    assert all(later - before >= PAUSE * 0.9 for before, later in pairwise(times[:-1]))
    assert 3 <= len(seen) <= 14
    assert [event["state"] for _, event in seen][-1] == "done"
    assert job.listeners == []


def test_who_waits_is_told_seldom_of_the_line_and_at_once_of_the_start(jobs, monkeypatch):
    monkeypatch.setattr(module, "WAITING", 20.0)
    stops = [threading.Event() for _ in range(4)]
    *before, job = [submit(jobs, stop) for stop in stops]
    begun = time.monotonic()

    async def follow():
        seen = []
        async for line in events(jobs, job):
            seen.append(json.loads(line.removeprefix("data: ")))
            for stop in stops[: 3 if len(seen) == 1 else 4]:
                stop.set()
        return seen

    seen = asyncio.run(follow())
    assert time.monotonic() - begun < 15  # it did not sleep through its own start
    assert seen[0]["state"] == "queued"
    assert [event["state"] for event in seen].count("queued") == 1  # three places nearer, and no word of it
    assert seen[-1]["state"] == "done"
    assert all(jobs.described(one)["state"] == "done" for one in before)


def test_whoever_goes_away_costs_nothing(jobs):
    stop = threading.Event()
    job = submit(jobs, stop)

    async def follow_and_go():
        following = asyncio.create_task(anext(events(jobs, job)))
        await following
        stream = events(jobs, job)
        await anext(stream)
        waiting = asyncio.create_task(anext(stream))
        await asyncio.sleep(0.02)
        assert job.listeners
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await stream.aclose()

    asyncio.run(follow_and_go())
    assert job.listeners == []
    meter_before = jobs.described(job)["forwards"]
    time.sleep(0.1)  # it works on, although the loop that listened is gone
    assert jobs.described(job)["forwards"] > meter_before
    stop.set()


def test_silence_is_broken_now_and_then(jobs, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.02)
    stop, go_on = threading.Event(), threading.Event()
    job = jobs.submit("test", "demo-lm", "one", {}, lambda model, step: (go_on.wait(30), Outcome())[1])

    async def follow():
        lines = []
        async for line in events(jobs, job):
            lines.append(line)
            if line.startswith(":") and len(lines) > 5:
                go_on.set()
        return lines

    lines = asyncio.run(follow())
    assert ": still here\n\n" in lines
    assert '"state": "done"' in lines[-1]
    stop.set()
