"""The description of the API is true: requests made from it are answered as it says, and never with a 5xx."""

from __future__ import annotations

import itertools

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from pellucid.app.server import create
from pellucid.app.settings import Settings
from tests.app.conftest import EIFFEL, HERE, TOKEN

ALLOWED = {"authorization": f"Bearer {TOKEN}"}
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


@pytest.fixture(scope="module")
def app(ready):
    """A server that takes little on: whatever is asked at random may take long, and nothing here waits for it."""
    app = create(Settings(token=TOKEN, max_tokens=64, queue=8, per_client=8))
    yield app
    app.state.pellucid.jobs.close()


@pytest.fixture(scope="module")
def jobs(app):
    """Ids of jobs that are done, one of each kind."""
    client = TestClient(app, base_url=HERE, headers=ALLOWED)

    def done(verb, **body):
        job = client.post(f"/api/v1/{verb}", json=body).json()["id"]
        assert '"state": "done"' in client.get(f"/api/v1/jobs/{job}/events").text
        return job

    lm = {"model": "demo-lm", "text": EIFFEL}
    why = done("explain", **lm)
    return [why, done("generate", **lm), done("compare", **lm, by=["saliency"], metrics=["gini"]),
            done("evaluate", explanation=why, by=["gini"]), done("ablate", explanation=why, removed=[1])]  # fmt: skip


@pytest.fixture
def schema(app, jobs):
    found = schemathesis.openapi.from_dict(app.openapi())
    found.app = app
    return found


OPERATIONS = [(path, verb) for path, verbs in create(Settings()).openapi()["paths"].items() for verb in verbs]
turn = itertools.count()


@pytest.mark.parametrize(("path", "verb"), OPERATIONS)
def test_the_description_is_true(schema, app, jobs, path, verb):
    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(schema[path][verb].as_strategy())
    def check(case):
        if next(turn) % 3:
            aimed(case, jobs)
        case.call_and_validate(headers={"host": "127.0.0.1:8321", **ALLOWED}, checks=CHECKS)
        stop_what_waits(app)

    check()


def aimed(case, jobs):
    """A request that is right in form is made one that is right in what it names, two times of three."""
    if "job" in (case.path_parameters or {}):
        case.path_parameters["job"] = jobs[next(turn) % len(jobs)]
    if isinstance(case.body, dict):
        names = {"model": "demo-lm", "explanation": jobs[0], "explanations": [*jobs[:1], *jobs[2:4]]}
        for name in names.keys() & case.body.keys():
            case.body[name] = names[name]


def stop_what_waits(app):
    here = app.state.pellucid.jobs
    for job in list(here._jobs.values()):
        if not job.over:
            here.cancel(job.id)


def test_the_description_says_what_every_route_may_refuse(app):
    found = app.openapi()
    for path, verbs in found["paths"].items():
        for verb, said in verbs.items():
            assert said["summary"], path
            assert said["description"], path
            expected = {"403"} if path.endswith("/health") else {"401", "403"}
            expected |= {"413", "415", "422"} if verb == "post" else set()
            expected |= {"404", "422"} if "{job}" in path else set()
            assert expected <= set(said["responses"]), (path, verb)
            assert any(status.startswith("2") for status in said["responses"])
            for status, answer in said["responses"].items():
                if status >= "4":
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema["$ref"].endswith("ErrorAnswer"), (path, status)
    assert "HTTPValidationError" not in found["components"]["schemas"]
