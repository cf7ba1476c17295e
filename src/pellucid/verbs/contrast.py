"""Pairs of texts, and what some edges carry of each: what is found and judged over pairs goes through here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pellucid.core.circuit import faithfulness
from pellucid.core.errors import BadOption
from pellucid.core.progress import Meter, meter
from pellucid.core.protocols import Edges, WhiteBox
from pellucid.core.provenance import Provenance
from pellucid.core.registry import find
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.patching._edges import ABLATION
from pellucid.methods.patching._pair import beside
from pellucid.verbs.access import check_access, opened
from pellucid.verbs.explain import record

__all__ = ["Asked", "ContrastPair", "opened_for_edges", "recorded"]


class ContrastPair(NamedTuple):
    """Two texts of as many tokens, the answer to the clean one, and the answer to hold against it."""

    clean: str
    corrupt: str
    target: str
    against: str | None = None


class Asked:
    """The edges of each pair, one after the other: those of many texts at once would not fit."""

    def __init__(self, model: WhiteBox, pairs: Sequence[ContrastPair | tuple]) -> None:
        if not pairs:
            raise BadOption("There are no pairs: give at least one (clean, corrupt, target, against).")
        self._model = model
        self._pairs = [_read(model, ContrastPair(*pair)) for pair in pairs]

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[Edges]:
        for done, pair in enumerate(self._pairs, start=1):
            yield self._model.edges(*pair)
            meter().advance(done, len(self._pairs), "pairs")

    def numbers(self, circuits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The target's number of the clean text and of the corrupted one, shape (pair,), and of each circuit.

        ``circuits``: bool, shape (circuit, source, dest); their numbers have the shape (pair, circuit).
        """
        rows = np.array([(one.clean, one.corrupted, *one.run(circuits)) for one in self])
        return rows[:, 0], rows[:, 1], rows[:, 2:]

    def faithfulness(self, circuits: np.ndarray) -> np.ndarray:
        """The share of the difference that each circuit carries, of means over the pairs, shape (circuit,)."""
        clean, corrupted, values = self.numbers(circuits)
        return faithfulness(values.T, clean, corrupted)


def opened_for_edges(model: Any) -> Any:
    """The model; refused where its edges cannot be reached."""
    model = opened(model)
    check_access(model, find("method", "circuit"), "method")
    return model


def recorded(model: Any, by: str, options: Mapping[str, Any], spent: Meter, seconds: float) -> Provenance:
    """The provenance of work on edges, with what cut edges carried."""
    return record(model, by, options, spent, seconds, (ABLATION,))


def _read(model: WhiteBox, pair: ContrastPair) -> tuple[Text, Text, Target, Target]:
    clean = model.cut(pair.clean, "token")
    target = model.resolve(clean, Target(pair.target, against=pair.against))
    return beside(model, clean, target, pair.corrupt)[:4]
