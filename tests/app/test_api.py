"""Every verb over HTTP gives what it gives in Python."""

from __future__ import annotations

import json

import numpy as np
import pytest

import pellucid
from pellucid.app.options import READS_FILES
from pellucid.core.registry import catalogue, names
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.store import as_json, comparison_json, plain
from pellucid.view.draw import draw
from pellucid.view.in_browser.payload import payload
from tests.app.conftest import EIFFEL

REVIEW = "A slow start, but the ending is wonderful."


def data(page, job, of="result"):
    return page.client.get(f"/api/v1/jobs/{job}/{of}")


def read(page, job):
    found = as_json.loads(data(page, job).content, "the answer")
    return found.explanation, list(found.scores)


def test_health(serving):
    page = serving()
    found = page.get("/health", headers={"authorization": ""})
    assert found["status"] == "ok"
    assert found["version"] == pellucid.__version__
    assert found["models"]["demo-lm"] == {"loaded": False, "waiting": 0, "running": 0}


def test_models_before_and_after_they_are_loaded(serving):
    page = serving()
    lm, sentiment = page.get("/models")
    assert (lm["name"], lm["loaded"], lm["continues"], lm["labels"]) == ("demo-lm", False, True, None)
    assert (lm["access"], lm["tokens"], lm["max_tokens"]) == ("WhiteBox", 256, 2048)
    assert lm["description"].startswith("A causal language model small enough to ship")
    assert sentiment["labels"] == ["NEGATIVE", "POSITIVE"]
    assert not sentiment["continues"]
    page.done("generate", model="demo-sentiment", text=REVIEW)
    page.done("generate", model="demo-lm", text=EIFFEL, max_tokens=1)
    after = page.get("/models")
    assert after == [{**lm, "loaded": True}, {**sentiment, "loaded": True}]


@pytest.mark.parametrize("kind", ["method", "metric"])
def test_the_catalogue(page, kind):
    cards = {card["name"]: card for card in page.get(f"/{kind}s")}
    assert set(cards) == set(names(kind)) - READS_FILES
    for card in catalogue(kind):
        if card.name in cards:
            found = cards[card.name]
            assert [found[key] for key in ("family", "access", "summary", "cost", "paper")] == [
                card.family, card.access, card.summary, card.cost, card.paper
            ]  # fmt: skip
            assert {option["name"] for option in found["options"]} == set(card.options)
            assert all(option["help"] for option in found["options"])


def test_options_say_which_field_to_draw(page):
    by_name = {o["name"]: o for card in page.get("/methods") for o in card["options"]}
    assert by_name["ablate"]["choices"] == ["delete", "mask", "attention", "mean", "infill", "baseline"]
    assert (by_name["ablate"]["kind"], by_name["ablate"]["default"]) == ("choice", None)
    assert (by_name["steps"]["kind"], by_name["seed"]["kind"]) == ("integer", "integer")
    assert by_name["layers"]["kind"] == "list"
    metrics = {card["name"]: card for card in page.get("/metrics")}
    assert metrics["comprehensiveness"]["better"] == "higher"
    assert [o["kind"] for o in metrics["comprehensiveness"]["options"] if o["name"] == "levels"] == ["list"]


def test_explain_is_python_s(page, demo_lm):
    asked = {"by": "integrated_gradients", "target": " Paris", "against": " London", "unit": "word"}
    job = page.post("explain", model="demo-lm", text=EIFFEL, options={"steps": 20}, **asked)
    assert job["state"] in ("queued", "running", "done")
    assert page.over(job)["state"] == "done"
    why, scores = read(page, job["id"])
    mine = pellucid.explain(demo_lm, EIFFEL, steps=20, **asked)
    assert np.array_equal(why.credit(), mine.credit())
    assert (why.target, why.text) == (mine.target, mine.text)
    assert [score.metric for score in scores] == ["comprehensiveness", "sufficiency"]


