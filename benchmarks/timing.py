"""Fair timing: the sides take turns, so that whatever slows the machine slows all; the median counts."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

SLOW = 20.0  # seconds; what takes longer runs once


class Seconds(NamedTuple):
    """How long something took by the clock, and how long processor cores were busy with it."""

    clock: float
    busy: float


Timed = Callable[[], tuple[Any, Seconds]]


def timed(work: Callable[[], Any]) -> tuple[Any, Seconds]:
    """What ``work`` returns, and its seconds."""
    start, busy = time.perf_counter(), time.process_time()
    found = work()
    return found, Seconds(time.perf_counter() - start, time.process_time() - busy)


def alternating(
    sides: Mapping[str, Timed], runs: int, slow: float = SLOW
) -> dict[str, tuple[Any, list[Seconds]]]:
    """For each side what its first run returned, and the seconds of all its runs; ``slow`` ones run once."""
    found: dict[str, tuple[Any, list[Seconds]]] = {}
    for _ in range(runs):
        for name, work in sides.items():
            if name in found and found[name][1][0].clock > slow:
                continue
            numbers, seconds = work()
            found.setdefault(name, (numbers, []))[1].append(seconds)
    return found


def medians(seconds: list[Seconds]) -> Seconds:
    """The median by the clock, and the median of busy cores."""
    return Seconds(*(round(statistics.median(kind), 3) for kind in zip(*seconds, strict=True)))


def machine(threads: int) -> str:
    """The machine in plain words; nothing that identifies one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} CPU cores ({platform.machine()}), {threads} threads, no GPU"
