"""Files of strangers: every change of a saved result is read, or refused with words; nothing else happens."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pellucid
from pellucid.app import shown as module
from pellucid.app.files import figure, file
from pellucid.app.shown import shown
from pellucid.core.errors import CannotRead
from pellucid.core.score import Score
from pellucid.core.verdict import Trial, Verdict, state_of
from pellucid.store import as_json, comparison_json
from tests.app.conftest import EIFFEL

NASTY: list[Any] = [
    None, True, -1, 0, 2**70, 10**400, 1e308, "", "x", "\ud800", "\0", "NaN", [], [[]], {}, {"$float": "NaN"},
    {"$float": "Infinity"}, [None], "Infinity", "../../etc/passwd", [[0, 1]], "</script>",
]  # fmt: skip


@pytest.fixture(scope="module")
def saved(demo_lm) -> dict[str, Any]:
    why = pellucid.explain(demo_lm, EIFFEL, target=" Paris", by="leave_one_out")
    scores = pellucid.evaluate(why, demo_lm, by=["gini", "sufficiency"])
    lens = pellucid.explain(demo_lm, EIFFEL, by="logit_lens")
    compared = pellucid.compare(demo_lm, EIFFEL, by=["leave_one_out"], metrics=["gini"])
    return {
        "attribution": json.loads(as_json.dumps(why, scores)),
        "judged": json.loads(as_json.dumps(why, scores, judged(scores))),
        "lens": json.loads(as_json.dumps(lens)),
        "comparison": json.loads(comparison_json.dumps(compared)),
    }


def judged(scores: list[Score]) -> Verdict:
    """A verdict whose tests are these scores."""
    trials = tuple(Trial(score, "delete", state_of(score)) for score in scores)
    return Verdict("cannot tell", "It cannot be told.", math.nan, 0.5, trials, scores[0].provenance)


def places(tree: Any, at: tuple = ()) -> list[tuple]:
    """The way to everything in a tree."""
    found = [at] if at else []
    for key, value in (
        tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    ):
        found += places(value, (*at, key))
    return found


def changed(tree: Any, at: tuple, value: Any) -> Any:
    copy = json.loads(json.dumps(tree))
    inner = copy
    for key in at[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[at[-1]]
    else:
        inner[at[-1]] = value
    return copy


def all_drawn(content: bytes) -> None:
    """Read it and draw it in every way; only an error in words may come of it."""
    try:
        outcome = shown(content)
    except CannotRead as refused:
        said = str(refused)
    else:
        figure(outcome)  # what is taken can be drawn
        said = "Cannot read the file"
        for suffix in ("json", "html", "txt"):
            try:
                file(outcome, suffix)
            except CannotRead as refused:
                said = str(refused)
    assert said.startswith("Cannot read the file")


@pytest.mark.parametrize("kind", ["attribution", "judged", "lens", "comparison"])
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(chance=st.randoms(use_true_random=False))
def test_any_change_is_read_or_refused(saved, kind, chance):
    tree = saved[kind]
    for _ in range(chance.choice([1, 1, 2])):
        tree = changed(tree, chance.choice(places(tree)), chance.choice([*NASTY, ...]))
    all_drawn(json.dumps(tree).encode())


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_bytes_are_refused(saved, data):
    whole = json.dumps(saved["attribution"]).encode()
    at = data.draw(st.integers(0, len(whole)))
    other = data.draw(st.one_of(st.just(b""), st.binary(max_size=20)))
    content = data.draw(st.sampled_from([whole[:at], whole[:at] + other + whole[at + 1 :], other]))
    all_drawn(content)


@pytest.mark.parametrize(
    "content", [b"", b"[" * 100_000, b"\x80\x04K\x01.", b"PK\x03\x04", b"null", b"\xff\xfe{}"]
)
def test_what_is_no_result_at_all(page, content):
    found = page.client.post("/api/v1/show", content=content, headers={"content-type": "application/json"})
    assert found.status_code == 422
    assert found.json()["error"]["type"] == "CannotRead"


def test_what_would_fill_the_memory(saved, monkeypatch):
    content = json.dumps(saved["attribution"]).encode()
    monkeypatch.setattr(module, "MOST_FEATURES", 8)
    with pytest.raises(CannotRead, match="more than 8 features"):
        shown(content)
    monkeypatch.undo()
    monkeypatch.setattr(module, "MOST_CHARACTERS", 41)
    with pytest.raises(CannotRead, match="more than 41 characters"):
        shown(content)
    monkeypatch.undo()
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    with pytest.raises(CannotRead, match="fills more memory"):
        shown(content)


@pytest.mark.parametrize("one", [b"[]", b"{}"])
def test_what_takes_long_to_read_is_not_read(one, monkeypatch):
    """A list for each two bytes: parsing stops all threads for as long as it takes."""
    monkeypatch.setattr(as_json, "loads", lambda *_: pytest.fail("it was read"))
    with pytest.raises(CannotRead, match="more than 500,000 lists"):
        shown(b"[" + b",".join([one] * 1_000_000) + b"]")