def test_every_field_of_explain_counts(page, demo_lm):
    answer = pellucid.explain(demo_lm, EIFFEL, answer_tokens=3).target.answer
    job = page.done(
        "explain", model="demo-lm", text=EIFFEL, target=answer, span=[0, len(answer)], scale="prob",
        freeze=["Tower", [0, 3]], evaluate=False,
    )  # fmt: skip
    why, scores = read(page, job)
    assert (why.target.answer, why.target.scale, why.target.span) == (answer, "prob", (1, len(answer)))
    assert scores == []
    assert "The" not in [why.text.slice(f) for f in why.text.features]
    assert not [f for f in why.text.features if "Tower" in why.text.slice(f)]
    own, _ = read(page, page.done("explain", model="demo-lm", text=EIFFEL, answer_tokens=3, evaluate=False))
    assert own.target.answer == answer


def test_a_pair_of_texts(page, demo_sentiment):
    job = page.done(
        "explain", model="demo-sentiment", text="A slow start.", second="The ending is wonderful."
    )
    why, _ = read(page, job)
    mine = pellucid.explain(demo_sentiment, Text.pair("A slow start.", "The ending is wonderful."))
    assert why.text == mine.text
    assert why.text.seam == 14
    assert np.array_equal(why.credit(), mine.credit())
    words = page.failed("explain", model="demo-lm", text=EIFFEL, second="Another.")
    assert words.startswith("demo-lm reads one text, and this one has two parts.")


def test_what_is_of_layers_is_not_measured(page):
    asked = {"by": "logit_lens", "target": " Paris", "evaluate": True}
    why, scores = read(page, page.done("explain", model="demo-lm", text=EIFFEL, **asked))
    assert "layer" in why.data.dims
    assert scores == []


def test_location_and_job(page):
    found = page.client.post("/api/v1/explain", json={"model": "demo-lm", "text": EIFFEL})
    job = found.json()
    assert found.headers["location"] == f"/api/v1/jobs/{job['id']}"
    last = page.over(job)
    assert page.get(f"/jobs/{job['id']}") == last
    assert last["request"]["text"] == EIFFEL
    assert last["forwards"] > 0


def test_events_are_the_job_until_it_is_over(page):
    seen = page.events(page.post("explain", model="demo-lm", text=EIFFEL))
    assert seen[-1]["state"] == "done"
    assert all(event["state"] in ("queued", "running") for event in seen[:-1])
    counts = [event["tokens"] for event in seen]
    assert counts == sorted(counts)
    assert page.events(seen[-1]) == [seen[-1]]  # of one that is over, one


def test_the_figure_is_that_of_explanation_and_scores(page):
    job = page.done("explain", model="demo-lm", text=EIFFEL, target=" Paris")
    why, scores = read(page, job)
    assert data(page, job, "figure").json() == json.loads(json.dumps(payload(draw(why, *scores))))


def test_evaluate_adds_to_what_was_measured(page, demo_lm):
    first = page.done("explain", model="demo-lm", text=EIFFEL, target=" Paris")
    second = page.done("evaluate", explanation=first, by=["gini", "sufficiency"])
    found = plain.loads(data(page, second).content)["scores"]
    assert [score["metric"] for score in found] == ["gini", "sufficiency"]
    kept = as_json.loads(data(page, second, "file/json").content, "the file")
    assert [score.metric for score in kept.scores] == ["comprehensiveness", "gini", "sufficiency"]
    mine = pellucid.evaluate(kept.explanation, demo_lm, by="gini")[0]
    assert found[0]["value"] == mine.value
    third = page.done("evaluate", explanation=second, budget=0)  # goes on from there
    reasons = {score["reason"] for score in plain.loads(data(page, third).content)["scores"]}
    assert reasons == {"It was not measured: the budget of 0 forwards was spent."}


