"""A circuit: the edges of a model that are said to do the work, and how much of it they do. Numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.provenance import Provenance

__all__ = ["Circuit", "CircuitScore", "connected", "faithfulness", "sizes_up_to", "strongest"]


@dataclass(frozen=True, eq=False)
class Circuit:
    """Edges that were kept. ``kept``: bool, shape (source, dest); ``scores``: what they were chosen by, NaN for none.

    ``found``: its faithfulness on the pairs that it was found on, which says less than `evaluate_circuit` on others.
    """

    sources: tuple[str, ...]
    dests: tuple[str, ...]
    kept: np.ndarray
    scores: np.ndarray
    found: float
    provenance: Provenance

    @property
    def edges(self) -> list[tuple[str, str, float]]:
        """The kept edges, strongest first: source, dest, score."""
        there = [
            (self.sources[u], self.dests[v], float(self.scores[u, v])) for u, v in np.argwhere(self.kept)
        ]
        return sorted(there, key=lambda edge: -abs(edge[2]))

    def __str__(self) -> str:
        lines = [f"{source} -> {dest}  {score:+.3g}" for source, dest, score in self.edges]
        return "\n".join([f"{len(lines)} of {int(np.isfinite(self.scores).sum())} edges", *lines])


@dataclass(frozen=True, eq=False)
class CircuitScore:
    """How much of a target some edges carry, over pairs of texts.

    ``faithfulness`` and ``completeness`` with their bootstrap intervals (95%), ratios of means over pairs; ``clean``,
    ``corrupted``, ``circuit`` and ``rest``: the target's number of each pair, float64, shape (pair,). ``rest`` is
    everything but the circuit.
    """

    faithfulness: float
    faithfulness_interval: tuple[float, float]
    completeness: float
    completeness_interval: tuple[float, float]
    clean: np.ndarray
    corrupted: np.ndarray
    circuit: np.ndarray
    rest: np.ndarray
    provenance: Provenance


def faithfulness(value: np.ndarray, clean: np.ndarray, corrupted: np.ndarray) -> np.ndarray:
    """(v - corrupted) / (clean - corrupted), of the means over the last dim; NaN where the texts do not differ."""
    whole = np.mean(clean, -1) - np.mean(corrupted, -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (np.mean(value, -1) - np.mean(corrupted, -1)) / whole
    return np.where(np.abs(whole) > 1e-9, found, np.nan)


def strongest(scores: np.ndarray, n: int) -> np.ndarray:
    """The ``n`` edges of the largest score, of either sign, bool, shape (source, dest). NaN is no edge."""
    there = int(np.isfinite(scores).sum())
    if not 1 <= n <= there:
        raise BadOption(f"edges={n}: the model has {there} edges. Keep 1 to {there} of them.")
    order = np.argsort(-np.abs(np.nan_to_num(scores)), axis=None, kind="stable")
    order = order[np.isfinite(scores).ravel()[order]]
    kept = np.zeros(scores.size, bool)
    kept[order[:n]] = True
    return kept.reshape(scores.shape)


def connected(kept: np.ndarray, feeds: np.ndarray) -> np.ndarray:
    """The kept edges that lie on a way from the embedding to the logits; the others change nothing.

    ``feeds``: which sources hang on what each dest reads, bool, shape (dest, source). Sources stand in the order in
    which they are computed, the embedding first.
    """
    sources = kept.shape[0]
    changed = np.zeros(sources, bool)
    changed[0] = True
    for source in range(1, sources):
        changed[source] = kept[changed][:, feeds[:, source]].any()
    felt = np.zeros(kept.shape[1], bool)
    felt[-1] = True
    for source in reversed(range(1, sources)):
        felt[feeds[:, source]] |= kept[source, felt].any()
    return kept & changed[:, None] & felt[None]


def sizes_up_to(edges: int, count: int = 30) -> Sequence[int]:
    """Numbers of edges to try, each a little larger than the one before, from 1 to all."""
    return [int(n) for n in np.unique(np.geomspace(1, edges, count).round().astype(int))]
