"""What a job found, as a figure for the page and as files to keep."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pellucid.app.outcome import Outcome
from pellucid.app.refused import NoSuchResult
from pellucid.core.errors import CannotRead, PellucidError
from pellucid.core.registry import renderer
from pellucid.view.draw import draw
from pellucid.view.in_browser.payload import payload_json

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
    return _made(outcome, lambda drawn: payload_json(draw(*drawn)).encode("utf-8", "backslashreplace"))


def file(outcome: Outcome, suffix: str) -> bytes:
    """The content of a file of a job. Raises `NoSuchResult` for a kind that there is not."""
    if suffix == "json":
        if outcome.saved is None:
            raise NoSuchResult("A job of this kind has no JSON: save the results that it shows one by one.")
        return outcome.saved()
    if suffix == "html":
        return _made(outcome, lambda drawn: renderer("html")(list(drawn)).encode("utf-8", "replace"))
    if suffix == "txt":
        return _made(outcome, _as_text)
    with _pictures:
        return _made(outcome, lambda drawn: renderer("image")(list(drawn), suffix=f".{suffix}"))


def _as_text(drawn: tuple[Any, ...]) -> bytes:
    return (renderer("terminal")(list(drawn), colour=False, width=100) + "\n").encode("utf-8", "replace")


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
