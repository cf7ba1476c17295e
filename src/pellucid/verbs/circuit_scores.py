"""Circuits judged over pairs of texts, best others than those they were found on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.core.circuit import Circuit, faithfulness, strongest, without_each
from pellucid.core.circuit_score import CircuitCurve, CircuitScore
from pellucid.core.errors import BadOption
from pellucid.core.over_pairs import bootstrap
from pellucid.core.progress import metered
from pellucid.methods.patching._edges import ABLATION
from pellucid.verbs.access import check_weights
from pellucid.verbs.contrast import Asked, ContrastPair, opened_for_edges, recorded

__all__ = ["circuit_curve", "evaluate_circuit"]

# The shares of all edges that Mueller et al. 2025 keep, and none.
SHARES = (0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)


def evaluate_circuit(
    circuit: Circuit,
    model: Any,
    pairs: Sequence[ContrastPair | tuple],
    *,
    minimality: bool = True,
    draws: int = 1000,
    seed: int = 0,
) -> CircuitScore:
    """How much of the target a circuit carries over pairs of texts, best others than those it was found on.

    With v the target's number, in exact runs: ``faithfulness = (v(circuit) - v(corrupt)) / (v(clean) - v(corrupt))``,
    of means over the pairs, and ``completeness = 1 - (v(rest) - v(corrupt)) / (v(clean) - v(corrupt))``, where ``rest``
    is all edges but the circuit's. Edges outside carry what the corrupted text writes. ``minimality``: also what the
    faithfulness loses without each edge of the circuit alone, one run more for each edge and pair. ``draws``: of pairs,
    with replacement, for the 95% intervals.

    Raises `MismatchedModel` if the weights are not those it was found in.
    """
    start, model = time.perf_counter(), opened_for_edges(model)
    check_weights(circuit.provenance, model)
    alone = without_each(circuit.kept, circuit.places) if minimality else circuit.kept[None][:0]
    with metered() as spent:
        clean, corrupted, values = Asked(model, pairs).numbers(
            np.concatenate([circuit.kept[None], ~circuit.kept[None], alone])
        )
    kept, rest, without = values[:, 0], values[:, 1], values[:, 2:]
    whole = clean - corrupted
    lost = _share(kept[:, None] - without, whole, draws, seed)
    faithful, left = (_share((v - corrupted)[:, None], whole, draws, seed)[0] for v in (kept, rest))
    options = {"pairs": len(clean), "minimality": minimality, "draws": draws, "seed": seed}
    return CircuitScore(
        faithfulness=float(faithful[0]),
        faithfulness_interval=(float(faithful[1]), float(faithful[2])),
        completeness=1 - float(left[0]),
        completeness_interval=(1 - float(left[2]), 1 - float(left[1])),
        clean=clean,
        corrupted=corrupted,
        circuit=kept,
        rest=rest,
        edges=tuple((source, dest) for source, dest, _ in circuit.edges),
        minimality=lost[:, 0] if minimality else None,
        minimality_interval=lost[:, 1:] if minimality else None,
        without=without if minimality else None,
        ablation=ABLATION,
        provenance=recorded(model, "evaluate_circuit", options, spent, time.perf_counter() - start),
    )


def circuit_curve(
    circuit: Circuit | np.ndarray,
    model: Any,
    pairs: Sequence[ContrastPair | tuple],
    *,
    draws: int = 1000,
    seed: int = 0,
) -> CircuitCurve:
    """How well scores rank edges: the faithfulness of the strongest of them, by how many of all edges they are.

    ``circuit``: its scores are what is judged, not which edges it kept; or scores alone, shape (source, dest), NaN for
    no edge. The strongest 0, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50 and 100% of all edges are kept, rounded down; all
    others carry what the corrupted text writes. With x the share of the edges, f the faithfulness (ratios of means over
    the pairs) and straight lines between: ``cpr`` is the integral of f, ``cmd`` that of ``|1 - f|`` (Mueller et al.
    2025, arXiv:2504.13151; their code begins at 0.1%, this at no edges, which adds 0.001 at most where f is in 0 to 1).
    ``draws``: of pairs, with replacement, for the 95% intervals.

    Raises `MismatchedModel` if the weights are not those that a circuit was found in, and `BadOption` for scores of
    another shape.
    """
    start, model = time.perf_counter(), opened_for_edges(model)
    if isinstance(circuit, Circuit):
        check_weights(circuit.provenance, model)
    scores = circuit.scores if isinstance(circuit, Circuit) else np.asarray(circuit, float)
    with metered() as spent:
        asked = Asked(model, pairs)
        _check_scores(scores, next(iter(asked)).exists)
        there = int(np.isfinite(scores).sum())
        sizes = np.array([int(round(share * there, 6)) for share in SHARES])
        tried = np.stack([strongest(scores, n) if n else np.zeros(scores.shape, bool) for n in sizes])
        clean, corrupted, values = asked.numbers(tried)
    heights = _drawn(values - corrupted[:, None], clean - corrupted, draws, seed)
    found = faithfulness(values.T, clean, corrupted)
    cpr, cmd = _areas(found)
    (cpr_low, cmd_low), (cpr_high, cmd_high) = np.quantile(_areas(heights), [0.025, 0.975], axis=1)
    options = {"pairs": len(clean), "draws": draws, "seed": seed}
    return CircuitCurve(
        shares=np.array(SHARES, float),
        sizes=sizes,
        values=values,
        clean=clean,
        corrupted=corrupted,
        faithfulness=found,
        cpr=float(cpr),
        cpr_interval=(float(cpr_low), float(cpr_high)),
        cmd=float(cmd),
        cmd_interval=(float(cmd_low), float(cmd_high)),
        ablation=ABLATION,
        provenance=recorded(model, "circuit_curve", options, spent, time.perf_counter() - start),
    )


def _areas(heights: np.ndarray) -> np.ndarray:
    """CPR and CMD of curves, shape (..., share): shape (2, ...)."""
    return np.stack([np.trapezoid(heights, SHARES), np.trapezoid(np.abs(1 - heights), SHARES)])


def _drawn(carried: np.ndarray, whole: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """The curve under draws of pairs with replacement, shape (draw, share), each a ratio of means."""
    picked = np.random.default_rng(seed).integers(len(whole), size=(draws, len(whole)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([carried[some].mean(0) / whole[some].mean() for some in picked])


def _share(values: np.ndarray, whole: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """The mean of values, shape (pair, k), as a share of the whole's, and its interval: shape (k, 3)."""
    if not values.size or abs(whole.mean()) <= 1e-9:
        return np.full((values.shape[1], 3), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = bootstrap(values, over=whole, draws=draws, seed=seed)
    return np.stack([values.mean(0) / whole.mean(), low, high], axis=1)


def _check_scores(scores: np.ndarray, exists: np.ndarray) -> None:
    if scores.shape != exists.shape or not np.array_equal(np.isfinite(scores), exists):
        raise BadOption(
            f"Scores of shape {scores.shape} are not those of this model's edges: shape {exists.shape}, NaN where "
            "there is no edge. Give a circuit that find_circuit found, or the edge array of edge_attribution."
        )
