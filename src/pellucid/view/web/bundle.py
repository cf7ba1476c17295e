"""The built bundle of ``ui/``: one file of script, one of styles. Users need no Node; ``make ui`` builds it."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

__all__ = ["digest", "script", "styles"]


@cache
def script() -> str:
    """The script, which may stand inside a ``<script>`` element as it is."""
    return _asset("pellucid.js")


@cache
def styles() -> str:
    """The styles of what is live."""
    return _asset("pellucid.css")


@cache
def digest() -> str:
    """What a content security policy calls the script, so that a page runs this one and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()


def _asset(name: str) -> str:
    return files("pellucid.view").joinpath("assets", name).read_text(encoding="utf-8").strip()
