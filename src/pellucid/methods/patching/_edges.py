"""What methods of edges share: where gradients are taken, how edges are named, what a cut edge carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.protocols import Edges

__all__ = ["ABLATION", "check_circuit", "labelled", "points_of"]

ABLATION = (
    "Edges outside the circuit carry what their source writes in the corrupted text, at every position; those inside "
    "what it writes given what came in along its own edges."
)


def points_of(steps: int) -> list[float]:
    """Where between the corrupted text (0) and the clean one (1) gradients are taken."""
    if steps < 1:
        raise BadOption(f"steps={steps}: gradients are taken at 1 point or more.")
    return [1.0] if steps == 1 else [(i + 0.5) / steps for i in range(steps)]


def check_circuit(edges: int | None, keep: float) -> None:
    """Refuse a size or a share that no circuit has."""
    if edges is not None and edges < 1:
        raise BadOption(f"edges={edges}: a circuit keeps 1 edge or more.")
    if not keep > 0:
        raise BadOption(f"keep={keep:g}: the faithfulness to reach is a share above 0, e.g. 0.85.")


def labelled(arrays: Mapping[str, Any], edges: Edges, attrs: Mapping[str, Any]) -> xr.Dataset:
    """A dataset of edges, with the names of its nodes and the target's number of the two texts."""
    data = xr.Dataset({**arrays, "clean": edges.clean, "corrupted": edges.corrupted}, attrs=attrs)
    names = {"source_text": ("source", np.array(edges.sources)), "dest_text": ("dest", np.array(edges.dests))}
    return data.assign_coords(names)
