"""The server put together: routes, errors in words, and the guard around them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pellucid import __version__
from pellucid.app import page, routes
from pellucid.app.guard import Guard, error_body
from pellucid.app.jobs import Jobs
from pellucid.app.limits import Limits
from pellucid.app.refused import Refused, status_of
from pellucid.app.served import Served
from pellucid.app.settings import Settings
from pellucid.app.state import State
from pellucid.core.errors import PellucidError

__all__ = ["create"]

ABOUT = """Explanations of language models, as jobs: ask, follow, read. The same verbs and words as in Python.

Every request but `/api/v1/health` needs the token that `pellucid serve` printed, as `Authorization: Bearer TOKEN`."""


def create(settings: Settings) -> FastAPI:
    """The app, guarded; its jobs end with it. Raises `UnknownName` for a model that cannot be meant."""
    served = Served(settings.models, settings.load_options, settings.ready)
    limits = Limits(settings.max_tokens, settings.max_characters)
    app = FastAPI(
        title="Pellucid",
        version=__version__,
        description=ABOUT,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        redirect_slashes=False,
    )
    app.state.pellucid = State(served, Jobs(served, settings), limits)
    app.include_router(routes.router)
    app.include_router(page.router)
    app.add_exception_handler(PellucidError, _in_words)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _by_status)
    app.add_middleware(Guard, settings=settings)
    return app


async def _in_words(_: Request, error: Any) -> Response:
    headers = {}
    if isinstance(error, Refused) and error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    return _error(status_of(error), type(error).__name__, str(error), headers)


async def _not_understood(_: Request, error: Any) -> Response:
    return _error(422, "BadRequest", " ".join(map(_fault, error.errors()[:5])))


async def _by_status(_: Request, error: Any) -> Response:
    if error.status_code == 400:  # what is no JSON, however it is broken
        return _error(422, "BadRequest", "The body is no JSON that can be read.")
    said = {404: "There is nothing here.", 405: "That cannot be asked of this address."}
    kind = {413: "TooLarge", 429: "QueueFull"}.get(error.status_code, "BadRequest")
    words = said.get(error.status_code, str(error.detail))
    return _error(error.status_code, kind, words, dict(error.headers or {}))


def _fault(fault: dict[str, Any]) -> str:
    """One thing that is wrong with a request."""
    where = ".".join(str(step) for step in fault["loc"] if step != "body") or "the body"
    if fault["type"] == "extra_forbidden":
        return f'There is no field "{where}".'
    if fault["type"] == "json_invalid":
        return f"The body is no JSON: {fault['ctx']['error']}."
    if fault["type"] == "missing":
        return f"{where} is missing." if where != "the body" else "The body is missing: send a JSON object."
    said = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    it = "it " if fault["msg"].startswith("Input ") else ""
    return f"{where}: {it}{said[0].lower()}{said[1:]}."


def _error(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return Response(error_body(kind, message), status, headers, "application/json")
