"""Steps of reasoning, and the rows of a data set, drawn from what an explanation holds."""

from __future__ import annotations

import numpy as np
import pytest
from rich.cells import cell_len

from pellucid.core.explanation import Explanation
from pellucid.core.figure import Strand, Table
from pellucid.view.draw import draw
from pellucid.view.html import html
from pellucid.view.in_browser.payload import payload
from pellucid.view.parts.strand import MOST_LINKS, strand_of
from pellucid.view.terminal import terminal
from tests.view.make import TEXTS, array_of
from tests.view.page import parse

BADGES = ("load-bearing", "", "decorative")


def strand_why(words=("First.", "Then.", "So."), values=(0.5, -0.25, 0.0), badges=BADGES) -> Explanation:
    made = array_of("step")
    data = made.data.assign(effect=("step", list(values)))
    if words is not None:
        data = data.assign_coords(step_text=("step", list(words)))
    if badges is not None:
        data = data.assign(judged=("step", list(badges)))
    return Explanation(data, made.text, made.target, made.provenance)


def strand_part(why: Explanation) -> Strand:
    [part] = [part for part in draw(why).parts if isinstance(part, Strand)]
    return part


def test_steps_have_their_words_numbers_and_badges():
    part = strand_part(strand_why())
    assert [step.words for step in part.steps] == ["First.", "Then.", "So."]
    assert [step.value for step in part.steps] == [0.5, -0.25, 0.0]
    assert [step.badge for step in part.steps] == list(BADGES)
    assert (part.signed, part.units, part.caption) == (True, "logit", "Effect")


def test_steps_without_words_are_called_by_their_number():
    part = strand_part(strand_why(words=None, badges=None))
    assert [step.words for step in part.steps] == ["step 0", "step 1", "step 2"]
    assert {step.badge for step in part.steps} == {""}


def test_the_plain_form_is_a_table_with_bars():
    [table] = strand_part(strand_why()).plain
    assert isinstance(table, Table)
    assert table.headings == ("step", "words", "badge", "value", "")
    assert table.rows[0] == ("1", "First.", "load-bearing", "+0.500", "█" * 10)
    assert table.rows[1][-1] == "▒" * 5
    assert table.right == {0, 3}
    [plain] = strand_part(strand_why(badges=None)).plain
    assert isinstance(plain, Table)
    assert plain.headings == ("step", "words", "value", "")
    assert plain.right == {0, 2}


def test_links_are_a_table_the_strongest_first():
    steps = strand_part(strand_why()).steps
    links = ((0, 1, 0.1), (0, 2, -0.9), (1, 2, np.nan))
    part = strand_of(steps, links, signed=True, units="")
    assert isinstance(part.plain[1], Table)
    assert part.plain[1].rows == (("1", "3", "-0.900"), ("1", "2", "+0.100"), ("2", "3", "no number"))
    many = strand_of(steps, tuple((0, 1, float(i)) for i in range(99)), signed=True, units="")
    assert isinstance(many.plain[1], Table)
    assert len(many.plain[1].rows) == MOST_LINKS
    assert many.plain[1].caption == f"Links: the {MOST_LINKS} strongest of 99"


@pytest.mark.parametrize("name", TEXTS)
def test_any_words_are_drawn_everywhere(name):
    why = strand_why(words=(TEXTS[name], "x", ""), values=(np.nan, 0.0, 0.0))
    assert all(cell_len(line) <= 60 for line in terminal(why, width=60).split("\n"))
    parse(html(why))
    assert len(payload(draw(why))["parts"][0]["steps"]) == 3


def examples_why(size=3, dims=("example",), texts=True, **more) -> Explanation:
    made = array_of(*dims, size=size)
    data = made.data.assign(more)
    if texts:
        data = data.assign_coords(example_text=("example", [f"Text {i}." for i in range(size)]))
    return Explanation(data, made.text, made.target, made.provenance)


def test_examples_are_rows_with_their_texts_and_bars():
    table = draw(examples_why()).parts[0]
    assert isinstance(table, Table)
    assert table.headings == ("#", "example", "effect", "")
    assert [row[:2] for row in table.rows] == [("0", "Text 0."), ("1", "Text 1."), ("2", "Text 2.")]
    assert table.right == {2}
    assert table.caption == "Effect, in logit"
    bare = draw(examples_why(texts=False)).parts[0]
    assert isinstance(bare, Table)
    assert bare.headings == ("example", "effect", "")


def test_of_many_examples_those_with_the_largest_numbers_stand_first():
    why = examples_why(40)
    table = draw(why).parts[0]
    assert isinstance(table, Table)
    assert len(table.rows) == 30
    said = [abs(float(row[2])) for row in table.rows]
    assert said == sorted(said, reverse=True)
    assert said[0] == pytest.approx(np.abs(why.primary.values).max(), rel=0.01)
    assert table.rows[0][1] == f"Text {int(np.abs(why.primary.values).argmax())}."


@pytest.mark.parametrize("dims", [("example", "layer"), ("layer", "example")])
def test_a_few_of_another_dim_are_columns(dims):
    why = examples_why(dims=dims)
    table = draw(why).parts[0]
    assert isinstance(table, Table)
    assert table.headings == ("#", "example", "layer 0", "layer 1", "layer 2")
    assert table.right == {2, 3, 4}
    expected = why.primary.transpose("example", "layer").values
    np.testing.assert_allclose([[float(v) for v in row[2:]] for row in table.rows], expected, rtol=0.01)


def test_a_long_example_shows_how_it_begins():
    made = examples_why(1)
    data = made.data.assign_coords(example_text=("example", ["word " * 100]))
    table = draw(Explanation(data, made.text, made.target, made.provenance)).parts[0]
    assert isinstance(table, Table)
    assert len(table.rows[0][1]) == 200
    assert table.rows[0][1].endswith("…")
