"""How much of a target some edges carry, over pairs of texts: no mean without its interval and its ablation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pellucid.core.provenance import Provenance
from pellucid.core.registry import renderer

if TYPE_CHECKING:
    from pellucid.core.figure import Figure

__all__ = ["CircuitCurve", "CircuitScore"]

Interval = tuple[float, float]
# What runs in float32 may differ by without any edge having done it, as a share of the whole difference.
ROUNDING = 1e-4


@dataclass(frozen=True, eq=False)
class CircuitScore:
    """How much of a target a circuit carries, over pairs of texts.

    ``faithfulness`` and ``completeness`` with their bootstrap intervals (95%), ratios of means over pairs; ``clean``,
    ``corrupted``, ``circuit`` and ``rest``: the target's number of each pair, float64, shape (pair,). ``rest`` is
    everything but the circuit.

    ``edges``: the circuit's, strongest first. ``minimality``: what the faithfulness loses when that edge alone is taken
    out, shape (edge,), with ``minimality_interval``, shape (edge, 2), and ``without``, the target's number of each pair
    then, shape (pair, edge); None where it was not asked for. ``ablation``: what cut edges carried.
    """

    faithfulness: float
    faithfulness_interval: Interval
    completeness: float
    completeness_interval: Interval
    clean: np.ndarray
    corrupted: np.ndarray
    circuit: np.ndarray
    rest: np.ndarray
    edges: tuple[tuple[str, str], ...]
    minimality: np.ndarray | None
    minimality_interval: np.ndarray | None
    without: np.ndarray | None
    ablation: str
    provenance: Provenance

    @property
    def dispensable(self) -> list[tuple[str, str]]:
        """The edges that were not shown to matter: whose loss is below 1e-4, or has an interval that holds 0."""
        if self.minimality is None or self.minimality_interval is None:
            return []
        low, high = self.minimality_interval.T
        idle = (np.abs(self.minimality) < ROUNDING) | ((low <= 0) & (high >= 0))
        return [self.edges[i] for i in np.flatnonzero(idle)]

    def __str__(self) -> str:
        lines = [
            f"{len(self.edges)} edges, {len(self.clean)} pairs",
            f"faithfulness {_with(self.faithfulness, self.faithfulness_interval)}",
            f"completeness {_with(self.completeness, self.completeness_interval)}",
        ]
        if self.minimality is not None:
            lines.append(f"minimality: {self._needed()}")
        return "\n".join([*lines, self.ablation])

    def _needed(self) -> str:
        idle = self.dispensable
        if not idle:
            return "without any one edge it carries less"
        named = ", ".join(f"{source} -> {dest}" for source, dest in idle[:5])
        more = f", and {len(idle) - 5} more" if len(idle) > 5 else ""
        return f"{len(idle)} of {len(self.edges)} edges were not shown to matter: {named}{more}"


@dataclass(frozen=True, eq=False)
class CircuitCurve:
    """How much of a target the strongest edges carry, by how many of all edges they are.

    ``shares`` of all edges and ``sizes``, their numbers, shape (share,); ``values``: the target's number of each pair
    with only these, shape (pair, share); ``clean`` and ``corrupted``, shape (pair,); ``faithfulness``, ratios of means
    over pairs, shape (share,). ``cpr``: the area under it (higher is better); ``cmd``: the area between it and 1 (0 is
    best); both with bootstrap intervals (95%). ``ablation``: what cut edges carried.
    """

    shares: np.ndarray
    sizes: np.ndarray
    values: np.ndarray
    clean: np.ndarray
    corrupted: np.ndarray
    faithfulness: np.ndarray
    cpr: float
    cpr_interval: Interval
    cmd: float
    cmd_interval: Interval
    ablation: str
    provenance: Provenance

    def figure(self) -> Figure:
        """The curve, with the interval of each point, and the areas."""
        return renderer("draw")(self)

    def __str__(self) -> str:
        return renderer("terminal")(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self)


def _with(value: float, interval: Interval) -> str:
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"
