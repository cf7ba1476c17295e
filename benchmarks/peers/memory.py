"""How much memory a piece of work takes above what the process holds already, and a bound on it. Linux only."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROCESS = Path("/proc/self")


class Grown:
    """The bytes by which the process grew at its largest, known once the work is done."""

    at_most: int = 0


@contextmanager
def growing(limit: int) -> Iterator[Grown]:
    """Measure the peak of resident memory above what it is now.

    An allocation that would take the process over ``limit`` bytes more than it has reserved fails, in this
    process alone: the machine goes on.
    """
    grown = Grown()
    old = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_status("VmSize") + limit, old[1]))
    (PROCESS / "clear_refs").write_text("5")  # forget the peak of loading the model
    before = _status("VmRSS")
    try:
        yield grown
    finally:
        grown.at_most = _status("VmHWM") - before
        resource.setrlimit(resource.RLIMIT_AS, old)


def _status(field: str) -> int:
    """A field of the process's status, in bytes."""
    lines = (PROCESS / "status").read_text(encoding="ascii").splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(field + ":")).split()[1])
