"""The API: what there is, jobs that are asked for, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Request
from starlette.responses import Response, StreamingResponse

from pellucid import __version__
from pellucid.app import work
from pellucid.app.answers import (
    ErrorAnswer,
    HealthAnswer,
    JobAnswer,
    MethodAnswer,
    MetricAnswer,
    ModelAnswer,
)
from pellucid.app.asked import Ablate, Asked, Compare, Evaluate, Explain, Generate, Report, VerdictOf
from pellucid.app.catalogue import listed
from pellucid.app.events import events
from pellucid.app.files import KINDS, PICTURES, figure, file
from pellucid.app.jobs import Job
from pellucid.app.outcome import Outcome, Work
from pellucid.app.plain import Plain
from pellucid.app.refused import NoSuchResult, Refused
from pellucid.app.shown import shown
from pellucid.app.state import State
from pellucid.core.errors import UnknownName
from pellucid.core.explanation import Explanation

__all__ = ["router"]

_ERRORS = {
    401: "The token is missing, or another one.",
    403: "A page of another site asks, or under another name.",
    404: "There is no such job, or no more, or it has nothing of this kind.",
    409: "The job is not done.",
    413: "The request is too large.",
    415: "The body is no JSON.",
    422: "It cannot be done as it is asked; the words say what is possible.",
    429: "As many wait as may wait.",
    501: "A package is not installed; the words say which.",
}


def _answers(*statuses: int, of: Mapping[int, tuple[Any, str]]) -> dict[int | str, dict[str, Any]]:
    """What a route may answer: its own answers, and the errors of these statuses."""
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": said, **({} if model is None else {"model": model})}
        for status, (model, said) in of.items()
    }
    for status in (401, 403, *statuses):
        found[status] = {"model": ErrorAnswer, "description": _ERRORS[status]}
    if 429 in found:
        found[429]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return found


async def _state(request: Request) -> State:
    return request.app.state.pellucid


async def _client(
    request: Request,
    pellucid_client: Annotated[
        str | None, Header(description="Who asks: clients take turns. A tab's random id.", max_length=64)
    ] = None,
) -> str:
    return pellucid_client or (request.client.host if request.client else "")


Here = Annotated[State, Depends(_state)]
Client = Annotated[str, Depends(_client)]
Id = Annotated[str, Path(description="The id of a job.", max_length=64)]

router = APIRouter(prefix="/api/v1", default_response_class=Plain)
_EVENT = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": {"type": "string", "contentMediaType": "application/json"}},
}
_ACCEPTED = {202: (JobAnswer, "The job, which waits for its model. Location says where it is.")}
_WORK: dict[str, Any] = {
    "status_code": 202,
    "tags": ["work"],
    "response_model": None,
    "responses": _answers(413, 415, 422, 429, of=_ACCEPTED),
}
_ON: dict[str, Any] = {**_WORK, "responses": _answers(404, 409, 413, 415, 422, 429, of=_ACCEPTED)}


@router.get(
    "/health",
    summary="Whether it answers, and how busy it is",
    tags=["what there is"],
    response_model=None,
    responses={200: {"model": HealthAnswer}, 403: {"model": ErrorAnswer, "description": _ERRORS[403]}},
)
async def health(here: Here) -> Response:
    """Needs no token, and answers while all models work."""
    return Plain({"status": "ok", "version": __version__, "models": here.jobs.load()})


@router.get(
    "/models",
    summary="The models that may be asked for",
    tags=["what there is"],
    response_model=None,
    responses=_answers(of={200: (list[ModelAnswer], "The models.")}),
)
async def models(here: Here) -> Response:
    """A list that whoever started the server gave; a model is loaded when it is first used."""
    most = {"max_tokens": here.limits.tokens}
    return Plain([here.served.card(name) | most for name in here.served.names])


@router.get(
    "/methods",
    summary="The methods",
    tags=["what there is"],
    response_model=None,
    responses=_answers(of={200: (list[MethodAnswer], "The methods, by family and name.")}),
)
async def methods() -> Response:
    """Those that can be asked for here."""
    return Plain(listed("method"))


@router.get(
    "/metrics",
    summary="The metrics",
    tags=["what there is"],
    response_model=None,
    responses=_answers(of={200: (list[MetricAnswer], "The metrics, by family and name.")}),
)
async def metrics() -> Response:
    """Those that can be asked for here."""
    return Plain(listed("metric"))


@router.post("/generate", summary="What a model says to a text", **_WORK)
async def generate(asked: Generate, here: Here, client: Client) -> Response:
    """Its answer, token by token."""
    return _accept(here, client, asked, asked.model, "generate", work.generating(asked, here.limits))


@router.post("/explain", summary="Why a model gives an answer", **_WORK)
async def explain(asked: Explain, here: Here, client: Client) -> Response:
    """One prediction by one method, and how far to trust that."""
    here.served.check(asked.model)
    return _accept(here, client, asked, asked.model, "explain", work.explaining(asked, here.limits))


@router.post("/compare", summary="Methods beside each other", **_WORK)
async def compare(asked: Compare, here: Here, client: Client) -> Response:
    """On one text: what metrics say of each, and what each costs."""
    return _accept(here, client, asked, asked.model, "compare", work.comparing(asked, here.limits))


@router.post("/evaluate", summary="Measure an explanation", **_ON)
async def evaluate(asked: Evaluate, here: Here, client: Client) -> Response:
    """On its model, each score beside chance."""
    before, why = _explained(here, asked.explanation)
    model = _model_of(here, asked.explanation, why)
    return _accept(here, client, asked, model, "evaluate", work.evaluating(asked, before, why))


@router.post("/verdict", summary="Whether to use an explanation", **_ON)
async def verdict(asked: VerdictOf, here: Here, client: Client) -> Response:
    """Several tests, two ways of removing features, one judgement."""
    before, why = _explained(here, asked.explanation)
    return _accept(
        here,
        client,
        asked,
        _model_of(here, asked.explanation, why),
        "verdict",
        work.judging(asked, before, why),
    )


@router.post("/ablate", summary="Try to break an explanation", **_ON)
async def ablate(asked: Ablate, here: Here, client: Client) -> Response:
    """How far the answer falls without some features, what their credit says, and what random ones do."""
    _, why = _explained(here, asked.explanation)
    return _accept(
        here, client, asked, _model_of(here, asked.explanation, why), "ablate", work.ablating(asked, why)
    )


@router.post(
    "/report",
    summary="One figure of several results",
    tags=["work"],
    status_code=201,
    response_model=None,
    responses=_answers(404, 409, 413, 415, 422, 429, of={201: (JobAnswer, "A job that is done.")}),
)
async def report(asked: Report, here: Here, client: Client) -> Response:
    """Explanations, verdicts and scores of several jobs, to read and to save as one."""
    outcomes = [here.jobs.outcome(one) for one in asked.explanations]
    plain = [n for n, one in zip(asked.explanations, outcomes, strict=True) if not one.drawn]
    if plain:
        raise Refused(f"Job {plain[0]} has no figure: give jobs that explain, evaluate, judge or compare.")
    drawn = tuple({id(thing): thing for outcome in outcomes for thing in outcome.drawn}.values())
    found = Outcome(drawn, foreign=any(outcome.foreign for outcome in outcomes))
    job = here.jobs.finished("report", None, client, asked.model_dump(), found)
    return _job(here, job, 201)


@router.post(
    "/show",
    summary="Show a saved explanation or comparison",
    tags=["work"],
    status_code=201,
    response_model=None,
    responses=_answers(413, 415, 422, 429, of={201: (JobAnswer, "A job that is done.")}),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The content of a .json file that Pellucid wrote.",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
async def show(request: Request, here: Here, client: Client) -> Response:
    """Needs no model. Only plain JSON is read, and each of its values is checked."""
    content = await request.body()
    outcome = await here.aside(shown, content)
    known = None if outcome.why is None else here.served.called(outcome.why.provenance.model)
    return _job(here, here.jobs.finished("show", known, client, {}, outcome), 201)


@router.get(
    "/jobs/{job}",
    summary="How far a job is",
    tags=["jobs"],
    response_model=None,
    responses=_answers(404, 422, of={200: (JobAnswer, "The job.")}),
)
async def job(job: Id, here: Here) -> Response:
    """Its state, its counts, and the error in words if it failed."""
    return _job(here, here.jobs.get(job), 200)


@router.delete(
    "/jobs/{job}",
    summary="Stop a job",
    tags=["jobs"],
    response_model=None,
    responses=_answers(
        404,
        422,
        of={200: (JobAnswer, "It is over."), 202: (JobAnswer, "It runs, and stops at its next batch.")},
    ),
)
async def cancel(job: Id, here: Here) -> Response:
    """At once if it waits; one that is over stays as it is."""
    found = here.jobs.cancel(job)
    return _job(here, found, 200 if found.over else 202)


@router.get(
    "/jobs/{job}/events",
    summary="Follow a job",
    tags=["jobs"],
    response_model=None,
    response_class=StreamingResponse,
    responses={
        **_answers(404, 422, of={}),
        200: {
            "description": "The job as JSON in an event, whenever it has changed, until it is over.",
            "content": {"text/event-stream": {"schema": _EVENT}},
        },
    },
)
async def follow(job: Id, here: Here) -> Response:
    """At most ten events a second; a line that is no event every ten seconds of silence."""
    lines = events(here.jobs, here.jobs.get(job))
    return StreamingResponse(lines, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


@router.get(
    "/jobs/{job}/result",
    summary="What a job found, as data",
    tags=["jobs"],
    response_model=None,
    responses=_answers(404, 409, 422, 429, of={200: (dict[str, Any], "The data.")}),
)
async def result(job: Id, here: Here) -> Response:
    """Of an explanation or comparison, what its saved .json file holds."""
    outcome = here.jobs.outcome(job)
    if outcome.result is None:
        raise NoSuchResult("A job of this kind has no data of its own, only a figure.")
    return Response(await here.aside(outcome.result), media_type="application/json")


@router.get(
    "/jobs/{job}/figure",
    summary="What a job found, as a figure",
    tags=["jobs"],
    response_model=None,
    responses=_answers(404, 409, 422, 429, of={200: (dict[str, Any], "The figure that the page draws.")}),
)
async def drawn(job: Id, here: Here) -> Response:
    """The explanation with what was measured of it."""
    return Response(await here.aside(figure, here.jobs.outcome(job)), media_type="application/json")


@router.get(
    "/jobs/{job}/file/{suffix}",
    summary="What a job found, as a file",
    tags=["jobs"],
    response_model=None,
    response_class=Response,
    responses={
        **_answers(404, 409, 422, 429, 501, of={}),
        200: {
            "description": "The file.",
            "content": {kind.partition(";")[0]: {} for kind in KINDS.values()},
        },
    },
)
async def download(
    job: Id, suffix: Annotated[Literal["json", "html", "txt", "png", "svg"], Path()], here: Here
) -> Response:
    """A page that needs no network, a picture, text, or JSON that `pellucid show` reads."""
    kind, outcome = here.jobs.get(job).kind, here.jobs.outcome(job)
    content = await (here.paint if suffix in PICTURES else here.aside)(file, outcome, suffix)
    name = f'attachment; filename="pellucid-{kind}-{job[:8]}.{suffix}"'
    return Response(content, media_type=KINDS[suffix], headers={"content-disposition": name})


def _accept(here: State, client: str, asked: Asked, model: str, kind: str, todo: Work) -> Response:
    here.served.check(model)
    return _job(here, here.jobs.submit(kind, model, client, asked.model_dump(), todo), 202)


def _job(here: State, job: Job, status: int) -> Response:
    headers = {"location": f"/api/v1/jobs/{job.id}"} if status in (201, 202) else None
    return Plain(here.jobs.described(job), status, headers)


def _explained(here: State, job: str) -> tuple[Outcome, Explanation]:
    """The explanation that a job holds, and all else it found."""
    outcome = here.jobs.outcome(job)
    if outcome.why is None:
        kind = here.jobs.get(job).kind
        raise NoSuchResult(f"Job {job} holds no explanation, it is of kind {kind}.")
    here.limits.check(outcome.why.text.string, outcome.why.target.answer, outcome.why.target.against)
    return outcome, outcome.why


def _model_of(here: State, job: str, why: Explanation) -> str:
    """The model that was explained, if it may be asked."""
    name = here.jobs.get(job).model
    if name is None:
        hint = "It was explained; start the server with --model to measure it here."
        raise UnknownName("model of this server", why.provenance.model, here.served.names, hint)
    return name
