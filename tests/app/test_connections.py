"""Raw bytes against a real server: who is slow, greedy or clumsy, and what is no HTTP, harms nobody else."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import time
from collections.abc import Iterator

import pytest

import pellucid
from pellucid.app import connections
from pellucid.app.serve import Serving
from tests.app.conftest import EIFFEL, TOKEN

SOON = 30.0  # seconds within which what must happen has happened, on a machine that is busy
PATIENCE = 0.5
SLOW = {"model": "demo-lm", "text": EIFFEL * 4, "by": "shapley_sampling", "options": {"samples": 90_000}}


@pytest.fixture(scope="module")
def served(demo_lm) -> Iterator[Serving]:
    with pellucid.serve(demo_lm, token=TOKEN) as found:
        yield found


def place_of(served: Serving) -> tuple[str, int]:
    host, _, port = served.url.removeprefix("http://").partition("/")[0].partition(":")
    return host, int(port)


def opened(served: Serving, content: bytes = b"") -> socket.socket:
    """A connection over which so much has been sent, HERE being the server's name."""
    host, port = place_of(served)
    found = socket.create_connection((host, port), timeout=SOON)
    found.sendall(content.replace(b"HERE", b"%s:%d" % (host.encode(), port)))
    return found


def rest_of(connection: socket.socket) -> bytes:
    """All that still comes, to the end."""
    found = b""
    try:
        while some := connection.recv(65536):
            found += some
    except ConnectionError:
        pass
    connection.close()
    return found


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def ask(served: Serving, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*place_of(served), timeout=SOON)
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    found = connection.getresponse()
    content = found.read()
    connection.close()
    return found.status, content


def until(holds) -> None:
    ends = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.01)


def request(line: str, *headers: str, token: str | None = TOKEN, body: bytes = b"") -> bytes:
    lines = [f"{line} HTTP/1.1", *headers, *([] if token is None else [f"Authorization: Bearer {token}"])]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body


HOST = "Host: HERE"
GET = "GET /api/v1/models"
POST = "POST /api/v1/generate"
JSON = "Content-Type: application/json"
CHUNKS = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, request(GET, HOST)),
        (200, request(GET, HOST, "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https")),
        # Whom it is for.
        (403, request(GET, "Host: localhost.:8321")),
        (403, request(GET, "Host: HERE@evil.example")),
        (403, request(GET, "Host: evil.example@HERE")),
        (403, request(GET, "Host: [::1%25lo]:8321")),
        (403, request(GET, "Host: evil.example", "X-Forwarded-Host: HERE", "Forwarded: host=HERE")),
        (400, request(GET, HOST, "Host: evil.example")),
        (400, request(GET)),
        (404, request("GET http://evil.example/api/v1/models", HOST)),
        (403, request("GET http://HERE/api/v1/models", "Host: evil.example")),
        # Who asks.
        (403, request(GET, HOST, "Origin: http://HERE", "Origin: http://evil.example")),
        (403, request(GET, HOST, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site")),
        (403, request(GET, HOST, "Authorization: Bearer other")),
        (401, request(f"{GET}?token={TOKEN}", HOST, token=None)),
        (401, request(GET, HOST, f"Cookie: token={TOKEN}", token=None)),
        (401, request("GET /%61pi/v1/models", HOST, token=None)),
        (401, request("GET /api/v1/health/../models", HOST, token=None)),
        (401, request("GET /api/v1/health%2f..%2fmodels", HOST, token=None)),
        (404, request("GET //api/v1/models", HOST, token=None)),
        (404, request("GET /API/v1/models", HOST, token=None)),
        (404, request("GET /assets/..%2f..%2fserver.py", HOST)),
        (404, request("GET /api/v1/jobs/..%2f..%2f..%2fetc%2fpasswd", HOST)),
        (404, request("GET /api/v1/jobs/a%0d%0aX-Evil:1/file/json", HOST)),
        # Of which length, in which form.
        (422, request(POST, HOST, JSON, CHUNKS, body=b"2\r\n{}\r\n0\r\n\r\n")),
        (400, request(POST, HOST, JSON, CHUNKS, body=b"-2\r\n{}\r\n0\r\n\r\n")),
        (400, request(POST, HOST, JSON, "Transfer-Encoding: identity, chunked", body=b"2\r\n{}\r\n0\r\n\r\n")),
        (400, request(POST, HOST, JSON, "Transfer-Encoding: xchunked", body=b"{}")),
        (400, request(POST, HOST, JSON, "Content-Length: 2", "Content-Length: 3", body=b"{}x")),
        (400, request(POST, HOST, JSON, "Content-Length: -1", body=b"{}")),
        (400, request(POST, HOST, JSON, "Content-Length: +2", body=b"{}")),
        (403, request(POST, HOST, JSON, "Content-Type: text/plain", "Content-Length: 2", body=b"{}")),
        (415, request(POST, HOST, JSON, "Content-Encoding: gzip", "Content-Length: 2", body=b"{}")),
        (400, request(GET, HOST, *(f"X{n}: a" for n in range(20_000)))),
        (400, b"GET\r\n\r\n"),
        (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    ],
)  # fmt: skip
def test_what_is_answered(served, status, content):
    answer = rest_of(opened(served, content))
    # A server that has seen enough may close before it has read all.
    assert answer.startswith(b"HTTP/1.1 %d " % status) or (
        status == 400 and not answer and len(content) > 65536
    )
    assert b"x-evil" not in answer.lower().partition(b"\r\n\r\n")[0]


def test_what_is_no_http_is_not_told_to_the_terminal(served, capfd):
    logging.getLogger("uvicorn.error")  # the handler of the server's own
    rest_of(opened(served, b"nonsense\r\n\r\n"))
    upgrade = request(GET, HOST, "Upgrade: websocket", "Connection: Upgrade")
    rest_of(opened(served, upgrade))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /api/v1/health HTTP/1.1\r\nHost: HE",
        b"POST /api/v1/show HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer " + TOKEN.encode() + b"\r\nContent-Length: 900\r\n\r\n{",
    ],
    ids=["nothing", "half a head", "half a body"],
)
def test_who_sends_too_slowly_is_dropped(served, monkeypatch, caplog, sent):
    monkeypatch.setattr(connections, "PATIENCE", PATIENCE)
    slow = opened(served, sent)
    begun = time.monotonic()
    assert rest_of(slow) == b""
    assert time.monotonic() - begun > PATIENCE / 2
    assert not caplog.records


