"""What is refused, with which words; and that nothing a client can send is an error of the server."""

from __future__ import annotations

import json

import pytest

from tests.app.conftest import EIFFEL

JSON = {"content-type": "application/json"}
LM = {"model": "demo-lm", "text": EIFFEL}
NASTY = {
    "nothing": b"",
    "white space": b"  \n ",
    "no JSON": b"{",
    "a list": b"[]",
    "a number": b"3",
    "null": b"null",
    "a string": b'"x"',
    "NaN": b'{"model": "demo-lm", "text": NaN}',
    "infinity in options": b'{"model": "demo-lm", "text": "x", "by": "lrp", "options": {"epsilon": Infinity}}',
    "a huge float": b'{"model": "demo-lm", "text": "x", "by": "lrp", "options": {"epsilon": 1e999}}',
    "a huge number": b'{"model": "demo-lm", "text": "x", "max_tokens": 1' + b"0" * 4000 + b"}",
    "a number that is not read": b'{"model": "demo-lm", "text": "x", "max_tokens": 1' + b"0" * 9000 + b"}",
    "a huge number in options": b'{"model": "demo-lm", "text": "x", "options": {"seed": 1'
    + b"0" * 900
    + b"}}",
    "deep nesting": b'{"model": "demo-lm", "text": "x", "options": {"a": '
    + b"[" * 100_000
    + b"]" * 100_000
    + b"}}",
    "deep objects": b'{"options": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001,
    "a lone surrogate": b'{"model": "demo-lm", "text": "a \\ud800 b"}',
    "a lone surrogate as a name": b'{"model": "\\udfff", "text": "x"}',
    "a lone surrogate as a field": b'{"model": "demo-lm", "text": "x", "\\ud800": 1}',
    "a lone surrogate in options": b'{"model": "demo-lm", "text": "x", "options": {"\\ud800": "\\ud800"}}',
    "no UTF-8": b'{"model": "demo-lm", "text": "\xff\xfe"}',
    "UTF-16": '{"model": "demo-lm", "text": "x", "by": "no"}'.encode("utf-16"),
    "twice the same field": b'{"model": "demo-lm", "model": 3, "text": "x"}',
    "a boolean for a number": b'{"model": "demo-lm", "text": "x", "answer_tokens": true}',
    "a number for a text": b'{"model": "demo-lm", "text": 3}',
    "a text for a number": b'{"model": "demo-lm", "text": "x", "max_tokens": "3"}',
    "half a range": b'{"model": "demo-lm", "text": "x", "span": [1], "max_tokens": "x", "explanation": 3}',
    "NUL alone": b'{"model": "demo-lm", "text": "\\u0000", "by": "no"}',
}
VERBS = ("generate", "explain", "evaluate", "verdict", "compare", "ablate", "report", "show")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("body", NASTY.values(), ids=NASTY)
def test_nasty_bodies_are_refused_with_words(page, verb, body):
    found = page.client.post(f"/api/v1/{verb}", content=body, headers=JSON)
    assert found.status_code == 422
    assert found.json()["error"]["message"]
    assert len(found.content) < 15_000