def test_verdict_is_python_s(page, demo_sentiment):
    first = page.done("explain", model="demo-sentiment", text=REVIEW)
    second = page.done("verdict", explanation=first)
    found = plain.loads(data(page, second).content)
    mine = pellucid.verdict(pellucid.explain(demo_sentiment, REVIEW), demo_sentiment)
    assert (found["verdict"], found["sentence"]) == (mine.word, mine.sentence)
    titles = data(page, second, "figure").json()
    assert mine.sentence in json.dumps(titles, ensure_ascii=False)
    saved = data(page, second, "file/json").content
    kept = as_json.loads(saved, "the file")
    assert kept.verdict.sentence == mine.sentence
    assert list(kept.scores) == read(page, first)[1]
    shown = page.client.post(
        "/api/v1/show", content=saved, headers={"content-type": "application/json"}
    ).json()
    assert data(page, shown["id"], "figure").json() == titles
    measured = page.done("evaluate", explanation=shown["id"], by=["gini"])  # the verdict stays beside it
    assert as_json.loads(data(page, measured, "file/json").content, "the file").verdict.word == mine.word


def test_compare_is_python_s(page, demo_lm):
    asked = {"by": ["leave_one_out", "saliency"], "metrics": ["gini", "sufficiency"], "target": " Paris"}
    job = page.done("compare", model="demo-lm", text=EIFFEL, **asked)
    found = comparison_json.loads(data(page, job).content, "the answer")
    mine = pellucid.compare(demo_lm, EIFFEL, **asked)
    assert np.array_equal(found.data["value"], mine.data["value"], equal_nan=True)
    assert found.methods[:2] == ("leave_one_out", "saliency")
    assert data(page, job, "figure").json()["parts"]
    assert data(page, job, "file/html").status_code == 200


def test_generate_takes_the_answer_apart(page, demo_lm):
    job = page.done("generate", model="demo-lm", text=EIFFEL, max_tokens=5)
    found = data(page, job).json()
    target = demo_lm.resolve(demo_lm.cut(EIFFEL, "token"), Target(answer_tokens=5))
    assert (found["answer"], found["continues"], found["labels"]) == (target.answer, True, [])
    assert len(found["tokens"]) == len(target.ids)
    assert "".join(token["text"] for token in found["tokens"]) == found["answer"]
    for token in found["tokens"]:
        assert found["answer"][token["start"] : token["end"]] == token["text"]
    # What the page does next: explain one token of it.
    last = found["tokens"][-1]
    job = page.done(
        "explain", model="demo-lm", text=EIFFEL, target=found["answer"], span=[last["start"], last["end"]]
    )
    why, _ = read(page, job)
    assert why.target.outputs == target.outputs[-1:]


def test_generate_of_an_answer_that_is_given(page):
    job = page.done("generate", model="demo-lm", text=EIFFEL, target=" Paris and Rome")
    found = data(page, job).json()
    assert found["answer"] == " Paris and Rome"
    assert "".join(token["text"] for token in found["tokens"]) == found["answer"]


def test_generate_of_a_classifier_is_its_labels(page, demo_sentiment):
    found = data(page, page.done("generate", model="demo-sentiment", text=REVIEW)).json()
    assert found["answer"] == demo_sentiment.generate([REVIEW])[0] == found["labels"][0]["name"]
    assert found["tokens"] == []
    assert [label["name"] for label in found["labels"]] == ["POSITIVE", "NEGATIVE"]
    assert sum(label["probability"] for label in found["labels"]) == pytest.approx(1)


def test_show_gives_back_what_was_saved(page):
    first = page.done("explain", model="demo-lm", text=EIFFEL)
    saved = data(page, first, "file/json")
    headers = {"content-type": "application/json"}
    found = page.client.post("/api/v1/show", content=saved.content, headers=headers)
    assert found.status_code == 201
    job = found.json()
    assert (job["kind"], job["state"], job["model"], job["request"]) == ("show", "done", "demo-lm", {})
    assert found.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert data(page, job["id"], "figure").json() == data(page, first, "figure").json()
    assert data(page, job["id"]).content == saved.content
    page.done("evaluate", explanation=job["id"], by=["gini"])  # and it can be gone on with


