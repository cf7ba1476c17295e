"""Circuits over pairs of texts, found, pruned and judged: against runs of one circuit on one pair at a time."""

from __future__ import annotations

import json

import numpy as np
import pytest

import pellucid
from pellucid.core.circuit import Circuit, connected, strongest
from pellucid.core.errors import BadOption, MismatchedModel
from pellucid.core.target import Target
from tests.families import family
from tests.methods.patching.test_edge_attribution import CLEAN, CORRUPT, Twin

PAIRS = [
    (CLEAN, CORRUPT, " the", " a"),
    ("The film is good, and Mary went to", "The film is good, and John went to", " the", " a"),
    ("When Mary went to the store, Mary gave", "When Mary went to the store, John gave", " the", " a"),
]


def test_a_circuit_over_pairs_is_ranked_by_mean_scores_and_judged_pair_by_pair() -> None:
    model = family("gpt2")
    each = [
        pellucid.explain(model, c, by="edge_attribution", corrupt=k, target=t, against=a, unit="token").data
        for c, k, t, a in PAIRS
    ]
    mean = np.mean([data["edge"] for data in each], 0)
    circuit = pellucid.find_circuit(model, PAIRS, edges=12)
    np.testing.assert_allclose(circuit.scores, mean, rtol=1e-5, atol=1e-8)
    np.testing.assert_array_equal(circuit.kept, connected(strongest(mean, 12), Twin("gpt2").edges().feeds))
    assert len(circuit.edges) == circuit.kept.sum()
    score = pellucid.evaluate_circuit(circuit, model, PAIRS, draws=200)
    clean = [float(data["clean"]) for data in each]
    np.testing.assert_allclose(score.clean, clean, rtol=1e-5)
    whole = np.mean(score.clean) - np.mean(score.corrupted)
    assert score.faithfulness == pytest.approx((np.mean(score.circuit) - np.mean(score.corrupted)) / whole)
    assert score.faithfulness == pytest.approx(circuit.found, rel=1e-4)
    assert score.completeness == pytest.approx(1 - (np.mean(score.rest) - np.mean(score.corrupted)) / whole)
    low, high = score.faithfulness_interval
    assert low <= score.faithfulness <= high
    assert (
        score.faithfulness_interval
        == pellucid.evaluate_circuit(circuit, model, PAIRS, draws=200).faithfulness_interval
    )
    with pytest.raises(MismatchedModel):
        pellucid.evaluate_circuit(circuit, family("llama"), PAIRS)


def test_the_fewest_edges_that_are_faithful_enough_are_kept() -> None:
    model = family("gpt2")
    circuit = pellucid.find_circuit(model, PAIRS, keep=0.5)
    assert circuit.found >= 0.5
    everything = pellucid.find_circuit(model, PAIRS, keep=99)
    assert everything.found == pytest.approx(1, abs=1e-4)


def value(circuit: np.ndarray, pair: tuple, model=None) -> tuple[float, float, float]:
    """The target's number of the clean text, the corrupted one and the circuit, on one pair."""
    model = model or family("gpt2")
    clean, corrupt = (model.cut(text, "token") for text in pair[:2])
    target = model.resolve(clean, Target(pair[2], against=pair[3]))
    edges = model.edges(clean, corrupt, target, target)
    return edges.clean, edges.corrupted, float(edges.run(circuit[None])[0])


def share(circuit: np.ndarray, pairs: list[tuple]) -> float:
    """The faithfulness of one circuit: a ratio of means over pairs that are asked one by one."""
    clean, corrupted, carried = np.mean([value(circuit, pair) for pair in pairs], 0)
    return (carried - corrupted) / (clean - corrupted)


def test_minimality_is_what_is_lost_without_each_edge_alone() -> None:
    model = family("gpt2")
    circuit = pellucid.find_circuit(model, PAIRS, edges=12)
    score = pellucid.evaluate_circuit(circuit, model, PAIRS, draws=200)
    whole = share(circuit.kept, PAIRS)
    assert score.edges == tuple((s, d) for s, d, _ in circuit.edges)
    for i, (source, dest) in enumerate(score.edges):
        left = circuit.kept.copy()
        left[circuit.sources.index(source), circuit.dests.index(dest)] = False
        assert score.minimality[i] == pytest.approx(whole - share(left, PAIRS), abs=1e-4)
        low, high = score.minimality_interval[i]
        assert low <= score.minimality[i] <= high
        idle = low <= 0 <= high or abs(score.minimality[i]) < 1e-4
        assert ((source, dest) in score.dispensable) == idle
    assert np.abs(score.minimality).max() > 1e-3
    assert score.without.shape == (len(PAIRS), len(circuit.edges))
    bare = pellucid.evaluate_circuit(circuit, model, PAIRS, minimality=False)
    assert bare.minimality is None
    assert bare.dispensable == []
    assert bare.provenance.tokens < score.provenance.tokens
    np.testing.assert_allclose(bare.circuit, score.circuit, rtol=1e-5)


