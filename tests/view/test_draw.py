from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import xarray as xr

from pellucid.core.explanation import DIMS, Explanation, label
from pellucid.core.figure import Figure, Heads, Heatmap, Highlight, Prose, Record, Table
from pellucid.core.score import Control
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.view.draw import draw
from pellucid.view.html import html
from pellucid.view.notebook import notebook
from pellucid.view.parts.explained import MOST_ROWS
from pellucid.view.parts.scores import sentence
from pellucid.view.terminal import terminal
from pellucid.view.tokens import pieces
from tests.view.make import MADE, array_of, no_score, score, why
from tests.view.page import parse


def kinds(figure: Figure) -> list[str]:
    return [type(part).__name__ for part in figure.parts]


def test_one_number_per_input_is_a_highlight():
    assert kinds(draw(why("a b", summed=True))) == ["Highlight", "Record"]
    assert kinds(draw(why("a b"))) == ["Highlight", "Record"]


def test_several_outputs_are_their_sum_and_the_matrix():
    made = why("a b c", outputs=(" Paris", ",", " France"))
    figure = draw(made)
    assert kinds(figure) == ["Highlight", "Heatmap", "Record"]
    whole, matrix = figure.parts[0], figure.parts[1]
    assert isinstance(whole, Highlight)
    assert isinstance(matrix, Heatmap)
    np.testing.assert_allclose([m.value for m in whole.marks], made.credit())
    np.testing.assert_allclose(matrix.values, made.primary.values)
    assert (matrix.rows, matrix.columns) == ((" Paris", ",", " France"), ("a", "b", "c"))


def test_pairs_of_inputs_are_a_matrix_with_the_text_on_both_sides():
    text = Text("a b c").cut("word")
    values = np.random.default_rng(0).normal(size=(3, 3))
    facts = {"primary": "interaction", "signed": True, "units": "logit"}
    data = xr.Dataset({"interaction": (("input_b", "input"), values.T)}, attrs=facts)
    target = Target("yes", scale="logit", ids=(1,))
    made = Explanation(label(data, text, target), text, target, MADE)
    figure = draw(made)
    assert kinds(figure) == ["Heatmap", "Record"]
    matrix = figure.parts[0]
    assert isinstance(matrix, Heatmap)
    assert matrix.rows == matrix.columns == ("a", "b", "c")
    assert (matrix.row_title, matrix.column_title) == ("text", "text")
    np.testing.assert_allclose(matrix.values, values)
    assert terminal(made, width=60)
    parse(html(made))
    two = draw([made, made]).parts[0]
    assert isinstance(two, Heatmap)
    assert "leave_one_out" in two.caption


MATRICES = ({"layer", "head"}, {"layer", "position"}, {"layer", "query", "key"})
OTHERS = [d for n in range(4) for d in itertools.combinations(sorted(DIMS - {"input"}), n)]


# Of two dims, these are a curve or a table with a column for each of the other.
LONG = [
    d for d in OTHERS if set(d) not in MATRICES and not (len(d) < 3 and {"level", "step", "example"} & set(d))
]


@pytest.mark.parametrize("dims", LONG[::7])
def test_every_other_shape_is_a_table_and_draws_everywhere(dims):
    made = array_of(*dims)
    figure = draw(made)
    assert kinds(figure) == ["Table", "Record"]
    table = figure.parts[0]
    assert isinstance(table, Table)
    assert len(table.rows) == 3 ** len(dims)
    assert table.headings[:-1] == dims
    assert terminal(made, width=60)
    parse(html(made))
    assert notebook(made)["text/html"]


@pytest.mark.parametrize("dims", [("layer", "head"), ("head", "layer"), ("layer", "position")])
def test_numbers_by_layer_are_a_matrix_with_the_layers_down(dims):
    made = array_of(*dims)
    figure = draw(made)
    assert kinds(figure) == ["Heatmap", "Record"]
    matrix = figure.parts[0]
    assert isinstance(matrix, Heatmap)
    assert matrix.rows == ("layer 0", "layer 1", "layer 2")
    assert matrix.columns == (("h0", "h1", "h2") if "head" in dims else ("0", "1", "2"))
    assert (matrix.row_title, matrix.column_title) == ("layer", "head" if "head" in dims else "text")
    np.testing.assert_allclose(matrix.values, made.primary.transpose("layer", ...).values)
    assert "layer 2" in terminal(made, width=60)
    parse(html(made))