def test_a_comparison_is_shown_too(page):
    first = page.done("compare", model="demo-lm", text=EIFFEL, by=["leave_one_out"], metrics=["gini"])
    saved = data(page, first, "file/json").content
    job = page.client.post("/api/v1/show", content=saved, headers={"content-type": "application/json"}).json()
    assert data(page, job["id"], "figure").json() == data(page, first, "figure").json()


def test_a_report_is_one_figure(page):
    jobs = [
        page.done("explain", model="demo-lm", text=EIFFEL, target=" Paris", by=by)
        for by in ("leave_one_out", "saliency")
    ]
    report = page.post("report", 201, explanations=jobs)
    drawn = [thing for job in jobs for why, scores in [read(page, job)] for thing in (why, *scores)]
    assert data(page, report["id"], "figure").json() == json.loads(json.dumps(payload(draw(*drawn))))
    assert data(page, report["id"]).status_code == 404
    assert data(page, report["id"], "file/json").status_code == 404
    assert data(page, report["id"], "file/html").status_code == 200


@pytest.mark.parametrize(
    ("suffix", "kind", "begins"),
    [
        ("json", "application/json", b"{"),
        ("html", "text/html; charset=utf-8", b"<!doctype html>"),
        ("txt", "text/plain; charset=utf-8", "Why “Paris”?".encode()),
        ("png", "image/png", b"\x89PNG"),
        ("svg", "image/svg+xml", b"<?xml"),
    ],
)
def test_files(page, suffix, kind, begins):
    job = page.done("explain", model="demo-lm", text=EIFFEL, target=" Paris")
    found = data(page, job, f"file/{suffix}")
    assert found.status_code == 200
    assert found.headers["content-type"] == kind
    assert (
        found.headers["content-disposition"] == f'attachment; filename="pellucid-explain-{job[:8]}.{suffix}"'
    )
    assert found.content.startswith(begins)


def test_a_picture_without_matplotlib_says_what_to_install(page, monkeypatch):
    import sys

    job = page.done("explain", model="demo-lm", text=EIFFEL)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    found = data(page, job, "file/png")
    assert found.status_code == 501
    assert "pip install 'pellucid[image]'" in found.json()["error"]["message"]


def test_cancelling_over_http(page):
    slow = page.post(
        "explain", model="demo-lm", text=EIFFEL * 4, by="shapley_sampling", options={"samples": 50_000}
    )
    waits = page.post("explain", model="demo-lm", text=EIFFEL)
    assert page.client.delete(f"/api/v1/jobs/{waits['id']}").status_code in (200, 202)
    assert page.over(waits)["state"] == "cancelled"
    assert page.client.delete(f"/api/v1/jobs/{slow['id']}").status_code in (200, 202)
    assert page.over(slow)["state"] == "cancelled"
    again = page.client.delete(f"/api/v1/jobs/{slow['id']}")
    assert (again.status_code, again.json()["state"]) == (200, "cancelled")
    assert "is cancelled" in page.get(f"/jobs/{slow['id']}/result", 409)["error"]["message"]


def test_a_full_queue_over_http(serving):
    page = serving(queue=1, per_client=1)
    slow = {"model": "demo-lm", "text": EIFFEL * 4, "by": "shapley_sampling", "options": {"samples": 50_000}}
    jobs = [page.post("explain", **slow)]
    while page.get(f"/jobs/{jobs[0]['id']}")["state"] == "queued":
        pass
    jobs.append(page.post("explain", **slow, headers={"pellucid-client": "a"}))
    found = page.client.post("/api/v1/explain", json=slow, headers={"pellucid-client": "b"})
    assert found.status_code == 429
    assert int(found.headers["retry-after"]) >= 1
    assert found.json()["error"]["message"].startswith("1 jobs wait for demo-lm, and more may not.")
    for job in jobs:
        page.client.delete(f"/api/v1/jobs/{job['id']}")
