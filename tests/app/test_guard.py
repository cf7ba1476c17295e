"""Who may ask: names, pages, tokens and sizes."""

from __future__ import annotations

import asyncio
import json

import pytest

from pellucid.app.guard import BODY_BYTES, SHOW_BYTES
from pellucid.app.settings import Settings
from tests.app.conftest import EIFFEL, HERE, TOKEN

METHODS = "/api/v1/methods"
BAD_HOSTS = [
    "evil.example",
    "evil.example:8321",
    "127.0.0.1",
    "127.0.0.1:8322",
    "127.0.0.1:8321:8321",
    "localhost.evil.example:8321",
    "127.0.0.1.evil.example:8321",
    "192.168.0.7:8321",
    "0.0.0.0:8321",
    "[::2]:8321",
    "localhost:99999999999999999999",
    "localhost:²",
    "",
]


def get(page, path=METHODS, **headers):
    return page.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("host", BAD_HOSTS)
@pytest.mark.parametrize("path", ["/", METHODS, "/api/v1/health", "/assets/x"])
def test_another_name_is_refused(page, host, path):
    found = get(page, path, host=host.encode())
    assert found.status_code == 403
    assert found.json()["error"]["type"] == "Forbidden"


@pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost:8321", "LOCALHOST:8321", "[::1]:8321"])
def test_its_own_names_are_not(page, host):
    assert get(page, host=host).status_code == 200


def test_other_machines_may_use_addresses_where_that_is_meant(serving):
    page = serving(host="0.0.0.0")
    assert get(page, host="192.168.0.7:8321").status_code == 200
    assert get(page, host="[fe80::1]:8321").status_code == 200
    assert get(page, host="evil.example:8321").status_code == 403
    assert get(page, host="192.168.0.7:80").status_code == 403


@pytest.mark.parametrize(
    "origin",
    ["null", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1:8322", "http://127.0.0.1:8321.evil.example",
     "http://localhost:8321", "file://", ""],
)  # fmt: skip
def test_another_page_is_refused(page, origin):
    for path in (METHODS, "/api/v1/health", "/"):
        assert get(page, path, origin=origin).status_code == 403
    body = {"model": "demo-lm", "text": EIFFEL}
    assert page.client.post("/api/v1/explain", json=body, headers={"origin": origin}).status_code == 403


def test_its_own_page_is_not(page):
    assert get(page, origin=HERE).status_code == 200
    assert get(page, origin="http://localhost:8321", host="localhost:8321").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "whatever"])
def test_what_another_site_makes_a_browser_send_is_refused(page, site):
    assert get(page, sec_fetch_site=site).status_code == 403
    assert get(page, sec_fetch_site=site, sec_fetch_mode="navigate").status_code == 403
    assert get(page, "/", sec_fetch_site=site, sec_fetch_mode="no-cors").status_code == 403
    # A reader may follow a link to the page: it holds nothing.
    assert get(page, "/", sec_fetch_site=site, sec_fetch_mode="navigate").status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        f"bearer {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer é",
    ],
)
def test_the_token_is_asked_for(page, given):
    for path in (METHODS, "/api/v1/jobs/x", "/api/v1/openapi.json", "/api/nothing"):
        found = get(page, path, authorization=given.encode())
        assert found.status_code == 401
        assert found.headers["www-authenticate"] == "Bearer"
        assert "the address that pellucid serve printed" in found.json()["error"]["message"]
    assert page.client.delete("/api/v1/jobs/x", headers={"authorization": given.encode()}).status_code == 401


def test_page_and_health_need_no_token(page):
    for path in ("/", "/api/v1/health"):
        assert get(page, path, authorization="").status_code == 200


def test_each_server_has_its_own_token():
    assert len({Settings().token for _ in range(50)}) == 50
    assert len(Settings().token) >= 32
    assert Settings().token not in repr(Settings(token="something-secret"))
    assert "something-secret" not in repr(Settings(token="something-secret"))


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_what_a_form_could_send_is_refused(page, kind):
    body = json.dumps({"model": "demo-lm", "text": EIFFEL})
    for verb in ("explain", "show"):
        found = page.client.post(f"/api/v1/{verb}", content=body, headers={"content-type": kind})
        assert found.status_code == 415