def test_layers_and_heads_are_called_by_their_numbers():
    made = array_of("layer", "head")
    some = made.data.assign_coords(layer=[4, 7, 9], head=[1, 2, 5])
    matrix = draw(Explanation(some, made.text, made.target, made.provenance)).parts[0]
    assert isinstance(matrix, Heatmap)
    assert matrix.rows == ("layer 4", "layer 7", "layer 9")
    assert matrix.columns == ("h1", "h2", "h5")


@pytest.mark.parametrize("dims", [("layer", "query", "key"), ("layer", "head", "query", "key")])
@pytest.mark.parametrize("size", [3, 6])
def test_who_looks_where_is_one_part_however_many_layers(dims, size):
    made = array_of(*dims, size=size)
    figure = draw(made)
    assert kinds(figure) == ["Heads", "Record"]
    several = draw([made, made]).parts[0]
    assert isinstance(several, Heads)
    assert "leave_one_out" in several.caption
    assert terminal(made, width=60)
    parse(html(made))


def test_a_large_array_shows_its_largest_numbers_and_says_so():
    made = array_of("layer", "head", "query", size=7)
    table = draw(made).parts[0]
    assert isinstance(table, Table)
    assert len(table.rows) == MOST_ROWS
    assert f"the {MOST_ROWS} largest of 343" in table.caption
    assert float(table.rows[0][-1]) == pytest.approx(np.abs(made.primary.values).max(), rel=1e-2) or (
        -float(table.rows[0][-1]) == pytest.approx(np.abs(made.primary.values).max(), rel=1e-2)
    )


def test_where_there_is_no_edge_there_is_no_row_and_the_strongest_stands_first():
    made = array_of("source", "dest")
    edges = made.data.assign(effect=made.primary.where(made.primary > 0), faithfulness=0.9123, edges=1234)
    figure = draw(Explanation(edges, made.text, made.target, made.provenance))
    assert kinds(figure) == ["Flow", "Table", "Record"]
    table, whole = figure.plain().parts[:2]
    assert isinstance(table, Table)
    assert isinstance(whole, Table)
    said = [float(row[-1]) for row in table.rows]
    assert len(said) == int((made.primary > 0).sum()) < made.primary.size
    assert said == sorted(said, reverse=True)
    assert (whole.headings, whole.rows) == (("faithfulness", "edges"), (("0.912", "1,234"),))


def test_numbers_of_whole_layers_stand_beside_the_matrix():
    made = array_of("layer", "head")
    data = made.data.assign(mlp_effect=("layer", [0.5, -0.25, np.nan]))
    figure = draw(Explanation(data, made.text, made.target, made.provenance))
    assert kinds(figure) == ["Heatmap", "Table", "Record"]
    table = figure.parts[1]
    assert isinstance(table, Table)
    assert table.headings == ("layer", "mlp effect")
    assert table.rows == (("0", "+0.500"), ("1", "-0.250"), ("2", "no number"))


def test_the_errors_of_a_sampled_method_are_kept():
    whole = draw(why("a b", error=True)).parts[0]
    assert isinstance(whole, Highlight)
    assert [m.error for m in whole.marks] == [0.05, 0.05]


def test_errors_are_not_added_up_over_outputs():
    """The outputs share their samples, so the error of a sum is not known from theirs."""
    whole = draw(why("a b", outputs=("x", "y"), error=True)).parts[0]
    assert isinstance(whole, Highlight)
    assert {m.error for m in whole.marks} == {None}


def test_scores_are_one_table_beside_chance():
    two = (Control("random rankings", (0.1, 0.2, 0.3)), Control("same positions", (0.4, 0.5, 0.6)))
    figure = draw([score(controls=two), score("sufficiency", 0.2, "lower"), no_score()])
    assert kinds(figure) == ["Trust", "Record", "Record", "Record"]
    assert kinds(figure.plain()) == ["Table", "Prose", "Record", "Record", "Record"]
    table = figure.plain().parts[0]
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["comprehensiveness", "", "sufficiency", "plausibility"]
    assert table.rows[0][1:] == ("0.910", "↑ higher", "random rankings", "0.200", "0.11 to 0.29", "0.25")
    assert table.rows[1][3:] == ("same positions", "0.500", "0.41 to 0.59", "0.25")
    assert table.rows[2][2] == "↓ lower"
    assert table.rows[3][1] == "n/a"
    assert "there is no rationale to compare with" in table.rows[3][3]


