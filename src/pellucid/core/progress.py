"""What a piece of work costs and how far it is: one meter in a context variable.

Models report every batch to the current meter (`spend`), long loops report how far they are (`advance`).
The command line hangs a bar on it, provenance reads its counts, and whoever holds it can `cancel` the work:
the next batch then raises `Cancelled`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from pellucid.core.errors import Cancelled

__all__ = ["Meter", "meter", "metered"]

Listener = Callable[["Meter"], None]


@dataclass
class Meter:
    """Counts of one piece of work. ``forwards`` counts sequences, ``calls`` batches of them."""

    forwards: int = 0
    backwards: int = 0
    calls: int = 0
    tokens: int = 0
    doing: str = ""
    done: int = 0
    total: int = 0
    listener: Listener | None = None
    parent: Meter | None = None
    _cancelled: bool = field(default=False, repr=False)
    _leads: bool = field(default=False, repr=False)

    def spend(self, *, forwards: int = 0, backwards: int = 0, tokens: int = 0) -> None:
        """Record one model call over ``forwards`` sequences of ``tokens`` tokens in all."""
        if self.cancelled:
            raise Cancelled
        self.forwards += forwards
        self.backwards += backwards
        self.tokens += tokens
        self.calls += 1
        if self.parent:
            self.parent.spend(forwards=forwards, backwards=backwards, tokens=tokens)
        self._tell()

    def advance(self, done: int, total: int, doing: str) -> None:
        """Say that ``done`` of ``total`` steps of ``doing`` are finished.

        Work that this is part of shows the same, unless it says itself how far it is.
        """
        if self.cancelled:
            raise Cancelled
        self._leads = True
        self._show(done, total, doing)

    def _show(self, done: int, total: int, doing: str) -> None:
        self.done, self.total, self.doing = done, total, doing
        # The outermost loop is the one to watch: the steps inside one of its own would hide how far it is.
        if self.parent and not self.parent._leads:
            self.parent._show(done, total, doing)
        self._tell()

    def cancel(self) -> None:
        """Stop the work at its next batch."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether this work, or work it is part of, was asked to stop."""
        return self._cancelled or (self.parent is not None and self.parent.cancelled)

    def _tell(self) -> None:
        if self.listener:
            self.listener(self)


_current: ContextVar[Meter | None] = ContextVar("pellucid_meter", default=None)


def meter() -> Meter:
    """The meter of the work in progress; outside any, one that nobody reads."""
    return _current.get() or Meter()


@contextmanager
def metered(listener: Listener | None = None) -> Iterator[Meter]:
    """Measure the work inside. Nested measurements count towards the outer ones too."""
    inner = Meter(listener=listener, parent=_current.get())
    token = _current.set(inner)
    try:
        yield inner
    finally:
        _current.reset(token)
