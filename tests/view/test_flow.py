"""Edges as a graph: where each part of a model stands, and which edges a page carries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from pellucid.core.circuit import Circuit
from pellucid.core.explanation import Explanation
from pellucid.core.figure import Flow, Node, Prose, Table
from pellucid.core.over_pairs import OverPairs
from pellucid.view.draw import draw
from pellucid.view.html import html
from pellucid.view.parts.flow import MOST_EDGES, circuit_parts, flow
from pellucid.view.terminal import terminal
from tests.view.make import MADE, array_of
from tests.view.page import parse

COMMON = {"signed": True, "units": "logit"}
SOURCES = ("embed", "0.h0", "0.h1", "mlp 0", "1.h0", "1.h1", "mlp 1")
DESTS = (
    "0.h0 q", "0.h1 q", "0.h0 k", "0.h1 k", "0.h0 v", "0.h1 v", "mlp 0",
    "1.h0 q", "1.h1 q", "1.h0 k", "1.h1 k", "1.h0 v", "1.h1 v", "mlp 1", "logits",
)  # fmt: skip


def drawn(values: np.ndarray, sources: tuple[str, ...] = SOURCES, dests: tuple[str, ...] = DESTS) -> Flow:
    return flow(sources, dests, values, COMMON, ())


def nothing() -> np.ndarray:
    return np.full((len(SOURCES), len(DESTS)), np.nan)


def at(part: Flow) -> dict[str, tuple[float, float]]:
    return {node.name: (node.rank, node.lane) for node in part.nodes}


def read(part: Flow) -> list[tuple[str, str, float]]:
    """The edges by name, as a table has them."""
    ports = part.ports or ("",) * len(part.edges)
    return [
        (part.nodes[u].name, f"{part.nodes[v].name} {port}".strip(), value)
        for (u, v, value), port in zip(part.edges, ports, strict=True)
    ]


def test_parts_stand_by_block_and_head_and_every_part_of_the_model_is_there():
    values = nothing()
    values[0, 5] = 1.0
    assert at(drawn(values)) == {
        "embed": (-1, 0.5), "0.h0": (0, 0), "0.h1": (0, 1), "mlp 0": (0.5, 2),
        "1.h0": (1, 0), "1.h1": (1, 1), "mlp 1": (1.5, 2), "logits": (2, 0.5),
    }  # fmt: skip


def test_edges_are_those_of_the_array_strongest_first_with_their_letters():
    values = np.random.default_rng(0).normal(size=(len(SOURCES), len(DESTS)))
    values[values > 0.5] = np.nan
    places = np.argwhere(np.isfinite(values))
    slow = sorted(
        ((SOURCES[u], DESTS[v], float(values[u, v])) for u, v in places), key=lambda edge: -abs(edge[2])
    )
    assert read(drawn(values)) == slow


def test_heads_that_share_keys_have_a_node_for_them():
    dests = ("0.h0 q", "0.h1 q", "0.h2 q", "0.h3 q", "0.h0 k", "0.h1 k", "0.h0 v", "0.h1 v", "logits")
    sources = ("embed", "0.h0", "0.h1", "0.h2", "0.h3")
    values = np.full((5, 9), np.nan)
    values[0] = range(1, 10)
    part = drawn(values, sources, dests)
    assert at(part)["0.kv0"] == (-0.25, 0.5)
    assert at(part)["0.kv1"] == (-0.25, 2.5)
    assert ("embed", "0.kv1 v", 8.0) in read(part)
    assert ("embed", "0.h3 q", 4.0) in read(part)


def test_other_names_are_two_rows():
    part = drawn(np.array([[1.0, -2.0]]), ("a",), ("a", "<b>"))
    assert part.nodes == (Node("a", 0, 0), Node("a", 1, 0), Node("<b>", 1, 1))
    assert part.edges == ((0, 2, -2.0), (0, 1, 1.0))
    assert part.ports == ()


def test_of_very_many_edges_the_strongest_are_drawn_and_it_is_said():
    values = np.arange(1.0, 100 * 50 + 1).reshape(100, 50)
    part = drawn(values, tuple(f"s{i}" for i in range(100)), tuple(f"d{i}" for i in range(50)))
    assert len(part.edges) == MOST_EDGES
    assert min(value for _, _, value in part.edges) == 5000 - MOST_EDGES + 1
    assert part.among == 5000
    assert "the 4,000 strongest of 5,000 edges" in part.caption.lower()


def test_no_edge_is_no_graph():
    made = array_of("source", "dest")
    empty = made.data.assign(effect=made.primary * np.nan)
    figure = draw(Explanation(empty, made.text, made.target, made.provenance))
    assert [type(part).__name__ for part in figure.parts] == ["Table", "Record"]


def test_the_dims_may_come_in_either_order():
    made = array_of("source", "dest")
    turned = made.data.transpose("dest", "source")
    [one, other] = [
        draw(Explanation(data, made.text, made.target, made.provenance)).parts[0]
        for data in (made.data, turned)
    ]
    assert isinstance(one, Flow)
    assert isinstance(other, Flow)
    assert one.edges == other.edges


def circuit() -> Circuit:
    scores = np.random.default_rng(1).normal(size=(len(SOURCES), len(DESTS)))
    scores[3:, :7] = np.nan
    kept = np.abs(np.nan_to_num(scores)) > 1
    return Circuit(SOURCES, DESTS, kept, scores, 0.91234, "What is cut carries the corrupted text.", MADE)


def test_a_circuit_is_drawn_as_its_edges():
    found = circuit()
    figure = draw(found)
    assert [type(part).__name__ for part in figure.parts] == ["Flow", "Prose", "Record"]
    part, prose = figure.parts[:2]
    assert isinstance(part, Flow)
    assert isinstance(prose, Prose)
    assert read(part) == found.edges
    assert f"{len(found.edges)} of {int(np.isfinite(found.scores).sum())} edges" in prose.words
    assert "0.912" in prose.words
    assert found.ablation in prose.words
    assert figure.title == f"A circuit of {len(found.edges)} edges"
    table = figure.plain().parts[0]
    assert isinstance(table, Table)
    assert [row[:2] for row in table.rows] == [edge[:2] for edge in found.edges[: len(table.rows)]]
    assert terminal(found, width=60)
    parse(html(found))
    assert "The circuit" in found._repr_mimebundle_()["text/html"]


def test_what_the_record_says_of_cut_edges_is_not_said_twice():
    found = circuit()
    known = replace(found, provenance=replace(MADE, notes=(found.ablation,)))
    prose = circuit_parts(known)[1]
    assert isinstance(prose, Prose)
    assert found.ablation not in prose.words


def test_means_over_pairs_are_a_graph_beside_their_intervals():
    values = np.random.default_rng(2).normal(size=(4, len(SOURCES), len(DESTS)))
    dims = ("source", "dest")
    arrays = {
        "each": (("example", *dims), values), "mean": (dims, values.mean(0)),
        "low": (dims, values.min(0)), "high": (dims, values.max(0)),
    }  # fmt: skip
    names = {"source_text": ("source", list(SOURCES)), "dest_text": ("dest", list(DESTS))}
    data = xr.Dataset(arrays, names, {"signed": True, "units": "logit", "primary": "mean"})
    part, table = draw(OverPairs(data, MADE)).parts[:2]
    assert isinstance(part, Flow)
    assert isinstance(table, Table)
    assert [f"{u} -> {v}" for u, v, _ in read(part)[: len(table.rows)]] == [row[0] for row in table.rows]
