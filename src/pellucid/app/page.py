"""The page and its two files, whose names change when they do."""

from __future__ import annotations

import hashlib
from functools import cache

from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from pellucid import __version__
from pellucid.app.refused import NoSuchResult
from pellucid.view.html import stylesheet
from pellucid.view.in_browser.bundle import script

__all__ = ["router"]

FOREVER = "public, max-age=31536000, immutable"
router = APIRouter(include_in_schema=False)


@router.get("/")
async def page() -> Response:
    """The one page."""
    return HTMLResponse(_page())


@router.get("/assets/{name}")
async def asset(name: str) -> Response:
    """A file of the page."""
    if name not in _assets():
        raise NoSuchResult("There is no such file: load the page again.")
    content, kind = _assets()[name]
    return Response(content, media_type=kind, headers={"cache-control": FOREVER})


@cache
def _page() -> str:
    environment = Environment(
        loader=PackageLoader("pellucid.app"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    names = {name.rpartition(".")[2]: name for name in _assets()}
    return environment.get_template("app.html.jinja").render(version=__version__, **names)


@cache
def _assets() -> dict[str, tuple[bytes, str]]:
    """Content and media type by name."""
    found = {"js": (script().encode(), "text/javascript"), "css": (stylesheet().encode(), "text/css")}
    return {
        f"pellucid-{hashlib.sha256(content).hexdigest()[:16]}.{suffix}": (content, f"{kind}; charset=utf-8")
        for suffix, (content, kind) in found.items()
    }
