"""What is drawn as a curve, and how it reads where there is no browser."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from rich.cells import cell_len

from pellucid.core.circuit_score import CircuitCurve
from pellucid.core.explanation import Explanation
from pellucid.core.figure import Curve, Figure, Table
from pellucid.view.bars import bar, bars
from pellucid.view.draw import draw
from pellucid.view.html import html
from pellucid.view.in_browser.payload import payload
from pellucid.view.terminal import terminal
from tests.view.make import MADE, array_of
from tests.view.page import parse


def curve_why(values, level=None, dims=("level",), **more) -> Explanation:
    made = array_of("level")
    facts = {"primary": "effect", "signed": True, "units": "prob"}
    data = xr.Dataset({"effect": (dims, np.asarray(values, float)), **more}, attrs=facts)
    if level is not None:
        data = data.assign_coords(level=level)
    return Explanation(data, made.text, made.target, made.provenance)


def circuit_curve(values, clean, corrupted, sizes=(0, 0, 3, 10)) -> CircuitCurve:
    values, clean, corrupted = (np.asarray(a, float) for a in (values, clean, corrupted))
    found = (values.mean(0) - corrupted.mean()) / (clean.mean() - corrupted.mean())
    return CircuitCurve(
        shares=np.array([0, 0.01, 0.3, 1.0]), sizes=np.array(sizes), values=values, clean=clean,
        corrupted=corrupted, faithfulness=found, cpr=0.8, cpr_interval=(0.7, 0.9), cmd=0.1,
        cmd_interval=(0.05, 0.2), ablation="Cut edges carry zero.", provenance=MADE,
    )  # fmt: skip


def curve_of(drawn: Figure) -> Curve:
    [part] = [part for part in drawn.parts if isinstance(part, Curve)]
    return part


def test_numbers_over_a_level_are_a_curve_in_the_order_of_the_levels():
    part = curve_of(draw(curve_why([3.0, 1.0, 2.0], level=[0.5, 0.1, 0.2])))
    assert part.at == (0.1, 0.2, 0.5)
    [line] = part.lines
    assert (line.name, line.values, line.low, line.high) == ("effect", (1.0, 2.0, 3.0), (), ())
    assert (part.x_title, part.units, part.references) == ("level", "probability", ())


@pytest.mark.parametrize("dims", [("level", "variant"), ("variant", "level")])
def test_a_few_of_another_dim_are_lines_by_their_names(dims):
    values = np.arange(6.0).reshape(3, 2)
    values = values if dims[0] == "level" else values.T
    why = curve_why(values, dims=dims)
    named = Explanation(
        why.data.assign_coords(variant_text=("variant", ["one", "two"])), why.text, why.target, MADE
    )
    assert [line.name for line in curve_of(draw(why)).lines] == ["variant 0", "variant 1"]
    one, two = curve_of(draw(named)).lines
    assert (one.name, one.values) == ("one", (0.0, 2.0, 4.0))
    assert (two.name, two.values) == ("two", (1.0, 3.0, 5.0))


def test_many_of_another_dim_are_no_lines():
    kinds = [
        type(part).__name__ for part in draw(curve_why(np.zeros((3, 7)), dims=("level", "neuron"))).parts
    ]
    assert kinds == ["Table", "Record"]


def test_levels_that_are_no_numbers_are_no_curve():
    kinds = [type(part).__name__ for part in draw(curve_why([1.0, 2.0], level=["low", "high"])).parts]
    assert kinds == ["Table", "Record"]


def test_the_interval_is_in_the_arrays_of_its_name_and_is_no_curve_itself():
    ends = {"effect_low": ("level", [0.5, 0.6]), "effect_high": ("level", [1.5, 1.6])}
    figure = draw(curve_why([1.0, 1.1], level=[2, 1], **ends))
    [line] = curve_of(figure).lines
    assert (line.values, line.low, line.high) == ((1.1, 1.0), (0.6, 0.5), (1.6, 1.5))
    table = curve_of(figure).plain[0]
    assert isinstance(table, Table)
    assert table.rows[0][:3] == ("1", "1.100", "0.600 to 1.600")


def test_one_end_is_no_interval():
    part = draw(curve_why([1.0], effect_low=("level", [0.5]))).parts[0]
    assert isinstance(part, Curve)
    assert part.lines[0].low == ()


def test_a_curve_beside_the_primary_is_drawn_too():
    made = array_of("source", "dest")
    data = made.data.assign(curve=("level", [0.5, 1.0]), gap=("level", [0.1, 0.1])).assign_coords(
        level=[1, 100]
    )
    figure = draw(Explanation(data, made.text, made.target, made.provenance))
    part = curve_of(figure)
    assert (part.at, part.x_title) == ((1.0, 100.0), "edges kept")
    assert part.references == ((1.0, "the whole effect"),)
    assert part.caption == "Curve by edges kept"


def test_a_circuit_curve_is_a_figure_with_intervals_and_areas():
    found = circuit_curve([[0, 0, 5, 8], [0, 0, 9, 12]], clean=[8, 12], corrupted=[0, 0])
    assert isinstance(found.figure(), Figure)
    curve, areas = found.figure().parts[:2]
    assert isinstance(curve, Curve)
    assert isinstance(areas, Table)
    [line] = curve.lines
    assert curve.at == (0.0, 3.0, 10.0)  # two shares are no edge at all
    np.testing.assert_allclose(line.values, [0, 0.7, 1])
    # Of two pairs, draws are one of them twice or both: shares 5/8, 14/20 and 9/12.
    np.testing.assert_allclose([line.low[1], line.high[1]], [5 / 8, 9 / 12])
    np.testing.assert_allclose([line.low[2], line.high[2]], [1, 1])
    assert areas.rows[0][1:3] == ("0.800", "0.700 to 0.900")
    assert str(found) == terminal(found)
    assert "CMD" in found._repr_mimebundle_()["text/html"]


def test_of_one_pair_there_is_no_interval():
    found = circuit_curve([[0, 0, 5, 8]], clean=[8], corrupted=[0])
    assert curve_of(draw(found)).lines[0].low == ()


def test_texts_that_do_not_differ_are_drawn_without_numbers():
    with np.errstate(invalid="ignore", divide="ignore"):
        found = circuit_curve([[1, 1, 1, 1], [1, 1, 1, 1]], clean=[1, 1], corrupted=[1, 1])
    assert "?" in terminal(found, width=60)
    parse(html(found))


@pytest.mark.parametrize(
    "values", [[0.0, 0.0], [np.nan, np.nan], [np.nan, 1.0], [7.0], [np.inf, 1.0], [-1e-9, 1.0], [1e9, -1e9]]
)
def test_any_numbers_are_drawn_everywhere(values):
    why = curve_why(values)
    assert all(cell_len(line) <= 60 for line in terminal(why, width=60).split("\n"))
    parse(html(why))
    assert len(payload(draw(why))["parts"][0]["at"]) == len(values)


def test_a_long_curve_says_that_the_table_is_of_some_levels():
    table = curve_of(draw(curve_why(np.arange(500.0)))).plain[0]
    assert isinstance(table, Table)
    assert len(table.rows) == 40
    assert (table.rows[0][0], table.rows[-1][0]) == ("0", "499")
    assert table.caption.endswith("40 of 500 levels")


def test_bars_are_eighths_of_cells_and_hatched_against():
    assert bar(1.0, 4) == "████"
    assert bar(0.5 + 1 / 32, 4) == "██▏"
    assert bar(0.5, 4, negative=True) == "▒▒"
    assert bars([2.0, -1.0, 0.0, np.nan], 4) == ["████", "▒▒", "", ""]
