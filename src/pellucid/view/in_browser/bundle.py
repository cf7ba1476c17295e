"""The built bundle of ``ui/``: one file of script, one of styles. Users need no Node; ``make ui`` builds it."""

from __future__ import annotations

import base64
import hashlib
import zlib
from functools import cache
from importlib.resources import files

__all__ = ["LOADER", "digest", "packed_script", "script", "styles"]

# Unpacks the bundle and runs it. The policy of the page names both by their hashes, so nothing else can be run so.
LOADER = (
    '"use strict";(async()=>{'
    'const packed=document.getElementById("pellucid-packed").textContent;'
    "const bytes=Uint8Array.from(atob(packed),c=>c.charCodeAt(0));"
    'const stream=new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));'
    'const script=document.createElement("script");'
    "script.textContent=await new Response(stream).text();"
    "document.head.append(script)})()"
)


@cache
def script() -> str:
    """The script, which may stand inside a ``<script>`` element as it is."""
    return _asset("pellucid.js")


@cache
def packed_script() -> str:
    """The script by zlib and base64, about a third of it, for pages that `LOADER` unpacks."""
    return base64.b64encode(zlib.compress(script().encode(), 9)).decode()


@cache
def styles() -> str:
    """The styles of what is live."""
    return _asset("pellucid.css")


@cache
def digest(code: str = "") -> str:
    """What a content security policy calls a script (the bundle), so that a page runs this one and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256((code or script()).encode()).digest()).decode()


def _asset(name: str) -> str:
    return files("pellucid.view").joinpath("assets", name).read_text(encoding="utf-8").strip()
