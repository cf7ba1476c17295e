from __future__ import annotations

import base64
import hashlib
import json
import re
import time

import numpy as np
import pytest

from pellucid.core.figure import Axis, Figure, Heads, Highlight, Mark
from pellucid.view.html import html
from pellucid.view.in_browser.payload import payload
from pellucid.view.tokens import lines
from tests.view.make import TEXTS, bytes_as_tokens, characters, no_score, score, why, words
from tests.view.page import parse

TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "h1", "h2", "p", "section", "div", "span",
    "bdi", "i", "b", "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "footer", "script",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "dir", "role", "aria-label", "aria-hidden", "scope",
    "style", "tabindex", "data-part", "id", "type",
}  # fmt: skip
WIDTH = re.compile(r"width:\d+(\.\d+)?%")


@pytest.mark.parametrize("cut", [bytes_as_tokens, characters, words])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_text_is_there_and_nothing_of_it_runs(text, cut):
    features = cut(text)
    page = html([why(text, features, outputs=(text, "b")), score(), no_score()])
    page.encode()
    parsed = parse(page)
    assert set(parsed.tags) <= TAGS
    assert {name for _, name, _ in parsed.attributes} <= ATTRIBUTES
    assert all(WIDTH.fullmatch(value) for _, name, value in parsed.attributes if name == "style")
    part = Highlight(text, tuple(Mark(f.start, f.end, 1.0) for f in features), True, "")
    shown = ["".join(f.shown for f in line if f.piece.part == 1) for line in lines(part)]
    assert parsed.lines == shown


def test_hostile_words_from_every_side_are_shown():
    evil = "</style><script>alert(1)</script><s>"
    from dataclasses import replace

    made = why(f"x {evil}", outputs=(evil, "b"))
    made = replace(
        made,
        provenance=replace(made.provenance, model=evil, by=evil, options={evil: evil}, notes=(evil,)),
        target=replace(made.target, against=evil),
    )
    parsed = parse(html([made, score(evil, 0.1), score(value=float("nan"), controls=(), reason=evil)]))
    assert set(parsed.tags) <= TAGS
    assert parsed.words.count("<script>") >= 6


def test_the_page_asks_for_nothing():
    page = html([why(TEXTS["plain"], outputs=("a", "b")), score()])
    for word in ("url(", "@import", "src=", "href=", "javascript", "<link", "<img", "<base", "<iframe"):
        assert word not in without_scripts(page).lower()
    assert "://" not in without_scripts(page)
    policy = policy_of(page)
    assert policy["default-src"] == "'none'"
    assert set(policy) == {"default-src", "script-src", "style-src", "base-uri", "form-action"}


def test_one_script_may_run_and_the_policy_names_it():
    parsed = parse(html([why(TEXTS["script"], outputs=(TEXTS["script"], "b")), score()]))
    runs = [content for attrs, content in parsed.scripts if attrs.get("type") is None]
    assert len(runs) == 1
    named = base64.b64encode(hashlib.sha256(runs[0].encode()).digest()).decode()
    assert policy_of(html(why("a b")))["script-src"] == f"'sha256-{named}'"
    assert not [name for _, name, _ in parsed.attributes if name.startswith("on")]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_data_cannot_end_its_element(text):
    page = html(why(text, outputs=(text, "b")))
    [data] = [content for attrs, content in parse(page).scripts if attrs.get("type") == "application/json"]
    assert "<" not in data
    assert json.loads(data)["texts"] == [text]


def test_each_token_says_its_score():
    parsed = parse(html(why("good bad odd", values=[2.0, -1.0, np.nan], error=True)))
    said = [value for _, name, value in parsed.attributes if name == "aria-label"]
    assert said == ["good, +2.00 ± 0.0500", "bad, -1.00 ± 0.0500", "odd, no number ± 0.0500"]
    css = [value for _, name, value in parsed.attributes if name == "class" and value.startswith("t ")]
    assert css == ["t p9 l r", "t n4 l r", "t x l r"]


def test_every_part_of_a_shared_emoji_says_its_score():
    parsed = parse(html(why("é", bytes_as_tokens("é"), [1.0, -1.0])))
    said = [value for _, name, value in parsed.attributes if name == "aria-label"]
    assert said == ["é part 1 of 2, +1.00", "part 2 of 2, -1.00"]


def test_sign_is_seen_without_colour():
    page = html(why("a b"))
    assert re.search(r"\.p1\{border-bottom:[^}]*solid", page)
    assert re.search(r"\.n1\{border-bottom:[^}]*dashed", page)


def test_light_and_dark_with_the_same_classes():
    page = html(why("a b"))
    light, dark = page.split("@media (prefers-color-scheme:dark)", 1)
    for css in [f"{side}{step}" for side in "pn" for step in range(1, 10)] + ["x"]:
        assert f".pellucid .{css}{{background:#" in light
        assert f".pellucid .{css}{{background:#" in dark


def test_letters_of_a_right_to_left_word_are_not_isolated():
    """Isolated tokens would turn the digits of 1984 round; only the numbers of shared parts are isolated."""
    page = html(why(TEXTS["hebrew"], characters(TEXTS["hebrew"])))
    text = page[page.index('<div class="text">') : page.index('<p class="legend">')]
    assert "<bdi" not in text
    assert '<p dir="auto">' in text


def test_a_wide_matrix_is_turned():
    made = why(" ".join("abcdefghijklmnopqrstuvwxyz"), outputs=("A", "B"))
    page = html(made)
    matrix = page[page.index('<table class="matrix">') :]
    assert matrix.count('<th scope="row">', 0, matrix.index("</table>")) == 26
    narrow = html(why("a b c", outputs=("A", "B")))
    matrix = narrow[narrow.index('<table class="matrix">') :]
    assert matrix.count('<th scope="row">', 0, matrix.index("</table>")) == 2


def test_legends_of_zero_and_missing():
    assert "Every score is 0." in html(why("a b", values=[0, 0]))
    assert "no number" in html(why("a b", values=[np.nan, 1]))
    assert "against <b>" not in html(why("a b", values=[1, 2], signed=False))


def test_two_thousand_tokens_in_good_time():
    text = " ".join(f"word{i}" for i in range(2000))
    made = why(text)
    start = time.perf_counter()
    page = html(made)
    assert time.perf_counter() - start < 2
    assert len(page) < 1_000_000
    assert parse(page).words.count("word1999") == 2


def without_scripts(page: str) -> str:
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def policy_of(page: str) -> dict[str, str]:
    policy = next(v for tag, name, v in parse(page).attributes if (tag, name) == ("meta", "content"))
    return dict(directive.split(" ", 1) for directive in policy.split("; "))


def test_views_of_attention_share_the_room_of_a_page(monkeypatch):
    values = np.random.default_rng(0).random((4, 2, 24, 24))
    axis = Axis(tuple("abcdefghijklmnopqrstuvwx"))
    part = Heads(values, tuple("0123"), ("h0", "h1"), axis, axis, "", False, "", plain=())
    monkeypatch.setattr("pellucid.view.html.ROOM", 12_000)
    figure = Figure("two", (part, part))
    [data] = re.findall(r'id="pellucid-figure">(.*?)</script>', html(figure))
    alone = payload(Figure("one", (part,)), room=6_000)["parts"][0]["values"]
    assert [part["values"] for part in json.loads(data)["parts"]] == [alone, alone]
    assert alone != payload(Figure("one", (part,)), room=3_000)["parts"][0]["values"]
