"""Fair timing: the sides take turns, so that whatever slows the machine slows both; the median counts."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def alternating(sides: Mapping[str, Callable[[], Any]], runs: int) -> dict[str, list[float]]:
    """Seconds of every run of every side. Each side should have run once before, uncounted."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(runs):
        for name, work in sides.items():
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def medians(seconds: Mapping[str, list[float]]) -> dict[str, float]:
    """The median run of each side, in seconds."""
    return {name: statistics.median(runs) for name, runs in seconds.items()}


def machine(threads: int) -> str:
    """The machine in plain words; nothing that identifies one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} CPU cores ({platform.machine()}), {threads} threads, no accelerator"
