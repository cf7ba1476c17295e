"""The app from Python: live models, names, the end, and what is refused."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading

import httpx
import pytest

import pellucid
from pellucid.app.serve import Serving
from pellucid.core.errors import BadOption, MissingExtra, UnknownName, UnsupportedModel
from tests.app.conftest import EIFFEL, TOKEN
from tests.families import fresh, live, question

SOON = 60


@pytest.fixture(scope="module")
def served(demo_lm):
    """A loaded model under a name of its own, a live pair, and a folder's name that was given another."""
    with pellucid.serve(live("gpt2"), mine=demo_lm, films="demo-sentiment") as found:
        yield found


def client(served: Serving) -> httpx.Client:
    place, _, token = served.url.partition("/#token=")
    return httpx.Client(
        base_url=f"{place}/api/v1", headers={"authorization": f"Bearer {token}"}, timeout=SOON
    )


def done(served: Serving, verb: str, **body) -> dict:
    """What a job found; its page follows it as the app does."""
    with client(served) as asking:
        asked = asking.post(f"/{verb}", json=body)
        assert asked.status_code == 202, asked.text
        last = asking.get(f"/jobs/{asked.json()['id']}/events").text.strip().rpartition("data: ")[2]
        job = json.loads(last)
        assert job["state"] == "done", job["error"]
        return {"id": job["id"], "model": job["model"], **asking.get(f"/jobs/{job['id']}/result").json()}


def test_it_says_where_it_is(served):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#token=[\w-]{40,}", served.url)
    assert served.running
    assert repr(served) == f"<Pellucid serves GPT2LMHeadModel, mine, films: {served.url}>"
    shown = served._repr_html_()
    assert f'href="{served.url}"' in shown
    assert "token" not in re.sub(r'href="[^"]*"', "", shown)


def test_names_are_those_that_were_given(served):
    with client(served) as asking:
        cards = {card["name"]: card for card in asking.get("/models").json()}
    assert list(cards) == list(served.models) == ["GPT2LMHeadModel", "mine", "films"]
    assert [cards[name]["loaded"] for name in cards] == [True, True, False]
    assert cards["films"]["labels"] == ["NEGATIVE", "POSITIVE"]  # its config says so
    assert cards["mine"]["tokens"] == 256


def test_the_answers_are_python_s(served, demo_lm):
    asked = {"text": EIFFEL, "by": "leave_one_out", "target": " Paris", "evaluate": False}
    here = pellucid.explain(demo_lm, EIFFEL, by="leave_one_out", target=" Paris")
    there = done(served, "explain", model="mine", **asked)
    assert there["arrays"]["attribution"]["values"] == here.data["attribution"].values.tolist()
    q = question("gpt2")
    pair = done(served, "explain", model="GPT2LMHeadModel", text=q.text, target=q.one, evaluate=False)
    own = pellucid.explain(fresh("gpt2"), q.text, by="leave_one_out", target=q.one)
    assert pair["arrays"]["attribution"]["values"][0] == pytest.approx(
        own.data["attribution"].values[0].tolist(), abs=1e-5
    )


def test_what_goes_on_finds_the_model_whatever_it_calls_itself(served):
    """An explanation knows the model's own name, a request the name on the page."""
    for name, text in (("mine", EIFFEL), ("films", "A good film.")):
        why = done(served, "explain", model=name, text=text, evaluate=False)
        assert why["model"] == name
        assert why["provenance"]["model"] in ("demo-lm", "demo-sentiment")
        assert done(served, "ablate", explanation=why["id"], removed=[0])["model"] == name
        with client(served) as asking:
            saved = asking.get(f"/jobs/{why['id']}/file/json").content
            headers = {"content-type": "application/json"}
            assert asking.post("/show", content=saved, headers=headers).json()["model"] == name


def test_the_model_can_be_used_here_at_the_same_time(served, demo_lm):
    found = []

    def over_there():
        slow = {"by": "shapley_sampling", "options": {"samples": 30}, "target": " Paris", "evaluate": False}
        found.append(done(served, "explain", model="mine", text=EIFFEL, **slow))

    thread = threading.Thread(target=over_there)
    thread.start()
    here = [pellucid.explain(demo_lm, EIFFEL, by="saliency", target=" Paris").credit() for _ in range(5)]
    thread.join(SOON)
    assert len(found) == 1
    assert all((one == here[0]).all() for one in here)


