"""A circuit: the edges of a model that are said to do the work, and how much of it they do. Numbers only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.provenance import Provenance
from pellucid.core.registry import renderer

__all__ = ["Circuit", "connected", "faithfulness", "sizes_up_to", "strongest", "without", "without_each"]


@dataclass(frozen=True, eq=False)
class Circuit:
    """Edges that were kept. ``kept``: bool, shape (source, dest); ``scores``: what they were chosen by, NaN for none.

    ``found``: its faithfulness on the pairs that it was found on, which says less than `evaluate_circuit` on others.
    ``ablation``: what the edges that were cut carried there.
    """

    sources: tuple[str, ...]
    dests: tuple[str, ...]
    kept: np.ndarray
    scores: np.ndarray
    found: float
    ablation: str
    provenance: Provenance

    @property
    def places(self) -> np.ndarray:
        """Where the kept edges stand in ``kept``, strongest first, shape (edge, 2): source, dest."""
        there = np.argwhere(self.kept)
        return there[np.argsort(-np.abs(self.scores[self.kept]), kind="stable")]

    @property
    def edges(self) -> list[tuple[str, str, float]]:
        """The kept edges, strongest first: source, dest, score."""
        return [(self.sources[u], self.dests[v], float(self.scores[u, v])) for u, v in self.places]

    def as_dict(self) -> dict[str, object]:
        """Plain data for files; of scores, those of the edges that there are."""
        there = np.argwhere(np.isfinite(self.scores))
        return {
            "sources": list(self.sources),
            "dests": list(self.dests),
            "there": there.tolist(),
            "scores": self.scores[tuple(there.T)].tolist(),
            "kept": self.kept[tuple(there.T)].tolist(),
            "found": self.found,
            "ablation": self.ablation,
            "provenance": self.provenance.as_dict(),
        }

    @staticmethod
    def from_dict(data: Mapping) -> Circuit:
        """The inverse of `as_dict`."""
        shape = len(data["sources"]), len(data["dests"])
        scores, kept = np.full(shape, np.nan), np.zeros(shape, bool)
        there = tuple(np.array(data["there"], int).reshape(-1, 2).T)
        scores[there], kept[there] = data["scores"], data["kept"]
        return Circuit(
            sources=tuple(data["sources"]),
            dests=tuple(data["dests"]),
            kept=kept,
            scores=scores,
            found=float(data["found"]),
            ablation=data["ablation"],
            provenance=Provenance.from_dict(data["provenance"]),
        )

    def __str__(self) -> str:
        lines = [f"{source} -> {dest}  {score:+.3g}" for source, dest, score in self.edges]
        of = int(np.isfinite(self.scores).sum())
        first = (
            f"{len(lines)} of {of} edges: faithfulness {self.found:.3f} on the pairs that they were found on"
        )
        return "\n".join([first, *lines, self.ablation])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self)


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


def without(kept: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The edges that are left without some, whose places have the shape (edge, 2)."""
    left = kept.copy()
    left[tuple(places.T)] = False
    return left


def without_each(kept: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The edges that are left without each of some alone, bool, shape (edge, source, dest)."""
    return np.array([without(kept, place[None]) for place in places], bool).reshape(-1, *kept.shape)


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
