"""Figures and files are made aside: in few threads, not without end, and nobody waits for them at the end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from pellucid.app import aside as module
from pellucid.app.aside import Aside
from pellucid.app.refused import QueueFull


def test_it_gives_what_the_work_gives():
    aside = Aside("test", 2)

    async def several():
        return await asyncio.gather(*(aside(pow, n, 2) for n in range(20)))

    assert asyncio.run(several()) == [n**2 for n in range(20)]
    with pytest.raises(ZeroDivisionError):
        asyncio.run(aside(divmod, 1, 0))
    assert asyncio.run(aside(abs, -3)) == 3  # an error ended no thread
    assert sum(thread.name == "test" for thread in threading.enumerate()) == 2


def test_no_more_may_wait_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(module, "WAIT", 3)
    gate, begun = threading.Event(), threading.Event()
    aside = Aside("test", 1)

    async def too_many():
        first = asyncio.create_task(aside(lambda: (begun.set(), gate.wait(30))))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        others = [asyncio.create_task(aside(abs, -n)) for n in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFull, match="more may not be"):
            await aside(abs, 1)
        others[1].cancel()  # who does not wait any more is left out
        gate.set()
        await first
        return await asyncio.gather(*others, return_exceptions=True)

    found = asyncio.run(too_many())
    assert (found[0], found[2]) == (0, 2)
    assert isinstance(found[1], asyncio.CancelledError)


def test_who_waits_is_told_when_it_stops():
    gate, begun = threading.Event(), threading.Event()
    aside = Aside("test", 1)

    async def stopped():
        asked = [asyncio.create_task(aside(lambda: (begun.set(), gate.wait(30)))) for _ in range(2)]
        while not begun.is_set():
            await asyncio.sleep(0.001)
        threading.Thread(target=aside.close).start()
        found = await asyncio.gather(*asked, return_exceptions=True)
        gate.set()
        with pytest.raises(QueueFull, match="stopping"):
            await aside(abs, 1)
        return found

    assert [str(error) for error in asyncio.run(stopped())] == [
        "The server is stopping. Try again in about 1 s."
    ] * 2


def test_an_interpreter_ends_while_it_works():
    code = (
        "import asyncio, threading\n"
        "from pellucid.app.aside import Aside\n"
        "begun = threading.Event()\n"
        "async def asked():\n"
        "    task = asyncio.create_task(Aside('test', 1)(lambda: (begun.set(), threading.Event().wait(600))))\n"
        "    while not begun.is_set(): await asyncio.sleep(0.001)\n"
        "    task.cancel()\n"
        "asyncio.run(asked())\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=True).returncode == 0