def test_it_ends_and_gives_its_port_back(demo_lm):
    served = pellucid.serve(demo_lm, token=TOKEN)
    with client(served) as asking:
        slow = {
            "model": "demo-lm",
            "text": EIFFEL * 4,
            "by": "shapley_sampling",
            "options": {"samples": 50_000},
        }
        asking.post("/explain", json=slow)
        job = asking.post("/explain", json=slow).json()[
            "id"
        ]  # it waits, so that no batch of it must end first
        with asking.stream("GET", f"/jobs/{job}/events") as events:
            lines = events.iter_lines()
            next(lines)
            served.stop()
            assert '"cancelled"' in "".join(lines)  # who follows a job is told
    served.stop()  # once more does nothing
    assert not served.running
    assert repr(served) == "<Pellucid serves demo-lm: stopped>"
    assert "href" not in served._repr_html_()
    port = int(served.url.partition("/#")[0].rpartition(":")[2])
    with pellucid.serve(demo_lm, port=port) as again, client(again) as asking:
        assert asking.get("/models").status_code == 200
        with client(served) as old:
            assert old.get("/models").status_code == 401  # a new token each time


def test_two_at_once_do_not_know_each_other(demo_lm):
    with pellucid.serve(demo_lm) as one, pellucid.serve("demo-sentiment") as other:
        assert one.url != other.url
        with client(one) as asking:
            wrong = asking.get("/models", headers={"authorization": f"Bearer {other.url.partition('=')[2]}"})
            assert wrong.status_code == 401
        one.stop()
        with client(other) as asking:
            assert [card["name"] for card in asking.get("/models").json()] == ["demo-sentiment"]


def test_ipv6(demo_lm):
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        found = pellucid.serve(demo_lm, host="::1")
    except BadOption:
        pytest.skip("no IPv6 here")
    with found, client(found) as asking:
        assert found.url.startswith("http://[::1]:")
        assert asking.get("/models").status_code == 200


def test_a_browser_is_opened_only_if_that_is_asked_for(demo_lm, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    pellucid.serve(demo_lm).stop()
    assert opened == []
    with pellucid.serve(demo_lm, open=True) as served:
        assert opened == [served.url]


def test_names_of_markup_are_text(demo_lm):
    with pellucid.serve(**{"<script>alert(1)</script>": demo_lm}) as served:
        assert "<script>" not in served._repr_html_()
        with client(served) as asking:
            assert asking.get("/models").headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"host": "0.0.0.0"}, BadOption, "host='0.0.0.0' lets other machines reach this one, unencrypted: add "
                                         "allow_remote=True if that is meant."),
        ({"host": "203.0.113.7", "allow_remote": True}, BadOption, "Cannot listen on 203.0.113.7"),
        ({"token": "short"}, BadOption, "a token is at least 16 letters"),
        ({"port": 70_000}, BadOption, "port=70000: a port is a number from 0 to 65535"),
        ({"max_tokens": 3}, BadOption, "a text has 16 tokens or more"),
        ({"queue": 0}, BadOption, "queue=0"),
        ({"device": "cuda:99"}, BadOption, 'device="cuda:99" cannot be used here'),
        ({"mine": "demo-lmm"}, UnknownName, '"demo-lmm" is not a model. Did you mean demo-lm'),
        ({"mine": 3}, UnsupportedModel, "a name, a folder, a pair"),
    ],
)  # fmt: skip
def test_what_is_refused(options, error, words):
    before = threading.active_count()
    with pytest.raises(error) as refused:
        pellucid.serve(**options)
    assert words in str(refused.value)
    assert threading.active_count() == before


def test_a_port_that_is_taken(demo_lm):
    with pellucid.serve(demo_lm) as first:
        port = int(first.url.partition("/#")[0].rpartition(":")[2])
        with pytest.raises(BadOption, match="port=0 takes any port that is free"):
            pellucid.serve(demo_lm, port=port)


def test_two_models_of_one_name(demo_lm):
    with pytest.raises(
        BadOption, match=r"Two models are called demo-lm: name them, as in pellucid.serve\(first="
    ):
        pellucid.serve(demo_lm, "demo-lm")


@pytest.mark.parametrize("package", ["fastapi", "uvicorn"])
def test_without_the_extra_it_says_what_to_install(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=r"pellucid.serve needs fastapi and uvicorn.*pellucid\[app\]"):
        pellucid.serve()


def test_the_interpreter_ends_with_it_and_it_with_the_interpreter():
    code = "import pellucid; s = pellucid.serve(); print(s.url, flush=True)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=SOON, check=True
    )
    assert done.stderr == ""
    port = int(done.stdout.partition("/#")[0].rpartition(":")[2])
    with socket.socket() as knocking:
        assert knocking.connect_ex(("127.0.0.1", port)) != 0
