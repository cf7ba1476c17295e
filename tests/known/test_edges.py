"""In models of known circuits the edges that are found are the edges that were built, and no other."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.core.circuit import Circuit
from pellucid.core.explanation import Explanation
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.known import induction
from tests.known.mlp_lookup import BACK, CAPITALS, EDGES, TABLE, mlp_lookup_model, prompt

# All pairs of countries, and what is said of the first rather than the second.
PAIRS = [(prompt(a), prompt(b), CAPITALS[a], CAPITALS[b]) for a, b in permutations(CAPITALS, 2)]
# What an edge of the table must be worth, as a share of the whole difference; no other is worth a thousandth.
COUNTS = 0.9
# Of the induction circuit, the edges along which the two texts differ.
INDUCED = {("embed", "0.h1 v"), ("0.h1", "1.h2 k"), ("1.h2", "logits")}
INDUCTIONS = [
    (induction.CLEAN, induction.CORRUPT, "lamps", "green"),
    (*(text.replace("lamps", "chairs") for text in (induction.CLEAN, induction.CORRUPT)), "chairs", "green"),
]


@pytest.fixture(scope="module")
def table() -> HuggingFaceModel:
    return mlp_lookup_model()


def explained(model: Any, pair: tuple, by: str, **options: Any) -> Explanation:
    clean, corrupt, target, against = pair
    asked = pellucid.Target(target, against=against, scale="logit")
    return pellucid.explain(model, clean, by=by, target=asked, corrupt=corrupt, **options)


def named(circuit: Circuit) -> set[tuple[str, str]]:
    return {(source, dest) for source, dest, _ in circuit.edges}


def test_the_table_knows_its_capitals(table: HuggingFaceModel) -> None:
    said = table.generate([prompt(country) for country in CAPITALS], max_tokens=1)
    assert [word.strip() for word in said] == list(CAPITALS.values())


def test_patching_brings_the_answer_back_with_one_mlp_and_no_other(table: HuggingFaceModel) -> None:
    why = explained(table, PAIRS[0], "activation_patching", point="mlp_out").data["recovered"]
    last = why.isel(position=-1).to_numpy()
    assert last[TABLE] == pytest.approx(1, abs=1e-3)
    assert np.abs(np.delete(last, TABLE)).max() < 1e-3
    heads = explained(table, PAIRS[0], "activation_patching", point="z").data["recovered"].to_numpy()
    assert heads[BACK] == pytest.approx(1, abs=1e-3)
    others = np.ones(heads.shape, bool)
    others[BACK] = False
    assert np.abs(heads[others]).max() < 1e-3


@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("pair", PAIRS)
def test_edge_attribution_finds_the_three_edges_of_the_table(
    table: HuggingFaceModel, pair: tuple, steps: int
) -> None:
    data = explained(table, pair, "edge_attribution", steps=steps).data
    share = np.nan_to_num(data["edge"].to_numpy()) / float(data["clean"] - data["corrupted"])
    found = {
        (str(data.source_text[u].item()), str(data.dest_text[v].item()))
        for u, v in np.argwhere(np.abs(share) > COUNTS)
    }
    assert found == EDGES
    assert (np.abs(share) > 1e-3).sum() == len(EDGES)


def test_the_circuit_of_the_table_is_its_three_edges(table: HuggingFaceModel) -> None:
    circuit = pellucid.find_circuit(table, PAIRS[:6], keep=0.99)
    assert named(circuit) == EDGES
    score = pellucid.evaluate_circuit(circuit, table, PAIRS[6:])
    assert score.faithfulness == pytest.approx(1, abs=1e-3)
    assert score.completeness == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(score.minimality, 1, atol=1e-3)
    assert not score.dispensable
    curve = pellucid.circuit_curve(circuit, table, PAIRS[6:])
    enough = curve.sizes >= len(EDGES)
    np.testing.assert_allclose(curve.faithfulness, enough, atol=1e-3)


def test_pruning_takes_out_of_a_larger_circuit_what_was_not_built(table: HuggingFaceModel) -> None:
    circuit = pellucid.find_circuit(table, PAIRS[:6], edges=60, keep=0.99, prune=True)
    assert named(circuit) == EDGES


def test_the_induction_circuit_is_among_the_strongest_edges_and_is_what_pruning_leaves() -> None:
    """Its attention is all or nothing, so the first order misjudges how much; exact runs do not."""
    model = induction.induction_model()
    data = explained(model, INDUCTIONS[0], "edge_attribution", steps=5).data
    order = np.argsort(-np.abs(np.nan_to_num(data["edge"].to_numpy())), axis=None)[:5]
    places = [np.unravel_index(i, data["edge"].shape) for i in order]
    strongest = {(str(data.source_text[u].item()), str(data.dest_text[v].item())) for u, v in places}
    assert strongest >= INDUCED
    circuit = pellucid.find_circuit(model, INDUCTIONS, keep=0.99, prune=True)
    assert named(circuit) == INDUCED
    score = pellucid.evaluate_circuit(circuit, model, INDUCTIONS)
    assert score.faithfulness == pytest.approx(1, abs=1e-3)
    assert not score.dispensable
