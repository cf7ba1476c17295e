"""What a browser is given: every kind of part, whole, and nothing that ends the script it stands in."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest

from pellucid.core.figure import (
    Axis,
    Curve,
    Figure,
    Heatmap,
    Highlight,
    Lens,
    Line,
    Mark,
    Prose,
    Table,
    Tracked,
)
from pellucid.view.draw import draw
from pellucid.view.in_browser.payload import LONG, payload, payload_json
from tests.view.make import TEXTS, bytes_as_tokens, score, why, words


def whole(*parts):
    return payload(Figure("title", parts))


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_survives_the_way(name):
    figure = draw(why(TEXTS[name], bytes_as_tokens(TEXTS[name])))
    found = json.loads(payload_json(figure))
    [highlight] = [part for part in found["parts"] if part["kind"] == "highlight"]
    text = found["texts"][highlight["text"]]
    assert text.encode("utf-8", "surrogatepass") == TEXTS[name].encode("utf-8", "surrogatepass")
    marks = {piece[1] for line in highlight["lines"] for piece in line}
    assert marks - {-1} == set(range(len(highlight["marks"]["value"])))


def test_nothing_in_the_data_ends_its_script():
    found = payload_json(draw(why(TEXTS["script"])))
    assert not re.search("<", found)
    assert "</script>" in json.loads(found)["texts"][0]


def test_values_keep_five_digits_and_no_number_is_null():
    marks = (Mark(0, 1, 1.23456789), Mark(1, 2, math.nan), Mark(2, 3, math.inf), Mark(3, 4, 0.0, error=0.5))
    [part] = whole(Highlight("abcd", marks, signed=True, units="logit"))["parts"]
    assert part["marks"]["value"] == [1.2346, None, 1.7976931348623157e308, 0.0]
    assert part["marks"]["error"] == [None, None, None, 0.5]


def test_texts_stand_once():
    matrix = Heatmap(
        ((1.0,),), ("a",), ("b",), "", "", False, "", string="a b", row_spans=((0, 1),), column_spans=(None,)
    )
    found = whole(Highlight("a b", (), True, ""), matrix, Highlight("c", (), True, ""))
    assert found["texts"] == ["a b", "c"]
    assert [part["text"] for part in found["parts"]] == [0, 0, 1]
    assert found["parts"][1]["row_spans"] == [[0, 1]]
    assert found["parts"][1]["column_spans"] == [None]


def test_a_part_without_a_text_has_none():
    [part] = whole(Heatmap(((1.0,),), ("a",), ("b",), "", "", False, ""))["parts"]
    assert part["text"] == -1


def test_prose_keeps_its_lines_and_tables_their_columns():
    prose, table = whole(Prose("one\ntwo"), Table(("a", "b"), (("x", "1"),), frozenset({1})))["parts"]
    assert prose == {"kind": "prose", "lines": ["one", "two"]}
    assert table == {
        "kind": "table",
        "headings": ["a", "b"],
        "rows": [["x", "1"]],
        "right": [1],
        "caption": "",
        "ranges": [],
    }


def test_what_only_a_page_without_script_needs_is_left_out():
    part = Curve((0.0, 1.0), (Line("a", (1.0, 2.0)),), "x", "y", plain=(Prose("words"),))
    [found] = whole(part)["parts"]
    assert "plain" not in found
    assert found["lines"] == [{"name": "a", "values": [1.0, 2.0], "low": [], "high": []}]


def test_arrays_are_lists():
    tracked = Tracked(" Paris", np.array([[0.25]]), np.array([[3]]))
    lens = Lens(
        np.array([[["a"]]]),
        np.array([[[0.5]]]),
        ("layer 0",),
        Axis(("a",), ((0, 1),)),
        (tracked,),
        0,
        "a",
        plain=(),
    )
    [found] = whole(lens)["parts"]
    assert found["tokens"] == {"words": ["a"], "at": [[[0]]]}
    assert found["tracked"] == [{"name": " Paris", "probability": [[0.25]], "rank": [[3]]}]


@pytest.mark.parametrize("count", [LONG, LONG + 1])
def test_a_long_text_is_sent_with_its_sentences(count):
    text = " ".join(["Go."] * count)
    found = payload(draw(why(text, words(text)[:count])))["parts"][0]
    assert ("sentences" in found) == (count > LONG)


def test_scores_are_sent_too():
    assert payload(draw(why("a b"), score()))["title"] == "Why “Paris”?"


def test_a_large_matrix_and_a_long_lens_are_small():
    """0.65 MB and 0.76 MB; as lists they were 2.2 and 2.8 MB."""
    random = np.random.default_rng(0)
    values = random.normal(size=(512, 512))
    names = tuple(f"word{i}" for i in range(512))
    matrix = Heatmap(tuple(map(tuple, values.tolist())), names, names, "from", "to", True, "logit")
    assert len(payload_json(Figure("a", (matrix,)))) < 800_000
    shape, labels = (13, 2000, 5), tuple(f"word{i}" for i in range(2000))
    words = np.array([f" word{i}" for i in range(5000)])
    tracked = Tracked(" Paris", random.uniform(size=shape[:2]), random.integers(1, 16_000, shape[:2]))
    lens = Lens(
        tokens=words[np.minimum(random.zipf(1.3, shape), 5000) - 1],
        probabilities=random.dirichlet(np.ones(5), shape[:2]),
        layers=labels[:13],
        positions=Axis(labels, tuple((i, i + 1) for i in range(2000))),
        tracked=(tracked,) * 2,
        answer=1999,
        string=" ".join(labels),
        plain=(),
    )
    assert len(payload_json(Figure("a", (lens,)))) < 900_000