@pytest.mark.parametrize(
    ("verb", "body", "words"),
    [
        ("explain", {**LM, "model": "gpt2"}, '"gpt2" is not a model of this server. There are: demo-lm, demo-sent'),
        ("explain", {**LM, "model": "gpt2"}, "Whoever starts the server adds one with: pellucid serve --model NAME."),
        ("explain", {**LM, "model": "demo-ml"}, 'Did you mean demo-lm or demo-sentiment?'),
        ("explain", {**LM, "model": "../demo_lm"}, "is not a model of this server"),
        ("explain", {**LM, "text": " \n"}, "The text is empty: there is nothing to explain."),
        ("explain", {**LM, "by": "leave_one_in"}, '"leave_one_in" is not a method. Did you mean leave_one_out?'),
        ("explain", {**LM, "by": "tuned_lens"}, "no request opens one"),
        ("explain", {**LM, "by": "tuned_lens", "options": {"lens": "/etc"}}, "no request opens one"),
        ("explain", {**LM, "options": {"steps": 3}}, 'leave_one_out has no option "steps". Its options: ablate.'),
        ("explain", {**LM, "by": "saliency", "options": {"norm": "l3"}},
         'norm="l3" is not possible for saliency: it takes l1|l2.'),
        ("explain", {**LM, "by": "shapley_sampling", "options": {"samples": 10**6}},
         "samples=1000000 is not possible for shapley_sampling: it takes INTEGER, a whole number up to 100000."),
        ("explain", {**LM, "by": "shapley_sampling", "options": {"seed": -1}},
         "seed=-1: a seed is a whole number from 0 on."),
        ("explain", {**LM, "by": "shapley_sampling", "options": {"samples": "3"}}, 'samples="3" is not possible'),
        ("explain", {**LM, "by": "shapley_sampling", "options": {"samples": 3.5}}, "samples=3.5 is not possible"),
        ("explain", {**LM, "by": "shapley_sampling", "options": {"samples": True}}, "samples=true is not possible"),
        ("explain", {**LM, "by": "logit_lens", "options": {"layers": [1, None]}}, "layers=[1, null] is not possible"),
        ("explain", {**LM, "scale": "nats"}, "scale: it should be 'logit', 'logprob'"),
        ("explain", {**LM, "nonsense": 1}, 'There is no field "nonsense".'),
        ("explain", {"text": "x"}, "model is missing."),
        ("explain", {**LM, "span": "Paris", "against": " London"}, "span and against exclude each other"),
        ("explain", {**LM, "freeze": ["Rome"]}, "'Rome' cannot be frozen: it does not occur in the text."),
        ("explain", {**LM, "freeze": [[40, 400]]}, "The span (40, 400) is not inside a text of 42 characters."),
        ("explain", {**LM, "freeze": [[3, 3]]}, "The span (3, 3) is not inside"),
        ("explain", {**LM, "second": " "}, "The second part of the pair is empty"),
        ("generate", {**LM, "max_tokens": 65}, "max_tokens: it should be less than or equal to 64."),
        ("compare", {**LM, "by": ["lime", "lime"]}, "lime is asked for twice."),
        ("compare", {**LM, "by": []}, "by: list should have at least 1 item"),
        ("compare", {**LM, "metrics": ["ginny"]}, '"ginny" is not a metric. Did you mean gini?'),
        ("verdict", {"explanation": "x", "draws": 9}, "draws: it should be greater than or equal to 99."),
    ],
)  # fmt: skip
def test_words(page, verb, body, words):
    assert words in page.refused(verb, **body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": "demo-sentiment", "text": EIFFEL, "target": "Paris"}, "Labels: NEGATIVE, POSITIVE."),
        ({**LM, "target": "", "text": EIFFEL}, "becomes no token of demo-lm"),
        ({**LM, "span": "Rome"}, "does not stand in the answer"),
        ({**LM, "at": "city"}, "leave out at"),
        ({**LM, "unit": "segment"}, 'unit="segment" needs a text with named slots'),
        ({**LM, "options": {"ablate": "mask"}}, 'ablate="mask" does not work on demo-lm'),
        ({**LM, "text": "word " * 300}, "demo-lm reads at most 256"),
        (
            {**LM, "text": "word " * 245, "by": "lime", "options": {"samples": 100_000}},
            "samples=100000 on a text of 491 tokens is more than this server does at once: up to 40,733 are",
        ),
    ],
)
def test_what_only_the_model_knows_is_said_by_the_job(page, body, words):
    assert words in page.failed("explain", **body)


