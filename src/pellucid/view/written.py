"""Results as the content of a file that people read: a page, a text, a picture."""

from __future__ import annotations

from typing import Any

from pellucid.core.registry import renderer
from pellucid.view.image import PICTURES

__all__ = ["written"]


def written(results: Any, suffix: str, *, errors: str = "strict") -> bytes:
    """What `draw` takes as a ``.html``, ``.txt``, ``.png``, ``.svg`` or ``.pdf`` file.

    ``errors``: of characters that are none of UTF-8, as `str.encode` has it.
    """
    if suffix in PICTURES:
        return renderer("image")(results, suffix=suffix)
    if suffix == ".html":
        return renderer("html")(results).encode("utf-8", errors)
    return (renderer("terminal")(results, colour=False, width=100) + "\n").encode("utf-8", errors)
