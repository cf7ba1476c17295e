"""Circuits over many pairs of texts: found on some, judged on others.

A verb and no method: a method explains one text, and a circuit that was found on a text says little until it is judged
on texts that it has not seen. So the two are two functions, and a circuit is what passes from one to the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pellucid.core.circuit import Circuit, CircuitScore, connected, faithfulness, sizes_up_to, strongest
from pellucid.core.errors import BadOption, MismatchedModel
from pellucid.core.progress import Meter, metered
from pellucid.core.protocols import Edges, WhiteBox
from pellucid.core.provenance import Provenance
from pellucid.core.registry import find
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._edges import ABLATION, check_circuit, points_of
from pellucid.methods.patching._pair import beside
from pellucid.verbs.access import check_access, opened
from pellucid.verbs.explain import record

__all__ = ["ContrastPair", "evaluate_circuit", "find_circuit"]

# How many sizes of a circuit are tried on all pairs before larger ones are.
TRIED = 10


class ContrastPair(NamedTuple):
    """Two texts of as many tokens, the answer to the clean one, and the answer to hold against it."""

    clean: str
    corrupt: str
    target: str
    against: str | None = None


def find_circuit(
    model: Any,
    pairs: Sequence[ContrastPair | tuple],
    *,
    edges: int | None = None,
    keep: float = 0.85,
    steps: int = 5,
) -> Circuit:
    """The edges that carry a target over pairs of texts, chosen by the size of their mean `edge_attribution`.

    ``edges``: how many are kept; None is the fewest tried whose faithfulness on these pairs reaches ``keep``. Edges on
    no way from the embedding to the logits are dropped, which changes nothing. ``steps``: as in edge_attribution.
    Pairs may have several lengths: scores are sums over positions.

    Raises `BadOption` where the texts of a pair cannot be laid beside each other.
    """
    check_circuit(edges, keep)
    points, start, model = points_of(steps), time.perf_counter(), _open(model)
    with metered() as meter:
        asked = _Asked(model, pairs)
        scores: np.ndarray = sum(one.attribution(points) for one in asked) / len(asked)  # type: ignore[assignment]
        sizes = sizes_up_to(int(np.isfinite(scores).sum())) if edges is None else [edges]
        chosen, found = _fewest(asked, scores, sizes, keep)
        one = next(iter(asked))
    options = {"edges": edges, "keep": keep, "steps": steps, "pairs": len(asked)}
    provenance = _provenance(model, "find_circuit", options, meter, start)
    return Circuit(one.sources, one.dests, connected(chosen, one.feeds), scores, found, provenance)


def evaluate_circuit(
    circuit: Circuit, model: Any, pairs: Sequence[ContrastPair | tuple], *, draws: int = 1000, seed: int = 0
) -> CircuitScore:
    """How much of the target a circuit carries over pairs of texts, best others than those it was found on.

    With v the target's number, in exact runs: ``faithfulness = (v(circuit) - v(corrupt)) / (v(clean) - v(corrupt))``,
    of means over the pairs, and ``completeness = 1 - (v(rest) - v(corrupt)) / (v(clean) - v(corrupt))``, where ``rest``
    is all edges but the circuit's. Edges outside carry what the corrupted text writes. ``draws``: of pairs, with
    replacement, for the 95% intervals.

    Raises `MismatchedModel` if the weights are not those it was found in.
    """
    start, model = time.perf_counter(), _open(model)
    theirs = circuit.provenance
    if model.fingerprint != theirs.fingerprint:
        raise MismatchedModel(theirs.model, model.name, theirs.fingerprint, model.fingerprint)
    both = np.stack([circuit.kept, ~circuit.kept])
    with metered() as meter:
        numbers = np.array([(one.clean, one.corrupted, *one.run(both)) for one in _Asked(model, pairs)])
    clean, corrupted, kept, rest = numbers.T
    sample = np.random.default_rng(seed).integers(len(numbers), size=(draws, len(numbers)))
    faithful, interval = _with_interval(kept, clean, corrupted, sample)
    left, (low, high) = _with_interval(rest, clean, corrupted, sample)
    options = {"pairs": len(numbers), "draws": draws, "seed": seed}
    provenance = _provenance(model, "evaluate_circuit", options, meter, start)
    return CircuitScore(
        faithful, interval, 1 - left, (1 - high, 1 - low), clean, corrupted, kept, rest, provenance
    )


class _Asked:
    """The edges of each pair, one after the other: those of many texts at once would not fit."""

    def __init__(self, model: WhiteBox, pairs: Sequence[ContrastPair | tuple]) -> None:
        if not pairs:
            raise BadOption("There are no pairs: give at least one (clean, corrupt, target, against).")
        self._model = model
        self._pairs = [_read(model, ContrastPair(*pair)) for pair in pairs]

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[Edges]:
        return (self._model.edges(*pair) for pair in self._pairs)


def _read(model: WhiteBox, pair: ContrastPair) -> tuple[Text, Text, Target, Target]:
    clean = model.cut(pair.clean, "token")
    target = model.resolve(clean, Target(pair.target, against=pair.against))
    return beside(model, clean, target, pair.corrupt)[:4]


def _fewest(asked: _Asked, scores: np.ndarray, sizes: Sequence[int], keep: float) -> tuple[np.ndarray, float]:
    """The smallest of the circuits that reaches ``keep``, or the largest; and its faithfulness."""
    for first in range(0, len(sizes), TRIED):
        tried = np.stack([strongest(scores, n) for n in sizes[first : first + TRIED]])
        rows = np.array([(one.clean, one.corrupted, *one.run(tried)) for one in asked])
        found = faithfulness(rows[:, 2:].T, rows[:, 0], rows[:, 1])
        reached = np.flatnonzero(found >= keep)
        if len(reached):
            break
    at = reached[0] if len(reached) else -1
    return tried[at], float(found[at])


def _with_interval(
    values: np.ndarray, clean: np.ndarray, corrupted: np.ndarray, sample: np.ndarray
) -> tuple[float, tuple[float, float]]:
    drawn = faithfulness(values[sample], clean[sample], corrupted[sample])
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(faithfulness(values, clean, corrupted)), (float(low), float(high))


def _open(model: Any) -> Any:
    model = opened(model)
    check_access(model, find("method", "circuit"), "method")
    return model


def _provenance(model: Any, by: str, options: Mapping[str, Any], meter: Meter, start: float) -> Provenance:
    return record(model, by, options, meter, time.perf_counter() - start, (ABLATION,))
