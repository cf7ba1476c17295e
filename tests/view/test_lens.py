"""What a lens is drawn from, and how it reads where there is no browser."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from rich.cells import cell_len

from pellucid.core.explanation import Explanation, label
from pellucid.core.figure import Heatmap, Lens, Table
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.view.draw import draw
from pellucid.view.html import html
from pellucid.view.in_browser.payload import payload
from pellucid.view.terminal import terminal
from tests.view.make import MADE, TEXTS, characters
from tests.view.page import parse

TOKENS = np.array([" Paris", " Rome", "the", " of", "</script>"])


def lens_why(
    string: str = "The city of",
    layers: int = 3,
    candidates: int = 2,
    *,
    against: bool = True,
    answer: int = -1,
) -> Explanation:
    """A lens over every character of a text; the answer is the likeliest token in the last layer alone."""
    text = Text(string).with_features("token", characters(string))
    shape = (layers, len(string))
    random = np.random.default_rng(0)
    likeliest = np.sort(random.uniform(0, 1, (*shape, candidates)))[..., ::-1]
    rank = np.broadcast_to(np.arange(layers)[::-1, None] * 10, shape)
    tokens = TOKENS[random.integers(len(TOKENS), size=(*shape, candidates))].copy()
    tokens[-1, :, 0] = " Paris"
    places = ("layer", "position")
    arrays = {
        "probability": (places, random.uniform(0, 0.1, shape)),
        "rank": (places, rank),
        "candidate_token": ((*places, "candidate"), tokens),
        "candidate_probability": ((*places, "candidate"), likeliest),
        "answer_position": ((), answer % len(string)),
    }
    if against:
        arrays |= {"against_probability": (places, np.full(shape, 0.25)), "against_rank": (places, rank + 1)}
    facts = {"primary": "probability", "signed": False, "units": "prob"}
    data = xr.Dataset(arrays, attrs=facts).assign_coords(layer=range(layers))
    target = Target(
        " Paris", against=" Rome" if against else None, scale="logit", ids=(1,), against_ids=(2,) * against,
        outputs=(" Paris",),
    )  # fmt: skip
    owners = lambda: list(range(len(string)))  # noqa: E731
    return Explanation(label(data, text, target, lambda: list(string), owners), text, target, MADE)


def lens_of(why: Explanation) -> Lens:
    [part] = [part for part in draw(why).parts if isinstance(part, Lens)]
    return part


def changed(why: Explanation, **arrays) -> Explanation:
    return Explanation(why.data.assign(arrays), why.text, why.target, why.provenance)


def test_a_lens_holds_its_numbers_as_they_are():
    why = lens_why()
    part = lens_of(why)
    np.testing.assert_array_equal(part.tokens, why.data["candidate_token"])
    np.testing.assert_array_equal(part.probabilities, why.data["candidate_probability"])
    assert part.layers == ("layer 0", "layer 1", "layer 2")
    assert "".join(part.positions.labels) == part.string == why.text.string
    assert part.positions.spans == tuple((i, i + 1) for i in range(len(why.text.string)))
    assert part.answer == len(why.text.string) - 1


def test_readers_count_ranks_from_one():
    mine, other = lens_of(lens_why()).tracked
    assert (mine.name, other.name) == (" Paris", " Rome")
    assert mine.rank[:, 0].tolist() == [21, 11, 1]
    assert other.rank[:, 0].tolist() == [22, 12, 2]
    assert [one.name for one in lens_of(lens_why(against=False)).tracked] == [" Paris"]


def test_the_order_of_its_dims_does_not_matter():
    why = lens_why()
    turned = Explanation(why.data.transpose("candidate", "position", "layer"), why.text, why.target, MADE)
    one, other = lens_of(why), lens_of(turned)
    np.testing.assert_array_equal(one.tokens, other.tokens)
    np.testing.assert_array_equal(one.tracked[0].rank, other.tracked[0].rank)


def test_a_lens_is_one_part_and_the_matrix_is_within_it():
    assert [type(part).__name__ for part in draw(lens_why()).parts] == ["Lens", "Record"]
    table, matrix = lens_of(lens_why()).plain
    assert isinstance(table, Table)
    assert isinstance(matrix, Heatmap)
    np.testing.assert_array_equal(matrix.values, lens_why().data["probability"])
    assert matrix.caption == "Probability of “Paris”"


def test_another_primary_is_drawn_beside_it():
    why = lens_why()
    data = why.data.assign(effect=("layer", [0.1, 0.2, 0.3])).assign_attrs(primary="effect")
    parts = draw(Explanation(data, why.text, why.target, MADE)).parts
    assert [type(part).__name__ for part in parts] == ["Lens", "Table", "Record"]


def test_the_table_is_of_where_the_answer_is_said():
    why = lens_why(answer=4)
    table = lens_of(why).plain[0]
    assert isinstance(table, Table)
    assert table.headings == ("layer", "likeliest", "p", "p(Paris)", "rank", "p(Rome)", "rank")
    assert table.caption == "Layer by layer at “c” (position 4)"
    there = why.data.isel(position=4)
    assert [row[2] for row in table.rows] == [f"{p:.3f}" for p in there["candidate_probability"].values[:, 0]]
    assert [row[4] for row in table.rows] == ["21", "11", "1"]
    assert table.rows[-1][1] == "Paris"


def test_small_probabilities_are_said_to_be_small_and_what_is_no_number_is():
    why = lens_why(layers=3)
    values = np.full((3, 11), [[1e-9], [0.0], [np.nan]])
    table = lens_of(changed(why, probability=(("layer", "position"), values))).plain[0]
    assert isinstance(table, Table)
    assert [row[3] for row in table.rows] == ["<0.001", "0.000", "no number"]


def test_it_fits_sixty_columns_in_one_table():
    said = terminal(lens_why(), width=60)
    assert all(cell_len(line) <= 60 for line in said.split("\n"))
    assert "layer  likeliest      p  p(Paris)  rank  p(Rome)  rank" in said
    long = lens_why()
    named = Explanation(long.data, long.text, replace(long.target, outputs=(" Constantinople",)), MADE)
    assert "p(Constan…)" in terminal(named, width=60)


def test_without_an_answer_the_likeliest_is_what_the_matrix_shows():
    why = lens_why()
    data = why.data.drop_vars(["rank", "against_rank"])
    part = lens_of(Explanation(data, why.text, why.target, MADE))
    assert part.tracked == ()
    assert isinstance(part.plain[1], Heatmap)
    np.testing.assert_array_equal(part.plain[1].values, part.probabilities[..., 0])


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("shape", [(1, 1), (2, 3)])
def test_any_text_is_drawn_everywhere(name, shape):
    why = lens_why(TEXTS[name], *shape)
    assert terminal(why, width=60)
    parse(html(why))
    part = payload(draw(why))["parts"][0]
    assert np.shape(part["tokens"]["at"]) == (shape[0], len(TEXTS[name]), shape[1])
    assert part["tracked"][0]["rank"][-1][0] == 1