def test_a_score_never_stands_without_its_interval_and_what_cut_edges_carried() -> None:
    model = family("gpt2")
    circuit = pellucid.find_circuit(model, PAIRS, edges=12)
    for said in (
        str(pellucid.evaluate_circuit(circuit, model, PAIRS)),
        str(pellucid.circuit_curve(circuit, model, PAIRS)),
        str(circuit),
    ):
        assert "carry what their source writes in the corrupted text" in " ".join(said.split())
    said = str(pellucid.evaluate_circuit(circuit, model, PAIRS))
    assert said.startswith(f"{len(circuit.edges)} edges, 3 pairs\nfaithfulness ")
    assert said.count("[") == 2


def test_a_pruned_circuit_has_no_edge_that_can_be_dropped_by_itself() -> None:
    model = family("gpt2")
    full = pellucid.find_circuit(model, PAIRS, edges=40, keep=0.6)
    pruned = pellucid.find_circuit(model, PAIRS, edges=40, keep=0.6, prune=True)
    assert full.found >= 0.6
    assert pruned.kept.sum() < full.kept.sum()
    assert (pruned.kept <= full.kept).all()
    assert pruned.found == pytest.approx(share(pruned.kept, PAIRS), abs=1e-4)
    assert pruned.found >= 0.6
    for place in pruned.places:
        left = pruned.kept.copy()
        left[tuple(place)] = False
        assert share(left, PAIRS) < 0.6
    assert (pruned.kept == connected(pruned.kept, Twin("gpt2").edges().feeds)).all()


def test_a_circuit_that_carries_too_little_is_not_pruned() -> None:
    model = family("gpt2")
    few = {"edges": 2, "keep": 99}
    assert (
        pellucid.find_circuit(model, PAIRS, prune=True, **few).kept
        == pellucid.find_circuit(model, PAIRS, **few).kept
    ).all()


def test_a_curve_is_the_faithfulness_of_the_strongest_edges_and_its_areas() -> None:
    model = family("gpt2")
    circuit = pellucid.find_circuit(model, PAIRS, edges=3)
    curve = pellucid.circuit_curve(circuit, model, PAIRS, draws=300)
    there = int(np.isfinite(circuit.scores).sum())
    shares = [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
    assert curve.shares.tolist() == shares
    assert curve.sizes.tolist() == [0, 0, 0, 0, 1, 2, 5, 11, 22, 55, there]
    said = [share(strongest(circuit.scores, n), PAIRS) if n else 0.0 for n in curve.sizes.tolist()]
    np.testing.assert_allclose(curve.faithfulness, said, atol=1e-4)
    assert curve.faithfulness[-1] == pytest.approx(1, abs=1e-4)
    steps = list(zip(shares, shares[1:], said, said[1:], strict=False))
    assert curve.cpr == pytest.approx(sum((b - a) * (f + g) / 2 for a, b, f, g in steps), abs=1e-4)
    assert curve.cmd == pytest.approx(
        sum((b - a) * (abs(1 - f) + abs(1 - g)) / 2 for a, b, f, g in steps), abs=1e-4
    )
    assert curve.cpr_interval[0] <= curve.cpr <= curve.cpr_interval[1]
    assert curve.cmd_interval[0] <= curve.cmd <= curve.cmd_interval[1]
    again = pellucid.circuit_curve(circuit.scores, model, PAIRS, draws=300)
    assert (again.cpr_interval, again.cmd_interval) == (curve.cpr_interval, curve.cmd_interval)
    assert again.values.shape == (len(PAIRS), len(shares))


def test_scores_of_other_edges_have_no_curve() -> None:
    circuit = pellucid.find_circuit(family("gpt2"), PAIRS, edges=3)
    with pytest.raises(BadOption, match="are not those of this model's edges"):
        pellucid.circuit_curve(circuit.scores[:-1], family("gpt2"), PAIRS)
    with pytest.raises(BadOption, match="are not those of this model's edges"):
        pellucid.circuit_curve(np.where(circuit.kept, circuit.scores, np.nan), family("gpt2"), PAIRS)
    with pytest.raises(MismatchedModel):
        pellucid.circuit_curve(circuit, family("llama"), PAIRS)


def test_a_circuit_comes_back_from_plain_data() -> None:
    circuit = pellucid.find_circuit(family("gpt2"), PAIRS, edges=12)
    read = Circuit.from_dict(json.loads(json.dumps(circuit.as_dict())))
    np.testing.assert_array_equal(read.scores, circuit.scores)
    np.testing.assert_array_equal(read.kept, circuit.kept)
    assert read.edges == circuit.edges
    assert (read.found, read.provenance, str(read)) == (circuit.found, circuit.provenance, str(circuit))


def test_what_cannot_be_asked() -> None:
    with pytest.raises(BadOption, match="keep=-1"):
        pellucid.find_circuit(family("gpt2"), PAIRS, keep=-1)
    with pytest.raises(BadOption, match="no pairs"):
        pellucid.find_circuit(family("gpt2"), [])