def test_a_body_without_end_behind_a_refusal_is_not_read_for_ever(served, monkeypatch):
    monkeypatch.setattr(connections, "PATIENCE", PATIENCE)
    endless = opened(
        served, request(POST, HOST, JSON, CHUNKS, token=None).replace(b"Connection: close\r\n", b"")
    )
    assert endless.recv(9) == b"HTTP/1.1 "

    def ended() -> bool:
        try:
            endless.sendall(b"1\r\nx\r\n")
        except OSError:
            return True
        return False

    until(ended)


def test_who_reads_nothing_is_dropped(served, monkeypatch):
    """More than fits between the two is asked for, and none of it taken."""
    monkeypatch.setattr(connections, "PATIENCE", PATIENCE)
    page = ask(served, "GET", "/")[1]
    script = page.partition(b'<script src="')[2].partition(b'"')[0]
    asked = b"GET %s HTTP/1.1\r\nHost: HERE\r\n\r\n" % script
    deaf = opened(served, asked * 400)
    found = len(rest_of_later(deaf))
    assert 0 < found < 400 * len(ask(served, "GET", script.decode())[1])


def rest_of_later(connection: socket.socket) -> bytes:
    time.sleep(4 * PATIENCE)
    return rest_of(connection)


def test_many_idle_ones_keep_nobody_out(served, monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 8)
    job = json.loads(ask(served, "POST", "/api/v1/explain", SLOW)[1])["id"]
    follows = opened(served, request(f"GET /api/v1/jobs/{job}/events", HOST))
    assert follows.recv(9) == b"HTTP/1.1 "
    half = request(POST, HOST, JSON, "Content-Length: 900")
    idle = [opened(served, sent) for sent in (b"", b"GET /", half) for _ in range(20)]
    for _ in range(5):
        assert ask(served, "GET", "/api/v1/health")[0] == 200
    until(lambda: sum(map(is_open, idle)) <= 8)
    assert ask(served, "DELETE", f"/api/v1/jobs/{job}")[0] == 202
    assert b'"cancelled"' in rest_of(follows)  # who is answered is not sent away


def test_where_few_files_may_be_open_there_are_few_connections(monkeypatch):
    resource = pytest.importorskip("resource")
    assert connections.most_connections() <= connections.MOST
    monkeypatch.setattr(resource, "getrlimit", lambda which: (256, 1024))
    assert connections.most_connections() == 128


def test_who_goes_in_the_middle_leaves_nothing_behind(served, caplog, capfd):
    guard = connections_guard(served)
    for verb, size in (("show", 5_000_000), ("generate", 900_000)):
        gone = opened(served, request(f"POST /api/v1/{verb}", HOST, JSON, f"Content-Length: {size}"))
        gone.sendall(b"[" * 100_000)
        until(lambda: guard.held > 0)
        gone.close()
        until(lambda: guard.held == 0)
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def connections_guard(served: Serving):
    """The guard of a server that has answered."""
    ask(served, "GET", "/api/v1/health")
    found = served._server.config.app.middleware_stack
    while type(found).__name__ != "Guard":
        found = getattr(found, "app", None)
    return found


def test_streams_that_are_dropped_cost_nothing(served):
    job = json.loads(ask(served, "POST", "/api/v1/explain", SLOW)[1])["id"]
    jobs = served._server.config.app.state.pellucid.jobs
    follows = request(f"GET /api/v1/jobs/{job}/events", HOST)
    streams = [opened(served, follows) for _ in range(100)]
    until(lambda: len(jobs.get(job).listeners) == 100)
    for stream in streams:
        stream.close()
    until(lambda: not jobs.get(job).listeners)
    ask(served, "DELETE", f"/api/v1/jobs/{job}")
