"""`pellucid serve` as a user starts it: the address, the port, Ctrl-C, and what it does not let in."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from pellucid.cli.main import run

MAIN = "import sys; sys.argv[0] = 'pellucid'; from pellucid.cli.main import main; main()"
EIFFEL = "The Eiffel Tower is located in the city of"


def listens_to_control_c() -> None:
    """A job that a shell put in the background, as some build servers do, was told to ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def started(*flags: str) -> Iterator[tuple[subprocess.Popen, str]]:
    """A server, and the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "serve", "--port", "0", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listens_to_control_c if os.name == "posix" else None,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, process.stderr.read()
        yield process, address
    finally:
        process.kill()
        process.wait()


class Remote:
    """Requests to a server, by its address."""

    def __init__(self, address: str) -> None:
        self.place = urlsplit(address).netloc
        self.token = address.partition("#token=")[2]

    def ask(self, method: str, path: str, body=None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.place, timeout=60)
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json", **headers}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        found = connection.getresponse()
        content = found.read()
        connection.close()
        return found.status, content

    def job(self, job: str) -> dict:
        return json.loads(self.ask("GET", f"/api/v1/jobs/{job}")[1])


def test_a_question_and_control_c():
    with started() as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#token=[\w-]{40,}", address)
        here = Remote(address)
        assert here.ask("GET", "/api/v1/health", authorization="")[0] == 200
        assert here.ask("GET", "/api/v1/models", authorization="")[0] == 401
        assert here.ask("GET", "/api/v1/models", host="evil.example")[0] == 403
        status, found = here.ask("POST", "/api/v1/explain", {"model": "demo-lm", "text": EIFFEL})
        assert status == 202
        status, seen = here.ask("GET", f"/api/v1/jobs/{json.loads(found)['id']}/events")
        assert json.loads(seen.decode().strip().rpartition("data: ")[2])["state"] == "done"

        # Stopped while it works, while one follows and one waits.
        slow = {
            "model": "demo-lm",
            "text": EIFFEL * 5,
            "by": "shapley_sampling",
            "options": {"samples": 90_000},
        }
        jobs = [json.loads(here.ask("POST", "/api/v1/explain", slow)[1])["id"] for _ in range(2)]
        while here.job(jobs[0])["state"] != "running":
            time.sleep(0.02)
        follows = http.client.HTTPConnection(here.place, timeout=60)
        follows.request(
            "GET", f"/api/v1/jobs/{jobs[1]}/events", headers={"authorization": f"Bearer {here.token}"}
        )
        stream = follows.getresponse()
        assert b'"queued"' in stream.readline()
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        seconds = time.monotonic() - begun
        assert process.returncode == 0
        assert out == ""
        assert err == "Serving demo-lm, demo-sentiment. Stop with Ctrl-C.\nStopped.\n"
        assert b'"cancelled"' in stream.read()
        assert seconds < 3  # about one; others share the machine


def test_the_token_of_a_variable_and_the_flags(capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "pellucid.app.running.prepared", lambda settings: asked.append(settings) or (lambda at: None)
    )
    monkeypatch.setenv("PELLUCID_TOKEN", "myown&secret-token")
    flags = [
        "--model",
        "demo-sentiment",
        "-m",
        "demo-lm",
        "--queue",
        "2",
        "--max-tokens",
        "99",
        "--device",
        "cpu",
    ]
    assert run(["serve", "--port", "0", *flags]) == 0
    out, err = capsys.readouterr()
    (settings,) = asked
    assert out == f"http://127.0.0.1:{settings.port}/#token=myown%26secret-token\n"
    assert err == "Serving demo-sentiment, demo-lm. Stop with Ctrl-C.\nStopped.\n"
    assert (settings.queue, settings.per_client, settings.max_tokens) == (2, 1, 99)
    assert (settings.token, settings.load_options) == ("myown&secret-token", {"device": "cpu"})


def test_a_browser_is_opened_only_if_that_is_asked_for(capsys, monkeypatch):
    opened = []
    monkeypatch.setattr("pellucid.app.running.prepared", lambda settings: lambda at: None)
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert run(["serve", "--port", "0"]) == 0
    assert opened == []
    capsys.readouterr()
    assert run(["serve", "--port", "0", "--open"]) == 0
    assert opened == [capsys.readouterr().out.strip()]


def test_where_others_can_reach_it_that_is_said(capsys, monkeypatch):
    monkeypatch.setattr("pellucid.app.running.prepared", lambda settings: lambda at: None)
    assert run(["serve", "--port", "0", "--host", "0.0.0.0", "--allow-remote"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"http://{socket.gethostname()}:")
    assert "Other machines can reach this on port" in err
    assert "not encrypted" in err


def mistake(capsys, *argv: str) -> str:
    assert run(["serve", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    return err


def test_a_port_that_is_taken(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = mistake(capsys, "--port", str(port))
    assert f"Cannot listen on 127.0.0.1, port {port}: Address already in use." in said
    assert "--port 0 takes any port that is free." in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.org", "127.0.0.1.example.org", ""])
def test_other_machines_are_let_in_only_if_that_is_said(capsys, host):
    assert "add --allow-remote if that is meant" in mistake(capsys, "--host", host)


@pytest.mark.parametrize(
    "token", ["short", "with a space in it", "with-a-letter-é-in-it", "with-a-\x07-bell-in-it"]
)
def test_a_token_that_keeps_nobody_out(capsys, monkeypatch, token):
    assert "at least 16 letters" in mistake(capsys, "--token", token)
    monkeypatch.setenv("PELLUCID_TOKEN", token)
    assert "at least 16 letters" in mistake(capsys)


def test_quiet_prints_the_address_alone(capsys, monkeypatch):
    monkeypatch.setattr("pellucid.app.running.prepared", lambda settings: lambda at: None)
    assert run(["serve", "--port", "0", "--quiet", "--host", "0.0.0.0", "--allow-remote"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("http://")
    assert (out.count("\n"), err) == (1, "")


def test_a_host_that_is_not_this_machine(capsys):
    assert "Cannot listen on 203.0.113.7" in mistake(
        capsys, "--host", "203.0.113.7", "--allow-remote", "--port", "0"
    )


def test_a_model_that_cannot_be_meant(capsys):
    assert '"demo-lmm" is not a model. Did you mean demo-lm' in mistake(
        capsys, "--model", "demo-lmm", "--port", "0"
    )


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--model", "./no/such/folder"], '"./no/such/folder" is not a folder'),
        (["--device", "cuda:99"], 'device="cuda:99" cannot be used here. There are: cpu'),
    ],
)
def test_what_leads_nowhere_is_said_at_the_start(capsys, flags, words):
    assert words in mistake(capsys, "--port", "0", *flags)


@pytest.mark.parametrize("package", ["fastapi", "uvicorn"])
def test_without_the_extra_it_says_what_to_install(capsys, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    said = mistake(capsys, "--port", "0")
    assert (
        said
        == "Error: pellucid serve needs fastapi and uvicorn. Install it with: pip install 'pellucid[app]'\n"
    )


def test_help_says_what_remote_means(capsys):
    assert run(["serve", "--help"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "What is sent is not encrypted" in out
    assert "8321" in out
