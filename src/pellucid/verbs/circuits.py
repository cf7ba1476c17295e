"""Circuits over many pairs of texts, found on some; they are judged on others, by `evaluate_circuit`.

A verb and no method: a method explains one text, and a circuit that was found on a text says little until it is judged
on texts that it has not seen. So the two are two functions, and a circuit is what passes from one to the other.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.core.circuit import Circuit, connected, sizes_up_to, strongest, without, without_each
from pellucid.core.progress import metered
from pellucid.methods.patching._edges import ABLATION, check_circuit, points_of
from pellucid.verbs.contrast import Asked, ContrastPair, opened_for_edges, recorded

__all__ = ["find_circuit"]

# How many sizes of a circuit are tried on all pairs before larger ones are.
TRIED = 10


def find_circuit(
    model: Any,
    pairs: Sequence[ContrastPair | tuple],
    *,
    edges: int | None = None,
    keep: float = 0.85,
    steps: int = 5,
    prune: bool = False,
) -> Circuit:
    """The edges that carry a target over pairs of texts, chosen by the size of their mean `edge_attribution`.

    ``edges``: how many are kept; None is the fewest tried whose faithfulness on these pairs reaches ``keep``. Edges on
    no way from the embedding to the logits are dropped, which changes nothing. ``steps``: as in edge_attribution.
    ``prune``: then drop edges, those whose loss is least first, for as long as the faithfulness on these pairs stays at
    ``keep`` or above; in the end no edge can be dropped by itself. Pairs may have several lengths: scores are sums over
    positions.

    Raises `BadOption` where the texts of a pair cannot be laid beside each other.
    """
    check_circuit(edges, keep)
    points, start, model = points_of(steps), time.perf_counter(), opened_for_edges(model)
    with metered() as spent:
        asked = Asked(model, pairs)
        scores: np.ndarray = np.zeros(())
        for one in asked:
            scores = scores + one.attribution(points) / len(asked)
        sizes = sizes_up_to(int(np.isfinite(scores).sum())) if edges is None else [edges]
        chosen, found = _fewest(asked, scores, sizes, keep)
        kept = connected(chosen, one.feeds)
        if prune and found >= keep:
            kept, found = _pruned(asked, kept, one.feeds, found, keep)
    options = {"edges": edges, "keep": keep, "steps": steps, "prune": prune, "pairs": len(asked)}
    provenance = recorded(model, "find_circuit", options, spent, time.perf_counter() - start)
    return Circuit(one.sources, one.dests, kept, scores, found, ABLATION, provenance)


def _fewest(asked: Asked, scores: np.ndarray, sizes: Sequence[int], keep: float) -> tuple[np.ndarray, float]:
    """The smallest of the circuits that reaches ``keep``, or the largest; and its faithfulness."""
    for first in range(0, len(sizes), TRIED):
        tried = np.stack([strongest(scores, n) for n in sizes[first : first + TRIED]])
        found = asked.faithfulness(tried)
        reached = np.flatnonzero(found >= keep)
        if len(reached):
            break
    at = reached[0] if len(reached) else -1
    return tried[at], float(found[at])


def _pruned(
    asked: Asked, kept: np.ndarray, feeds: np.ndarray, found: float, keep: float
) -> tuple[np.ndarray, float]:
    """The circuit without the edges that it can do without; and its faithfulness."""
    while True:
        places = np.argwhere(kept)
        alone = asked.faithfulness(without_each(kept, places))
        spare = [i for i in np.argsort(np.abs(found - alone), kind="stable") if alone[i] >= keep]
        if not spare:
            return kept, found
        # Of those that can be dropped one by one, the first 1, 2, 4, ... together, up to where it is too many.
        sizes = [*(2**i for i in range((len(spare) - 1).bit_length())), len(spare)]
        tried = np.stack([without(kept, places[spare[:n]]) for n in sizes])
        values = asked.faithfulness(tried)
        fit = int(np.argmin(np.append(values >= keep, False)))
        if not fit:
            return kept, found
        kept, found = connected(tried[fit - 1], feeds), float(values[fit - 1])