def test_a_score_in_words():
    assert sentence(score(), Target(" Paris")) == (
        'Removing the top features lowers P(" Paris") by 0.91 on average; '
        "random rankings lower it by 0.31 (95% between 0.02 and 0.60), p = 0.01."
    )
    assert "raises the probability of the answer by 0.20" in sentence(score(value=-0.2))
    assert "not clearly better than chance" in sentence(score(value=0.3))
    assert "95% interval 0.80 to 0.95" in sentence(score(interval=(0.8, 0.95)))
    assert sentence(no_score()) == "Plausibility does not apply: there is no rationale to compare with."
    other = sentence(score("infidelity", 123.4, bounds=(0.0, math.inf)))
    assert other.startswith("Infidelity is 123; random rankings: 0.310 on average")


def test_the_sentence_says_which_probability():
    assert 'P(" Paris" rather than " Rome") by' in sentence(
        score(), Target(" Paris", against=" Rome", ids=(1, 2))
    )
    assert 'P(" Paris.") per token by' in sentence(score(), Target(" Paris.", ids=(1, 2)))
    span = Target(" In Paris.", ids=(1, 2, 3), span=(4, 9), span_tokens=(1, 2))
    assert 'P("Paris" in " In Paris.") by' in sentence(score(), span)
    assert 'exp(-KL) at " Paris" by' in sentence(score(), Target(" Paris", ids=(1,), scale="kl"))


def test_the_title_asks_what_was_asked():
    def title(**asked: Any) -> str:
        drawn = why("a b")
        return draw(Explanation(drawn.data, drawn.text, Target(**asked), drawn.provenance)).title

    span = {"answer": " In Paris.", "span": (4, 9), "span_tokens": (1, 2), "ids": (1, 2, 3)}
    assert title(**span) == "Why “Paris” in “In Paris.”?"
    assert title(answer=" Paris", scale="entropy") == "What makes the model unsure at “Paris”?"
    assert title(**span, scale="kl") == "What does the prediction at “Paris” in “In Paris.” depend on?"


def test_an_explanation_with_its_scores_is_one_figure():
    figure = draw([why("a b"), score()])
    assert kinds(figure) == ["Highlight", "Trust", "Record", "Record"]
    assert figure.title == "Why “Paris”?"
    prose = figure.plain().parts[2]
    assert isinstance(prose, Prose)
    assert 'P(" Paris")' in prose.words


def test_several_explanations_are_told_apart():
    figure = draw([why("a b"), why("c d")])
    assert kinds(figure) == ["Highlight", "Highlight", "Record", "Record"]
    assert all("leave_one_out" in part.caption for part in figure.parts[:2])


def test_a_figure_is_drawn_as_it_is():
    figure = draw(why("a b"))
    assert draw(figure) is figure
    assert kinds(draw(figure, score())) == ["Highlight", "Record", "Trust", "Record"]


def test_something_else_is_refused():
    with pytest.raises(TypeError, match="explanations, scores or figures"):
        draw(3)


def test_the_record_tells_everything():
    figure = draw(why("a b", attrs={"gap": 0.02}))
    record = figure.parts[-1]
    assert isinstance(record, Record)
    facts = dict(record.facts)
    assert facts["weights"] == "0123456789abcdef"
    assert facts["option ablate"] == "delete"
    assert facts["seed"] == "7"
    assert facts["completeness gap"] == "0.0200"
    assert facts["tokens read"] == "1,234"
    assert record.notes == ("The path did not converge.",)
    for part in (
        "leave_one_out",
        "demo-lm",
        "logprob of ' Paris'",
        "1.2 s",
        "10 forwards",
        "1,234 tokens",
        "gap",
    ):
        assert part in record.summary


def test_a_gap_may_be_an_array():
    made = why("a b")
    data = made.data.assign(gap=xr.DataArray([0.5, math.nan], dims="level"))
    record = draw(type(made)(data, made.text, made.target, made.provenance)).parts[-1]
    assert isinstance(record, Record)
    assert dict(record.facts)["completeness gap"] == "0.500, no number"


def test_frozen_parts_are_plain():
    text = Text.from_template("Q: {question} A:", question="Who?")
    made = why(text.string, list(text.features))
    whole = draw(made).parts[0]
    assert isinstance(whole, Highlight)
    assert [(p.text, p.mark is None) for p in pieces(whole)] == [
        ("Q: ", True),
        ("Who?", False),
        (" A:", True),
    ]


def test_a_long_answer_is_whole_in_the_record_alone():
    answer = "word " * 50
    figure = draw(why("a b", outputs=(answer,)))
    record = figure.parts[-1]
    assert isinstance(record, Record)
    assert len(figure.title) < 80
    assert repr(answer) in dict(record.facts)["target"]


def test_the_notes_of_scores_are_shown():
    figure = draw([why("a b"), score()])
    assert sum(len(part.notes) for part in figure.parts if isinstance(part, Record)) == 2