def test_too_long_a_text_is_refused_by_every_verb(serving):
    page = serving(max_tokens=16)
    long, longer = "a b c d e f g h i j k l m n o p q r s t", "abc " * 100
    words = "The text and its answers are 400 characters, and this server reads at most 320 of them. Shorten the text; "
    for verb in ("generate", "explain", "compare"):
        assert page.refused(verb, model="demo-lm", text=longer).startswith(words)
        said = page.failed(verb, model="demo-lm", text=long)
        assert "tokens, and this server reads at most 16 of them" in said
        assert "pellucid serve --max-tokens" in said
    # An answer counts like the text.
    assert "characters" in page.refused("explain", model="demo-lm", text="a", target=longer)
    corrupt = {"by": "activation_patching", "options": {"corrupt": longer}}
    assert "characters" in page.refused("explain", model="demo-lm", text="a", **corrupt)
    assert "tokens" in page.failed("explain", model="demo-lm", text="a", target=long)
    assert "tokens" in page.failed("explain", model="demo-lm", text="a", target="b", against=long)
    page.done("explain", model="demo-lm", text="a b c")


def test_a_saved_explanation_is_measured_within_the_same_limit(serving):
    large, small = serving(), serving(max_tokens=16)
    job = large.done("explain", model="demo-lm", text="abc " * 100, by="saliency", evaluate=False)
    saved = large.client.get(f"/api/v1/jobs/{job}/file/json").content
    shown = small.client.post("/api/v1/show", content=saved, headers=JSON).json()["id"]
    for verb, more in (("evaluate", {}), ("verdict", {}), ("ablate", {"removed": [0]})):
        assert "at most 320" in small.refused(verb, explanation=shown, **more)


@pytest.mark.parametrize("verb", ["evaluate", "verdict", "ablate"])
def test_what_goes_on_with_an_explanation_needs_one(page, verb):
    more = {"removed": [0]} if verb == "ablate" else {}
    assert "There is no job 'x' here." in page.refused(verb, 404, explanation="x", **more)
    written = page.done("generate", **LM)
    assert "holds no explanation, it is of kind generate" in page.refused(
        verb, 404, explanation=written, **more
    )
    slow = page.post("explain", **LM, by="shapley_sampling", options={"samples": 50_000})
    assert "no result yet" in page.refused(verb, 409, explanation=slow["id"], **more)
    page.client.delete(f"/api/v1/jobs/{slow['id']}")


def test_jobs_without_what_is_asked(page):
    written = page.done("generate", **LM)
    for path in ("figure", "file/html", "file/png"):
        assert "no figure" in page.get(f"/jobs/{written}/{path}", 404)["error"]["message"]
    assert "should be 'json', 'html'" in page.get(f"/jobs/{written}/file/exe", 422)["error"]["message"]
    assert "has no figure" in page.refused("report", explanations=[written])
    for path in ("", "/events", "/result", "/figure", "/file/json"):
        assert "There is no job 'x' here." in page.get(f"/jobs/x{path}", 404)["error"]["message"]
    assert page.client.delete("/api/v1/jobs/x").status_code == 404


def test_an_explanation_of_a_model_that_is_not_served(serving):
    both, one = serving(), serving(models=("demo-sentiment",))
    job = both.done("explain", **LM, evaluate=False)
    saved = both.client.get(f"/api/v1/jobs/{job}/file/json").content
    shown = one.client.post("/api/v1/show", content=saved, headers=JSON).json()
    assert shown["model"] is None
    assert one.get(f"/jobs/{shown['id']}/figure")["parts"]
    assert '"demo-lm" is not a model of this server' in one.refused("verdict", explanation=shown["id"])


def test_an_explanation_of_other_weights(page):
    job = page.done("explain", **LM, evaluate=False)
    saved = json.loads(page.client.get(f"/api/v1/jobs/{job}/file/json").content)
    saved["provenance"]["fingerprint"] = "another"
    shown = page.client.post("/api/v1/show", json=saved).json()["id"]
    for verb, more in (("evaluate", {}), ("verdict", {}), ("ablate", {"removed": [0]})):
        assert "(weights another), not on demo-lm" in page.failed(verb, explanation=shown, **more)