def test_json_may_say_its_characters(page):
    body = json.dumps({"model": "demo-lm", "text": EIFFEL})
    headers = {"content-type": "application/json; charset=utf-8"}
    assert page.client.post("/api/v1/generate", content=body, headers=headers).status_code == 202


@pytest.mark.parametrize(("verb", "limit"), [("explain", BODY_BYTES), ("show", SHOW_BYTES)])
def test_a_large_body_is_refused_by_its_length(page, verb, limit):
    headers = {"content-type": "application/json", "content-length": str(limit + 1)}
    found = page.client.post(f"/api/v1/{verb}", content=b"", headers=headers)
    assert found.status_code == 413
    assert f"{limit:,} bytes" in found.json()["error"]["message"]


def streamed(app, verb: str, chunks: int, size: int) -> tuple[int, int]:
    """The status of a POST without a length, and how many of its pieces were read."""
    read, sent = 0, []

    async def receive():
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * size, "more_body": read < chunks}

    async def send(message):
        sent.append(message)

    headers = {
        "host": "127.0.0.1:8321",
        "authorization": f"Bearer {TOKEN}",
        "content-type": "application/json",
    }
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": f"/api/v1/{verb}", "raw_path": f"/api/v1/{verb}".encode(), "query_string": b"", "root_path": "",
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8321),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], read


@pytest.mark.parametrize(("verb", "limit"), [("explain", BODY_BYTES), ("show", SHOW_BYTES)])
def test_a_large_body_without_length_is_refused_while_it_comes(page, verb, limit):
    status, read = streamed(page.client.app, verb, chunks=1000, size=limit // 10)
    assert status == 413
    assert read == 11
    assert (
        streamed(page.client.app, verb, chunks=10, size=limit // 10)[0] == 422
    )  # as large as may be, and no JSON


def test_what_a_browser_is_told(page):
    for path in ("/", METHODS, "/api/v1/jobs/none", "/api/v1/health"):
        headers = page.client.get(path).headers
        policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["connect-src"] == "'self'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert not [name for name in headers if name.startswith("access-control-")]


def test_no_page_of_another_origin_is_let_in_by_a_preflight(page):
    asked = {"origin": HERE, "access-control-request-method": "POST"}
    found = page.client.options("/api/v1/explain", headers=asked)
    assert found.status_code == 405
    assert not [name for name in found.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "name", ["origin", "sec-fetch-site", "authorization", "content-type", "content-encoding", "Host"]
)
def test_what_decides_is_given_once(page, name):
    headers = [("host", "127.0.0.1:8321"), ("content-type", "application/json")]
    twice = [(name, dict(headers).get(name.lower(), "x"))] * 2
    found = page.client.post("/api/v1/generate", content=b"{}", headers=[*headers, *twice])
    assert found.status_code == 403
    assert found.json()["error"]["message"] == f"{name.lower()} is given more than once."


@pytest.mark.parametrize("how", ["gzip", "br", "deflate, gzip", "zstd"])
def test_what_is_packed_is_not_unpacked(page, how):
    headers = {"content-type": "application/json", "content-encoding": how}
    found = page.client.post("/api/v1/generate", content=b"\x1f\x8b", headers=headers)
    assert found.status_code == 415
    assert f"packed ({how})" in found.json()["error"]["message"]
    headers["content-encoding"] = "identity"
    assert page.client.post("/api/v1/generate", content=b"{}", headers=headers).status_code == 422


def test_all_bodies_together_are_bounded(page, monkeypatch):
    monkeypatch.setattr("pellucid.app.guard.ALL_BYTES", 100)
    found = page.client.post("/api/v1/show", content=b" " * 101, headers={"content-type": "application/json"})
    assert found.status_code == 429
    assert found.headers["retry-after"] == "1"
    assert found.json()["error"]["type"] == "QueueFull"
    # What was held is free again.
    found = page.client.post("/api/v1/show", content=b" " * 100, headers={"content-type": "application/json"})
    assert found.status_code == 422
