"""What a job found, as a figure for the page and as files to keep."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from pellucid.app.outcome import Outcome
from pellucid.app.refused import NoSuchResult
from pellucid.core.errors import CannotRead, PellucidError
from pellucid.view.draw import draw
from pellucid.view.in_browser.payload import payload_json
from pellucid.view.written import written

__all__ = ["KINDS", "PICTURES", "figure", "file"]

KINDS = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
}
PICTURES = frozenset({"png", "svg"})
_pictures = threading.Lock()  # matplotlib's settings are one for all threads


def figure(outcome: Outcome) -> bytes:
    """The figure of a job as the JSON that the page's bundle reads."""
    return _made(outcome, lambda drawn: payload_json(draw(*drawn)).encode())


def file(outcome: Outcome, suffix: str) -> bytes:
    """The content of a file of a job. Raises `NoSuchResult` for a kind that there is not."""
    if suffix == "json":
        if outcome.saved is None:
            raise NoSuchResult("A job of this kind has no JSON: save the results that it shows one by one.")
        return outcome.saved()
    with _pictures if suffix in PICTURES else nullcontext():
        return _made(outcome, lambda drawn: written(list(drawn), f".{suffix}", errors="replace"))


def _made(outcome: Outcome, make: Callable[[tuple[Any, ...]], bytes]) -> bytes:
    if not outcome.drawn:
        raise NoSuchResult("A job of this kind has no figure: its result is plain data.")
    try:
        return make(outcome.drawn)
    except PellucidError:
        raise
    except Exception as error:
        if not outcome.foreign:
            raise
        # A file may hold together and still make no sense.
        raise CannotRead("the file", f"it cannot be drawn ({type(error).__name__}).") from error
