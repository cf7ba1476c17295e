"""The server in this process, with the bundled models loaded once; and what a page does with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from pellucid.app.server import create
from pellucid.app.settings import Settings

TOKEN = "a-token-that-is-long-enough"
HERE = "http://127.0.0.1:8321"
EIFFEL = "The Eiffel Tower is located in the city of"


class Page:
    """A page that asks the server."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.jobs = client.app.state.pellucid.jobs

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        """What a path answers, as data; its status has to be this one."""
        found = self.client.get(f"/api/v1{path}", **more)
        assert found.status_code == status, found.text
        return found.json()

    def post(self, verb: str, status: int = 202, *, headers: Any = None, **body: Any) -> Any:
        found = self.client.post(f"/api/v1/{verb}", json=body, headers=headers)
        assert found.status_code == status, found.text
        return found.json()

    def refused(self, verb: str, status: int = 422, **body: Any) -> str:
        """The words with which a request is refused."""
        found = self.post(verb, status, **body)
        assert list(found) == ["error"]
        assert sorted(found["error"]) == ["message", "type"]
        return found["error"]["message"]

    def over(self, job: dict[str, Any]) -> dict[str, Any]:
        """A job when it is over; the last of its events."""
        return self.events(job)[-1]

    def events(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        found = self.client.get(f"/api/v1/jobs/{job['id']}/events")
        assert found.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in found.text.split("\n\n") if line.startswith("data: ")]
        return [json.loads(line.removeprefix("data: ")) for line in lines]

    def done(self, verb: str, **body: Any) -> str:
        """The id of a job that has done what is asked."""
        job = self.over(self.post(verb, **body))
        assert job["state"] == "done", job["error"]
        return job["id"]

    def failed(self, verb: str, **body: Any) -> str:
        """The words of a job that fails."""
        job = self.over(self.post(verb, **body))
        assert job["state"] == "failed"
        return job["error"]["message"]


@pytest.fixture(scope="module")
def ready(demo_lm, demo_sentiment) -> Iterator[None]:
    """The bundled models are loaded once for all servers of a file."""
    models = {"demo-lm": demo_lm, "demo-sentiment": demo_sentiment}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pellucid.models.load.load", lambda name, **options: models[name])
        yield


def start(**settings: Any) -> Page:
    app = create(Settings(**{"token": TOKEN, **settings}))
    return Page(TestClient(app, base_url=HERE, headers={"authorization": f"Bearer {TOKEN}"}))


@pytest.fixture
def serving(ready) -> Iterator[Callable[..., Page]]:
    """A function that starts a server with these settings; it is closed when the test is over."""
    pages: list[Page] = []

    def another(**settings: Any) -> Page:
        pages.append(start(**settings))
        return pages[-1]

    yield another
    for page in pages:
        page.jobs.close()


@pytest.fixture(scope="module")
def page(ready) -> Iterator[Page]:
    """One server for all tests of a file: none of them minds what others have asked."""
    found = start()
    with found.client:  # one loop for all requests
        yield found
    found.jobs.close()
