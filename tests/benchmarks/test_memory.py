"""The peak of a piece of work, and its bound, on Linux."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from benchmarks import peak_memory
from benchmarks.peers.memory import growing

MEGABYTE = 2**20
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its peak")


@linux
def test_the_peak_is_what_was_held_at_once():
    with growing(2**30) as grown:
        for _ in range(3):  # one after the other: the peak is that of one
            held = np.ones(128 * MEGABYTE // 8)
            del held
    assert 120 * MEGABYTE < grown.at_most < 180 * MEGABYTE


@linux
def test_an_older_peak_is_forgotten():
    held = np.ones(256 * MEGABYTE // 8)
    del held
    with growing(2**30) as grown:
        pass
    assert grown.at_most < 32 * MEGABYTE


@linux
def test_more_than_the_bound_is_refused_and_the_bound_ends():
    with pytest.raises(MemoryError), growing(64 * MEGABYTE):
        np.ones(512 * MEGABYTE // 8)
    assert np.ones(512 * MEGABYTE // 8).nbytes == 512 * MEGABYTE


def test_a_side_that_died_is_listed_with_what_it_asked_for():
    told = {"answer_tokens": 1, "steps": 50}
    found = {
        "work": "some work",
        "machine": "a machine",
        "limit_bytes": 8 * 2**30,
        "ways": [
            {"side": "Pellucid", "grown_bytes": 100 * MEGABYTE, **told},
            {"side": "Pellucid, slow", "grown_bytes": 50 * MEGABYTE, "at_once": 1, **told},
            {"side": "Slow", "grown_bytes": 400 * MEGABYTE, "at_once": 1, **told},
            {
                "side": "Large",
                "failed": f"can't allocate memory: you tried to allocate {2**30} bytes.",
                **told,
            },
            {"side": "Broken", "failed": "KeyError: 'a|b'", **told},
            {"side": "Absent", "missing": True, **told},
        ],
    }
    shown = peak_memory.table(found)
    assert "| Pellucid | 1 | 100 MiB | 1.0 |" in shown
    assert "| Slow | 1 | 400 MiB | 8.0 |" in shown
    assert "| Large | 1 | fails: asks for 1024 MiB at once | over 10 |" in shown
    assert "| Broken | 1 | KeyError: 'a b' |  |" in shown
    assert "| Absent | 1 | missing here |  |" in shown
